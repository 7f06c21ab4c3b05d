//! How many may come in: sessions, attaches, and the bytes of requests that are still arriving, on the node and from
//! one address.
//!
//! A place is a [`Permit`]: it is taken before anything is allocated and given back when it is dropped,
//! so that no path can forget it. Addresses of version 6 count by their /64, since one customer has
//! all of it.

use http::StatusCode;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
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
    pub(crate) body_bytes: usize,
}

/// What a request counts before any of its body has come: about what its head and its connection's buffer take.
pub(crate) const REQUEST_BYTES: usize = 4 * 1024;

/// What a place is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A session, from its first offer to its end.
    Session,
    /// Somebody who has not begun anything yet.
    Attach,
    /// A request whose body is being read; it grows with what has arrived.
    Body,
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
    #[error("too many {0} from this address, {1} are accepted")]
    Address(Kind, usize),
}

impl Full {
    /// What an HTTP answer calls it: 429 is about one address. A proxy that counts the failures of a server must not
    /// take it out of service because of that one, as it may after a few answers of 503.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Node(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Address(..) => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    capacity: Arc<Capacity>,
    kind: Kind,
    address: Option<IpAddr>,
    amount: usize,
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
        let mut permit = Permit {
            capacity: self.clone(),
            kind,
            address: address.map(customer),
            amount: 0,
        };
        permit.grow(kind.least())?;
        Ok(permit)
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
    fn enter(
        &mut self,
        caps: &Caps,
        kind: Kind,
        address: Option<IpAddr>,
        amount: usize,
    ) -> Result<(), Full> {
        if amount > caps.node.of(kind) - self.node.of(kind) {
            return Err(Full::Node(kind));
        }
        if let Some(address) = address {
            self.enter_from(address, caps.address.of(kind), kind, amount)?;
        }
        *self.node.of_mut(kind) += amount;
        Ok(())
    }

    fn enter_from(
        &mut self,
        address: IpAddr,
        cap: usize,
        kind: Kind,
        amount: usize,
    ) -> Result<(), Full> {
        let entry = self.addresses.entry(address);
        let inside = match &entry {
            Entry::Occupied(known) => known.get().of(kind),
            Entry::Vacant(_) => 0,
        };
        if amount > cap - inside {
            return Err(Full::Address(kind, cap));
        }
        *entry.or_default().of_mut(kind) += amount;
        Ok(())
    }

    fn leave(&mut self, kind: Kind, address: Option<IpAddr>, amount: usize) {
        *self.node.of_mut(kind) -= amount;
        let Some(address) = address else { return };
        let Entry::Occupied(mut inside) = self.addresses.entry(address) else {
            return;
        };
        *inside.get_mut().of_mut(kind) -= amount;
        if *inside.get() == Amounts::default() {
            inside.remove();
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
            Kind::Body => &mut self.body_bytes,
        }
    }
}

impl Kind {
    /// What a place of this kind counts to begin with.
    const fn least(self) -> usize {
        match self {
            Self::Session | Self::Attach => 1,
            Self::Body => REQUEST_BYTES,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "sessions",
            Self::Attach => "unfinished attaches",
            Self::Body => "bytes of unfinished requests",
        })
    }
}

impl Permit {
    /// Takes more. Where there is no room for it, what was taken before stays.
    pub(crate) fn grow(&mut self, more: usize) -> Result<(), Full> {
        let capacity = &self.capacity;
        capacity
            .lock()
            .enter(&capacity.caps, self.kind, self.address, more)?;
        self.amount += more;
        Ok(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.capacity
            .lock()
            .leave(self.kind, self.address, self.amount);
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
                body_bytes: 5 * REQUEST_BYTES,
            },
            address: Amounts {
                sessions: 2,
                attaches: 1,
                body_bytes: 2 * REQUEST_BYTES,
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
            Full::Address(Kind::Session, 2)
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
            Full::Address(Kind::Attach, 1)
        );
        assert!(capacity.enter(Kind::Attach, at("192.0.2.2")).is_ok());
        assert!(capacity.enter(Kind::Session, at("192.0.2.1")).is_ok());
    }

    #[test]
    fn a_body_counts_what_has_arrived_of_it() {
        let capacity = capacity();
        let mut slow = capacity.enter(Kind::Body, at("192.0.2.1")).unwrap();
        slow.grow(REQUEST_BYTES).unwrap();
        let full = Full::Address(Kind::Body, 2 * REQUEST_BYTES);
        assert_eq!(slow.grow(1), Err(full));
        assert_eq!(
            capacity.enter(Kind::Body, at("192.0.2.1")).unwrap_err(),
            full
        );
        let mut other = capacity.enter(Kind::Body, at("192.0.2.2")).unwrap();
        other.grow(1).unwrap();
        drop((slow, other));
        assert!(capacity.lock().addresses.is_empty());
        assert_eq!(capacity.lock().node, Amounts::default());
    }

    #[test]
    fn the_bodies_of_unknown_addresses_share_what_the_node_has() {
        let capacity = capacity();
        let mut body = capacity.enter(Kind::Body, None).unwrap();
        body.grow(4 * REQUEST_BYTES).unwrap();
        assert_eq!(body.grow(1), Err(Full::Node(Kind::Body)));
        assert_eq!(
            capacity.enter(Kind::Body, None).unwrap_err(),
            Full::Node(Kind::Body)
        );
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
