//! Instructions of one step of a session: a message each way, an attach, a poll answered.

use crate::counting::{TIMES, each, times};
use bytes::Bytes;
use gungraun::prelude::*;
use std::hint::black_box;
use throughline_budgets::polls::{Polls, poll};
use throughline_budgets::{TEXT, attach, engineio, message, native, sockjs};
use throughline_core::Message;
use throughline_core::Session;
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Frame, Item, Request, websocket};

/// What the socket would take is thrown away.
fn socket<T>(leaves: T) {
    drop(black_box(leaves));
}

/// Their body is shared, as in a room.
fn messages() -> Vec<Message> {
    let message = message();
    times(|_| message.clone())
}

/// One message has gone before, so all memory that is kept from one to the next is there.
fn sender() -> (native::Link, Vec<Message>) {
    let mut link = native::Link::open();
    link.send(&message());
    (link, messages())
}

#[library_benchmark]
#[bench::per_100(sender())]
fn native_send_ack((mut link, messages): (native::Link, Vec<Message>)) -> native::Link {
    each(messages, |message| link.send(&message));
    link
}

fn receiver() -> (native::Link, Vec<Item>) {
    let mut link = native::Link::open();
    link.take(Item::Message(message()));
    (link, times(|_| Item::Message(message())))
}

#[library_benchmark]
#[bench::per_100(receiver())]
fn native_receive_take((mut link, items): (native::Link, Vec<Item>)) -> native::Link {
    each(items, |item| link.take(item));
    link
}

/// What a client sends to begin, and room for the sessions.
fn comers() -> (Carried, Carried, Vec<Session>) {
    let hello = websocket::encode(&Frame::Hello(Box::new(attach::hello())));
    let begin = websocket::encode(&Frame::Begin(native::first(1)));
    (hello, begin, Vec::with_capacity(TIMES))
}

#[library_benchmark]
#[bench::per_100(comers())]
fn native_attach((hello, begin, mut sessions): (Carried, Carried, Vec<Session>)) -> Vec<Session> {
    for _ in 0..TIMES {
        let (hello, begin) = (hello.clone(), begin.clone());
        sessions.push(attach::attach(hello, begin, &mut socket));
    }
    sessions
}

fn poller() -> (Polls, Vec<Bytes>) {
    let request = |number| Request::Poll(poll(number, Vec::new())).encode();
    (Polls::open(), times(request))
}

#[library_benchmark]
#[bench::per_100(poller())]
fn native_poll_answered((mut polls, requests): (Polls, Vec<Bytes>)) -> Polls {
    let message = message();
    let mut number = 0;
    each(requests, |request| {
        number += 1;
        polls.answer(number, &request, &message.clone())
    });
    polls
}

fn engineio_sender() -> (engineio::Link, Vec<Message>) {
    let mut link = engineio::Link::open();
    link.send(&message());
    (link, messages())
}

#[library_benchmark]
#[bench::per_100(engineio_sender())]
fn engineio_send((mut link, messages): (engineio::Link, Vec<Message>)) -> engineio::Link {
    each(messages, |message| link.send(&message));
    link
}

fn engineio_receiver() -> (engineio::Link, Vec<Carried>) {
    let carried = |_| Carried::Text(format!("4{TEXT}").into());
    let mut link = engineio::Link::open();
    link.take(carried(0));
    (link, times(carried))
}

#[library_benchmark]
#[bench::per_100(engineio_receiver())]
fn engineio_receive_take((mut link, carried): (engineio::Link, Vec<Carried>)) -> engineio::Link {
    each(carried, |carried| link.take(carried));
    link
}

fn sockjs_sender() -> (sockjs::Link, Vec<Message>) {
    let mut link = sockjs::Link::open();
    link.send(&message());
    (link, messages())
}

#[library_benchmark]
#[bench::per_100(sockjs_sender())]
fn sockjs_send((mut link, messages): (sockjs::Link, Vec<Message>)) -> sockjs::Link {
    each(messages, |message| link.send(&message));
    link
}

fn sockjs_receiver() -> (sockjs::Link, Vec<Carried>) {
    let carried = |_| Carried::Text(format!("[{TEXT:?}]").into());
    let mut link = sockjs::Link::open();
    link.take(carried(0));
    (link, times(carried))
}

#[library_benchmark]
#[bench::per_100(sockjs_receiver())]
fn sockjs_receive_take((mut link, carried): (sockjs::Link, Vec<Carried>)) -> sockjs::Link {
    each(carried, |carried| link.take(carried));
    link
}

library_benchmark_group!(
    name = session_group,
    benchmarks = [
        native_send_ack,
        native_receive_take,
        native_attach,
        native_poll_answered,
        engineio_send,
        engineio_receive_take,
        sockjs_send,
        sockjs_receive_take,
    ]
);
