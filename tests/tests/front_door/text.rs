//! How long a poll in a GET may be, by the server itself: a proxy in front has bounds of its own.

use bytes::Bytes;
use throughline::{Limits, Message};
use throughline_core::session::Transport::{LongPoll, Periodic};
use throughline_core::wire::native::{Request, Response};
use throughline_tests::byhand::hello;
use throughline_tests::client::{Client, Plan};
use throughline_tests::form::Form;
use throughline_tests::http::Http;
use throughline_tests::random::Random;
use throughline_tests::raw::Raw;
use throughline_tests::server::Server;
use throughline_tests::wait::soon;

// spec: GET-1
#[tokio::test]
async fn the_body_of_a_get_is_not_looked_at() {
    let server = Server::echo(|builder| builder).await;
    let batch = Request::Hello(Box::new(hello())).encode();
    let text = data_encoding::BASE64.encode(&batch);
    let path = server.target.path("poll?1");
    let http = Http::new(&server.target);
    let headers = [("throughline", text.as_str())];
    for body in [Bytes::from_static(b"nonsense"), vec![b'x'; 500_000].into()] {
        let asked = http.request(http::Method::GET, &path, &headers, body).await;
        let verdict = Form::Get.verdict(&asked.expect("an answer"));
        assert!(matches!(verdict, Response::Welcome(_)));
    }
}

/// What HTTP's own library takes for a request's head, all headers together.
const LONGEST_HEAD: usize = 8192 + 4096 * 100;

// spec: GET-4
#[tokio::test]
async fn a_header_that_is_too_long_is_answered_and_not_waited_for() {
    let limits = Limits {
        batch: 100_000,
        ..Limits::default()
    };
    let server = Server::echo(|builder| builder.limits(limits)).await;
    let http = Http::new(&server.target);
    let answer = async |bytes: usize| {
        let sent = Form::Get.send(&http, &[], vec![0; bytes].into());
        sent.await.expect("an answer")
    };
    assert_eq!(answer(100_000).await.status, 400);
    let refused = answer(100_001).await;
    assert_eq!(refused.status, 431);
    assert!(refused.text().contains("Throughline"), "{}", refused.text());
    let mut long = Request::Hello(Box::new(hello())).encode().to_vec();
    long.resize(16 * 1024 + 1, b' ');
    let refused = Form::Get.send(&http, &[], long.into()).await;
    assert_eq!(refused.expect("an answer").status, 431);
    // Beyond what is read of a head at all, somebody else answers, but likewise.
    let mut raw = Raw::connect(&server.target).await;
    let mut head = format!(
        "GET {} HTTP/1.1\r\nHost: x\r\nThroughline: ",
        server.target.path("poll")
    );
    head.extend(std::iter::repeat_n('A', LONGEST_HEAD - head.len()));
    raw.write(head).await;
    assert_eq!(raw.answer().await.status(), 431);
    raw.closed().await;
}

// spec: GET-1, GET-2, GET-4
#[tokio::test]
async fn messages_of_any_kind_and_length_come_back_as_they_were() {
    let server = Server::echo(|builder| builder).await;
    let mut random = Random::new(7);
    let longest = Limits::default().message;
    let messages: Vec<Message> = vec![
        "".into(),
        "é€𝄞".into(),
        "\u{0}\r\n\u{7f}\u{feff}".into(),
        vec![0x54, 0x4c, 0x31, 0xff].into(),
        (0..=255).collect::<Vec<u8>>().into(),
        // More than a header should hold, but one message always passes.
        "x".repeat(longest).into(),
        random.bytes(longest).into(),
    ];
    for on in [LongPoll, Periodic] {
        let plan = Plan::default().form(Form::Get);
        let client = Client::try_connect(&server.target, on, plan).await;
        let client = client.expect("the session opens");
        for message in &messages {
            let sent = client.send(message.clone()).await;
            sent.expect("the session is open");
        }
        for (index, message) in messages.iter().enumerate() {
            let came = soon("the echo", client.recv()).await;
            let same = came.as_ref() == Some(message);
            assert!(same, "message {index} over {on}: {came:.200?}");
        }
        assert_eq!((client.failures(), client.moves()), (0, 1));
    }
}
