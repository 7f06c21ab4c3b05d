//! Bounds of a poll in a GET, by the server itself: a proxy in front has bounds of its own.

use bytes::Bytes;
use throughline::Limits;
use throughline_core::wire::native::{Request, Response};
use throughline_tests::byhand::hello;
use throughline_tests::form::Form;
use throughline_tests::http::Http;
use throughline_tests::raw::Raw;
use throughline_tests::server::Server;

// spec: GET-1
#[tokio::test]
async fn the_body_of_a_get_is_not_looked_at() {
    let server = Server::echo(|builder| builder).await;
    let batch = Request::Hello(hello()).encode();
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
    let mut long = Request::Hello(hello()).encode().to_vec();
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
