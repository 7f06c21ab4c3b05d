//! How many may come in: sessions per node, sessions per address, and attaches per address.
//!
//! A place is a [`Permit`]: it is taken before anything is allocated and given back when it is dropped,
//! so that no path can forget it. Addresses of version 6 count by their /64, since one customer has
//! all of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most that may be inside at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caps {
    pub(crate) sessions: usize,
    pub(crate) sessions_per_address: usize,
    pub(crate) attaches_per_address: usize,
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
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    sessions: usize,
    addresses: HashMap<IpAddr, AddressCounts>,
}

#[derive(Debug, Default)]
struct AddressCounts {
    sessions: usize,
    attaches: usize,
}

impl AddressCounts {
    fn of(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::Session => &mut self.sessions,
            Kind::Attach => &mut self.attaches,
        }
    }
}

/// There is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Full {
    #[error("the server has as many sessions as it takes")]
    Node,
    #[error("too many sessions from this address")]
    Sessions,
    #[error("too many unfinished attaches from this address")]
    Attaches,
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
            counts: Mutex::default(),
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
        self.lock().sessions
    }

    /// Counts are whole after every step, so a panic elsewhere does not spoil them.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn enter(&mut self, caps: &Caps, kind: Kind, address: Option<IpAddr>) -> Result<(), Full> {
        if kind == Kind::Session && self.sessions >= caps.sessions {
            return Err(Full::Node);
        }
        if let Some(address) = address {
            self.check_address(caps, kind, address)?;
            *self.addresses.entry(address).or_default().of(kind) += 1;
        }
        if kind == Kind::Session {
            self.sessions += 1;
        }
        Ok(())
    }

    fn check_address(&self, caps: &Caps, kind: Kind, address: IpAddr) -> Result<(), Full> {
        let none = AddressCounts::default();
        let inside = self.addresses.get(&address).unwrap_or(&none);
        match kind {
            Kind::Session if inside.sessions >= caps.sessions_per_address => Err(Full::Sessions),
            Kind::Attach if inside.attaches >= caps.attaches_per_address => Err(Full::Attaches),
            Kind::Session | Kind::Attach => Ok(()),
        }
    }

    fn leave(&mut self, kind: Kind, address: Option<IpAddr>) {
        if kind == Kind::Session {
            self.sessions -= 1;
        }
        let Some(address) = address else { return };
        let Some(inside) = self.addresses.get_mut(&address) else {
            return;
        };
        *inside.of(kind) -= 1;
        if inside.sessions == 0 && inside.attaches == 0 {
            self.addresses.remove(&address);
        }
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
            sessions: 3,
            sessions_per_address: 2,
            attaches_per_address: 1,
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
            Full::Sessions
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
        assert_eq!(capacity.enter(Kind::Session, None).unwrap_err(), Full::Node);
        assert_eq!(
            capacity.enter(Kind::Session, at("192.0.2.1")).unwrap_err(),
            Full::Node
        );
        assert!(capacity.enter(Kind::Attach, at("192.0.2.1")).is_ok());
    }

    #[test]
    fn attaches_count_apart_from_sessions() {
        let capacity = capacity();
        let _attach = capacity.enter(Kind::Attach, at("192.0.2.1")).unwrap();
        assert_eq!(
            capacity.enter(Kind::Attach, at("192.0.2.1")).unwrap_err(),
            Full::Attaches
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
