//! What the server does about each thing that a client can say, and how sessions and sockets end.

use crate::peer::{Node, node};
use std::time::Duration;
use throughline::Limits;
use throughline::events::{DisconnectReason, Events, Namespace, Reply, Socket};
use throughline_tests::wait::soon;
use tokio::sync::mpsc;

/// A namespace that answers `sync` and tells why its sockets end.
fn telling() -> (Namespace, mpsc::UnboundedReceiver<DisconnectReason>) {
    let (told, reasons) = mpsc::unbounded_channel();
    let namespace = Namespace::new()
        .on("sync", || async { Reply(()) })
        .on("leave", |socket: Socket| async move { socket.disconnect() })
        .on("close", |socket: Socket| async move { socket.close() })
        .on_disconnect(move |reason: DisconnectReason| {
            let told = told.clone();
            async move { told.send(reason).expect("the test listens") }
        });
    (namespace, reasons)
}

async fn next(reasons: &mut mpsc::UnboundedReceiver<DisconnectReason>) -> DisconnectReason {
    let reason = soon("the end of a socket", reasons.recv()).await;
    reason.expect("the namespace lives")
}

#[tokio::test]
async fn what_is_no_packet_ends_the_session() {
    let (namespace, mut reasons) = telling();
    let node = node(namespace).await;
    for text in [
        "",
        "4",
        "7",
        "abc",
        "2",
        "2{}",
        "2[]",
        r#"2["a",1"#,
        r#"2["connect"]"#,
        r#"2["disconnecting"]"#,
        r#"0"s""#,
        "0null",
        "0[]",
        "0{}{",
        r#"511-["m"]"#,
        r#"51-["m",{"_placeholder":true,"num":1}]"#,
    ] {
        let peer = node.join().await;
        peer.say(text).await;
        assert_eq!(peer.ended().await, "parse error", "{text}");
        assert_eq!(
            next(&mut reasons).await,
            DisconnectReason::ParseError,
            "{text}"
        );
    }
    let peer = node.join().await;
    peer.send(vec![1]).await;
    assert_eq!(peer.ended().await, "parse error");
    let peer = node.join().await;
    peer.say(r#"51-["m",{"_placeholder":true,"num":0}]"#).await;
    peer.say(r#"2["m"]"#).await;
    assert_eq!(peer.ended().await, "parse error");
}

#[tokio::test]
async fn what_may_not_be_said_now_ends_the_session() {
    let (namespace, mut reasons) = telling();
    let node = node(namespace).await;
    for text in [
        "0",
        r#"4{"message":"no"}"#,
        "1/custom",
        "1/custom,",
        r#"2/custom,["m"]"#,
        "3/custom,1[]",
    ] {
        let peer = node.join().await;
        peer.say(text).await;
        assert_eq!(peer.ended().await, "forced server close", "{text}");
        assert_eq!(
            next(&mut reasons).await,
            DisconnectReason::ForcedServerClose,
            "{text}"
        );
    }
    for texts in [&[r#"2["m"]"#][..], &["1"], &["31[]"]] {
        let peer = node.session().await;
        for text in texts {
            peer.say(text).await;
        }
        assert_eq!(peer.ended().await, "forced server close", "{texts:?}");
    }
    let peer = node.join().await;
    peer.say("1").await;
    peer.say("1").await;
    assert_eq!(peer.ended().await, "forced server close");
}

#[tokio::test]
async fn what_means_nothing_is_ignored() {
    let (namespace, _reasons) = telling();
    let peer = node(namespace).await.join().await;
    for text in [
        "3999[1]",
        r#"3["x"]"#,
        "2[1,2]",
        r#"2["unknown"]"#,
        r#"50-["m",1]"#,
    ] {
        peer.say(text).await;
    }
    assert!(peer.heard().await.is_empty());
}

#[tokio::test]
async fn an_unknown_namespace_is_refused_and_the_session_goes_on() {
    let (namespace, _reasons) = telling();
    let peer = node(namespace).await.join().await;
    peer.say("0/random").await;
    peer.expect(&[r#"4/random,{"message":"Invalid namespace"}"#])
        .await;
    assert!(peer.heard().await.is_empty());
}

#[tokio::test]
async fn who_leaves_may_come_again_as_somebody_else() {
    let (namespace, mut reasons) = telling();
    let mut peer = node(namespace).await.join().await;
    let before = peer.id.clone();
    peer.say("1").await;
    assert_eq!(
        next(&mut reasons).await,
        DisconnectReason::ClientNamespaceDisconnect
    );
    peer.connect("").await;
    assert_ne!(peer.id, before);
    assert_eq!(peer.id.len(), 20);
    assert!(peer.heard().await.is_empty());
}

/// The reference ends the session here, although the client could not know.
#[tokio::test]
async fn what_crosses_a_disconnect_is_ignored() {
    let (namespace, mut reasons) = telling();
    let mut peer = node(namespace).await.join().await;
    for text in [r#"2["leave"]"#, r#"2["m"]"#, r#"21["sync"]"#, "31[]"] {
        peer.say(text).await;
    }
    peer.expect(&["1"]).await;
    assert_eq!(
        next(&mut reasons).await,
        DisconnectReason::ServerNamespaceDisconnect
    );
    peer.connect("").await;
    assert!(peer.heard().await.is_empty());
}

#[tokio::test]
async fn a_socket_can_close_the_whole_session() {
    let (root, mut reasons) = telling();
    let (other, mut other_reasons) = telling();
    let events = Events::builder()
        .namespace("/", root)
        .namespace("/other", other);
    let node = Node::start(events).await;
    let peer = node.join().await;
    peer.say("0/other,").await;
    peer.hear().await;
    peer.say(r#"2["close"]"#).await;
    let mut told = [peer.hear().await, peer.hear().await];
    told.sort();
    assert_eq!(told, ["1", "1/other,"]);
    peer.ended().await;
    for reasons in [&mut reasons, &mut other_reasons] {
        assert_eq!(
            next(reasons).await,
            DisconnectReason::ServerNamespaceDisconnect
        );
    }
}

#[tokio::test]
async fn the_end_of_a_session_is_told_in_its_words() {
    let (namespace, mut reasons) = telling();
    let limits = Limits {
        retention: Duration::from_millis(100),
        ..Limits::default()
    };
    let events = Events::builder().namespace("/", namespace);
    let node = Node::with(events, |builder| builder.limits(limits)).await;
    let peer = node.join().await;
    peer.client().close(1000, "");
    assert_eq!(next(&mut reasons).await, DisconnectReason::TransportClose);
    drop(node.join().await);
    assert_eq!(next(&mut reasons).await, DisconnectReason::PingTimeout);
    let _peer = node.join().await;
    let socket = node.events.of("/").sockets().remove(0);
    socket.session().abort("transport error");
    assert_eq!(next(&mut reasons).await, DisconnectReason::ForcedClose);
    let _peer = node.join().await;
    node.realtime().shutdown().await;
    assert_eq!(
        next(&mut reasons).await,
        DisconnectReason::ServerShuttingDown
    );
}

#[tokio::test]
async fn a_session_joins_only_so_many_namespaces() {
    let events = Events::builder()
        .namespaces_matching(|_| true, Namespace::new())
        .namespaces_per_session(2);
    let peer = Node::start(events).await.join().await;
    peer.say("0/a,").await;
    peer.hear().await;
    peer.say("0/b,").await;
    peer.expect(&[r#"4/b,{"message":"too many namespaces"}"#])
        .await;
    peer.say("1/a,").await;
    peer.say("0/b,").await;
    assert!(peer.hear().await.starts_with("0/b,{"));
}
