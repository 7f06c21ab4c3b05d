//! What can go wrong, each kind counted: a run in which a kind hardly struck proves little.

use std::fmt;

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal,)*) => {
        /// A kind of trouble that the simulator made.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fault {
            $($(#[$doc])* $fault,)*
        }

        impl Fault {
            pub(crate) const ALL: &[Self] = &[$(Self::$fault,)*];

            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)*
                }
            }
        }
    };
}

faults! {
    /// A WebSocket handshake was refused.
    Refused = "refused",
    /// A WebSocket handshake never came to an end.
    Hung = "hung",
    /// The first message after the handshake vanished.
    FirstDropped = "first dropped",
    /// From some byte on, nothing gets up any more.
    MutedUp = "muted up",
    /// From some byte on, nothing gets down any more.
    MutedDown = "muted down",
    /// Both.
    MutedBoth = "muted both",
    /// A WebSocket connection was cut within or behind a message.
    Cut = "cut",
    /// A WebSocket message was damaged, dropped or doubled.
    Mangled = "mangled",
    /// A request never reached the server.
    RequestLost = "request lost",
    /// A part of a request reached the server.
    RequestTruncated = "request truncated",
    /// A request reached the server twice.
    RequestRepeated = "request repeated",
    /// A request was late, so that others overtook it.
    RequestDelayed = "request delayed",
    /// An answer never reached the client.
    AnswerLost = "answer lost",
    /// A part of an answer reached the client.
    AnswerTruncated = "answer truncated",
    /// Somebody else answered.
    Portal = "portal",
    /// A link that always cuts at the same byte did so.
    SameByte = "same byte",
    /// A poll arrived with a lower number than one before it.
    Overtaken = "overtaken",
    /// A poll was sent while another one was held.
    Superseded = "superseded",
    /// Two or more links raced.
    Race = "race",
    /// The session moved to another link while the old one was well.
    Takeover = "takeover",
    /// The server forgot the session.
    Forgotten = "forgotten",
    /// Nothing got through for longer than the retention time.
    Expired = "expired",
    /// The session was too slow for what the server sent.
    Overflow = "overflow",
    /// The client sent more than the window allows.
    WindowExceeded = "window exceeded",
    /// A token expired and was not refreshed.
    TokenExpired = "token expired",
    /// Another client took the session over.
    TakenOver = "taken over",
}

/// How often each kind struck.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults([u64; Fault::ALL.len()]);

impl Default for Faults {
    fn default() -> Self {
        Self([0; Fault::ALL.len()])
    }
}

impl Faults {
    pub(crate) fn count(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (total, more) in self.0.iter_mut().zip(other.0) {
            *total += more;
        }
    }

    /// The kinds that struck less often than that.
    pub(crate) fn below(&self, least: u64) -> Vec<&'static str> {
        Fault::ALL
            .iter()
            .filter(|fault| self.0[**fault as usize] < least)
            .map(|fault| fault.name())
            .collect()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in Fault::ALL.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", fault.name(), self.0[index])?;
        }
        Ok(())
    }
}
