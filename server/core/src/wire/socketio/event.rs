//! The names that an event cannot have.

/// Names that both sides use for themselves.
const RESERVED: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// Whether a name is reserved for what a socket tells of itself. A packet with such an event is malformed.
///
/// ```
/// use throughline_core::wire::socketio::is_reserved;
///
/// assert!(is_reserved("disconnect"));
/// assert!(!is_reserved("message"));
/// ```
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}
