//! What an origin is, and the entries of a list of those that may come in.
//!
//! Two origins are the same when scheme, host and port are, however they are written. What is no origin fits nothing.

use http::uri::Authority;
use std::fmt;

/// A scheme, a host and a port; the scheme's own port is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        Self::new(scheme, authority)
    }

    pub(super) fn new(scheme: &str, authority: &str) -> Option<Self> {
        let scheme = scheme.to_ascii_lowercase();
        let authority: Authority = authority.parse().ok()?;
        let plain = !authority.as_str().contains('@') && is_scheme(&scheme);
        let host = authority.host().to_ascii_lowercase();
        if !plain || host.is_empty() {
            return None;
        }
        let own_port = match scheme.as_str() {
            "https" => Some(443),
            "http" => Some(80),
            _ => None,
        };
        let port = authority.port_u16().filter(|port| Some(*port) != own_port);
        Some(Self { scheme, host, port })
    }
}

fn is_scheme(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// An entry of the allow-list: one origin, or all below one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    origin: Origin,
    /// `*.`: every host that ends in a dot and this one, but not this one itself.
    below: bool,
}

impl Pattern {
    /// `https://app.example`, `https://app.example:8443` or `https://*.app.example`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (below, authority) = match rest.strip_prefix("*.") {
            Some(authority) => (true, authority),
            None => (false, rest),
        };
        if authority.contains('*') {
            return None;
        }
        let origin = Origin::new(scheme, authority)?;
        Some(Self { origin, below })
    }

    pub(super) fn fits(&self, origin: &Origin) -> bool {
        if !self.below {
            return *origin == self.origin;
        }
        let above = origin.host.strip_suffix(&self.origin.host);
        let is_below = above.is_some_and(|labels| labels.len() > 1 && labels.ends_with('.'));
        is_below && origin.scheme == self.origin.scheme && origin.port == self.origin.port
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { scheme, host, port } = &self.origin;
        let star = if self.below { "*." } else { "" };
        write!(f, "{scheme}://{star}{host}")?;
        port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_would_surprise_are_not_patterns() {
        for text in [
            "app.example",
            "*",
            "https://*",
            "https://a.*.b",
            "https://a/b",
            "https://ä.example",
            "https://a\n",
            "https://",
        ] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
    }
}
