//! Which URL below a mount is what. Paths are looked at as they came, with their escapes.

use super::headers::Audience;
use http::Method;

/// What a URL leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint<'a> {
    Greeting,
    Iframe,
    Info,
    RawWebSocket,
    /// Something of the session that its client calls so.
    Session(&'a str, Part),
}

/// What belongs to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    WebSocket,
    Xhr,
    XhrStreaming,
    EventSource,
    HtmlFile,
    Jsonp,
    XhrSend,
    JsonpSend,
}

/// The longest name of a session; the official client's have eight characters.
const LONGEST_NAME: usize = 256;

impl<'a> Endpoint<'a> {
    /// Reads a path below the mount. One slash may be at its end.
    pub(super) fn of(path: &'a str) -> Option<Self> {
        if matches!(path, "" | "/") {
            return Some(Self::Greeting);
        }
        let inside = path.strip_prefix('/')?;
        let inside = inside.strip_suffix('/').unwrap_or(inside);
        let mut rest = Some(inside);
        let segments = [(); 4].map(|()| next_segment(&mut rest));
        match segments {
            [Some("info"), None, ..] => Some(Self::Info),
            [Some("websocket"), None, ..] => Some(Self::RawWebSocket),
            [Some(page), None, ..] if is_iframe(page) => Some(Self::Iframe),
            [Some(server), Some(name), Some(part), None] if is_name(server) && is_name(name) => {
                Some(Self::Session(name, Part::of(part)?))
            }
            _ => None,
        }
    }

    pub(super) const fn is_websocket(self) -> bool {
        matches!(self, Self::RawWebSocket | Self::Session(_, Part::WebSocket))
    }

    /// The methods that it takes, as `Allow` lists them.
    pub(super) const fn allow(self) -> &'static str {
        match self {
            Self::Greeting | Self::Iframe | Self::RawWebSocket => "GET",
            Self::Info => "GET, OPTIONS",
            Self::Session(_, part) => part.allow(),
        }
    }

    /// The methods that a preflight tells of.
    pub(super) const fn allow_preflight(self) -> &'static str {
        match self {
            Self::Info => "OPTIONS, GET",
            _ => "OPTIONS, POST",
        }
    }

    /// Who reads its answers across origins.
    pub(super) const fn audience(self) -> Audience {
        match self {
            Self::Info | Self::Session(_, Part::Xhr | Part::XhrStreaming | Part::XhrSend) => {
                Audience::Xhr
            }
            Self::Session(_, Part::EventSource) => Audience::EventSource,
            _ => Audience::Own,
        }
    }

    /// Whether its answers carry the cookie of balancers.
    pub(super) const fn has_cookie(self, is_preflight: bool) -> bool {
        match self {
            Self::Session(_, part) => !matches!(part, Part::WebSocket),
            _ => is_preflight,
        }
    }

    pub(super) fn takes(self, method: &Method) -> bool {
        let is_posted = matches!(
            self,
            Self::Session(
                _,
                Part::Xhr | Part::XhrStreaming | Part::XhrSend | Part::JsonpSend
            )
        );
        match *method {
            Method::GET => !is_posted,
            Method::POST => is_posted,
            // A form needs no preflight.
            Method::OPTIONS => match self {
                Self::Session(_, part) => is_posted && part != Part::JsonpSend,
                other => other == Self::Info,
            },
            _ => false,
        }
    }
}

impl Part {
    fn of(segment: &str) -> Option<Self> {
        Some(match segment {
            "websocket" => Self::WebSocket,
            "xhr" => Self::Xhr,
            "xhr_streaming" => Self::XhrStreaming,
            "eventsource" => Self::EventSource,
            "htmlfile" => Self::HtmlFile,
            "jsonp" => Self::Jsonp,
            "xhr_send" => Self::XhrSend,
            "jsonp_send" => Self::JsonpSend,
            _ => return None,
        })
    }

    const fn allow(self) -> &'static str {
        match self {
            Self::WebSocket | Self::EventSource | Self::HtmlFile | Self::Jsonp => "GET",
            Self::Xhr | Self::XhrStreaming | Self::XhrSend => "POST, OPTIONS",
            Self::JsonpSend => "POST",
        }
    }
}

/// What is before the next slash. Segments are short, so to look at byte by byte is what costs least.
fn next_segment<'a>(rest: &mut Option<&'a str>) -> Option<&'a str> {
    let path = rest.take()?;
    match path.bytes().position(|byte| byte == b'/') {
        Some(index) => {
            *rest = Some(&path[index + 1..]);
            Some(&path[..index])
        }
        None => Some(path),
    }
}

fn is_name(segment: &str) -> bool {
    let may_be_a_name = !segment.is_empty() && segment.len() <= LONGEST_NAME;
    may_be_a_name && !segment.as_bytes().contains(&b'.')
}

/// `iframe.html`, with anything between that a version may be.
fn is_iframe(page: &str) -> bool {
    let version = page
        .strip_prefix("iframe")
        .and_then(|rest| rest.strip_suffix(".html"));
    let is_part = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'-' | b'.' | b'_');
    version.is_some_and(|version| version.bytes().all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_where_the_protocol_says() {
        for (path, endpoint) in [
            ("", Endpoint::Greeting),
            ("/", Endpoint::Greeting),
            ("/info", Endpoint::Info),
            ("/info/", Endpoint::Info),
            ("/websocket", Endpoint::RawWebSocket),
            ("/iframe.html", Endpoint::Iframe),
            ("/iframe-.html", Endpoint::Iframe),
            ("/iframe-0.1.2abc-dirty.2144.html", Endpoint::Iframe),
            ("/000/abc/xhr", Endpoint::Session("abc", Part::Xhr)),
            ("/_/_1/xhr/", Endpoint::Session("_1", Part::Xhr)),
            (
                "/a-j%20/b_j%20/jsonp_send",
                Endpoint::Session("b_j%20", Part::JsonpSend),
            ),
        ] {
            assert_eq!(Endpoint::of(path), Some(endpoint), "{path}");
        }
    }

    #[test]
    fn other_paths_lead_nowhere() {
        let long = format!("/000/{}/xhr", "x".repeat(LONGEST_NAME + 1));
        for path in [
            "//",
            "///",
            "/a",
            "/a/",
            "/a/a",
            "/a/a/",
            "/a.html",
            "//xhr",
            "///xhr",
            "/a./a/xhr",
            "/a/a./xhr",
            "/./././xhr",
            "//a/xhr",
            "/a//xhr",
            "/a/a/xhr//",
            "/a/a/b/xhr",
            "/a/a/no",
            "/iframe.htm",
            "/iframe",
            "/IFRAME.HTML",
            "/iframe.HTML",
            "/iframe-/.html",
            "a/b/xhr",
            &long,
        ] {
            assert_eq!(Endpoint::of(path), None, "{path}");
        }
    }

    #[test]
    fn each_takes_the_methods_that_it_allows() {
        let parts = [
            Part::WebSocket,
            Part::Xhr,
            Part::XhrStreaming,
            Part::EventSource,
            Part::HtmlFile,
            Part::Jsonp,
            Part::XhrSend,
            Part::JsonpSend,
        ];
        let of_sessions = parts.map(|part| Endpoint::Session("a", part));
        let others = [
            Endpoint::Greeting,
            Endpoint::Iframe,
            Endpoint::Info,
            Endpoint::RawWebSocket,
        ];
        for endpoint in of_sessions.into_iter().chain(others) {
            for method in [Method::GET, Method::POST, Method::OPTIONS, Method::HEAD] {
                let is_allowed = endpoint.allow().split(", ").any(|name| name == method);
                assert_eq!(endpoint.takes(&method), is_allowed, "{method} {endpoint:?}");
            }
        }
    }
}
