//! One frame's header and body, both ways; how frames are carried is another file's matter (spec §4).
//!
//! Every length is checked before anything is made of it, and no input makes this panic.

use super::frame::{
    Abort, Answer, Begin, Close, Cursors, Frame, Hello, Item, Poll, Refuse, Secret, Token,
    TokenAccepted, Welcome, WireLimits,
};
use super::json::{self, Limited, check_code, check_id, check_numbers, check_reason, check_token};
use super::{Malformed, varint};
use crate::message::{Body, Message};
use bytes::{BufMut, Bytes};
use bytestring::ByteString;

pub(super) const HELLO: u8 = 0x01;
pub(super) const WELCOME: u8 = 0x02;
pub(super) const REFUSE: u8 = 0x03;
pub(super) const BEGIN: u8 = 0x04;
pub(super) const POLL: u8 = 0x05;
pub(super) const ANSWER: u8 = 0x06;
pub(super) const ACK: u8 = 0x07;
pub(super) const PING: u8 = 0x08;
pub(super) const PONG: u8 = 0x09;
pub(super) const TOKEN: u8 = 0x0a;
pub(super) const ABORT: u8 = 0x0b;
pub(super) const FENCED: u8 = 0x0c;
pub(super) const STALE: u8 = 0x0d;
pub(super) const BINARY: u8 = 0x20;
pub(super) const TEXT: u8 = 0x40;
pub(super) const CLOSE: u8 = 0x60;
/// Past the last header of a sequenced frame.
const BEYOND: u8 = 0x80;

/// A sequence number as a header carries it (spec FRM-1).
pub(crate) const fn modulo(seq: u64) -> u8 {
    (seq % 32) as u8
}

pub(super) fn header(frame: &Frame) -> u8 {
    match frame {
        Frame::Hello(_) => HELLO,
        Frame::Welcome(_) => WELCOME,
        Frame::Refuse(_) => REFUSE,
        Frame::Begin(_) => BEGIN,
        Frame::Poll(_) => POLL,
        Frame::Answer(_) => ANSWER,
        Frame::Ack(_) => ACK,
        Frame::Ping(_) => PING,
        Frame::Pong(_) => PONG,
        Frame::Token(_) | Frame::TokenAccepted(_) => TOKEN,
        Frame::Abort(_) => ABORT,
        Frame::Fenced(_) => FENCED,
        Frame::Stale(_) => STALE,
        Frame::Sequenced(seq_mod, item) => item_header(*seq_mod, item),
    }
}

pub(super) fn item_header(seq_mod: u8, item: &Item) -> u8 {
    let kind = match item {
        Item::Message(message) => kind(message.into()),
        Item::Close(_) => CLOSE,
    };
    kind | (seq_mod & 31)
}

/// The header of a message with this number.
pub(super) fn message_header(seq: u64, message: Body<'_>) -> u8 {
    kind(message) | modulo(seq)
}

const fn kind(message: Body<'_>) -> u8 {
    match message {
        Body::Text(_) => TEXT,
        Body::Binary(_) => BINARY,
    }
}

pub(super) fn write(frame: &Frame, out: &mut Vec<u8>) {
    match frame {
        Frame::Hello(hello) => json::write_padded(&**hello, out),
        Frame::Welcome(welcome) => json::write_padded(&**welcome, out),
        Frame::Refuse(refuse) => json::write(&**refuse, out),
        Frame::Begin(begin) => write_begin(begin, out),
        Frame::Poll(poll) => write_poll(poll, out),
        Frame::Answer(answer) => write_answer(answer, out),
        Frame::Ack(cursors) => write_numbers([cursors.received, cursors.ack], out),
        Frame::Ping(number)
        | Frame::Pong(number)
        | Frame::Fenced(number)
        | Frame::Stale(number) => write_numbers([*number], out),
        Frame::Token(token) => json::write(token, out),
        Frame::TokenAccepted(accepted) => json::write(accepted, out),
        Frame::Abort(abort) => json::write(&**abort, out),
        Frame::Sequenced(_, Item::Message(message)) => out.put_slice(message.as_bytes()),
        Frame::Sequenced(_, Item::Close(close)) => json::write(&**close, out),
    }
}

/// How long the body of a frame is that comes often and is of numbers alone; 0 of any other.
pub(super) fn numbers_len(frame: &Frame) -> usize {
    match frame {
        Frame::Ack(cursors) => varint::len(cursors.received) + varint::len(cursors.ack),
        Frame::Ping(number) | Frame::Pong(number) => varint::len(*number),
        _ => 0,
    }
}

fn write_numbers<const N: usize>(numbers: [u64; N], out: &mut Vec<u8>) {
    for number in numbers {
        varint::write(number, out);
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    varint::write(text.len() as u64, out);
    out.put_slice(text.as_bytes());
}

fn write_begin(begin: &Begin, out: &mut Vec<u8>) {
    let Cursors { received, ack } = begin.cursors;
    write_numbers([begin.generation, received, ack, begin.first], out);
}

fn write_poll(poll: &Poll, out: &mut Vec<u8>) {
    let Cursors { received, ack } = poll.cursors;
    write_string(&poll.session, out);
    write_string(&String::from(poll.secret), out);
    write_numbers([poll.generation, poll.number, received, ack], out);
    write_numbers([poll.first, poll.hold, poll.next, poll.max_bytes], out);
}

fn write_answer(answer: &Answer, out: &mut Vec<u8>) {
    let Cursors { received, ack } = answer.cursors;
    let Answer {
        generation,
        number,
        first,
        ..
    } = *answer;
    write_numbers([generation, number, received, ack, first], out);
}

/// Parses a body. `payload` makes the body into memory that a message may keep; it is called for
/// messages alone.
pub(super) fn parse(
    header: u8,
    body: &[u8],
    payload: impl FnOnce() -> Bytes,
) -> Result<Frame, Malformed> {
    Ok(match header {
        HELLO => Frame::Hello(Box::new(json::read_padded(body)?)),
        WELCOME => Frame::Welcome(Box::new(json::read_padded(body)?)),
        REFUSE => Frame::Refuse(Box::new(json::read(body)?)),
        BEGIN => Frame::Begin(parse_begin(body)?),
        POLL => Frame::Poll(Box::new(parse_poll(body)?)),
        ANSWER => Frame::Answer(parse_answer(body)?),
        ACK => {
            let [received, ack] = parse_numbers(body)?;
            Frame::Ack(Cursors { received, ack })
        }
        PING => Frame::Ping(parse_number(body)?),
        PONG => Frame::Pong(parse_number(body)?),
        TOKEN => parse_token(body)?,
        ABORT => Frame::Abort(Box::new(json::read(body)?)),
        FENCED => Frame::Fenced(parse_number(body)?),
        STALE => Frame::Stale(parse_number(body)?),
        BINARY..TEXT => sequenced(header, Message::Binary(payload())),
        TEXT..CLOSE => sequenced(header, Message::Text(parse_text(payload())?)),
        CLOSE..BEYOND => Frame::Sequenced(header & 31, Item::Close(Box::new(json::read(body)?))),
        _ => return Err(Malformed::Header(header)),
    })
}

pub(super) fn sequenced(header: u8, message: Message) -> Frame {
    Frame::Sequenced(header & 31, Item::Message(message))
}

fn parse_text(payload: Bytes) -> Result<ByteString, Malformed> {
    ByteString::try_from(payload).map_err(|_| Malformed::Utf8)
}

/// The same header means `token` from a client and its acceptance from a server: the member tells.
fn parse_token(body: &[u8]) -> Result<Frame, Malformed> {
    match json::read(body)? {
        AnyToken {
            token: Some(token), ..
        } => Ok(Frame::Token(Token { token })),
        AnyToken { expires_in, .. } => Ok(Frame::TokenAccepted(TokenAccepted { expires_in })),
    }
}

/// Exactly `N` numbers and nothing else.
fn parse_numbers<const N: usize>(mut body: &[u8]) -> Result<[u64; N], Malformed> {
    let numbers = read_numbers(&mut body)?;
    if !body.is_empty() {
        return Err(Malformed::LeftOver);
    }
    Ok(numbers)
}

fn parse_number(body: &[u8]) -> Result<u64, Malformed> {
    parse_numbers(body).map(|[number]| number)
}

fn read_numbers<const N: usize>(body: &mut &[u8]) -> Result<[u64; N], Malformed> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = varint::read(body)?;
    }
    Ok(numbers)
}

fn read_string<'a>(
    what: &'static str,
    most: usize,
    body: &mut &'a [u8],
) -> Result<&'a str, Malformed> {
    let len = usize::try_from(varint::read(body)?).unwrap_or(usize::MAX);
    json::at_most(what, len, most)?;
    let (text, rest) = body.split_at_checked(len).ok_or(Malformed::Cut(what))?;
    *body = rest;
    std::str::from_utf8(text).map_err(|_| Malformed::Utf8)
}

fn parse_begin(body: &[u8]) -> Result<Begin, Malformed> {
    let [generation, received, ack, first] = parse_numbers(body)?;
    let cursors = Cursors { received, ack };
    Ok(Begin {
        generation,
        cursors,
        first,
    })
}

fn parse_poll(mut body: &[u8]) -> Result<Poll, Malformed> {
    let session = read_string("a session id", json::LONGEST_ID, &mut body)?;
    check_id(session)?;
    let secret = read_string("a secret", 32, &mut body)?;
    let secret: Secret = secret.parse().map_err(|_| Malformed::Secret)?;
    let [generation, number, received, ack] = read_numbers(&mut body)?;
    let [first, hold, next, max_bytes] = parse_numbers(body)?;
    Ok(Poll {
        session: session.to_owned(),
        secret,
        generation,
        number,
        cursors: Cursors { received, ack },
        first,
        hold,
        next,
        max_bytes,
    })
}

fn parse_answer(body: &[u8]) -> Result<Answer, Malformed> {
    let [generation, number, received, ack, first] = parse_numbers(body)?;
    let cursors = Cursors { received, ack };
    Ok(Answer {
        generation,
        number,
        cursors,
        first,
    })
}

/// Either form of `token`, before its member tells which.
#[derive(serde::Serialize, serde::Deserialize)]
struct AnyToken {
    #[serde(default, deserialize_with = "json::present")]
    token: Option<String>,
    #[serde(default, deserialize_with = "json::present")]
    expires_in: Option<u64>,
}

impl Limited for AnyToken {
    const NAME: &'static str = "token";

    fn check(&self) -> Result<(), Malformed> {
        check_token(self.token.as_deref().unwrap_or_default())?;
        check_numbers([self.expires_in])
    }
}

impl Limited for Token {
    const NAME: &'static str = "token";

    fn check(&self) -> Result<(), Malformed> {
        check_token(&self.token)
    }
}

impl Limited for TokenAccepted {
    const NAME: &'static str = "token";

    fn check(&self) -> Result<(), Malformed> {
        check_numbers([self.expires_in])
    }
}

impl Limited for Hello {
    const NAME: &'static str = "hello";

    fn check(&self) -> Result<(), Malformed> {
        self.session.as_deref().map_or(Ok(()), check_id)?;
        self.token.as_deref().map_or(Ok(()), check_token)?;
        check_numbers([Some(self.v), self.window])
    }
}

impl Limited for Welcome {
    const NAME: &'static str = "welcome";

    fn check(&self) -> Result<(), Malformed> {
        check_id(&self.session)?;
        let numbers = [self.generation, self.received, self.ack];
        check_numbers(numbers.map(Some))?;
        check_numbers([self.expires_in])?;
        self.limits.check()
    }
}

impl WireLimits {
    fn check(&self) -> Result<(), Malformed> {
        let sizes = [self.message, self.window, self.batch];
        let times = [self.hold, self.heartbeat, self.timeout, self.retention];
        check_numbers(sizes.into_iter().chain(times).chain([self.offer]).map(Some))
    }
}

impl Limited for Refuse {
    const NAME: &'static str = "refuse";

    fn check(&self) -> Result<(), Malformed> {
        check_code(self.code)?;
        check_reason(&self.reason)?;
        check_numbers([self.retry_after])
    }
}

impl Limited for Abort {
    const NAME: &'static str = "abort";

    fn check(&self) -> Result<(), Malformed> {
        check_code(self.code)?;
        check_reason(&self.reason)?;
        check_numbers([self.received, self.ack, self.retry_after])
    }
}

impl Limited for Close {
    const NAME: &'static str = "close";

    fn check(&self) -> Result<(), Malformed> {
        check_code(self.code)?;
        check_reason(&self.reason)?;
        check_numbers([self.received, self.ack])
    }
}
