//! Pages that go on, with a script for each frame.

use crate::client::Site;
use crate::connection::Connection;
use crate::{HTML, UNCACHED, patient};
use throughline::SockJs;

#[tokio::test]
async fn a_page_of_more_than_a_thousand_bytes_comes_before_the_frames() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let mut stream = Connection::open(&site.target).await;
    let path = visitor.path("htmlfile?c=%63allback");
    stream.ask("GET", &path, "", "").await;
    let head = stream.head().await;
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-type"), HTML);
    assert_eq!(head.header("cache-control"), UNCACHED);
    assert!(!head.headers.contains_key("access-control-allow-origin"));
    let page = stream.chunk().await.expect("there is a page");
    assert!(page.len() > 1024 && page.ends_with("\r\n\r\n"));
    let mut rest = page.as_str();
    for part in [
        "<!doctype html>",
        "<meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\" />",
        "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" />",
        "<h2>Don't panic!</h2>",
        "document.domain = document.domain;",
        "var c = parent.callback;",
        "c.start();",
        "function p(d) {c.message(d);};",
        "window.onload = function() {c.stop();};",
        "</script>",
    ] {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("{part}"));
        rest = after;
    }
    let first = stream.chunk().await;
    assert_eq!(first.as_deref(), Some("<script>\np(\"o\");\n</script>\r\n"));
    visitor.send(r#"["x"]"#).await;
    let frame = stream.chunk().await;
    assert_eq!(
        frame.as_deref(),
        Some("<script>\np(\"a[\\\"x\\\"]\");\n</script>\r\n")
    );
}

#[tokio::test]
async fn what_is_said_cannot_leave_its_script() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let (mut stream, _) = visitor.stream("htmlfile?c=x").await;
    stream.chunk().await;
    visitor.send(r#"["</script><script>alert(1)//<!--"]"#).await;
    let frame = stream.chunk().await.expect("it goes on");
    assert_eq!(frame.matches('<').count(), 2, "{frame}");
}

#[tokio::test]
async fn without_a_name_to_call_there_is_no_page_and_no_session() {
    let mut site = Site::accepting(patient()).await;
    for (query, sentence) in crate::jsonp::CALLBACKS {
        let answer = site.visitor().get(&format!("htmlfile{query}")).await;
        assert_eq!(answer.status, 500, "{query}");
        assert!(answer.text().starts_with(sentence), "{}", answer.text());
    }
    assert!(!site.server.has_begun_another());
}

#[tokio::test]
async fn it_ends_when_enough_was_said() {
    let site = Site::echo(SockJs {
        response_limit: 64,
        ..patient()
    })
    .await;
    let visitor = site.visitor();
    let (mut stream, _) = visitor.stream("htmlfile?c=x").await;
    stream.chunk().await;
    visitor.send(&format!("[\"{}\"]", "x".repeat(64))).await;
    assert!(stream.chunk().await.is_some());
    assert_eq!(stream.chunk().await, None);
}
