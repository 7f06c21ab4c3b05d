//! Clients of SockJS among others: they meet in the rooms of their node.

use crate::client::{Site, Visitor};
use crate::connection::Connection;
use crate::patient;
use throughline::{Builder, Dialect, Session, Throughline};
use throughline_tests::client::Client;
use throughline_tests::engineio::Ws;
use throughline_tests::server::Server;

const ROOM: &str = "everybody";

async fn broadcast(mut session: Session) {
    session.join(ROOM);
    let room = session.room(ROOM);
    session.send("joined").await.expect("it is open");
    while let Some(message) = session.recv().await {
        room.send(message).expect("it is short");
    }
}

/// One that streams, one of our own protocol, and a WebSocket without any.
struct Members {
    visitor: Visitor,
    stream: Connection,
    native: Client,
    raw: Ws,
}

impl Members {
    async fn of(site: &Site) -> Self {
        let visitor = site.visitor();
        let mut stream = visitor.stream_open().await;
        assert_eq!(stream.chunk().await.as_deref(), Some("a[\"joined\"]\n"));
        let on = throughline_core::session::Transport::WebSocket;
        let native = Client::connect(&site.server.target, on).await;
        assert_eq!(native.text().await, "joined");
        let mut raw = visitor.raw_websocket().await;
        assert_eq!(raw.text().await, "joined");
        Self {
            visitor,
            stream,
            native,
            raw,
        }
    }

    async fn all_hear(&mut self, text: &str) {
        let frame = format!("a[\"{text}\"]\n");
        assert_eq!(self.stream.chunk().await, Some(frame));
        assert_eq!(self.native.text().await, text);
        assert_eq!(self.raw.text().await, text);
    }
}

async fn room() -> Site {
    let configure = |builder: Builder| builder.allow_any_origin().on_session(broadcast);
    let server = Server::with(configure(Throughline::builder())).await;
    Site::new(server, patient()).await
}

#[tokio::test]
async fn what_one_says_all_hear() {
    let site = room().await;
    let mut members = Members::of(&site).await;
    members.visitor.send("[\"from sockjs\"]").await;
    members.all_hear("from sockjs").await;
    members
        .native
        .send("from native")
        .await
        .expect("it is open");
    members.all_hear("from native").await;
    members.raw.send("from raw").await;
    members.all_hear("from raw").await;
}

#[tokio::test]
async fn one_that_leaves_is_not_missed_by_the_others() {
    let site = room().await;
    let Members {
        visitor,
        stream,
        native,
        mut raw,
    } = Members::of(&site).await;
    drop(stream);
    native.send("still here").await.expect("it is open");
    assert_eq!(native.text().await, "still here");
    assert_eq!(raw.text().await, "still here");
    let opened = visitor.poll().await;
    assert_eq!(opened, "o\n");
    native.send("again").await.expect("it is open");
    assert_eq!(raw.text().await, "again");
    let mut said = visitor.poll().await;
    if said == "a[\"joined\"]\n" {
        said = visitor.poll().await;
    }
    assert!(said.contains("again"), "{said}");
}

#[tokio::test]
async fn the_application_knows_who_speaks_what() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    assert_eq!(near.dialect(), Dialect::SockJs);
    let second = site.server.node.sockjs(patient()).expect("it works");
    drop(second);
    visitor.send("[\"x\"]").await;
}
