//! The command: starts a proxy and its control endpoint, says where they are, and runs until it is interrupted.

mod arguments;

use arguments::{Arguments, HELP};
use serde_json::json;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use throughline_hostile::{Options, Proxy, explain};

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse(std::env::args().skip(1)) {
        Ok(Arguments::Help) => say(HELP),
        Ok(Arguments::List) => say(&explain()),
        Ok(Arguments::Run { options, control }) => run(options, control).await,
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hostile: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options, control: std::net::SocketAddr) -> Result<(), Box<dyn Error>> {
    let proxy = Proxy::start(options).await?;
    let control = proxy.control(control).await?;
    let addresses = json!({ "listen": proxy.address(), "control": control, "seed": proxy.seed() });
    say(&format!("{addresses}\n"))?;
    Ok(tokio::signal::ctrl_c().await?)
}

/// Prints this, at once: whoever started the command waits for it.
fn say(text: &str) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
