//! A program of this repository as a user starts it: on a free port, and stopped at the end of the test.

use crate::target::Target;
use crate::wait::soon;
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running server; it is killed when dropped.
#[derive(Debug)]
pub struct Program {
    /// Where its node is mounted.
    pub target: Target,
    _child: Child,
}

impl Program {
    /// Starts an example with `--listen 127.0.0.1:0` and reads where it listens from its first line.
    ///
    /// # Panics
    ///
    /// When it prints no address.
    pub async fn start(path: &str) -> Self {
        let mut child = Command::new(path)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program was built");
        let output = child.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines();
        let line = soon("the first line", lines.next_line()).await;
        let line = line.expect("it prints text").expect("it prints a line");
        let (_, url) = line.split_once("http://").expect("it prints an address");
        let address = url.split('/').next().unwrap_or(url);
        let address = address.parse().expect("it prints an address");
        Self {
            target: Target::new(address, "/realtime"),
            _child: child,
        }
    }
}

/// What a program says to these arguments, which it must not accept.
///
/// # Panics
///
/// When it runs all the same.
pub async fn refusal(path: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(path);
    let output = command.args(arguments).kill_on_drop(true).output();
    let output: Output = soon("the program's refusal", output)
        .await
        .expect("the program was built");
    assert!(!output.status.success(), "{arguments:?} were accepted");
    String::from_utf8(output.stderr).expect("it prints text")
}
