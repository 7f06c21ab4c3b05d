//! What a browser needs to hear before it shows an answer to a page of another origin.
//!
//! The origin is echoed, never `*`, and our own clients' credentials are never invited: the secret in the body is the only
//! authority. A page that is refused may read its refusal, and nothing else.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue};

/// How long a browser may remember a preflight; two hours is the most that browsers heed.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("7200");

/// The page that asks, until there is an answer.
#[derive(Debug)]
pub(crate) struct Reader {
    /// A header that came keeps all that was read with it in memory, so this is a copy.
    origin: Option<HeaderValue>,
    /// Whether its cookies may come along.
    is_trusted: bool,
}

impl Reader {
    pub(crate) fn of(asked: &HeaderMap) -> Self {
        let origin = asked.get(ORIGIN);
        Self {
            origin: origin.and_then(|origin| HeaderValue::from_bytes(origin.as_bytes()).ok()),
            is_trusted: false,
        }
    }

    /// Lets the page send cookies along, for clients of Engine.IO: some are configured to, for a balancer that is sticky by a
    /// cookie, and cannot read an answer otherwise. Only for origins that were named one by one.
    pub(crate) fn trusted(self) -> Self {
        let is_trusted = self.origin.is_some();
        Self { is_trusted, ..self }
    }

    /// Whether it says whose page it is.
    pub(crate) const fn has_origin(&self) -> bool {
        self.origin.is_some()
    }

    /// Lets it read the answer. No cache may mix that up with the answer to another origin.
    pub(crate) fn allow(&self, answer: &mut HeaderMap) {
        vary(answer);
        if let Some(origin) = &self.origin {
            allow(origin, answer);
        }
        if self.is_trusted {
            let yes = HeaderValue::from_static("true");
            answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
    }
}

/// Lets the page of this origin read the answer.
pub(crate) fn allow(origin: &HeaderValue, answer: &mut HeaderMap) {
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
}

/// Says that another origin might get another answer, so that no cache mixes them up.
pub(crate) fn vary(answer: &mut HeaderMap) {
    answer.insert(VARY, HeaderValue::from_name(ORIGIN));
}

/// Answers a preflight. Our own client's POSTs need none, since they have no `Content-Type`; its GETs do, for the header
/// that holds the batch. Foreign clients may be told to send headers of the application's: those that were asked for.
pub(crate) fn allow_preflight(answer: &mut HeaderMap, asked: Option<HeaderValue>) {
    let methods = HeaderValue::from_static("POST, GET");
    let own = HeaderValue::from_static("content-type, throughline");
    let headers = asked.unwrap_or(own);
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers);
    answer.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_echoed_and_credentials_are_not_invited() {
        let mut answer = HeaderMap::new();
        let origin = HeaderValue::from_static("https://app.example");
        vary(&mut answer);
        allow(&origin, &mut answer);
        allow_preflight(&mut answer, None);
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], origin);
        assert_eq!(answer[VARY], "origin");
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_METHODS], "POST, GET");
        assert_eq!(
            answer[ACCESS_CONTROL_ALLOW_HEADERS],
            "content-type, throughline"
        );
        assert!(!answer.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
    }
}
