//! Instructions of what every message goes through, counted by valgrind. `cargo xtask test budgets` runs them and compares
//! the counts with `tests/budgets/budgets.txt`; `counting.rs` tells what keeps them the same in every run.
//!
//! Only what happens within a bench's function is counted, not what its argument is made of.

mod codec;
mod counting;
mod echo;
mod fan_out;
mod requests;
mod session;

use codec::codec_group;
use echo::echo_group;
use fan_out::fan_out_group;
use gungraun::prelude::*;
use requests::requests_group;
use session::session_group;

main!(
    config = counting::config(),
    library_benchmark_groups = [
        codec_group,
        session_group,
        fan_out_group,
        echo_group,
        requests_group
    ]
);
