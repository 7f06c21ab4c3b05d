//! Properties of the native codec: what was written is read again, and nothing that arrives panics.

mod strategies;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use strategies::{Form, damage, frame, item, message, request, response};
use throughline_core::Message;
use throughline_core::wire::Carried;
use throughline_core::wire::native::{
    Answer, AnswerBatch, Cursors, Frame, Item, Request, Response, batch, websocket,
};

proptest! {
    // spec: WS-1, FRM-1, FRM-3
    #[test]
    fn a_frame_survives_a_websocket(frame in frame(Form::WebSocket)) {
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
    fn frames_survive_a_batch(frames in vec(frame(Form::Batch), 1..8)) {
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
    fn no_part_of_a_batch_is_whole(frames in vec(frame(Form::Batch), 1..4), cut in any::<prop::sample::Index>()) {
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
    fn a_damaged_frame_never_panics(frame in frame(Form::WebSocket), damage in damage()) {
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
    Response::Answer(Box::new(AnswerBatch {
        answer: Answer {
            generation: 1,
            number: 1,
            cursors: Cursors::default(),
            first: 1,
        },
        token: None,
        items: messages.map(Item::Message).to_vec(),
        abort: None,
    }))
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
