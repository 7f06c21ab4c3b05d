//! JSON bodies: one object, members of the right type, unknown members ignored (spec NUM-2).
//!
//! A member that is present must have its type: `null` is not "absent". An array is never read as an
//! object, although serde would. Where a name occurs twice the last one counts, as in JavaScript.

use super::Malformed;
use super::varint::MAX;
use crate::code::Code;
use bytes::BufMut;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest frame with a JSON body, header included (spec LIM-1).
pub const LONGEST: usize = 16 * 1024;
/// The longest reason (spec LIM-1).
pub const LONGEST_REASON: usize = 123;
/// The longest token (spec LIM-1).
pub const LONGEST_TOKEN: usize = 8192;
/// The longest session id (spec LIM-1).
pub const LONGEST_ID: usize = 64;

/// What `hello` and `welcome` are padded to, header included (spec ATT-2).
pub const PADDED: usize = 1536;

/// A JSON body whose members have limits of their own.
pub(super) trait Limited: Serialize + DeserializeOwned {
    const NAME: &'static str;

    fn check(&self) -> Result<(), Malformed>;
}

pub(super) fn write(body: &impl Limited, out: &mut Vec<u8>) {
    serde_json::to_writer(out, body).expect("strings and numbers always have a JSON form");
}

/// Writes a body that proves the path: longer than one packet.
pub(super) fn write_padded(body: &impl Limited, out: &mut Vec<u8>) {
    let start = out.len();
    write(body, out);
    let missing = (PADDED - 1).saturating_sub(out.len() - start);
    out.put_bytes(b' ', missing);
}

pub(super) fn read_padded<T: Limited>(body: &[u8]) -> Result<T, Malformed> {
    if body.len() + 1 < PADDED {
        return Err(Malformed::Unpadded(T::NAME));
    }
    check_length(body)?;
    parse(unpadded(body))
}

/// Without most of its padding, of which it may have a thousand bytes.
fn unpadded(mut body: &[u8]) -> &[u8] {
    while let Some(rest) = body.strip_suffix(&[b' '; 64]) {
        body = rest;
    }
    body
}

pub(super) fn read<T: Limited>(body: &[u8]) -> Result<T, Malformed> {
    check_length(body)?;
    parse(body)
}

fn check_length(body: &[u8]) -> Result<(), Malformed> {
    at_most("a frame with a JSON body", body.len() + 1, LONGEST)
}

fn parse<T: Limited>(body: &[u8]) -> Result<T, Malformed> {
    let text = std::str::from_utf8(body).map_err(|_| Malformed::Utf8)?;
    if !text.starts_with('{') {
        return Err(Malformed::Json(T::NAME));
    }
    let body: T = serde_json::from_str(text)
        .and_then(from_object)
        .map_err(|_| Malformed::Json(T::NAME))?;
    body.check()?;
    Ok(body)
}

fn from_object<T: DeserializeOwned>(object: Map<String, Value>) -> serde_json::Result<T> {
    serde_json::from_value(Value::Object(object))
}

/// A member that is an object.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    from_object(Map::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// A member that may be absent, but is not `null`.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

pub(super) fn at_most(what: &'static str, len: usize, most: usize) -> Result<(), Malformed> {
    if len > most {
        return Err(Malformed::TooLong { what, most });
    }
    Ok(())
}

pub(super) fn check_reason(reason: &str) -> Result<(), Malformed> {
    at_most("a reason", reason.len(), LONGEST_REASON)
}

pub(super) fn check_token(token: &str) -> Result<(), Malformed> {
    at_most("a token", token.len(), LONGEST_TOKEN)
}

pub(super) fn check_id(id: &str) -> Result<(), Malformed> {
    // All of it is looked at, which the processor does for many bytes at once.
    let allowed = |byte: u8| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        letter | digit | (byte == b'.') | (byte == b'_') | (byte == b'-')
    };
    let all_allowed = id.bytes().fold(true, |all, byte| all & allowed(byte));
    if id.is_empty() || id.len() > LONGEST_ID || !all_allowed {
        return Err(Malformed::Id);
    }
    Ok(())
}

pub(super) fn check_code(code: Code) -> Result<(), Malformed> {
    match code.value() {
        1000 | 3000..=4999 => Ok(()),
        _ => Err(Malformed::Code),
    }
}

pub(super) fn check_numbers(
    numbers: impl IntoIterator<Item = Option<u64>>,
) -> Result<(), Malformed> {
    if numbers.into_iter().flatten().any(|number| number > MAX) {
        return Err(Malformed::LargeNumber);
    }
    Ok(())
}
