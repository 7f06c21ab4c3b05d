//! Instructions of the codecs: one small message, or one batch, decoded or encoded.

use crate::counting::{each, times};
use bytes::Bytes;
use gungraun::prelude::*;
use throughline_budgets::{TEXT, message, polls};
use throughline_core::Message;
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::{self, Packet, Version};
use throughline_core::wire::native::{
    Answer, AnswerBatch, Cursors, Frame, Item, Request, Response, websocket,
};
use throughline_core::wire::socketio::{self, Body, Decoder, Payload};
use throughline_core::wire::sockjs::{Batch, Incoming};

/// As many messages are in a batch.
const BATCH: usize = 4;

const ALL: Cursors = Cursors {
    received: 300,
    ack: 300,
};

fn native_message(_: u64) -> Frame {
    Frame::Sequenced(7, Item::Message(message()))
}

fn native_ack(_: u64) -> Frame {
    Frame::Ack(ALL)
}

fn items() -> Vec<Item> {
    vec![Item::Message(message()); BATCH]
}

fn poll_body(number: u64) -> Bytes {
    Request::Poll(polls::poll(number, items())).encode()
}

fn answer(number: u64) -> Response {
    let answer = Answer {
        generation: 1,
        number,
        cursors: ALL,
        first: 1,
    };
    Response::Answer(Box::new(AnswerBatch {
        answer,
        token: None,
        items: items(),
        abort: None,
    }))
}

fn event() -> socketio::Packet {
    let json = format!(r#"["message",{TEXT:?}]"#);
    let payload = Payload::new(json, Vec::new()).expect("it is an array");
    socketio::Packet {
        namespace: "/".into(),
        body: Body::Event { id: None, payload },
    }
}

#[library_benchmark]
#[bench::per_100(times(native_message))]
fn native_encode_message(frames: Vec<Frame>) {
    each(frames, |frame| websocket::encode(&frame));
}

#[library_benchmark]
#[bench::per_100(times(|n| websocket::encode(&native_message(n))))]
fn native_decode_message(carried: Vec<Carried>) {
    each(carried, websocket::decode);
}

#[library_benchmark]
#[bench::per_100(times(native_ack))]
fn native_encode_ack(frames: Vec<Frame>) {
    each(frames, |frame| websocket::encode(&frame));
}

#[library_benchmark]
#[bench::per_100(times(|n| websocket::encode(&native_ack(n))))]
fn native_decode_ack(carried: Vec<Carried>) {
    each(carried, websocket::decode);
}

#[library_benchmark]
#[bench::per_100(times(poll_body))]
fn native_decode_poll_of_4(bodies: Vec<Bytes>) {
    each(bodies, |body| Request::decode(&body));
}

#[library_benchmark]
#[bench::per_100(times(answer))]
fn native_encode_answer_of_4(answers: Vec<Response>) {
    each(answers, Response::encode);
}

#[library_benchmark]
#[bench::per_100(times(|_| Packet::Message(message())))]
fn engineio_encode(packets: Vec<Packet>) {
    each(packets, |packet| {
        engineio::websocket::encode(Version::V4, &packet)
    });
}

#[library_benchmark]
#[bench::per_100(times(|_| Carried::Text(format!("4{TEXT}").into())))]
fn engineio_decode(carried: Vec<Carried>) {
    each(carried, |carried| {
        engineio::websocket::decode(Version::V4, carried)
    });
}

#[library_benchmark]
#[bench::per_100(times(|_| event()))]
fn socketio_encode(packets: Vec<socketio::Packet>) {
    each(packets, |packet| packet.encode());
}

#[library_benchmark]
#[bench::per_100(times(|_| event().encode().remove(0)))]
fn socketio_decode(messages: Vec<Message>) {
    let mut decoder = Decoder::new(0);
    each(messages, |message| decoder.receive(message));
}

#[library_benchmark]
#[bench::per_100(times(|_| message()))]
fn sockjs_encode(messages: Vec<Message>) {
    each(messages, |message| {
        let mut batch = Batch::new(String::new());
        batch.push(&message);
        batch.finish()
    });
}

#[library_benchmark]
#[bench::per_100(times(|_| format!("[{TEXT:?}]").into()))]
fn sockjs_decode(bodies: Vec<bytestring::ByteString>) {
    each(bodies, |body| {
        Incoming::carried(Carried::Text(body)).map(Iterator::count)
    });
}

library_benchmark_group!(
    name = codec_group,
    benchmarks = [
        native_encode_message,
        native_decode_message,
        native_encode_ack,
        native_decode_ack,
        native_decode_poll_of_4,
        native_encode_answer_of_4,
        engineio_encode,
        engineio_decode,
        socketio_encode,
        socketio_decode,
        sockjs_encode,
        sockjs_decode,
    ]
);
