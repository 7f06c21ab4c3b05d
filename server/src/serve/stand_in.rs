//! What stands for a request that was read before: the least that says what its answer has to know of it.

use http::header::CONNECTION;
use http::{HeaderValue, Method, Request, Version};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StandIn {
    /// Others may follow on its connection.
    Kept,
    /// It is the last.
    Last,
    /// Of HTTP/1.0, and the last.
    Old,
}

impl StandIn {
    /// For a GET or POST, unless it may keep its connection in a way of its own.
    pub(super) fn of<B>(request: &Request<B>) -> Option<Self> {
        if !matches!(*request.method(), Method::GET | Method::POST) {
            return None;
        }
        let mut lines = request.headers().get_all(CONNECTION).iter();
        let connection = lines.next();
        if lines.next().is_some() {
            return None;
        }
        match (request.version(), connection.map(HeaderValue::as_bytes)) {
            (Version::HTTP_11, None | Some(b"keep-alive")) => Some(Self::Kept),
            (Version::HTTP_11, Some(b"close")) => Some(Self::Last),
            (Version::HTTP_10, None | Some(b"close")) => Some(Self::Old),
            _ => None,
        }
    }

    /// The same as the last request of its connection.
    pub(super) const fn last(self) -> Self {
        match self {
            Self::Kept | Self::Last => Self::Last,
            Self::Old => Self::Old,
        }
    }

    pub(super) const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Kept => b"GET / HTTP/1.1\r\n\r\n",
            Self::Last => b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
            Self::Old => b"GET / HTTP/1.0\r\n\r\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_the_request_said_of_its_connection() {
        for (version, connection, stand_in) in [
            (Version::HTTP_11, "", Some(StandIn::Kept)),
            (Version::HTTP_11, "keep-alive", Some(StandIn::Kept)),
            (Version::HTTP_11, "close", Some(StandIn::Last)),
            (Version::HTTP_11, "te, close", None),
            (Version::HTTP_11, "keep-alive\nclose", None),
            (Version::HTTP_10, "", Some(StandIn::Old)),
            (Version::HTTP_10, "close", Some(StandIn::Old)),
            (Version::HTTP_10, "keep-alive", None),
        ] {
            let mut request = Request::new(());
            *request.version_mut() = version;
            for line in connection.lines() {
                request
                    .headers_mut()
                    .append(CONNECTION, line.parse().unwrap());
            }
            assert_eq!(StandIn::of(&request), stand_in, "{version:?} {connection}");
        }
    }
}
