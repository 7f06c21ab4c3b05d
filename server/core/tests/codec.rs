//! Properties of the native codec: what was written is read again, and nothing that arrives panics.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use throughline_core::wire::native::{
    Abort, Answer, AnswerBatch, Begin, Close, Cursors, Frame, Hello, Item, MAX_NUMBER, Poll,
    PollRequest, Refuse, Request, Response, Secret, Token, TokenAccepted, Welcome, WireLimits,
    batch,
    websocket::{self, Carried},
};
use throughline_core::{Code, Message};

proptest! {
    // spec: WS-1, FRM-1, FRM-3
    #[test]
    fn a_frame_survives_a_websocket(frame in frame(Carrier::WebSocket)) {
        let carried = websocket::encode(&frame);
        let is_text = matches!(frame, Frame::Sequenced(_, Item::Message(Message::Text(_))));
        prop_assert_eq!(matches!(carried, Carried::Text(_)), is_text);
        prop_assert_eq!(websocket::decode(carried), Ok(frame));
    }

    // spec: WS-1
    #[test]
    fn a_message_costs_one_byte_on_a_websocket(seq_mod in 0..32u8, message in message()) {
        let len = message.len();
        let carried = websocket::encode(&Frame::Sequenced(seq_mod, Item::Message(message)));
        prop_assert_eq!(bytes(&carried).len(), len + 1);
    }

    // spec: BAT-1
    #[test]
    fn frames_survive_a_batch(frames in vec(frame(Carrier::Batch), 1..8)) {
        let body = batch(&frames);
        prop_assert_eq!(batch::decode(&body), Ok(frames));
    }

    // spec: BAT-2, BAT-3
    #[test]
    fn a_request_survives_its_form(request in request()) {
        prop_assert_eq!(Request::decode(&request.clone().encode()), Ok(request));
    }

    // spec: BAT-2, BAT-3
    #[test]
    fn an_answer_survives_its_form(response in response()) {
        prop_assert_eq!(Response::decode(&response.clone().encode()), Ok(response));
    }

    // spec: BAT-1
    #[test]
    fn no_part_of_a_batch_is_whole(frames in vec(frame(Carrier::Batch), 1..4), cut in any::<prop::sample::Index>()) {
        let body = batch(&frames);
        let cut = cut.index(body.len());
        prop_assert!(batch::decode(&body.slice(..cut)).is_err());
    }

    // spec: FRM-2, LIM-2
    #[test]
    fn a_damaged_batch_never_panics(
        request in request(),
        response in response(),
        damage in damage(),
    ) {
        for body in [request.encode(), response.encode()] {
            let body = Bytes::from(damage.to(&body));
            let _ = (batch::decode(&body), Request::decode(&body), Response::decode(&body));
        }
    }

    // spec: FRM-2, LIM-2
    #[test]
    fn a_damaged_frame_never_panics(frame in frame(Carrier::WebSocket), damage in damage()) {
        let damaged = damage.to(bytes(&websocket::encode(&frame)));
        if let Ok(text) = String::from_utf8(damaged.clone()) {
            let _ = websocket::decode(Carried::Text(text.into()));
        }
        let _ = websocket::decode(Carried::Binary(damaged.into()));
    }

    // spec: FRM-2, LIM-2
    #[test]
    fn noise_never_panics(header in any::<u8>(), noise in vec(any::<u8>(), 0..64)) {
        let frame = [&[header], &noise[..]].concat();
        let _ = websocket::decode(Carried::Binary(frame.clone().into()));
        let body = [b"TL1\xff", &frame[..]].concat();
        let _ = batch::decode(&body.into());
    }

    // spec: NET-2
    #[test]
    fn a_writer_keeps_to_its_budget(items in vec(item(), 0..20), budget in 0..4000usize) {
        let mut writer = batch::Writer::new(budget);
        for (index, item) in items.into_iter().enumerate() {
            if !writer.fits(&item) {
                break;
            }
            let before = writer.len();
            let len = item.wire_len();
            writer.push(&Frame::Sequenced((index % 32) as u8, item));
            prop_assert_eq!(writer.len(), before + len);
        }
        let len = writer.len();
        let frames = writer.frames();
        let body = writer.finish();
        prop_assert_eq!(body.len(), len);
        prop_assert!(frames == 0 || len <= budget);
    }
}

/// A retained small message must not pin the buffer that it came in.
#[test]
fn a_small_message_owns_its_memory() {
    let small = Message::binary(vec![1; 10]);
    let large = Message::binary(vec![2; 100_000]);
    let response = answer([small, large]);
    let body = response.encode();
    let Ok(Response::Answer(answer)) = Response::decode(&body) else {
        panic!("an answer is read as one");
    };
    let shared = |item: &Item| match item {
        Item::Message(message) => body.as_ptr_range().contains(&message.as_bytes().as_ptr()),
        Item::Close(_) => false,
    };
    let [small, large] = &answer.items[..] else {
        panic!("both messages are read");
    };
    assert!(!shared(small));
    assert!(shared(large), "a large message is not copied");
}

/// Spec LIM-2: a length is believed only when the bytes are there.
#[test]
fn a_claimed_length_allocates_nothing() {
    let body = [b"TL1\xff\x21", &[0xff; 7][..], b"\x0f"].concat();
    assert!(batch::decode(&body.into()).is_err());
}

/// What nobody should see stays out of what is logged.
#[test]
fn an_error_repeats_nothing_of_its_input() {
    let mut frame = b"\x01{\"v\":1,\"token\":[\"hunter2\"]}".to_vec();
    frame.resize(1536, b' ');
    let error = websocket::decode(Carried::Binary(frame.into())).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

fn answer(messages: [Message; 2]) -> Response {
    Response::Answer(AnswerBatch {
        answer: Answer {
            generation: 1,
            number: 1,
            cursors: Cursors::default(),
            first: 1,
        },
        token: None,
        items: messages.map(Item::Message).to_vec(),
        abort: None,
    })
}

fn batch(frames: &[Frame]) -> Bytes {
    let mut writer = batch::Writer::new(usize::MAX);
    for frame in frames {
        writer.push(frame);
    }
    writer.finish()
}

fn bytes(carried: &Carried) -> &[u8] {
    match carried {
        Carried::Text(text) => text.as_bytes(),
        Carried::Binary(bytes) => bytes,
    }
}

/// What a middlebox may do to bytes.
#[derive(Clone, Debug)]
enum Damage {
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Replace(prop::sample::Index, u8),
}

impl Damage {
    fn to(&self, bytes: &[u8]) -> Vec<u8> {
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

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        at().prop_map(Damage::Remove),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
    ]
}

/// `begin` belongs to the one, `poll` and `answer` to the other.
#[derive(Clone, Copy, Debug)]
enum Carrier {
    WebSocket,
    Batch,
}

fn frame(carrier: Carrier) -> BoxedStrategy<Frame> {
    let shared = prop_oneof![
        hello().prop_map(Frame::Hello),
        welcome().prop_map(Frame::Welcome),
        refuse().prop_map(Frame::Refuse),
        cursors().prop_map(Frame::Ack),
        number().prop_map(Frame::Ping),
        number().prop_map(Frame::Pong),
        number().prop_map(Frame::Fenced),
        number().prop_map(Frame::Stale),
        token().prop_map(Frame::Token),
        accepted().prop_map(Frame::TokenAccepted),
        abort().prop_map(Frame::Abort),
    ];
    let own = match carrier {
        Carrier::WebSocket => begin().prop_map(Frame::Begin).boxed(),
        Carrier::Batch => {
            prop_oneof![poll().prop_map(Frame::Poll), head().prop_map(Frame::Answer)].boxed()
        }
    };
    let sequenced = (0..32u8, item()).prop_map(|(seq_mod, item)| Frame::Sequenced(seq_mod, item));
    prop_oneof![4 => shared, 1 => own, 4 => sequenced].boxed()
}

fn request() -> impl Strategy<Value = Request> {
    let poll = (
        poll(),
        option::of(token()),
        vec(item(), 0..40),
        option::of(abort()),
    )
        .prop_map(|(poll, token, items, abort)| {
            Request::Poll(PollRequest {
                poll,
                token,
                items,
                abort,
            })
        });
    prop_oneof![1 => hello().prop_map(Request::Hello), 8 => poll]
}

fn response() -> impl Strategy<Value = Response> {
    let answer = (
        head(),
        option::of(accepted()),
        vec(item(), 0..40),
        option::of(abort()),
    )
        .prop_map(|(answer, token, items, abort)| {
            Response::Answer(AnswerBatch {
                answer,
                token,
                items,
                abort,
            })
        });
    prop_oneof![
        1 => welcome().prop_map(Response::Welcome),
        1 => refuse().prop_map(Response::Refuse),
        1 => number().prop_map(Response::Fenced),
        1 => number().prop_map(Response::Stale),
        1 => abort().prop_map(Response::Abort),
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

fn message() -> impl Strategy<Value = Message> {
    let long = 4090..4103usize;
    prop_oneof![
        4 => ".{0,60}".prop_map(Message::text),
        4 => vec(any::<u8>(), 0..200).prop_map(Message::binary),
        1 => long.clone().prop_map(|len| Message::text("é".repeat(len / 2))),
        1 => long.prop_map(|len| Message::binary(vec![7; len])),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    let close = (code(), reason()).prop_map(|(code, reason)| Close { code, reason });
    prop_oneof![8 => message().prop_map(Item::Message), 1 => close.prop_map(Item::Close)]
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
