//! A request's body, within bounds of size and time that are checked before memory is used (spec LIM-2, LIM-3).

use crate::front_door::capacity::{Full, Permit};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use std::time::Duration;

/// What a body may take.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// The longest.
    pub(crate) limit: usize,
    /// The longest that begins like a hello of ours.
    pub(crate) hello: usize,
    /// The time until it is whole.
    pub(crate) deadline: Duration,
    /// Where its bytes are counted while they arrive.
    pub(crate) place: Permit,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// Too much is arriving already.
    #[error(transparent)]
    Full(#[from] Full),
    #[error("the request's body is longer than its limit")]
    TooLong,
    #[error("the request's body took too long to arrive")]
    TooSlow,
    #[error("the request's body was cut")]
    Cut,
}

/// Where a batch has the header of its first frame, and what it is for a hello.
const FIRST_HEADER: usize = 4;
const HELLO: u8 = 0x01;

/// The limit of a batch that begins like this: a hello has one of its own (spec LIM-1).
pub(super) fn longest<'a>(
    start: impl IntoIterator<Item = &'a u8>,
    limit: usize,
    hello: usize,
) -> usize {
    match start.into_iter().nth(FIRST_HEADER) {
        Some(&HELLO) => limit.min(hello),
        _ => limit,
    }
}

/// Reads a whole body within its bounds; a hello has a limit of its own.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    bounds: Bounds,
) -> Result<Bytes, BodyError> {
    if announced_length(headers).is_some_and(|length| length > bounds.limit as u64) {
        return Err(BodyError::TooLong);
    }
    let deadline = bounds.deadline;
    tokio::time::timeout(deadline, read_within(body, bounds))
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(http::header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Holds what has arrived and nothing more, and stops as soon as that is too much.
async fn read_within(mut body: Body, mut bounds: Bounds) -> Result<Bytes, BodyError> {
    let mut parts = Parts::default();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::Cut)?;
        if let Ok(data) = frame.into_data() {
            bounds.place.grow(data.len())?;
            parts.push(data, &bounds)?;
        }
    }
    Ok(parts.whole())
}

/// The usual body is one part, which needs no copy.
#[derive(Default)]
struct Parts {
    first: Bytes,
    all: BytesMut,
}

impl Parts {
    fn push(&mut self, data: Bytes, bounds: &Bounds) -> Result<(), BodyError> {
        let before = self.first.len().max(self.all.len());
        if before + data.len() > longest(self.arrived().chain(&data), bounds.limit, bounds.hello) {
            return Err(BodyError::TooLong);
        }
        if before == 0 {
            self.first = data;
            return Ok(());
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
            self.first = Bytes::new();
        }
        self.all.extend_from_slice(&data);
        Ok(())
    }

    fn arrived(&self) -> std::slice::Iter<'_, u8> {
        if self.all.is_empty() {
            self.first.iter()
        } else {
            self.all.iter()
        }
    }

    fn whole(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front_door::capacity::{Amounts, Capacity, Caps, Kind, REQUEST_BYTES};
    use futures_util::stream;
    use std::convert::Infallible;
    use std::sync::Arc;
    use throughline_core::wire::native::LONGEST_JSON;

    fn body(parts: &[&'static [u8]]) -> Body {
        let parts: Vec<Result<Bytes, Infallible>> = parts
            .iter()
            .map(|part| Ok(Bytes::from_static(part)))
            .collect();
        Body::from_stream(stream::iter(parts))
    }

    /// Room for one body of `bytes`.
    fn room(bytes: usize) -> Arc<Capacity> {
        let node = Amounts {
            body_bytes: REQUEST_BYTES + bytes,
            ..Amounts::default()
        };
        let address = node;
        Arc::new(Capacity::new(Caps { node, address }))
    }

    fn bounds(room: &Arc<Capacity>, limit: usize) -> Bounds {
        Bounds {
            limit,
            hello: LONGEST_JSON,
            deadline: Duration::from_secs(1),
            place: room.enter(Kind::Body, None).unwrap(),
        }
    }

    async fn read_all(body: Body, limit: usize) -> Result<Bytes, BodyError> {
        let bounds = bounds(&room(1_000_000), limit);
        read(&HeaderMap::new(), body, bounds).await
    }

    #[tokio::test]
    async fn a_body_is_read_whole() {
        assert_eq!(read_all(body(&[b"abc"]), 3).await, Ok("abc".into()));
        assert_eq!(
            read_all(body(&[b"ab", b"", b"c"]), 3).await,
            Ok("abc".into())
        );
        assert_eq!(read_all(Body::empty(), 3).await, Ok(Bytes::new()));
    }

    // spec: LIM-3
    #[tokio::test]
    async fn a_long_body_is_refused_before_it_is_read_to_the_end() {
        let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[0; 1000])));
        assert_eq!(
            read_all(Body::from_stream(endless), 5000).await,
            Err(BodyError::TooLong)
        );
    }

    // spec: LIM-2, LIM-3
    #[tokio::test]
    async fn a_body_that_announces_too_much_is_not_read_at_all() {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_LENGTH, 4.into());
        let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        let result = read(&headers, never, bounds(&room(9), 3)).await;
        assert_eq!(result, Err(BodyError::TooLong));
    }

    // spec: LIM-3
    #[tokio::test]
    async fn a_hello_has_a_limit_of_its_own() {
        let mut long = b"TL1\xff\x01".to_vec();
        long.resize(LONGEST_JSON + 1, b' ');
        let long: &'static [u8] = long.leak();
        assert_eq!(
            read_all(body(&[long]), 100_000).await,
            Err(BodyError::TooLong)
        );
        let split = body(&[&long[..2], &long[2..]]);
        assert_eq!(read_all(split, 100_000).await, Err(BodyError::TooLong));
        assert!(
            read_all(body(&[&long[..LONGEST_JSON]]), 100_000)
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_body_is_counted_while_it_arrives_and_refused_where_there_is_no_room() {
        let room = room(5);
        for _ in 0..2 {
            let fits = body(&[b"abc", b"de"]);
            let read = read(&HeaderMap::new(), fits, bounds(&room, 100)).await;
            assert_eq!(read, Ok("abcde".into()));
        }
        let more = body(&[b"abc", b"def"]);
        let full = read(&HeaderMap::new(), more, bounds(&room, 100)).await;
        assert_eq!(full, Err(BodyError::Full(Full::Node(Kind::Body))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_meets_its_deadline() {
        let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert_eq!(read_all(never, 3).await, Err(BodyError::TooSlow));
    }
}
