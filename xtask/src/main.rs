//! Every multi-step job of the project, as `cargo xtask JOB`.
//!
//! Only the standard library is used, so that the first thing a newcomer runs compiles in a second.
//! Each job is a module; each part of the test job is a file in `parts/`.

mod bench;
mod checks;
mod counts;
mod matrix;
mod needs;
mod parts;
mod process;
mod summary;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask test [PART…]    run every test, or the named parts only
       cargo xtask test --list     name the parts
       cargo xtask budgets --write count instructions, and make the counts the budgets
       cargo xtask matrix [ARG…]   measure every stack in every hostile network, and report it;
                                   the runner's arguments are told in tests/matrix/runner/run.js
       cargo xtask matrix --report only make the reports again
       cargo xtask bench [--quick] measure our server and its peers under the same load;
                                   all arguments are told in tests/bench/README.md
       cargo xtask bench --readme  only write the README's summary of the results again";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test", "--list"] => test::list(),
        ["test", names @ ..] => test::run(names),
        ["matrix", "--report"] => matrix::report(),
        ["bench", "--readme"] => bench::readme(),
        ["bench", arguments @ ..] => bench::measure(arguments),
        ["matrix", arguments @ ..] => matrix::measure(arguments),
        ["budgets", "--write"] => parts::budgets::write(),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::FAILURE
        }
    }
}
