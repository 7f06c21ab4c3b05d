//! The client's address: what per-address caps count, and nothing that proves anybody.
//!
//! It comes from the connection ([`serve`](crate::serve()), or axum's `ConnectInfo`), or from the proxies
//! that were named as trusted. A header of an untrusted peer is never believed: anyone can write one.

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The proxies whose word on the client counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustedProxies(Vec<IpNet>);

/// Where a request comes from, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whence {
    pub(crate) address: Option<IpAddr>,
    /// Somebody who is not trusted speaks for a client: a proxy that nobody named, or a liar.
    pub(crate) is_unnamed_proxy: bool,
}

/// An address, or a net in CIDR notation.
pub(crate) fn parse_net(text: &str) -> Option<IpNet> {
    let alone = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| alone()).ok()
}

/// The other end of the connection.
pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let ConnectInfo(address) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(address.ip().to_canonical())
}

impl TrustedProxies {
    pub(crate) fn new(nets: Vec<IpNet>) -> Self {
        Self(nets)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// What is known of the client behind `peer`.
    pub(crate) fn whence(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Whence {
        let Some(peer) = peer else {
            return Whence::default();
        };
        if !self.trusts(peer) {
            let is_unnamed_proxy = headers.contains_key(FORWARDED_FOR);
            return Whence {
                address: Some(peer),
                is_unnamed_proxy,
            };
        }
        Whence {
            address: Some(self.behind(peer, headers)),
            is_unnamed_proxy: false,
        }
    }

    /// The scheme that the client used, where a trusted proxy told.
    pub(crate) fn scheme<'a>(
        &self,
        peer: Option<IpAddr>,
        headers: &'a HeaderMap,
    ) -> Option<&'a str> {
        let is_told = peer.is_some_and(|peer| self.trusts(peer));
        is_told.then(|| forwarded_scheme(headers)).flatten()
    }

    /// Each proxy appends whom it saw, so the list is believed from its end up to the first that is
    /// not one of ours; what stands before that may be invented.
    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut seen = peer;
        let values = headers.get_all(FORWARDED_FOR).into_iter().rev();
        let entries = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        for entry in entries {
            let Some(address) = parse_entry(entry.trim()) else {
                return seen;
            };
            seen = address;
            if !self.trusts(seen) {
                return seen;
            }
        }
        seen
    }
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The nearest proxy's word is the last one.
fn forwarded_scheme(headers: &HeaderMap) -> Option<&str> {
    let last = headers.get_all(FORWARDED_PROTO).into_iter().next_back()?;
    let scheme = last.to_str().ok()?.rsplit(',').next()?.trim();
    (!scheme.is_empty()).then_some(scheme)
}

/// Some proxies write the port as well.
fn parse_entry(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<SocketAddr>().map(|address| address.ip());
    let bracketed = entry.trim_start_matches('[').trim_end_matches(']');
    let address = bracketed.parse().or_else(|_| with_port()).ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(nets: &[&str]) -> TrustedProxies {
        TrustedProxies::new(nets.iter().map(|net| parse_net(net).unwrap()).collect())
    }

    fn headers(values: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    fn address(proxies: &TrustedProxies, peer: &str, forwarded: &[&str]) -> String {
        let values: Vec<_> = forwarded
            .iter()
            .map(|value| (FORWARDED_FOR, *value))
            .collect();
        let headers = headers(&values);
        let whence = proxies.whence(Some(peer.parse().unwrap()), &headers);
        whence.address.unwrap().to_string()
    }

    #[test]
    fn a_peer_that_is_not_trusted_speaks_for_itself_alone() {
        let none = proxies(&[]);
        assert_eq!(
            address(&none, "203.0.113.9", &["198.51.100.1"]),
            "203.0.113.9"
        );
        let headers = headers(&[(FORWARDED_FOR, "198.51.100.1"), (FORWARDED_PROTO, "https")]);
        let peer = Some("203.0.113.9".parse().unwrap());
        assert!(none.whence(peer, &headers).is_unnamed_proxy);
        assert_eq!(none.scheme(peer, &headers), None);
    }

    #[test]
    fn the_rightmost_untrusted_address_is_the_client() {
        let trusted = proxies(&["10.0.0.0/8", "192.0.2.7"]);
        assert_eq!(
            address(&trusted, "10.0.0.1", &["198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            address(&trusted, "10.0.0.1", &["1.1.1.1, 198.51.100.1, 192.0.2.7"]),
            "198.51.100.1"
        );
        assert_eq!(
            address(&trusted, "10.0.0.1", &["1.1.1.1, 198.51.100.1", "10.2.3.4"]),
            "198.51.100.1"
        );
    }

    #[test]
    fn a_list_of_proxies_alone_ends_at_the_first_of_them() {
        let trusted = proxies(&["10.0.0.0/8"]);
        assert_eq!(
            address(&trusted, "10.0.0.1", &["10.9.9.9, 10.0.0.2"]),
            "10.9.9.9"
        );
        assert_eq!(address(&trusted, "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn nonsense_ends_the_search() {
        let trusted = proxies(&["10.0.0.0/8"]);
        assert_eq!(
            address(&trusted, "10.0.0.1", &["198.51.100.1, unknown"]),
            "10.0.0.1"
        );
        assert_eq!(
            address(&trusted, "10.0.0.1", &["198.51.100.1, , 10.0.0.2"]),
            "10.0.0.2"
        );
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        let trusted = proxies(&["10.0.0.0/8", "::1"]);
        assert_eq!(
            address(&trusted, "::1", &["198.51.100.1:4711"]),
            "198.51.100.1"
        );
        assert_eq!(
            address(&trusted, "::1", &["[2001:db8::1]:4711"]),
            "2001:db8::1"
        );
        assert_eq!(address(&trusted, "::1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(
            address(&trusted, "::1", &["::ffff:198.51.100.1"]),
            "198.51.100.1"
        );
    }

    #[test]
    fn a_trusted_proxy_tells_the_scheme() {
        let headers = headers(&[(FORWARDED_PROTO, "http, https")]);
        let peer = Some("10.0.0.1".parse().unwrap());
        assert_eq!(proxies(&["10.0.0.1"]).scheme(peer, &headers), Some("https"));
    }

    #[test]
    fn without_a_peer_nothing_is_known() {
        let headers = headers(&[(FORWARDED_FOR, "198.51.100.1"), (FORWARDED_PROTO, "https")]);
        let all = proxies(&["0.0.0.0/0"]);
        assert_eq!(all.whence(None, &headers), Whence::default());
        assert_eq!(all.scheme(None, &headers), None);
    }

    #[test]
    fn nets_that_are_none_are_refused() {
        assert_eq!(parse_net("10.0.0.0/33"), None);
        assert_eq!(parse_net("example"), None);
        assert!(parse_net("2001:db8::/32").is_some());
    }
}
