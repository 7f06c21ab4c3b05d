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
    /// The session, as a module.
    Session,
    SessionMap,
    /// The events over a session, as a module.
    Events,
    EventsMap,
    /// The same as a classic script, which sets `io`.
    Script,
    ScriptMap,
}

impl Asset {
    /// The file of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "client.js" => Self::Session,
            "client.js.map" => Self::SessionMap,
            "events.js" => Self::Events,
            "events.js.map" => Self::EventsMap,
            _ => return None,
        })
    }

    /// The file for pages that load a client of this name from a Socket.IO server.
    pub(crate) fn in_place_of(name: &str) -> Option<Self> {
        Some(match name {
            "socket.io.js" | "socket.io.min.js" => Self::Script,
            "socket.io.js.map" | "socket.io.min.js.map" => Self::ScriptMap,
            "socket.io.esm.min.js" => Self::Events,
            "socket.io.esm.min.js.map" => Self::EventsMap,
            _ => return None,
        })
    }

    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Session => include_bytes!("../../assets/client.js"),
            Self::SessionMap => include_bytes!("../../assets/client.js.map"),
            Self::Events => include_bytes!("../../assets/events.js"),
            Self::EventsMap => include_bytes!("../../assets/events.js.map"),
            Self::Script => include_bytes!("../../assets/socket.io.js"),
            Self::ScriptMap => include_bytes!("../../assets/socket.io.js.map"),
        }
    }

    const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Session | Self::Events | Self::Script => "text/javascript; charset=utf-8",
            Self::SessionMap | Self::EventsMap | Self::ScriptMap => "application/json",
        })
    }

    /// Where the readable sources are: told in a header, so that the script is not longer for it.
    const fn source_map(self) -> Option<HeaderValue> {
        Some(HeaderValue::from_static(match self {
            Self::Session => "client.js.map",
            Self::Events => "events.js.map",
            Self::Script => "socket.io.js.map",
            Self::SessionMap | Self::EventsMap | Self::ScriptMap => return None,
        }))
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
        let (status, body) = if is_known(request, &etag) {
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

/// Whether the caller has what this tag names.
pub(crate) fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let known = request.get_all(IF_NONE_MATCH);
    known.into_iter().any(|known| names(known, etag))
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
        let answer = Asset::Session.answer(&HeaderMap::new());
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(
            answer.headers()[CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
        assert_eq!(answer.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(answer.headers()[SOURCE_MAP], "client.js.map");
    }

    #[test]
    fn the_map_that_a_file_names_is_served_beside_it() {
        let names = ["client.js", "events.js"];
        let stand_ins = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"];
        let find = |name: &str| Asset::named(name).or_else(|| Asset::in_place_of(name));
        for name in names.into_iter().chain(stand_ins) {
            let asset = find(name).expect("it is served");
            let named = asset.source_map().expect("a script has one");
            let map = find(named.to_str().unwrap()).expect("it is served");
            assert_eq!(find(&format!("{name}.map")), Some(map), "{name}");
            assert_eq!(map.source_map(), None);
        }
    }

    #[test]
    fn who_has_the_file_is_not_sent_it_again() {
        let etag = Asset::SessionMap.etag();
        for known in [etag.clone(), HeaderValue::from_static("*")] {
            let mut request = HeaderMap::new();
            request.insert(IF_NONE_MATCH, known);
            let answer = Asset::SessionMap.answer(&request);
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(answer.headers()[ETAG], etag);
        }
        assert_ne!(Asset::Session.etag(), Asset::SessionMap.etag());
    }
}
