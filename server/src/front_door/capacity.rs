//! How many may come in: sessions per node, sessions per address, and attaches per address.
//!
//! A place is a [`Permit`]: it is taken before anything is allocated and given back when it is dropped,
//! so that no path can forget it. Addresses of version 6 count by their /64, since one customer has
//! all of it.

use http::StatusCode;
use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most that may be inside at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caps {
    pub(crate) node: Amounts,
    pub(crate) address: Amounts,
}

/// How much there is of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) sessions: usize,
    pub(crate) attaches: usize,
}

/// What a place is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A session, from its first offer to its end.
    Session,
    /// Somebody who has not begun anything yet.
    Attach,
}

/// Counts who is inside.
#[derive(Debug)]
pub(crate) struct Capacity {
    caps: Caps,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    node: Amounts,
    addresses: HashMap<IpAddr, Amounts>,
}

/// There is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    #[error("the server has as many {0} as it takes")]
    Node(Kind),
    #[error("too many {0} from this address")]
    Address(Kind),
}

impl Full {
    /// What an HTTP answer calls it: 429 is about one address. A proxy that counts the failures of a server must not
    /// take it out of service because of that one, as it may after a few answers of 503.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Node(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Address(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    capacity: Arc<Capacity>,
    kind: Kind,
    address: Option<IpAddr>,
}

impl Capacity {
    pub(crate) fn new(caps: Caps) -> Self {
        Self {
            caps,
            inside: Mutex::default(),
        }
    }

    /// Takes a place. Where the address is not known, only the node's cap counts.
    pub(crate) fn enter(
        self: &Arc<Self>,
        kind: Kind,
        address: Option<IpAddr>,
    ) -> Result<Permit, Full> {
        let address = address.map(customer);
        self.lock().enter(&self.caps, kind, address)?;
        Ok(Permit {
            capacity: self.clone(),
            kind,
            address,
        })
    }

    /// Sessions inside.
    pub(crate) fn sessions(&self) -> usize {
        self.lock().node.sessions
    }

    /// Counts are whole after every step, so a panic elsewhere does not spoil them.
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn enter(&mut self, caps: &Caps, kind: Kind, address: Option<IpAddr>) -> Result<(), Full> {
        if self.node.of(kind) >= caps.node.of(kind) {
            return Err(Full::Node(kind));
        }
        if self.of(address).of(kind) >= caps.address.of(kind) {
            return Err(Full::Address(kind));
        }
        *self.node.of_mut(kind) += 1;
        if let Some(address) = address {
            *self.addresses.entry(address).or_default().of_mut(kind) += 1;
        }
        Ok(())
    }

    /// What an address has inside; nothing counts for one that is not known.
    fn of(&self, address: Option<IpAddr>) -> Amounts {
        let inside = address.and_then(|address| self.addresses.get(&address));
        inside.copied().unwrap_or_default()
    }

    fn leave(&mut self, kind: Kind, address: Option<IpAddr>) {
        *self.node.of_mut(kind) -= 1;
        let Some(address) = address else { return };
        let Some(inside) = self.addresses.get_mut(&address) else {
            return;
        };
        *inside.of_mut(kind) -= 1;
        if *inside == Amounts::default() {
            self.addresses.remove(&address);
        }
    }
}

impl Amounts {
    fn of(mut self, kind: Kind) -> usize {
        *self.of_mut(kind)
    }

    fn of_mut(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::Session => &mut self.sessions,
            Kind::Attach => &mut self.attaches,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "sessions",
            Self::Attach => "unfinished attaches",
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.capacity.lock().leave(self.kind, self.address);
    }
}

/// What one customer has: an address of version 4, or a /64 of version 6.
fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity() -> Arc<Capacity> {
        Arc::new(Capacity::new(Caps {
            node: Amounts {
                sessions: 3,
                attaches: usize::MAX,
            },
            address: Amounts {
                sessions: 2,
                attaches: 1,
            },
        }))
    }

    fn at(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_place_is_given_back_when_it_is_dropped() {
        let capacity = capacity();
        let places: Vec<_> = (0..2)
            .map(|_| capacity.enter(Kind::Session, at("192.0.2.1")).unwrap())
            .collect();
        assert_eq!(
            capacity.enter(Kind::Session, at("192.0.2.1")).unwrap_err(),
            Full::Address(Kind::Session)
        );
        drop(places);
        assert!(capacity.enter(Kind::Session, at("192.0.2.1")).is_ok());
        assert_eq!(capacity.sessions(), 0);
        assert!(capacity.lock().addresses.is_empty());
    }

    #[test]
    fn the_node_has_a_cap_of_its_own() {
        let capacity = capacity();
        let _places: Vec<_> = (0..3)
            .map(|_| capacity.enter(Kind::Session, None).unwrap())
            .collect();
        assert_eq!(
            capacity.enter(Kind::Session, None).unwrap_err(),
            Full::Node(Kind::Session)
        );
        assert_eq!(
            capacity.enter(Kind::Session, at("192.0.2.1")).unwrap_err(),
            Full::Node(Kind::Session)
        );
        assert!(capacity.enter(Kind::Attach, at("192.0.2.1")).is_ok());
    }

    #[test]
    fn attaches_count_apart_from_sessions() {
        let capacity = capacity();
        let _attach = capacity.enter(Kind::Attach, at("192.0.2.1")).unwrap();
        assert_eq!(
            capacity.enter(Kind::Attach, at("192.0.2.1")).unwrap_err(),
            Full::Address(Kind::Attach)
        );
        assert!(capacity.enter(Kind::Attach, at("192.0.2.2")).is_ok());
        assert!(capacity.enter(Kind::Session, at("192.0.2.1")).is_ok());
    }

    #[test]
    fn a_customer_has_one_share_of_version_six() {
        let capacity = capacity();
        let _attach = capacity.enter(Kind::Attach, at("2001:db8::1")).unwrap();
        assert!(capacity.enter(Kind::Attach, at("2001:db8::2")).is_err());
        assert!(capacity.enter(Kind::Attach, at("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn without_an_address_there_is_no_cap_per_address() {
        let capacity = capacity();
        let _attaches: Vec<_> = (0..9)
            .map(|_| capacity.enter(Kind::Attach, None).unwrap())
            .collect();
    }
}
