//! Frames as the vectors write them, both ways.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use throughline_core::Message;
use throughline_core::wire::native::{Answer, Begin, Cursors, Frame, Item, Poll};

/// A frame from its JSON form.
pub(crate) fn parse(value: &Value) -> Frame {
    let json = || value["json"].clone();
    match text(value, "kind").as_str() {
        "hello" => Frame::Hello(typed(json())),
        "welcome" => Frame::Welcome(typed(json())),
        "refuse" => Frame::Refuse(typed(json())),
        "abort" => Frame::Abort(typed(json())),
        "token" if value["json"].get("token").is_some() => Frame::Token(typed(json())),
        "token" => Frame::TokenAccepted(typed(json())),
        "begin" => Frame::Begin(Begin {
            generation: number(value, "generation"),
            cursors: cursors(value),
            first: number(value, "first"),
        }),
        "poll" => Frame::Poll(Box::new(poll(value))),
        "answer" => Frame::Answer(Answer {
            generation: number(value, "generation"),
            number: number(value, "number"),
            cursors: cursors(value),
            first: number(value, "first"),
        }),
        "ack" => Frame::Ack(cursors(value)),
        "ping" => Frame::Ping(number(value, "nonce")),
        "pong" => Frame::Pong(number(value, "nonce")),
        "fenced" => Frame::Fenced(number(value, "generation")),
        "stale" => Frame::Stale(number(value, "generation")),
        _ => sequenced(value),
    }
}

fn sequenced(value: &Value) -> Frame {
    let seq_mod = u8::try_from(number(value, "seq_mod")).expect("seq_mod is below 32");
    Frame::Sequenced(
        seq_mod,
        match text(value, "kind").as_str() {
            "close" => Item::Close(typed(value.clone())),
            _ => Item::Message(message(value)),
        },
    )
}

/// A message from `text`, `hex` or `zeros`.
pub(crate) fn message(value: &Value) -> Message {
    if let Some(text) = value["text"].as_str() {
        return Message::from(text.to_owned());
    }
    if let Some(zeros) = value["zeros"].as_u64() {
        return Message::from(vec![0; usize::try_from(zeros).expect("a size")]);
    }
    let hex = text(value, "hex");
    let bytes = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits"));
    Message::from(bytes.collect::<Vec<_>>())
}

fn poll(value: &Value) -> Poll {
    Poll {
        session: text(value, "session"),
        secret: text(value, "secret").parse().expect("a secret"),
        generation: number(value, "generation"),
        number: number(value, "number"),
        cursors: cursors(value),
        first: number(value, "first"),
        hold: number(value, "hold"),
        next: number(value, "next"),
        max_bytes: number(value, "max_bytes"),
    }
}

fn cursors(value: &Value) -> Cursors {
    Cursors {
        received: number(value, "received"),
        ack: number(value, "ack"),
    }
}

fn number(value: &Value, name: &str) -> u64 {
    value[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name} is missing in {value}"))
}

fn text(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} is missing in {value}"))
        .to_owned()
}

fn typed<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a JSON body of its kind")
}

/// The JSON form of a frame that the server sends.
pub(crate) fn write(frame: &Frame) -> Value {
    match frame {
        Frame::Welcome(welcome) => body("welcome", welcome),
        Frame::Refuse(refuse) => body("refuse", refuse),
        Frame::Abort(abort) => body("abort", abort),
        Frame::TokenAccepted(accepted) => body("token", accepted),
        Frame::Begin(Begin {
            generation,
            cursors: Cursors { received, ack },
            first,
        }) => json!({
            "kind": "begin", "generation": generation, "received": received, "ack": ack, "first": first,
        }),
        Frame::Answer(Answer {
            generation,
            number,
            cursors: Cursors { received, ack },
            first,
        }) => json!({
            "kind": "answer", "generation": generation, "number": number,
            "received": received, "ack": ack, "first": first,
        }),
        Frame::Ack(Cursors { received, ack }) => {
            json!({"kind": "ack", "received": received, "ack": ack})
        }
        Frame::Ping(nonce) => json!({"kind": "ping", "nonce": nonce}),
        Frame::Pong(nonce) => json!({"kind": "pong", "nonce": nonce}),
        Frame::Fenced(generation) => json!({"kind": "fenced", "generation": generation}),
        Frame::Stale(generation) => json!({"kind": "stale", "generation": generation}),
        Frame::Sequenced(seq_mod, item) => write_item(*seq_mod, item),
        other => panic!("a server never sends {other:?}"),
    }
}

/// The JSON form of a sequenced frame.
pub(crate) fn write_item(seq_mod: u8, item: &Item) -> Value {
    match item {
        Item::Message(Message::Text(text)) => {
            json!({"kind": "text", "seq_mod": seq_mod, "text": &text[..]})
        }
        Item::Message(Message::Binary(bytes)) => {
            let mut value = write_bytes(bytes);
            value["kind"] = "binary".into();
            value["seq_mod"] = seq_mod.into();
            value
        }
        Item::Close(close) => {
            let mut value = serde_json::to_value(close).expect("bodies are JSON");
            value["kind"] = "close".into();
            value["seq_mod"] = seq_mod.into();
            value
        }
    }
}

/// The JSON form of a message.
pub(crate) fn write_message(message: &Message) -> Value {
    match message {
        Message::Text(text) => json!({"text": &text[..]}),
        Message::Binary(bytes) => write_bytes(bytes),
    }
}

/// Long runs of zeros are written as their number.
fn write_bytes(bytes: &Bytes) -> Value {
    if bytes.len() > 16 && bytes.iter().all(|byte| *byte == 0) {
        return json!({"zeros": bytes.len()});
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"hex": hex})
}

fn body(kind: &str, body: impl Serialize) -> Value {
    json!({"kind": kind, "json": serde_json::to_value(body).expect("bodies are JSON")})
}
