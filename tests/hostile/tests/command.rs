//! The command `hostile`, and the README that explains it.

use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::process::{Output, Stdio};
use throughline_hostile::{FAMILIES, table};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostile"));
    command.args(arguments).kill_on_drop(true);
    command
}

async fn output(arguments: &[&str]) -> (bool, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(arguments).output().await.expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.success(), text(stdout), text(stderr))
}

#[tokio::test]
async fn it_says_where_it_listens_in_one_line() {
    let mut running = command(&["--seed", "7", "--fault", "mute"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(said["seed"], 7);
    for name in ["listen", "control"] {
        let address: SocketAddr = said[name].as_str().unwrap().parse().unwrap();
        TcpStream::connect(address).await.unwrap();
    }
}

#[tokio::test]
async fn the_list_explains_every_fault() {
    let (succeeded, text, _) = output(&["--list"]).await;
    assert!(succeeded);
    for kind in FAMILIES.iter().flat_map(|family| family.kinds) {
        assert!(
            text.contains(&kind.usage()) && text.contains(kind.help),
            "{}",
            kind.name
        );
    }
}

#[tokio::test]
async fn a_wrong_argument_is_an_error_that_says_what_is_right() {
    let (succeeded, _, said) = output(&["--fault", "mute=left"]).await;
    assert!(!succeeded);
    assert!(said.starts_with("hostile: "), "{said}");
    assert!(said.contains("up|down|both"), "{said}");
}

#[test]
fn the_table_of_the_readme_is_the_list() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(readme).unwrap();
    assert!(
        readme.contains(&table()),
        "the README needs this table:\n\n{}",
        table()
    );
}
