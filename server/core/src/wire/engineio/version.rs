//! The versions of the protocol, which differ in how packets are written and in who asks for signs of life.

/// A version of Engine.IO, the `EIO` of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Spoken by clients of Socket.IO 1 and 2. The client pings.
    V3,
    /// Spoken by clients of Socket.IO 3 and 4. The server pings.
    V4,
}
