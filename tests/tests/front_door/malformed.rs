//! Whatever is not the protocol: it is refused, nothing of it is applied, and nobody else notices.

use crate::Bystanders;
use bytes::Bytes;
use data_encoding::{BASE64, BASE64URL};
use throughline_core::wire::native::{PollRequest, Request};
use throughline_tests::byhand::{Poller, hello, item};
use throughline_tests::http::Http;
use throughline_tests::random::Random;
use throughline_tests::raw::Raw;
use throughline_tests::server::Server;
use throughline_tests::socket::Socket;
use tokio_tungstenite::tungstenite::Message;

const MAGIC: &[u8] = b"TL1\xff";

async fn is_refused(http: &Http, body: impl Into<Bytes>) {
    let body = body.into();
    let answer = http
        .post("poll", &[], body.clone())
        .await
        .expect("an answer");
    assert_eq!(answer.status, 400, "{body:?}");
    assert!(!answer.body.is_empty(), "a sentence explains it");
}

// spec: END-5, BAT-1
#[tokio::test]
async fn random_bodies_are_refused() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let http = Http::new(&server.target);
    let mut random = Random::new(4);
    for len in 0..150 {
        is_refused(&http, random.bytes(len)).await;
        is_refused(&http, [MAGIC, &random.bytes(len)].concat()).await;
    }
    bystanders.are_unharmed().await;
}

// spec: END-5, BAT-1, BAT-2
#[tokio::test]
async fn bodies_that_are_almost_right_are_refused() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let http = Http::new(&server.target);
    let whole = Request::Hello(Box::new(hello())).encode();
    let changed = |index: usize, byte: u8| {
        let mut body = whole.to_vec();
        body[index] = byte;
        body
    };
    let last = whole.len() - 1;
    is_refused(&http, Bytes::new()).await;
    is_refused(&http, "{\"v\":1}").await;
    is_refused(&http, "<!doctype html><title>Sign in</title>").await;
    is_refused(&http, changed(2, b'2')).await;
    is_refused(&http, changed(3, 0x7f)).await;
    is_refused(&http, changed(4, 0x02)).await;
    is_refused(&http, changed(last, 0)).await;
    is_refused(&http, changed(last, 2)).await;
    is_refused(&http, changed(last - 1, 1)).await;
    is_refused(&http, [&whole[..], &whole[..]].concat()).await;
    is_refused(&http, [MAGIC, &[0, 0]].concat()).await;
    is_refused(&http, [MAGIC, &[0x41, 1, b'x', 0, 1]].concat()).await;
    // A length that no memory has.
    is_refused(
        &http,
        [
            MAGIC,
            &[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
        ]
        .concat(),
    )
    .await;
    bystanders.are_unharmed().await;
}

// spec: END-5, ATT-12
#[tokio::test]
async fn a_flipped_byte_never_harms_the_session_that_it_was_meant_for_beyond_a_rule_broken() {
    let server = Server::echo(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let http = Http::new(&server.target);
    let request = PollRequest {
        poll: Box::new(poller.head()),
        token: None,
        items: vec![item("one")],
        abort: None,
    };
    let whole = Request::Poll(request).encode();
    // Magic, header and length of the first frame, and the frames behind it: any change there is noticed.
    for index in (0..5).chain([whole.len() - 2, whole.len() - 1]) {
        let mut body = whole.to_vec();
        body[index] ^= 0x15;
        is_refused(&http, body).await;
    }
    poller.send(&["whole"]).await;
    poller.poll(1000).await;
}

// spec: GET-1, END-5, BAT-1
#[tokio::test]
async fn headers_that_hold_no_batch_are_refused_and_told_why() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let http = Http::new(&server.target);
    let whole = BASE64.encode(&Request::Hello(Box::new(hello())).encode());
    let refused = [
        ("", "a batch starts with"),
        ("nonsense!", "not base64"),
        ("bm9uc2Vuc2U=", "a batch starts with"),
        (&whole[1..], "not base64"),
        (&whole[4..], "a batch starts with"),
        (&whole[..whole.len() - 4], "end"),
        (&BASE64URL.encode(&[0xff; 30]), "not base64"),
        (&format!("{whole}, {whole}"), "not base64"),
    ];
    for (header, why) in refused {
        let answer = http.get("poll?1", &[("throughline", header)]).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 400, "{header}");
        assert!(answer.text().contains(why), "{}", answer.text());
    }
    bystanders.are_unharmed().await;
}

// spec: WS-1, FRM-2, LIM-1
#[tokio::test]
async fn random_messages_fail_their_own_websocket_only() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let mut random = Random::new(5);
    for len in 0..60 {
        for begun in [false, true] {
            let mut socket = Socket::open(&server.target).await;
            if begun {
                socket.attach().await;
            }
            let mut bytes = random.bytes(len);
            // No frame has a header such as this one.
            bytes.insert(0, 0x80 | random.bytes(1)[0]);
            socket.send_message(Message::Binary(bytes.into())).await;
            socket.gone().await;
        }
    }
    bystanders.are_unharmed().await;
}

// spec: WS-1
#[tokio::test]
async fn text_for_binary_and_binary_for_text_fail_the_websocket() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let greeting = "\u{1}{\"v\":1}".to_owned() + &" ".repeat(1600);
    let spoilt = [
        Message::Text(greeting.into()),
        Message::Text("".into()),
        Message::Text("{}".into()),
        Message::Binary(b"Ahello".to_vec().into()),
    ];
    for message in spoilt {
        for begun in [false, true] {
            let mut socket = Socket::open(&server.target).await;
            if begun {
                socket.attach().await;
            }
            socket.send_message(message.clone()).await;
            socket.gone().await;
        }
    }
    bystanders.are_unharmed().await;
}

// spec: LIM-2
#[tokio::test]
async fn a_websocket_frame_that_announces_too_much_is_not_waited_for() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let mut raw = Raw::connect(&server.target).await;
    let path = server.target.path("websocket");
    raw.write(format!(
        "GET {path} HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ))
    .await;
    assert_eq!(raw.answer().await.status(), 101);
    // Final, binary, masked, of 2^62 bytes.
    raw.write(b"\x82\xff\x40\0\0\0\0\0\0\0mask").await;
    raw.closed().await;
    bystanders.are_unharmed().await;
}

#[tokio::test]
async fn what_is_not_http_is_not_waited_for() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let mut random = Random::new(6);
    let garbage = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"\r\n\r\nPOST / HTTP/9.9\r\n\r\n".to_vec(),
        b"POST /realtime/poll HTTP/1.1\r\nContent-Length: x\r\n\r\n".to_vec(),
        b"POST /realtime/poll HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_vec(),
        [random.bytes(4000), b"\r\n\r\n".to_vec()].concat(),
    ];
    for bytes in garbage {
        let mut raw = Raw::connect(&server.target).await;
        raw.write(&bytes).await;
        raw.finish().await;
        let answer = raw.closed().await;
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 4"),
            "{bytes:?}: {text}"
        );
    }
    bystanders.are_unharmed().await;
}
