//! Answers that the server awaits: given, late, and never given.

use crate::peer::node;
use futures_util::StreamExt;
use std::time::Duration;
use throughline::events::{AckError, EmitError, Namespace, Reply};
use throughline_tests::wait::soon;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(15);

/// A namespace that answers `sync`.
fn plain() -> Namespace {
    Namespace::new().on("sync", || async { Reply(()) })
}

/// The id of a question.
fn id(packet: &str) -> &str {
    let digits = packet[1..].split('[').next();
    digits.expect("a question has an id")
}

#[tokio::test]
async fn an_answer_comes_back() {
    let node = node(plain()).await;
    let peer = node.join().await;
    let socket = node.events.of("/").sockets().remove(0);
    let asking = socket.emit_with_ack("q", ("a",), LONG);
    let answering = async {
        let question = peer.hear().await;
        assert!(question.ends_with(r#"["q","a"]"#), "{question}");
        peer.say(&format!("3{}[1,2]", id(&question))).await;
        // Once more is to nobody.
        peer.say(&format!("3{}[3]", id(&question))).await;
    };
    let (answer, ()) = tokio::join!(asking, answering);
    assert_eq!(answer.unwrap().parse::<(u8, u8)>().unwrap(), (1, 2));
    assert!(peer.heard().await.is_empty());
}

#[tokio::test]
async fn a_late_answer_is_ignored() {
    let node = node(plain()).await;
    let peer = node.join().await;
    let socket = node.events.of("/").sockets().remove(0);
    let answer = socket.emit_with_ack("q", (), SHORT).await;
    assert_eq!(answer.unwrap_err(), AckError::Timeout);
    let question = peer.hear().await;
    peer.say(&format!("3{}[]", id(&question))).await;
    assert!(peer.heard().await.is_empty());
}

#[tokio::test]
async fn who_waits_learns_of_the_end() {
    let node = node(plain()).await;
    let peer = node.join().await;
    let socket = node.events.of("/").sockets().remove(0);
    let asking = socket.emit_with_ack("q", (), LONG);
    let leaving = async {
        peer.hear().await;
        peer.say("1").await;
    };
    let (answer, ()) = tokio::join!(asking, leaving);
    assert_eq!(answer.unwrap_err(), AckError::Disconnected);
    let after = socket.emit_with_ack("q", (), LONG).await;
    assert_eq!(
        after.unwrap_err(),
        AckError::NotSent(EmitError::Disconnected)
    );
}

#[tokio::test]
async fn answers_of_many_are_collected_until_all_have_answered_or_left() {
    let node = node(plain()).await;
    let (ann, bob, eve) = (node.join().await, node.join().await, node.join().await);
    let everybody = node.events.of("/").timeout(LONG);
    let answers = everybody.emit_with_ack("vote", ("?",)).expect("it is sent");
    assert_eq!(answers.report().sent, 3);
    let question = ann.hear().await;
    bob.expect(&[&question]).await;
    eve.expect(&[&question]).await;
    ann.say(&format!("3{}[1]", id(&question))).await;
    bob.say(&format!("3{}[2]", id(&question))).await;
    eve.say("1").await;
    let answers: Vec<_> = soon("the end of the answers", answers.collect()).await;
    let mut given: Vec<_> = answers
        .iter()
        .map(|(socket, args)| (args.parse::<(u8,)>().expect("a number").0, socket.id()))
        .collect();
    given.sort_unstable();
    assert_eq!(given, [(1, &*ann.id), (2, &*bob.id)]);
}

#[tokio::test]
async fn answers_of_many_end_when_the_time_is_up() {
    let node = node(plain()).await;
    let peer = node.join().await;
    let asking = node.events.of("/").timeout(SHORT).emit_with_ack("vote", ());
    let mut answers = asking.expect("it is sent");
    assert_eq!(answers.report().sent, 1);
    assert!(soon("the end", answers.next()).await.is_none());
    assert!(soon("the end", answers.next()).await.is_none());
    let question = peer.hear().await;
    peer.say(&format!("3{}[]", id(&question))).await;
    assert!(peer.heard().await.is_empty());
    let nobody = node.events.of("/nowhere").emit_with_ack("vote", ());
    let mut nobody = nobody.expect("nobody is there");
    assert!(soon("the end", nobody.next()).await.is_none());
}
