//! A request's body, within bounds of size and time that are checked before memory is used (spec LIM-2, LIM-3).

use crate::attach::Caller;
use crate::front_door::capacity::{Full, Kind, Permit};
use crate::metrics;
use crate::node::Node;
use crate::service::{no_room, sentence};
use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use std::time::Duration;
use throughline_core::Code;
use throughline_core::wire::native::LONGEST_JSON;

/// Where a batch has the header of its first frame, and what it is for a hello.
const FIRST_HEADER: usize = 4;
const HELLO: u8 = 0x01;

/// How long a body may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Longest {
    any: usize,
    /// One that begins like a hello of ours.
    hello: usize,
}

impl Longest {
    /// One limit for whatever comes.
    pub(crate) const fn of_any(limit: usize) -> Self {
        Self {
            any: limit,
            hello: limit,
        }
    }

    /// For a batch of ours: a hello has a limit of its own (spec LIM-1).
    pub(crate) const fn of_batch(limit: usize) -> Self {
        Self {
            any: limit,
            hello: LONGEST_JSON,
        }
    }

    /// The limit of what begins like this.
    pub(super) fn starting<'a>(self, start: impl IntoIterator<Item = &'a u8>) -> usize {
        match start.into_iter().nth(FIRST_HEADER) {
            Some(&HELLO) => self.any.min(self.hello),
            _ => self.any,
        }
    }
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

impl BodyError {
    /// What its client is told. A session survives a body that was not read.
    pub(crate) fn answer(self, node: &Node) -> Response {
        let status = match self {
            Self::Full(full) => {
                metrics::refused(Code::AT_CAPACITY);
                return no_room(full, node.jitter());
            }
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Cut => StatusCode::BAD_REQUEST,
        };
        sentence(status, &self.to_string())
    }
}

/// Reads a caller's whole body, and counts it until it has been read.
pub(crate) async fn read(
    node: &Node,
    caller: &Caller,
    body: Body,
    longest: Longest,
) -> Result<Bytes, BodyError> {
    let bounds = Bounds {
        longest,
        deadline: node.config.body,
        place: node.capacity.enter(Kind::Body, caller.address)?,
    };
    read_bounded(&caller.parts.headers, body, bounds).await
}

/// What a body may take.
#[derive(Debug)]
struct Bounds {
    longest: Longest,
    /// The time until it is whole.
    deadline: Duration,
    /// Where its bytes are counted while they arrive.
    place: Permit,
}

async fn read_bounded(headers: &HeaderMap, body: Body, bounds: Bounds) -> Result<Bytes, BodyError> {
    if announced_length(headers).is_some_and(|length| length > bounds.longest.any as u64) {
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
        if before + data.len() > bounds.longest.starting(self.arrived().chain(&data)) {
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
    use crate::front_door::capacity::{Amounts, Capacity, Caps, REQUEST_BYTES};
    use futures_util::stream;
    use std::convert::Infallible;
    use std::sync::Arc;

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
            longest: Longest::of_batch(limit),
            deadline: Duration::from_secs(1),
            place: room.enter(Kind::Body, None).unwrap(),
        }
    }

    async fn read_all(body: Body, limit: usize) -> Result<Bytes, BodyError> {
        let bounds = bounds(&room(1_000_000), limit);
        read_bounded(&HeaderMap::new(), body, bounds).await
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
        let result = read_bounded(&headers, never, bounds(&room(9), 3)).await;
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
            let read = read_bounded(&HeaderMap::new(), fits, bounds(&room, 100)).await;
            assert_eq!(read, Ok("abcde".into()));
        }
        let more = body(&[b"abc", b"def"]);
        let full = read_bounded(&HeaderMap::new(), more, bounds(&room, 100)).await;
        assert_eq!(full, Err(BodyError::Full(Full::Node(Kind::Body))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_meets_its_deadline() {
        let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert_eq!(read_all(never, 3).await, Err(BodyError::TooSlow));
    }
}
