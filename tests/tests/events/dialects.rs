//! The same events over Engine.IO, for clients of Socket.IO: 3 and 4, and 2.

use crate::peer::Node;
use serde_json::Value;
use throughline::EngineIo;
use throughline::events::{
    Args, Auth, DisconnectReason, Events, Namespace, Recovery, Refused, Reply, Socket,
};
use throughline_tests::engineio::Ws;
use throughline_tests::wait::soon;
use tokio::sync::mpsc;

/// A client of Engine.IO on a WebSocket.
struct Engine(Ws);

impl Engine {
    async fn open(node: &Node, version: u8) -> Self {
        let query = format!("EIO={version}&transport=websocket");
        let connected = Ws::connect(node.target(), &query, &[]).await;
        let mut engine = Self(connected.expect("a handshake"));
        assert!(engine.hear().await.starts_with("0{"));
        engine
    }

    async fn say(&mut self, text: &str) {
        self.0.send(text).await;
    }

    async fn hear(&mut self) -> String {
        self.0.text().await
    }

    async fn expect(&mut self, texts: &[&str]) {
        for text in texts {
            assert_eq!(self.hear().await, *text);
        }
    }
}

/// A namespace that tells what clients sent along, and why they leave.
fn telling(told: &mpsc::UnboundedSender<DisconnectReason>) -> Namespace {
    let told = told.clone();
    Namespace::new()
        .guard(|Auth(auth): Auth<Value>| async move {
            match auth["token"].as_str() {
                Some("wrong") => Err(Refused::new("no")),
                _ => Ok(()),
            }
        })
        .on_connect(|socket: Socket, Auth(auth): Auth<Value>| async move {
            let _ = socket.emit("auth", (auth,)).await;
        })
        .on("echo", |args: Args| async move { Reply(args) })
        .on_disconnect(move |reason: DisconnectReason| {
            let told = told.clone();
            async move { told.send(reason).expect("the test listens") }
        })
}

async fn start() -> (Node, mpsc::UnboundedReceiver<DisconnectReason>) {
    let (told, reasons) = mpsc::unbounded_channel();
    let events = Events::builder()
        .namespace("/", telling(&told))
        .namespace("/other", telling(&told))
        .recovery(Recovery::default());
    let engine_io = EngineIo {
        allow_eio3: true,
        ..EngineIo::default()
    };
    let node = Node::with(events, |builder| builder.engine_io(engine_io)).await;
    (node, reasons)
}

#[tokio::test]
async fn clients_of_socket_io_3_and_4_ask_to_join() {
    let (node, mut reasons) = start().await;
    let mut client = Engine::open(&node, 4).await;
    client.say(r#"40{"token":"x"}"#).await;
    assert!(client.hear().await.starts_with(r#"40{"#));
    let auth = client.hear().await;
    assert!(auth.starts_with(r#"42["auth",{"token":"x"},""#), "{auth}");
    client.say(r#"421["echo",1]"#).await;
    client.expect(&["431[1]"]).await;
    client.say("41").await;
    let reason = soon("the end", reasons.recv()).await;
    assert_eq!(reason, Some(DisconnectReason::ClientNamespaceDisconnect));
}

#[tokio::test]
async fn the_end_of_a_connection_has_the_words_that_users_know() {
    let (node, mut reasons) = start().await;
    for (last, reason) in [
        (None, DisconnectReason::TransportClose),
        (Some("1"), DisconnectReason::TransportClose),
        (Some("4abc"), DisconnectReason::ParseError),
        (Some("abc"), DisconnectReason::ParseError),
        (Some("40"), DisconnectReason::ForcedServerClose),
    ] {
        let mut client = Engine::open(&node, 4).await;
        client.say("40").await;
        client.hear().await;
        if let Some(last) = last {
            client.say(last).await;
        }
        drop(client);
        let told = soon("the end", reasons.recv()).await;
        assert_eq!(told, Some(reason), "{last:?}");
    }
}

#[tokio::test]
async fn clients_of_socket_io_2_are_in_from_the_beginning() {
    let (node, _reasons) = start().await;
    let mut client = Engine::open(&node, 3).await;
    client.expect(&["40", r#"42["auth",{}]"#]).await;
    client.say(r#"421["echo",1]"#).await;
    client.expect(&["431[1]"]).await;
    client.say("40/other?token=x%20y,").await;
    client
        .expect(&["40/other,", r#"42/other,["auth",{"token":"x y"}]"#])
        .await;
    client.say("41/other").await;
    client.say("40/other?token=wrong,").await;
    client.expect(&[r#"44/other,"no""#]).await;
    client.say("40/bad").await;
    client.expect(&[r#"44/bad,"Invalid namespace""#]).await;
    // They cannot come back to a socket, so an offset would be an argument that nobody wants.
    node.events.of("/").emit("m", (1,)).expect("it is sent");
    client.expect(&[r#"42["m",1]"#]).await;
}
