//! Runs the codec vectors of the specification: what is read, what is refused, and what is written.

#![expect(clippy::unwrap_used, reason = "a wrong vector fails its test")]

use bytes::Bytes;
use serde_json::Value;
use std::path::Path;
use throughline_core::wire::Carried;
use throughline_core::wire::native::{
    Abort, Answer, Begin, Close, Cursors, Frame, Item, Malformed, Poll, Request, Response, Token,
    batch, websocket,
};
use throughline_core::{Code, Message};

#[test]
fn every_codec_vector_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol-spec/vectors/codec");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the vectors exist")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    let mut count = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a vector file can be read");
        let json: Value = serde_json::from_str(&text).expect("a vector file is JSON");
        for vector in json["vectors"].as_array().expect("a file lists vectors") {
            println!("{}: {}", file.display(), vector["name"]);
            check(vector);
            count += 1;
        }
    }
    println!("{count} codec vectors");
    assert!(count > 100, "only {count} codec vectors were found");
}

fn check(vector: &Value) {
    let carried = carried(vector);
    let read = read(vector, carried.clone());
    let Some(frames) = vector["frames"].as_array() else {
        assert!(read.is_err(), "accepted: {read:?}");
        return;
    };
    let frames: Vec<Frame> = frames.iter().map(frame).collect();
    assert_eq!(read.as_ref(), Ok(&frames));
    if vector["decode_only"].as_bool() != Some(true) {
        assert_eq!(write(vector, &frames), carried);
    }
}

fn carried(vector: &Value) -> Carried {
    match vector["text"].as_str() {
        Some(text) => Carried::Text(text.into()),
        None => Carried::Binary(hex(&vector["hex"]).into()),
    }
}

fn read(vector: &Value, carried: Carried) -> Result<Vec<Frame>, Malformed> {
    match (string(&vector["carrier"]), carried) {
        ("batch", Carried::Binary(body)) => read_batch(vector, &body),
        (_, carried) => websocket::decode(carried).map(|frame| vec![frame]),
    }
}

/// A batch is read twice: frame by frame, and as what its reader accepts.
fn read_batch(vector: &Value, body: &Bytes) -> Result<Vec<Frame>, Malformed> {
    let shaped = match string(&vector["role"]) {
        "server" => Request::decode(body)?.encode(),
        _ => Response::decode(body)?.encode(),
    };
    if vector["decode_only"].as_bool() != Some(true) {
        assert_eq!(shaped, body);
    }
    batch::decode(body)
}

fn write(vector: &Value, frames: &[Frame]) -> Carried {
    if vector["carrier"] == "websocket" {
        return websocket::encode(&frames[0]);
    }
    let mut writer = batch::Writer::new(usize::MAX);
    for frame in frames {
        writer.push(frame);
    }
    let len = writer.len();
    let body = writer.finish();
    assert_eq!(body.len(), len);
    Carried::Binary(body)
}

fn frame(json: &Value) -> Frame {
    let body = || json["json"].clone();
    match string(&json["kind"]) {
        "hello" => Frame::Hello(serde_json::from_value(body()).unwrap()),
        "welcome" => Frame::Welcome(serde_json::from_value(body()).unwrap()),
        "refuse" => Frame::Refuse(serde_json::from_value(body()).unwrap()),
        "abort" => Frame::Abort(Box::new(serde_json::from_value::<Abort>(body()).unwrap())),
        "token" => token(body()),
        "begin" => Frame::Begin(Begin {
            generation: number(&json["generation"]),
            cursors: cursors(json),
            first: number(&json["first"]),
        }),
        "poll" => Frame::Poll(Box::new(poll(json))),
        "answer" => Frame::Answer(Answer {
            generation: number(&json["generation"]),
            number: number(&json["number"]),
            cursors: cursors(json),
            first: number(&json["first"]),
        }),
        "ack" => Frame::Ack(cursors(json)),
        "ping" => Frame::Ping(number(&json["nonce"])),
        "pong" => Frame::Pong(number(&json["nonce"])),
        "fenced" => Frame::Fenced(number(&json["generation"])),
        "stale" => Frame::Stale(number(&json["generation"])),
        _ => sequenced(json),
    }
}

fn token(body: Value) -> Frame {
    match body.get("token") {
        Some(_) => Frame::Token(serde_json::from_value::<Token>(body).unwrap()),
        None => Frame::TokenAccepted(serde_json::from_value(body).unwrap()),
    }
}

fn poll(json: &Value) -> Poll {
    Poll {
        session: string(&json["session"]).to_owned(),
        secret: string(&json["secret"]).parse().unwrap(),
        generation: number(&json["generation"]),
        number: number(&json["number"]),
        cursors: cursors(json),
        first: number(&json["first"]),
        hold: number(&json["hold"]),
        next: number(&json["next"]),
        max_bytes: number(&json["max_bytes"]),
    }
}

fn sequenced(json: &Value) -> Frame {
    let item = match string(&json["kind"]) {
        "text" => Item::Message(Message::text(string(&json["text"]))),
        "binary" => Item::Message(Message::binary(hex(&json["hex"]))),
        "close" => Item::Close(Box::new(Close {
            code: serde_json::from_value::<Code>(json["code"].clone()).unwrap(),
            reason: string(&json["reason"]).to_owned(),
            received: json["received"].as_u64(),
            ack: json["ack"].as_u64(),
        })),
        kind => panic!("a vector names the unknown kind `{kind}`"),
    };
    Frame::Sequenced(u8::try_from(number(&json["seq_mod"])).unwrap(), item)
}

fn cursors(json: &Value) -> Cursors {
    Cursors {
        received: number(&json["received"]),
        ack: number(&json["ack"]),
    }
}

fn number(json: &Value) -> u64 {
    json.as_u64().expect("a number of the vector")
}

fn string(json: &Value) -> &str {
    json.as_str().expect("a string of the vector")
}

fn hex(json: &Value) -> Vec<u8> {
    let digits = string(json).as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
