//! What a client told when it came: the head of its request, and what it sent along with CONNECT.

use crate::front_door::head::Kept;
use crate::session::Sender;
use bytestring::ByteString;
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;
use throughline_core::wire::socketio::readable;

/// What a client told when it came. Cheap to clone.
#[derive(Clone)]
pub struct Handshake(Arc<Told>);

struct Told {
    request: Option<Arc<Kept>>,
    address: Option<IpAddr>,
    opened: SystemTime,
    auth: Option<ByteString>,
}

impl Handshake {
    pub(super) fn new(session: &Sender, auth: Option<ByteString>) -> Self {
        Self(Arc::new(Told {
            request: session.request_head().cloned(),
            address: session.address(),
            opened: session.opened(),
            auth,
        }))
    }

    /// The head of the HTTP request that opened the session, with what layers put into its extensions. It is made when it is first asked
    /// for, and stays: about 1 KiB for each session. [`header`](Self::header) and [`query`](Self::query) cost none.
    #[must_use]
    pub fn request(&self) -> Option<&Parts> {
        self.0.request.as_ref().map(|head| &**head.parts())
    }

    /// A header of that request, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.request.as_ref()?.header(name)
    }

    /// The query of that request, as it was sent.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.0.request.as_ref()?.query()
    }

    /// The address that the session was opened from, where it is known.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// When the session was opened.
    #[must_use]
    pub fn opened(&self) -> SystemTime {
        self.0.opened
    }

    /// What the client sent along, read as a `T`; an empty object where it sent nothing.
    ///
    /// # Errors
    /// What serde says.
    pub fn auth<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&readable(self.0.auth.as_deref().unwrap_or("{}")))
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was sent along may be a password.
        f.debug_struct("Handshake")
            .field("address", &self.0.address)
            .field("opened", &self.0.opened)
            .finish_non_exhaustive()
    }
}
