//! WebSocket handshakes that are none: old drafts, and plain requests (spec END-2).
//!
//! The answer closes the connection: the oldest drafts send eight bytes after their headers, which would be read as a request.

use http::header::{
    ALLOW, CONNECTION, CONTENT_TYPE, HeaderName, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, Method, StatusCode, Version};

/// Why a request is not the handshake of a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoHandshake {
    /// A page was asked for.
    Plain,
    /// hixie-75, hixie-76, hybi-07 or hybi-10.
    OldDraft,
    /// No upgrade can come of this method.
    Method,
    /// What serves the request does not give its connection away.
    NoConnection,
}

/// hixie-76 proves itself with two keys of its own.
const HIXIE_KEY: HeaderName = HeaderName::from_static("sec-websocket-key1");

/// Looks at a request before the upgrade is tried.
pub(crate) fn check(
    method: &Method,
    version: Version,
    headers: &HeaderMap,
) -> Result<(), NoHandshake> {
    if version > Version::HTTP_11 {
        // An extended CONNECT (RFC 8441) has no key.
        return match *method {
            Method::CONNECT if has_token(headers, &SEC_WEBSOCKET_VERSION, "13") => Ok(()),
            Method::CONNECT => Err(NoHandshake::OldDraft),
            Method::GET => Err(NoHandshake::Plain),
            _ => Err(NoHandshake::Method),
        };
    }
    if method != Method::GET {
        return Err(NoHandshake::Method);
    }
    let upgrades = has_token(headers, &UPGRADE, "websocket");
    if !upgrades || !has_token(headers, &CONNECTION, "upgrade") {
        return Err(NoHandshake::Plain);
    }
    let is_modern = has_token(headers, &SEC_WEBSOCKET_VERSION, "13");
    if !is_modern || !headers.contains_key(SEC_WEBSOCKET_KEY) || headers.contains_key(HIXIE_KEY) {
        return Err(NoHandshake::OldDraft);
    }
    Ok(())
}

/// Whether a comma-separated header names the token, in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let tokens = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    tokens
        .flat_map(|value| value.split(','))
        .any(|found| found.trim().eq_ignore_ascii_case(token))
}

impl NoHandshake {
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Plain => {
                "This is a WebSocket endpoint: it wants an upgrade, with Sec-WebSocket-Version: 13 (RFC 6455).\n"
            }
            Self::OldDraft => {
                "This WebSocket handshake is of an old draft; only Sec-WebSocket-Version: 13 (RFC 6455) is spoken here.\n"
            }
            Self::Method => "A WebSocket handshake is a GET.\n",
            Self::NoConnection => {
                "Connections cannot be upgraded here: the server in front does not do that.\n"
            }
        }
    }

    /// The whole answer.
    pub(crate) fn answer<B: From<&'static str>>(self) -> http::Response<B> {
        let builder = http::Response::builder().header(CONTENT_TYPE, "text/plain; charset=utf-8");
        let builder = match self {
            Self::Plain | Self::OldDraft | Self::NoConnection => builder
                .status(StatusCode::UPGRADE_REQUIRED)
                .header(UPGRADE, "websocket")
                .header(SEC_WEBSOCKET_VERSION, "13")
                .header(CONNECTION, "close"),
            Self::Method => builder
                .status(StatusCode::METHOD_NOT_ALLOWED)
                .header(ALLOW, "GET"),
        };
        builder
            .body(self.sentence().into())
            .expect("headers are constants")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&'static str, &'static str)]) -> Result<(), NoHandshake> {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        check(&Method::GET, Version::HTTP_11, &headers)
    }

    const UPGRADED: [(&str, &str); 2] = [
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, Upgrade"),
    ];

    // spec: END-2
    #[test]
    fn the_version_of_rfc_6455_may_go_on() {
        let rest = [("sec-websocket-version", "13"), ("sec-websocket-key", "k")];
        assert_eq!(checked(&[&UPGRADED[..], &rest].concat()), Ok(()));
    }

    // spec: END-2
    #[test]
    fn old_drafts_are_told_the_version() {
        let hixie_75 = [];
        let hixie_76 = [("sec-websocket-key1", "1 2"), ("sec-websocket-key2", "3 4")];
        let hybi_07 = [("sec-websocket-version", "7"), ("sec-websocket-key", "k")];
        let hybi_10 = [("sec-websocket-version", "8"), ("sec-websocket-key", "k")];
        for draft in [&hixie_75[..], &hixie_76, &hybi_07, &hybi_10] {
            let result = checked(&[&UPGRADED[..], draft].concat());
            assert_eq!(result, Err(NoHandshake::OldDraft), "{draft:?}");
        }
        let answer: http::Response<String> = NoHandshake::OldDraft.answer();
        assert_eq!(answer.status(), StatusCode::UPGRADE_REQUIRED);
        assert_eq!(answer.headers()[SEC_WEBSOCKET_VERSION], "13");
        assert_eq!(answer.headers()[CONNECTION], "close");
        assert!(answer.body().contains("old draft"));
    }

    // spec: END-2
    #[test]
    fn a_plain_request_is_told_what_this_is() {
        assert_eq!(checked(&[]), Err(NoHandshake::Plain));
        assert_eq!(checked(&UPGRADED[..1]), Err(NoHandshake::Plain));
        let answer: http::Response<String> = NoHandshake::Plain.answer();
        assert_eq!(answer.status(), StatusCode::UPGRADE_REQUIRED);
        assert!(answer.body().contains("WebSocket"));
    }

    #[test]
    fn another_method_is_not_allowed() {
        let result = check(&Method::POST, Version::HTTP_11, &HeaderMap::new());
        assert_eq!(result, Err(NoHandshake::Method));
        let answer: http::Response<String> = NoHandshake::Method.answer();
        assert_eq!(answer.headers()[ALLOW], "GET");
    }
}
