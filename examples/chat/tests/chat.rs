//! The program itself: what two visitors see of each other, and what a third finds.

use serde_json::{Value, json};
use throughline::Transport;
use throughline_tests::client::Client;
use throughline_tests::program::{Program, refusal};

const CHAT: &str = env!("CARGO_BIN_EXE_throughline-chat");

async fn enter(chat: &Program, on: Transport, name: &'static str) -> Client {
    let visitor = Client::connect(&chat.target, on).await;
    say(&visitor, name).await;
    visitor
}

async fn say(visitor: &Client, text: &'static str) {
    visitor.send(text).await.expect("the session is open");
}

async fn line(visitor: &Client) -> Value {
    serde_json::from_str(&visitor.text().await).expect("a line is JSON")
}

#[tokio::test]
async fn visitors_see_each_others_lines_and_what_was_said_before() {
    let chat = Program::start(CHAT).await;
    let ann = enter(&chat, Transport::WebSocket, "Ann").await;
    assert_eq!(line(&ann).await, json!({ "text": "Ann is here" }));
    let bob = enter(&chat, Transport::LongPoll, "Bob").await;
    for expected in ["Ann is here", "Bob is here"] {
        assert_eq!(line(&bob).await, json!({ "text": expected }));
    }
    assert_eq!(line(&ann).await, json!({ "text": "Bob is here" }));

    say(&ann, "hello").await;
    for visitor in [&ann, &bob] {
        let hello = json!({ "name": "Ann", "text": "hello" });
        assert_eq!(line(visitor).await, hello);
    }
    say(&bob, "well?").await;
    for visitor in [&ann, &bob] {
        let well = json!({ "name": "Bob", "text": "well?" });
        assert_eq!(line(visitor).await, well);
    }
    bob.close(1000, "");
    assert_eq!(line(&ann).await, json!({ "text": "Bob has left" }));
}

#[tokio::test]
async fn what_is_not_understood_is_answered_with_what_is() {
    for arguments in [&["--port", "1"][..], &["--listen"], &["--listen", "here"]] {
        let error = refusal(CHAT, arguments).await;
        let usage = "usage: throughline-chat [--listen ADDR]";
        assert!(error.contains(usage), "{arguments:?}: {error}");
    }
}
