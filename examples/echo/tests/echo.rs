//! The program itself, as outside checks run it.

use throughline::Transport;
use throughline_tests::client::Client;
use throughline_tests::http::Http;
use throughline_tests::program::{Program, refusal};

const ECHO: &str = env!("CARGO_BIN_EXE_throughline-echo");

#[tokio::test]
async fn a_message_comes_back_over_each_transport() {
    let echo = Program::start(ECHO).await;
    for on in [
        Transport::WebSocket,
        Transport::LongPoll,
        Transport::Periodic,
    ] {
        let client = Client::connect(&echo.target, on).await;
        client.send(on.name()).await.expect("the session is open");
        assert_eq!(client.text().await, on.name());
    }
}

#[tokio::test]
async fn it_serves_the_client_beside_its_sessions() {
    let echo = Program::start(ECHO).await;
    let answer = Http::new(&echo.target).get("client.js", &[]).await;
    let answer = answer.expect("it answers");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/javascript"));
    assert!(answer.text().contains("export"));
}

#[tokio::test]
async fn what_is_not_understood_is_answered_with_what_is() {
    for arguments in [
        &["--port", "1"][..],
        &["--listen"],
        &["--listen", "here"],
        &["--listen", "127.0.0.1:0", "more"],
    ] {
        let error = refusal(ECHO, arguments).await;
        let usage = "usage: throughline-echo [--listen ADDR]";
        assert!(error.contains(usage), "{arguments:?}: {error}");
    }
}
