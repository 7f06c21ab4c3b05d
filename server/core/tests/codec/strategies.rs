//! Whatever may be written, and whatever may become of it on the way.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use throughline_core::wire::native::{
    Abort, Answer, AnswerBatch, Begin, Close, Cursors, Frame, Hello, Item, MAX_NUMBER, Poll,
    PollRequest, Refuse, Request, Response, Secret, Token, TokenAccepted, Welcome, WireLimits,
};
use throughline_core::{Code, Message};

/// What a middlebox may do to bytes.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Replace(prop::sample::Index, u8),
}

impl Damage {
    pub(crate) fn to(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Insert(at, byte) => bytes.insert(at.index(bytes.len() + 1), *byte),
            Self::Remove(at) => drop(bytes.remove(at.index(bytes.len()))),
            Self::Replace(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
        }
        bytes
    }
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        at().prop_map(Damage::Remove),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
    ]
}

/// `begin` belongs to the one, `poll` and `answer` to the other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    WebSocket,
    Batch,
}

pub(crate) fn frame(form: Form) -> BoxedStrategy<Frame> {
    let shared = prop_oneof![
        hello().prop_map(Box::new).prop_map(Frame::Hello),
        welcome().prop_map(Box::new).prop_map(Frame::Welcome),
        refuse().prop_map(Box::new).prop_map(Frame::Refuse),
        cursors().prop_map(Frame::Ack),
        number().prop_map(Frame::Ping),
        number().prop_map(Frame::Pong),
        number().prop_map(Frame::Fenced),
        number().prop_map(Frame::Stale),
        token().prop_map(Frame::Token),
        accepted().prop_map(Frame::TokenAccepted),
        abort().prop_map(Box::new).prop_map(Frame::Abort),
    ];
    let own = match form {
        Form::WebSocket => begin().prop_map(Frame::Begin).boxed(),
        Form::Batch => prop_oneof![
            poll().prop_map(Box::new).prop_map(Frame::Poll),
            head().prop_map(Frame::Answer)
        ]
        .boxed(),
    };
    let sequenced = (0..32u8, item()).prop_map(|(seq_mod, item)| Frame::Sequenced(seq_mod, item));
    prop_oneof![4 => shared, 1 => own, 4 => sequenced].boxed()
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    let poll = (
        poll(),
        option::of(token()),
        vec(item(), 0..40),
        option::of(abort().prop_map(Box::new)),
    )
        .prop_map(|(poll, token, items, abort)| {
            Request::Poll(PollRequest {
                poll: Box::new(poll),
                token,
                items,
                abort,
            })
        });
    prop_oneof![1 => hello().prop_map(Box::new).prop_map(Request::Hello), 8 => poll]
}

pub(crate) fn response() -> impl Strategy<Value = Response> {
    let answer = (
        head(),
        option::of(accepted()),
        vec(item(), 0..40),
        option::of(abort().prop_map(Box::new)),
    )
        .prop_map(|(answer, token, items, abort)| {
            Response::Answer(Box::new(AnswerBatch {
                answer,
                token,
                items,
                abort,
            }))
        });
    prop_oneof![
        1 => welcome().prop_map(Box::new).prop_map(Response::Welcome),
        1 => refuse().prop_map(Box::new).prop_map(Response::Refuse),
        1 => number().prop_map(Response::Fenced),
        1 => number().prop_map(Response::Stale),
        1 => abort().prop_map(Box::new).prop_map(Response::Abort),
        12 => answer,
    ]
}

/// Numbers of every length on the wire, the largest among them.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => (0..54u32, 0..=MAX_NUMBER).prop_map(|(shift, bits)| bits >> shift),
        1 => Just(MAX_NUMBER),
    ]
}

fn cursors() -> impl Strategy<Value = Cursors> {
    (number(), number()).prop_map(|(received, ack)| Cursors { received, ack })
}

pub(crate) fn message() -> impl Strategy<Value = Message> {
    let long = 4090..4103usize;
    prop_oneof![
        4 => ".{0,60}".prop_map(Message::text),
        4 => vec(any::<u8>(), 0..200).prop_map(Message::binary),
        1 => long.clone().prop_map(|len| Message::text("é".repeat(len / 2))),
        1 => long.prop_map(|len| Message::binary(vec![7; len])),
    ]
}

pub(crate) fn item() -> impl Strategy<Value = Item> {
    prop_oneof![8 => message().prop_map(Item::Message), 1 => close().prop_map(Box::new).prop_map(Item::Close)]
}

fn close() -> impl Strategy<Value = Close> {
    let close = (code(), reason()).prop_map(|(code, reason)| Close::new(code, reason));
    (close, option::of(cursors())).prop_map(|(close, cursors)| match cursors {
        Some(cursors) => close.with_cursors(cursors),
        None => close,
    })
}

fn code() -> impl Strategy<Value = Code> {
    prop_oneof![
        (3000..4500u16)
            .prop_map(|value| Code::application(value).expect("the range is the application's")),
        Just(Code::NORMAL),
        Just(Code::SHUTDOWN),
        Just(Code::ABORTED),
    ]
}

fn reason() -> impl Strategy<Value = String> {
    ".{0,30}"
}

fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9._-]{1,64}"
}

fn secret() -> impl Strategy<Value = Secret> {
    any::<[u8; 16]>().prop_map(Secret::new)
}

fn hello() -> impl Strategy<Value = Hello> {
    (
        number(),
        option::of(id()),
        option::of(secret()),
        option::of(".{0,600}"),
        vec("[a-z]{1,9}", 0..3),
        option::of(number()),
    )
        .prop_map(|(v, session, secret, token, protocols, window)| Hello {
            v,
            session,
            secret,
            token,
            protocols,
            window,
        })
}

fn limits() -> impl Strategy<Value = WireLimits> {
    [
        number(),
        number(),
        number(),
        number(),
        number(),
        number(),
        number(),
        number(),
    ]
    .prop_map(
        |[
            message,
            window,
            batch,
            hold,
            heartbeat,
            timeout,
            retention,
            offer,
        ]| WireLimits {
            message,
            window,
            batch,
            hold,
            heartbeat,
            timeout,
            retention,
            offer,
        },
    )
}

fn welcome() -> impl Strategy<Value = Welcome> {
    (
        (id(), option::of(secret()), number(), cursors()),
        (option::of("[a-z]{1,9}"), option::of(number()), limits()),
    )
        .prop_map(
            |((session, secret, generation, cursors), (protocol, expires_in, limits))| Welcome {
                session,
                secret,
                generation,
                received: cursors.received,
                ack: cursors.ack,
                protocol,
                expires_in,
                limits,
            },
        )
}

fn refuse() -> impl Strategy<Value = Refuse> {
    (code(), reason(), option::of(number())).prop_map(|(code, reason, retry_after)| Refuse {
        code,
        reason,
        retry_after,
    })
}

fn begin() -> impl Strategy<Value = Begin> {
    (number(), cursors(), number()).prop_map(|(generation, cursors, first)| Begin {
        generation,
        cursors,
        first,
    })
}

/// `first` leaves room above it: no session ever sends 2^53 messages.
fn poll() -> impl Strategy<Value = Poll> {
    (
        (id(), secret(), number(), number(), cursors()),
        (0..=MAX_NUMBER / 2, number(), number(), number()),
    )
        .prop_map(
            |((session, secret, generation, number, cursors), (first, hold, next, max_bytes))| {
                Poll {
                    session,
                    secret,
                    generation,
                    number,
                    cursors,
                    first,
                    hold,
                    next,
                    max_bytes,
                }
            },
        )
}

fn head() -> impl Strategy<Value = Answer> {
    (number(), number(), cursors(), 0..=MAX_NUMBER / 2).prop_map(
        |(generation, number, cursors, first)| Answer {
            generation,
            number,
            cursors,
            first,
        },
    )
}

fn token() -> impl Strategy<Value = Token> {
    ".{0,60}".prop_map(|token| Token { token })
}

fn accepted() -> impl Strategy<Value = TokenAccepted> {
    option::of(number()).prop_map(|expires_in| TokenAccepted { expires_in })
}

fn abort() -> impl Strategy<Value = Abort> {
    (
        code(),
        reason(),
        option::of(number()),
        option::of(number()),
        option::of(number()),
    )
        .prop_map(|(code, reason, received, ack, retry_after)| Abort {
            code,
            reason,
            received,
            ack,
            retry_after,
        })
}
