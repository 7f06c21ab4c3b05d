//! The head of a request that is kept, in memory of its own.
//!
//! Its parts as they come are pieces of what the server has read, and each would keep all of that: 8 KiB for a few headers.

use axum::extract::OriginalUri;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri};
use std::sync::Arc;

/// A copy that shares nothing with the connection.
pub(crate) fn own(parts: &Parts) -> Arc<Parts> {
    let mut own = parts.clone();
    own.uri = own_uri(&parts.uri);
    own.headers = own_headers(&parts.headers);
    if let Some(OriginalUri(original)) = own.extensions.get_mut() {
        *original = own_uri(original);
    }
    Arc::new(own)
}

fn own_uri(uri: &Uri) -> Uri {
    Uri::from_maybe_shared(uri.to_string()).expect("a URI is written as one")
}

/// All values lie in one piece of memory.
fn own_headers(headers: &HeaderMap) -> HeaderMap {
    let values: Vec<&[u8]> = headers.values().map(HeaderValue::as_bytes).collect();
    let mut rest = Bytes::from(values.concat());
    let mut own = HeaderMap::with_capacity(headers.keys_len());
    for (name, value) in headers {
        let bytes = rest.split_to(value.len());
        let mut copy = HeaderValue::from_maybe_shared(bytes).expect("it is a value");
        copy.set_sensitive(value.is_sensitive());
        own.append(name, copy);
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn a_copy_says_the_same_and_shares_nothing() {
        let read = Bytes::from_static(b"/a?b=c one two three");
        let piece = |range: std::ops::Range<usize>| read.slice(range);
        let value = |range| HeaderValue::from_maybe_shared(piece(range)).unwrap();
        let mut request = Request::new(());
        *request.uri_mut() = Uri::from_maybe_shared(piece(0..6)).unwrap();
        request.headers_mut().append("x-a", value(7..10));
        request.headers_mut().append("x-a", value(11..14));
        request.headers_mut().append("x-b", value(15..20));
        let original = OriginalUri(request.uri().clone());
        request.extensions_mut().insert(original);
        let (parts, ()) = request.into_parts();
        let copy = own(&parts);
        assert_eq!(copy.uri, parts.uri);
        assert_eq!(copy.headers, parts.headers);
        let OriginalUri(original) = copy.extensions.get().unwrap();
        assert_eq!(*original, parts.uri);
        let kept = [copy.uri.path(), original.path()].map(str::as_bytes);
        let values = copy.headers.values().map(HeaderValue::as_bytes);
        for bytes in kept.into_iter().chain(values) {
            assert!(!read.as_ptr_range().contains(&bytes.as_ptr()));
        }
    }
}
