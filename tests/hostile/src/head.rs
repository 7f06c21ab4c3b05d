//! Heads of requests and answers as proxies treat them: what concerns one hop only stays on it.

use crate::target::Target;
use http::header::{CONNECTION, HOST, TE, TRANSFER_ENCODING, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, request};

/// Headers of one hop, beside those that `Connection` names (RFC 9110, section 7.6.1). `Upgrade` is one too,
/// but a proxy that understands it passes it on.
const OF_ONE_HOP: [HeaderName; 6] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authorization"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRANSFER_ENCODING,
];

/// Whether a client asks for another protocol on this connection.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE) && names(headers).any(|name| name == "upgrade")
}

pub(crate) fn strip_upgrade(headers: &mut HeaderMap) {
    headers.remove(UPGRADE);
    headers.remove(CONNECTION);
}

/// Takes off what concerns one hop only, and puts back what an upgrade needs.
pub(crate) fn pass_on(headers: &mut HeaderMap) {
    let upgrade = is_upgrade(headers)
        .then(|| headers.get(UPGRADE).cloned())
        .flatten();
    let named: Vec<String> = names(headers).collect();
    for name in OF_ONE_HOP
        .iter()
        .map(HeaderName::as_str)
        .chain(named.iter().map(String::as_str))
    {
        headers.remove(name);
    }
    match upgrade {
        Some(protocol) => {
            headers.insert(UPGRADE, protocol);
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        }
        None => drop(headers.remove(UPGRADE)),
    }
}

/// What `Connection` names, in lower case.
fn names(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let values = headers
        .get_all(CONNECTION)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
}

/// The path of a request, with its query.
pub(crate) fn path(head: &request::Parts) -> String {
    head.uri
        .path_and_query()
        .map_or("/", PathAndQuery::as_str)
        .to_owned()
}

/// The server that an absolute URI names; the URI keeps its path, and the server gets its name in `Host`.
pub(crate) fn take_target(head: &mut request::Parts) -> Option<Target> {
    let authority = head.uri.authority()?.clone();
    let host = HeaderValue::from_str(authority.as_str()).ok()?;
    head.headers.insert(HOST, host);
    head.uri = path(head).parse::<Uri>().ok()?;
    Some(Target::of(&authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn headers_of_one_hop_stay_on_it() {
        let mut passed = headers(&[
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("accept", "*/*"),
        ]);
        pass_on(&mut passed);
        assert_eq!(passed, headers(&[("accept", "*/*")]));
    }

    #[test]
    fn an_upgrade_is_passed_on() {
        let mut passed = headers(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
        ]);
        pass_on(&mut passed);
        let expected = headers(&[("connection", "upgrade"), ("upgrade", "websocket")]);
        assert_eq!(passed, expected);
    }

    #[test]
    fn an_absolute_uri_names_the_server() {
        let (mut head, ()) = http::Request::get("http://example.test:81/a?b")
            .body(())
            .unwrap()
            .into_parts();
        assert_eq!(
            take_target(&mut head).unwrap().to_string(),
            "example.test:81"
        );
        assert_eq!(head.uri, "/a?b");
        assert_eq!(head.headers["host"], "example.test:81");
    }
}
