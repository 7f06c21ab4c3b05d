//! A request's body, within bounds of size and time that are checked before memory is used (spec LIM-2, LIM-3).

use crate::arrival::{Arriving, Head};
use crate::front_door::capacity::{Full, Kind, Permit};
use crate::metrics;
use crate::node::Node;
use crate::service::{no_room, sentence};
use axum::body::HttpBody;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::task::{Context, Poll};
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

/// A first look at a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// There is nothing to wait for.
    Read(Result<Bytes, BodyError>),
    /// This has arrived, and the rest has not.
    Begun(Bytes),
}

/// Takes a body that is here already, as the usual one is when its request is. It waits for nothing, so it needs neither a
/// place among those that arrive nor a deadline. What is handed on has memory of its own: the connection's read buffer holds more
/// than this body.
pub(crate) fn look<B>(ctx: &mut Context<'_>, body: &mut B, longest: Longest) -> Looked
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    if body.size_hint().lower() > longest.any as u64 {
        return Looked::Read(Err(BodyError::TooLong));
    }
    let frame = match Pin::new(&mut *body).poll_frame(ctx) {
        Poll::Ready(Some(Ok(frame))) => frame,
        Poll::Ready(Some(Err(_))) => return Looked::Read(Err(BodyError::Cut)),
        Poll::Ready(None) => return Looked::Read(Ok(Bytes::new())),
        Poll::Pending => return Looked::Begun(Bytes::new()),
    };
    match frame.into_data() {
        Ok(data) if data.len() > longest.starting(&data) => Looked::Read(Err(BodyError::TooLong)),
        Ok(data) if body.is_end_stream() => Looked::Read(Ok(Bytes::copy_from_slice(&data))),
        begun => Looked::Begun(begun.unwrap_or_default()),
    }
}

/// Reads what is not here at once to its end, after what has been, and counts it until it has been read.
pub(crate) async fn read(
    node: &Node,
    head: &Head,
    begun: Bytes,
    body: Arriving,
    longest: Longest,
) -> Result<Bytes, BodyError> {
    let mut bounds = Bounds {
        longest,
        deadline: node.config.body,
        place: node.capacity.enter(Kind::Body, node.address(head))?,
    };
    bounds.place.grow(begun.len())?;
    read_bounded(&head.parts.headers, begun, body, bounds).await
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

async fn read_bounded<B>(
    headers: &HeaderMap,
    begun: Bytes,
    body: B,
    bounds: Bounds,
) -> Result<Bytes, BodyError>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    if announced_length(headers).is_some_and(|length| length > bounds.longest.any as u64) {
        return Err(BodyError::TooLong);
    }
    let deadline = bounds.deadline;
    tokio::time::timeout(deadline, read_within(begun, body, bounds))
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
async fn read_within<B>(begun: Bytes, mut body: B, mut bounds: Bounds) -> Result<Bytes, BodyError>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let mut parts = Parts {
        first: begun,
        all: BytesMut::new(),
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::Cut)?;
        if let Ok(data) = frame.into_data() {
            bounds.place.grow(data.len())?;
            parts.push(data, &bounds)?;
        }
    }
    Ok(parts.whole())
}

/// What has come of a body. One part alone is copied when it is known to be all, since it lies in the connection's read buffer.
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
            Bytes::copy_from_slice(&self.first)
        } else {
            self.all.freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front_door::capacity::{Amounts, Capacity, Caps, REQUEST_BYTES};
    use axum::body::Body;
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
        read_bounded(&HeaderMap::new(), Bytes::new(), body, bounds).await
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

    /// A body lies in the connection's read buffer, which a message that is kept must not keep.
    #[tokio::test]
    async fn what_was_read_has_memory_of_its_own() {
        let buffer = Bytes::from(vec![1; 9000]);
        let part = buffer.slice(1000..3000);
        let mut here = Body::from(part.clone());
        let longest = Longest::of_any(5000);
        let looked = std::future::poll_fn(|ctx| Poll::Ready(look(ctx, &mut here, longest))).await;
        let Looked::Read(Ok(at_once)) = looked else {
            panic!("{looked:?}");
        };
        let pieces = stream::iter([Ok::<_, Infallible>(part)]);
        let piecewise = read_all(Body::from_stream(pieces), 5000).await.unwrap();
        for read in [at_once, piecewise] {
            assert_eq!(read.len(), 2000);
            assert!(!buffer.as_ptr_range().contains(&read.as_ptr()));
        }
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
        let result = read_bounded(&headers, Bytes::new(), never, bounds(&room(9), 3)).await;
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
            let bounds = bounds(&room, 100);
            let read = read_bounded(&HeaderMap::new(), Bytes::new(), fits, bounds).await;
            assert_eq!(read, Ok("abcde".into()));
        }
        let more = body(&[b"abc", b"def"]);
        let bounds = bounds(&room, 100);
        let full = read_bounded(&HeaderMap::new(), Bytes::new(), more, bounds).await;
        assert_eq!(full, Err(BodyError::Full(Full::Node(Kind::Body))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_meets_its_deadline() {
        let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert_eq!(read_all(never, 3).await, Err(BodyError::TooSlow));
    }
    fn look_at(mut body: Body, limit: usize) -> Looked {
        let mut ctx = Context::from_waker(std::task::Waker::noop());
        look(&mut ctx, &mut body, Longest::of_batch(limit))
    }

    #[test]
    fn a_body_that_is_here_is_taken_at_once() {
        let read = |bytes: &'static str| Looked::Read(Ok(bytes.into()));
        assert_eq!(look_at(Body::from("abc"), 3), read("abc"));
        assert_eq!(look_at(Body::empty(), 3), read(""));
        let cut = stream::iter([Err::<Bytes, _>("reset")]);
        let cut = look_at(Body::from_stream(cut), 3);
        assert_eq!(cut, Looked::Read(Err(BodyError::Cut)));
    }

    // spec: LIM-2, LIM-3
    #[test]
    fn a_body_that_is_here_has_the_same_limits() {
        let too_long = Looked::Read(Err(BodyError::TooLong));
        assert_eq!(look_at(Body::from("abcd"), 3), too_long);
        assert_eq!(look_at(body(&[b"abcd"]), 3), too_long);
        let mut hello = b"TL1\xff\x01".to_vec();
        hello.resize(LONGEST_JSON + 1, b' ');
        assert_eq!(look_at(Body::from(hello), 100_000), too_long);
    }

    #[tokio::test]
    async fn what_has_begun_is_read_to_its_end_with_the_rest() {
        let mut rest = body(&[b"ab", b"c"]);
        let mut ctx = Context::from_waker(std::task::Waker::noop());
        let begun = look(&mut ctx, &mut rest, Longest::of_batch(9));
        assert_eq!(begun, Looked::Begun("ab".into()));
        let bounds = bounds(&room(9), 9);
        let read = read_bounded(&HeaderMap::new(), "ab".into(), rest, bounds).await;
        assert_eq!(read, Ok("abc".into()));
        assert_eq!(
            look_at(
                Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()),
                3
            ),
            Looked::Begun(Bytes::new())
        );
    }
}
