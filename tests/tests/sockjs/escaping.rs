//! Characters that browsers lose, halves of characters, and values that are no strings.

use crate::client::Site;
use crate::patient;
use serde_json::{Value, json};
use std::fmt::Write;

/// What a client sends for any unit of UTF-16: an escape.
fn escaped(units: impl IntoIterator<Item = u16>) -> String {
    units.into_iter().fold(String::new(), |mut text, unit| {
        write!(text, "\\u{unit:04x}").expect("a string takes text");
        text
    })
}

#[tokio::test]
async fn what_browsers_lose_is_written_as_escapes_and_nothing_else_is() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    let lost = |unit: u16| matches!(unit, 0..=0x1f | 0x200c..=0x200f | 0x2028..=0x202f | 0x2060..=0x206f | 0xfff0..);
    let short = |unit: u16| match unit {
        8 => Some("\\b"),
        9 => Some("\\t"),
        0xa => Some("\\n"),
        0xc => Some("\\f"),
        0xd => Some("\\r"),
        0x22 => Some("\\\""),
        0x5c => Some("\\\\"),
        _ => None,
    };
    let units = (0..=0x17f)
        .chain(0x2000..=0x2070)
        .chain(0xd7f0..=0xd7ff)
        .chain(0xe000..=0xe010);
    let units: Vec<u16> = units.chain(0xffe0..=0xffff).collect();
    let mut expected = String::new();
    for unit in &units {
        match (short(*unit), char::from_u32((*unit).into())) {
            (Some(escape), _) => expected.push_str(escape),
            (None, Some(character)) if !lost(*unit) => expected.push(character),
            _ => expected.push_str(&escaped([*unit])),
        }
    }
    visitor.send(&format!("[\"{}\"]", escaped(units))).await;
    assert_eq!(visitor.poll().await, format!("a[\"{expected}\"]\n"));
}

/// The same on every transport, and read as the client reads it.
#[tokio::test]
async fn every_character_comes_back_as_it_went() {
    let text = "100% %41 \0\u{1}\u{7f}é漢😀\u{200c}\u{2028}\u{fffe}\u{ffff}</script>\"\\";
    let body = json!([text]).to_string();
    let site = Site::echo(patient()).await;
    let read = |frame: &str| {
        let array = frame.strip_prefix('a').expect("a frame of messages");
        serde_json::from_str::<Value>(array).expect("it is JSON")
    };
    let visitor = site.open().await;
    visitor.send(&body).await;
    assert_eq!(read(&visitor.poll().await), json!([text]));
    visitor.send(&body).await;
    let script = visitor.get("jsonp?c=x").await.text();
    let argument = script
        .strip_prefix("/**/x(")
        .and_then(|rest| rest.strip_suffix(");\r\n"));
    let frame: String = serde_json::from_str(argument.expect("a call")).expect("a string");
    assert_eq!(read(&frame), json!([text]));
    let mut ws = site.visitor().websocket().await;
    ws.send(body).await;
    assert_eq!(read(&ws.text().await), json!([text]));
}

/// JavaScript has such strings, Rust does not.
#[tokio::test]
async fn half_a_character_is_replaced_and_ends_nothing() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    visitor
        .send(r#"["x\ud83d","\ude00y","\ud83d\ude00"]"#)
        .await;
    let expected = "\"x\\ufffd\",\"\\ufffdy\",\"😀\"";
    assert_eq!(visitor.poll().await, format!("a[{expected}]\n"));
    let mut ws = site.visitor().websocket().await;
    ws.send(r#""\ud83d""#).await;
    assert_eq!(ws.text().await, "a[\"\\ufffd\"]");
}

#[tokio::test]
async fn values_that_are_no_strings_arrive_as_they_are_written() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    visitor.send(r#"[5,{"o":1},null,true,[1,"x"],1e999]"#).await;
    let expected = r#"a["5","{\"o\":1}","null","true","[1,\"x\"]","1e999"]"#;
    assert_eq!(visitor.poll().await, format!("{expected}\n"));
    let mut ws = site.visitor().websocket().await;
    for (sent, said) in [
        (r#"{"o":1}"#, r#"a["{\"o\":1}"]"#),
        ("5", "a[\"5\"]"),
        ("null", "a[\"null\"]"),
        ("[null]", "a[\"null\"]"),
    ] {
        ws.send(sent).await;
        assert_eq!(ws.text().await, said);
    }
}

#[tokio::test]
async fn bytes_travel_as_base64() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    let bytes = throughline::Message::binary(vec![1, 2, 255]);
    near.send(bytes).await.expect("it is open");
    assert_eq!(visitor.poll().await, "a[\"AQL/\"]\n");
}

#[tokio::test]
async fn what_is_no_utf8_is_no_json() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    let path = visitor.path("xhr_send");
    let body = bytes::Bytes::from_static(b"[\"\xff\xfe\"]");
    let sent = visitor
        .http
        .request(http::Method::POST, &path, &[], body)
        .await;
    let answer = sent.expect("an answer");
    assert_eq!(
        (answer.status.as_u16(), &*answer.text()),
        (500, "Broken JSON encoding.")
    );
}
