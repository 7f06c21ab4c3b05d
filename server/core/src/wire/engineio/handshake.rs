//! What the server says first: the body of the `open` packet, with exactly these five members.

use serde::{Deserialize, Serialize};

/// The parameters of a new Engine.IO session.
///
/// ```
/// use throughline_core::wire::engineio::{Handshake, Packet};
///
/// let handshake = Handshake {
///     sid: "lv_VI97HAXpY6yYWAAAC".to_owned(),
///     upgrades: vec!["websocket".to_owned()],
///     ping_interval: 25_000,
///     ping_timeout: 20_000,
///     max_payload: 1_000_000,
/// };
/// assert_eq!(
///     Packet::from(&handshake),
///     Packet::Open(
///         r#"{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
///             .into()
///     )
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    /// The session's id, which every later request names.
    pub sid: String,
    /// The transports that the session may move to: `websocket` over polling, none over a WebSocket.
    pub upgrades: Vec<String>,
    /// Milliseconds between a pong and the next ping.
    pub ping_interval: u64,
    /// Milliseconds within which a pong answers a ping.
    pub ping_timeout: u64,
    /// Bytes that one request or one WebSocket message may have.
    pub max_payload: u64,
}
