//! The JavaScript client, served by the server that it talks to, so that nobody needs npm.
//!
//! The files are part of the binary and are the same for everyone, so any page may import them.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Where a debugger finds the source map (ECMA-426).
const SOURCE_MAP: HeaderName = HeaderName::from_static("sourcemap");

/// One file of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asset {
    Script,
    SourceMap,
}

impl Asset {
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Script => include_bytes!("../../assets/client.js"),
            Self::SourceMap => include_bytes!("../../assets/client.js.map"),
        }
    }

    const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Script => "text/javascript; charset=utf-8",
            Self::SourceMap => "application/json",
        })
    }

    /// Where the readable sources are: told in a header, so that the script is not longer for it.
    const fn source_map(self) -> Option<HeaderValue> {
        match self {
            Self::Script => Some(HeaderValue::from_static("client.js.map")),
            Self::SourceMap => None,
        }
    }

    /// Changes with the file. It need not resist anybody.
    fn etag(self) -> HeaderValue {
        let mut hasher = DefaultHasher::new();
        self.bytes().hash(&mut hasher);
        let tag = format!("\"{:016x}\"", hasher.finish());
        HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes are a header value")
    }

    /// The file, or the word that the caller has it already. Caches ask each time, so that client and
    /// server are never far apart.
    pub(crate) fn answer(self, request: &HeaderMap) -> Response {
        let etag = self.etag();
        let is_known = request
            .get(IF_NONE_MATCH)
            .is_some_and(|known| names(known, &etag));
        let (status, body) = if is_known {
            (StatusCode::NOT_MODIFIED, Body::empty())
        } else {
            (StatusCode::OK, Body::from(Bytes::from_static(self.bytes())))
        };
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, self.content_type());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(ETAG, etag);
        if let Some(source_map) = self.source_map() {
            headers.insert(SOURCE_MAP, source_map);
        }
        answer
    }
}

/// Whether `If-None-Match` names the tag; a proxy that recoded the file has made it a weak one.
fn names(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else {
        return false;
    };
    known
        .split(',')
        .map(str::trim)
        .any(|tag| tag.trim_start_matches("W/") == etag || tag == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_a_script_that_any_page_may_import() {
        let answer = Asset::Script.answer(&HeaderMap::new());
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(
            answer.headers()[CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
        assert_eq!(answer.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(answer.headers()[SOURCE_MAP], "client.js.map");
    }

    #[test]
    fn who_has_the_file_is_not_sent_it_again() {
        let etag = Asset::SourceMap.etag();
        for known in [etag.clone(), HeaderValue::from_static("*")] {
            let mut request = HeaderMap::new();
            request.insert(IF_NONE_MATCH, known);
            let answer = Asset::SourceMap.answer(&request);
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(answer.headers()[ETAG], etag);
        }
        assert_ne!(Asset::Script.etag(), Asset::SourceMap.etag());
    }
}
