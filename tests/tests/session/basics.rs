//! Messages: what was sent arrives, as it was sent, once and in order.

use crate::on_each_transport;
use bytes::Bytes;
use throughline::{Limits, Message, SendError};
use throughline_core::session::Transport;
use throughline_tests::client::Client;
use throughline_tests::random::Random;
use throughline_tests::server::Server;
use throughline_tests::wait::soon;

on_each_transport![
    a_session_begins_and_knows_its_transport,
    text_and_binary_come_back_as_they_were,
    messages_come_in_order_under_load,
    the_longest_message_passes_and_a_longer_one_is_refused_before_it_is_numbered,
    two_clients_never_see_each_others_messages,
];

// spec: ATT-9
async fn a_session_begins_and_knows_its_transport(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let near = server.accept().await;
    assert_eq!(near.transport(), Some(on));
    assert_eq!(near.id(), client.session());
    assert!(near.identity().is_anonymous());
    assert!(near.end().is_none());
    assert!(!server.has_begun_another());
}

// spec: FRM-3, SEQ-7
async fn text_and_binary_come_back_as_they_were(on: Transport) {
    let server = Server::echo(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let mut random = Random::new(1);
    let longest = Limits::default().message;
    let messages: Vec<Message> = vec![
        "".into(),
        "a".into(),
        "é".into(),
        "€".into(),
        "𝄞".into(),
        "\u{0}\r\n\u{7f}\u{feff}".into(),
        "é€𝄞".repeat(1000).into(),
        "x".repeat(longest).into(),
        Bytes::new().into(),
        vec![0].into(),
        vec![255].into(),
        vec![0x54, 0x4c, 0x31, 0xff].into(),
        (0..=255).collect::<Vec<u8>>().into(),
        random.bytes(5000).into(),
        random.bytes(longest).into(),
    ];
    for message in &messages {
        client
            .send(message.clone())
            .await
            .expect("the session is open");
    }
    for (index, message) in messages.iter().enumerate() {
        let came = soon("the echo", client.recv()).await;
        assert!(
            came.as_ref() == Some(message),
            "message {index}: {came:.200?}"
        );
    }
}

// spec: SEQ-1, SEQ-7
async fn messages_come_in_order_under_load(on: Transport) {
    const MESSAGES: usize = 3000;
    let server = Server::echo(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let sending = async {
        for number in 0..MESSAGES {
            client
                .send(number.to_string())
                .await
                .expect("the session is open");
        }
    };
    let receiving = async {
        for number in 0..MESSAGES {
            assert_eq!(client.text().await, number.to_string());
        }
    };
    tokio::join!(sending, receiving);
}

// spec: FLW-4
async fn the_longest_message_passes_and_a_longer_one_is_refused_before_it_is_numbered(
    on: Transport,
) {
    let limits = Limits {
        message: 1000,
        ..Limits::default()
    };
    let mut server = Server::start(|builder| builder.limits(limits)).await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;

    assert_eq!(
        client.send("x".repeat(1001)).await,
        Err(throughline_client::SendError::TooLarge)
    );
    assert_eq!(client.send("x".repeat(1000)).await, Ok(1));
    assert_eq!(near.text().await.len(), 1000);

    let refused = near.send("x".repeat(1001)).await;
    assert_eq!(
        refused,
        Err(SendError::TooLarge {
            len: 1001,
            limit: 1000
        })
    );
    assert_eq!(near.send("é".repeat(500)).await, Ok(1));
    assert_eq!(client.text().await.len(), 1000);
}

async fn two_clients_never_see_each_others_messages(on: Transport) {
    let server = Server::echo(|builder| builder).await;
    let ann = Client::connect(&server.target, on).await;
    let bob = Client::connect(&server.target, on).await;
    assert_ne!(ann.session(), bob.session());
    for number in 0..20 {
        ann.send(format!("ann {number}"))
            .await
            .expect("the session is open");
        bob.send(format!("bob {number}"))
            .await
            .expect("the session is open");
    }
    for number in 0..20 {
        assert_eq!(ann.text().await, format!("ann {number}"));
        assert_eq!(bob.text().await, format!("bob {number}"));
    }
}

/// The server's library is a plain `Stream` and `Sink` as well.
#[tokio::test]
async fn a_session_can_be_forwarded_with_stream_combinators() {
    use futures_util::StreamExt;

    let builder = throughline::Throughline::builder().on_session(|session| async {
        let (sink, stream) = session.split();
        drop(stream.map(Ok).forward(sink).await);
    });
    let server = Server::with(builder).await;
    let client = Client::connect(&server.target, Transport::WebSocket).await;
    client.send("there").await.expect("the session is open");
    assert_eq!(client.text().await, "there");
}
