//! A request's body, within bounds of size and time that are checked before memory is used (spec LIM-2, LIM-3).

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use std::time::Duration;
use throughline_core::wire::native::LONGEST_JSON;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the request's body is longer than its limit")]
    TooLong,
    #[error("the request's body took too long to arrive")]
    TooSlow,
    #[error("the request's body was cut")]
    Cut,
}

impl BodyError {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Cut => StatusCode::BAD_REQUEST,
        }
    }
}

/// Where a batch has the header of its first frame, and what it is for a hello.
const FIRST_HEADER: usize = 4;
const HELLO: u8 = 0x01;

/// Reads a whole body of at most `limit` bytes; a hello has a limit of its own.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    deadline: Duration,
) -> Result<Bytes, BodyError> {
    if announced_length(headers).is_some_and(|length| length > limit as u64) {
        return Err(BodyError::TooLong);
    }
    let read = read_within(body, limit);
    tokio::time::timeout(deadline, read)
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
async fn read_within(mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let mut parts = Parts::default();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::Cut)?;
        if let Ok(data) = frame.into_data() {
            parts.push(data, limit)?;
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
    fn push(&mut self, data: Bytes, limit: usize) -> Result<(), BodyError> {
        let before = self.first.len().max(self.all.len());
        let is_hello = self.header(&data) == Some(HELLO);
        let limit = if is_hello {
            limit.min(LONGEST_JSON)
        } else {
            limit
        };
        if before + data.len() > limit {
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

    /// The header of the first frame, once that much has arrived.
    fn header(&self, next: &Bytes) -> Option<u8> {
        let arrived = if self.all.is_empty() {
            &self.first[..]
        } else {
            &self.all[..]
        };
        arrived.iter().chain(next.iter()).nth(FIRST_HEADER).copied()
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
    use futures_util::stream;
    use std::convert::Infallible;

    fn body(parts: &[&'static [u8]]) -> Body {
        let parts: Vec<Result<Bytes, Infallible>> = parts
            .iter()
            .map(|part| Ok(Bytes::from_static(part)))
            .collect();
        Body::from_stream(stream::iter(parts))
    }

    async fn read_all(body: Body, limit: usize) -> Result<Bytes, BodyError> {
        read(&HeaderMap::new(), body, limit, Duration::from_secs(1)).await
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
        let result = read(&headers, never, 3, Duration::from_secs(1)).await;
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

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_meets_its_deadline() {
        let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert_eq!(read_all(never, 3).await, Err(BodyError::TooSlow));
    }
}
