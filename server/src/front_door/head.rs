//! The head of a request that is kept, in memory of its own and as little of it as will do.
//!
//! Its parts as they come are pieces of what the server has read, and each would keep all of that: 8 KiB for a few headers. Made of
//! their own they take 1.2 KiB. So what was said is kept as text, and its parts are made when somebody asks for them.

use axum::extract::{ConnectInfo, OriginalUri};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

/// The head of a request, which shares nothing with its connection.
pub(crate) struct Kept {
    method: Method,
    version: Version,
    /// The URI, then the name and the value of each header.
    texts: Texts,
    extensions: Extensions,
    /// Instead of the extension that tells of it, where that is all there is.
    peer: Option<SocketAddr>,
    parts: OnceLock<Arc<Parts>>,
}

impl Kept {
    pub(crate) fn new(parts: &Parts) -> Self {
        let uri = text_of(&parts.uri);
        let headers = parts.headers.iter();
        let headers = headers.flat_map(|(name, value)| {
            let kind = if value.is_sensitive() { SECRET } else { PLAIN };
            [(PLAIN, name.as_ref()), (kind, value.as_bytes())]
        });
        let texts = Texts::new([(PLAIN, uri.as_bytes())].into_iter().chain(headers));
        let peer = peer_alone(&parts.extensions);
        let mut extensions = match peer {
            Some(_) => Extensions::new(),
            None => parts.extensions.clone(),
        };
        if let Some(OriginalUri(original)) = extensions.get_mut() {
            *original = own_uri(&text_of(original));
        }
        Self {
            method: parts.method.clone(),
            version: parts.version,
            texts,
            extensions,
            peer,
            parts: OnceLock::new(),
        }
    }

    /// The whole head; once made, it stays.
    pub(crate) fn parts(&self) -> &Arc<Parts> {
        self.parts.get_or_init(|| self.to_parts())
    }

    /// The whole head, for a while.
    pub(crate) fn to_parts(&self) -> Arc<Parts> {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = self.method.clone();
        parts.version = self.version;
        parts.uri = own_uri(self.uri());
        parts.headers = self.headers();
        parts.extensions = self.extensions.clone();
        if let Some(peer) = self.peer {
            parts.extensions.insert(ConnectInfo(peer));
        }
        Arc::new(parts)
    }

    /// The query, as it was sent.
    pub(crate) fn query(&self) -> Option<&str> {
        self.uri().split_once('?').map(|(_, query)| query)
    }

    /// The first header of that name, where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields();
        let (_, (_, value)) =
            fields.find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))?;
        let text = std::str::from_utf8(value).ok()?;
        let is_text = |byte: u8| byte == b'\t' || (b' '..0x7f).contains(&byte);
        text.bytes().all(is_text).then_some(text)
    }

    fn uri(&self) -> &str {
        let (_, uri) = self.texts.iter().next().unwrap_or_default();
        std::str::from_utf8(uri).expect("it was written as text")
    }

    /// Each name, and each value with its kind.
    fn fields(&self) -> impl Iterator<Item = (&[u8], (u8, &[u8]))> {
        let mut texts = self.texts.iter().skip(1);
        std::iter::from_fn(move || Some((texts.next()?.1, texts.next()?)))
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, (kind, value)) in self.fields() {
            let name = HeaderName::from_bytes(name).expect("it was a name");
            let mut value = HeaderValue::from_bytes(value).expect("it was a value");
            value.set_sensitive(kind == SECRET);
            headers.append(name, value);
        }
        headers
    }
}

/// The peer, where nothing else is known.
fn peer_alone(extensions: &Extensions) -> Option<SocketAddr> {
    let ConnectInfo(peer) = extensions.get()?;
    (extensions.len() == 1).then_some(*peer)
}

/// As it came: a URI as it is shown may be longer by a slash, and too long.
fn text_of(uri: &Uri) -> String {
    let mut text = String::new();
    if let Some(scheme) = uri.scheme_str() {
        text += scheme;
        text += "://";
    }
    text += uri.authority().map_or("", Authority::as_str);
    match uri.path_and_query().map_or("", PathAndQuery::as_str) {
        "/" if !text.is_empty() => {}
        rest => text += rest,
    }
    text
}

fn own_uri(uri: &str) -> Uri {
    uri.parse().expect("a URI is written as one")
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What headers say may be secret.
        f.debug_struct("Kept")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// What anybody may see.
const PLAIN: u8 = 0;
/// What is not to be shown where values are.
const SECRET: u8 = 1;

/// Texts, each with its kind, in one piece of memory: the kind, four bytes for the length, and the text.
struct Texts(Box<[u8]>);

impl Texts {
    fn new<'a>(texts: impl Iterator<Item = (u8, &'a [u8])>) -> Self {
        let mut bytes = Vec::new();
        for (kind, text) in texts {
            let length = u32::try_from(text.len()).expect("a head is not that long");
            bytes.push(kind);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(text);
        }
        Self(bytes.into())
    }

    fn iter(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let (&kind, after) = rest.split_first()?;
            let (length, after) = after.split_first_chunk()?;
            let (text, after) = after.split_at(u32::from_le_bytes(*length) as usize);
            rest = after;
            Some((kind, text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        let request = Request::post("/a?b=c")
            .version(Version::HTTP_10)
            .header("x-a", "one")
            .header("x-a", "two")
            .header("x-b", &b"\xfcnread"[..]);
        let mut request = request.body(()).unwrap();
        let mut secret = HeaderValue::from_static("secret");
        secret.set_sensitive(true);
        request.headers_mut().insert("x-c", secret);
        request.into_parts().0
    }

    #[test]
    fn what_is_kept_says_the_same() {
        let parts = parts();
        let kept = Kept::new(&parts);
        let copy = kept.parts();
        assert_eq!(copy.method, parts.method);
        assert_eq!(copy.version, parts.version);
        assert_eq!(copy.uri, parts.uri);
        assert_eq!(copy.headers, parts.headers);
        assert!(copy.headers["x-c"].is_sensitive());
        assert!(!copy.headers["x-a"].is_sensitive());
        assert!(Arc::ptr_eq(copy, kept.parts()));
    }

    #[test]
    fn a_uri_is_kept_as_it_came_however_long() {
        const LONGEST: usize = 65_534;
        let long = |start: &str| format!("{start}{}", "q".repeat(LONGEST - start.len()));
        let uris = [
            "/",
            "*",
            "/a?",
            "h",
            "h:1",
            "http://h",
            "http://h/",
            "http://h?",
            "http://h/a?b",
        ];
        let uris = uris.map(str::to_owned).into_iter();
        for uri in uris.chain(["/", "http://h?", "http://h/", "http://"].map(long)) {
            let (mut parts, ()) = Request::new(()).into_parts();
            parts.uri = uri.parse().unwrap();
            assert_eq!(Kept::new(&parts).parts().uri, parts.uri);
        }
    }

    #[test]
    fn a_little_of_it_is_found_as_it_lies() {
        let kept = Kept::new(&parts());
        assert_eq!(kept.query(), Some("b=c"));
        assert_eq!(kept.header("X-A"), Some("one"));
        assert_eq!(kept.header("x-b"), None, "it is not text");
        assert_eq!(kept.header("x-d"), None);
        assert!(kept.parts.get().is_none());
    }

    #[test]
    fn extensions_stay() {
        let peer: SocketAddr = "192.0.2.1:80".parse().unwrap();
        let mut parts = parts();
        parts.extensions.insert(ConnectInfo(peer));
        let kept = Kept::new(&parts);
        assert!(kept.extensions.is_empty());
        let told = kept.parts().extensions.get::<ConnectInfo<SocketAddr>>();
        assert_eq!(told.map(|told| told.0), Some(peer));

        parts.extensions.insert(OriginalUri(parts.uri.clone()));
        let kept = Kept::new(&parts);
        let extensions = &kept.parts().extensions;
        assert_eq!(extensions.len(), 2);
        assert_eq!(
            extensions.get::<OriginalUri>().map(|told| &told.0),
            Some(&parts.uri)
        );
    }

    /// There is one for each session of Socket.IO.
    #[test]
    fn it_is_small() {
        assert!(size_of::<Kept>() <= 112, "{}", size_of::<Kept>());
    }
}
