//! Polling by scripts, and sending by forms.

use crate::client::Site;
use crate::{JAVASCRIPT, TEXT, UNCACHED, patient};
use http::Method;

/// Queries without a name to call, and how each is refused.
pub(crate) const CALLBACKS: [(&str, &str); 8] = [
    ("", "\"callback\" parameter required"),
    ("?x=callback", "\"callback\" parameter required"),
    ("?c=", "invalid \"callback\" parameter"),
    ("?c=%20", "invalid \"callback\" parameter"),
    ("?c=*", "invalid \"callback\" parameter"),
    ("?c=abc(", "invalid \"callback\" parameter"),
    ("?c=abc%28%29", "invalid \"callback\" parameter"),
    (
        "?c=abcdefghijklmnopqrstuvwxyz1234567",
        "invalid \"callback\" parameter",
    ),
];

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn a_frame_is_the_argument_of_the_function_that_is_named() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let opened = visitor.get("jsonp?c=%63allback").await;
    assert_eq!(opened.status, 200);
    assert_eq!(opened.text(), "/**/callback(\"o\");\r\n");
    assert_eq!(opened.header("content-type"), JAVASCRIPT);
    assert_eq!(opened.header("cache-control"), UNCACHED);
    assert_eq!(opened.header("x-content-type-options"), "nosniff");
    visitor.send(r#"["x"]"#).await;
    let answer = visitor.get("jsonp?callback=_jp.other-1").await;
    assert_eq!(answer.text(), "/**/_jp.other-1(\"a[\\\"x\\\"]\");\r\n");
}

#[tokio::test]
async fn without_a_name_to_call_there_is_no_session() {
    let mut site = Site::accepting(patient()).await;
    for (query, sentence) in CALLBACKS {
        let answer = site.visitor().get(&format!("jsonp{query}")).await;
        assert_eq!(answer.status, 500, "{query}");
        assert!(answer.text().starts_with(sentence), "{}", answer.text());
        assert_eq!(answer.header("content-type"), TEXT);
    }
    assert!(!site.server.has_begun_another());
}

#[tokio::test]
async fn a_form_brings_messages_and_is_answered_with_ok() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    for (content_type, body, message) in [
        (FORM.1, "d=%5B%22x%22%5D", "x"),
        (FORM.1, "a=b&d=%5B%22x+y%22%5D", "x y"),
        (
            "application/x-www-form-urlencoded; charset=UTF-8",
            "d=%5B%22%C3%A9%22%5D",
            "é",
        ),
        ("text/plain", "[\"%61bc\"]", "%61bc"),
        ("text/plain", "[\"d=x\"]", "d=x"),
        ("", "[\"z\"]", "z"),
    ] {
        let headers = [("content-type", content_type)];
        let answer = visitor
            .ask(Method::POST, "jsonp_send", &headers, body)
            .await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.text()),
            (200, "ok"),
            "{body}"
        );
        assert_eq!(answer.header("content-type"), TEXT);
        assert_eq!(answer.header("cache-control"), UNCACHED);
        assert_eq!(visitor.poll().await, format!("a[\"{message}\"]\n"));
    }
}

#[tokio::test]
async fn a_form_without_messages_is_refused_and_ends_nothing() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    for (headers, body, sentence) in [
        (&[FORM][..], "", "Payload expected."),
        (&[FORM][..], "d=", "Payload expected."),
        (&[FORM][..], "d", "Payload expected."),
        (&[FORM][..], "p=p", "Payload expected."),
        (&[FORM][..], "d=x", "Broken JSON encoding."),
        (&[FORM][..], "d=%5B%22x", "Broken JSON encoding."),
        (&[][..], "", "Payload expected."),
        (&[][..], "[\"x", "Broken JSON encoding."),
    ] {
        let answer = visitor.ask(Method::POST, "jsonp_send", headers, body).await;
        assert_eq!(answer.status, 500, "{body}");
        assert_eq!(answer.text(), sentence, "{body}");
    }
    visitor.send(r#"["still here"]"#).await;
    assert_eq!(visitor.poll().await, "a[\"still here\"]\n");
}

#[tokio::test]
async fn a_close_is_told_to_every_script_that_comes() {
    let site = crate::endings::closing(patient()).await;
    let visitor = site.visitor();
    assert_eq!(visitor.get("jsonp?c=x").await.text(), "/**/x(\"o\");\r\n");
    for callback in ["x", "y"] {
        let answer = visitor.get(&format!("jsonp?c={callback}")).await;
        assert_eq!(
            answer.text(),
            format!("/**/{callback}(\"c[3000,\\\"Go away!\\\"]\");\r\n")
        );
    }
}
