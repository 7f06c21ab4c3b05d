//! What a handler is called for, and what it can take as its arguments.
//!
//! Nothing is read before a handler asks for it: an argument is made of the context when the handler is called, and
//! where one cannot be made, the handler is not called.

use super::ack::Ack;
use super::args::{Args, Event};
use super::handshake::Handshake;
use super::namespace::Handlers;
use super::reason::DisconnectReason;
use super::seats::Room;
use super::socket::Socket;
use serde::de::DeserializeOwned;
use std::any::type_name;
use std::fmt;
use throughline_core::wire::socketio::Payload;

/// What any handler is called for: something that happens to a socket.
pub trait Context {
    /// The socket.
    fn socket(&self) -> &Socket;
}

/// A client wants in, or has come in: for guards and `on_connect`.
#[derive(Debug)]
pub struct Arrival(pub(super) Socket);

/// An event came.
#[derive(Debug)]
pub struct Incoming {
    pub(super) socket: Socket,
    pub(super) event: Event,
    pub(super) ack: Ack,
    /// Held until the last handler has ended, where it has to wait.
    room: Option<Room>,
}

impl Incoming {
    /// What came for this socket; nothing, where it is no event.
    #[inline]
    pub(super) fn of(socket: &Socket, id: Option<u64>, payload: Payload) -> Option<Self> {
        Some(Self {
            event: Event::of(payload)?,
            ack: Ack::new(socket, id),
            room: None,
            socket: socket.clone(),
        })
    }

    /// It has to wait, and takes room as long as it is there.
    pub(super) fn hold(&mut self, room: Room) {
        self.room = Some(room);
    }

    /// Those who handle it, in the order in which they run.
    pub(super) fn handlers(&self) -> Handlers<'_> {
        self.socket.space().handlers.handlers(self.event.name())
    }

    /// Whether some of them need not wait for each other.
    pub(super) fn runs_beside(&self) -> bool {
        self.handlers().any(|handler| handler.is_concurrent)
    }
}

/// A socket was disconnected.
#[derive(Debug)]
pub struct Departure {
    pub(super) socket: Socket,
    pub(super) reason: DisconnectReason,
}

impl Context for Arrival {
    fn socket(&self) -> &Socket {
        &self.0
    }
}

impl Context for Incoming {
    fn socket(&self) -> &Socket {
        &self.socket
    }
}

impl Context for Departure {
    fn socket(&self) -> &Socket {
        &self.socket
    }
}

/// An argument of a handler, made of what it is called for.
///
/// ```
/// use throughline::events::{Context, Extract, Namespace, Rejection};
///
/// struct UserAgent(String);
///
/// impl<C: Context> Extract<C> for UserAgent {
///     fn extract(context: &C) -> Result<Self, Rejection> {
///         let agent = context.socket().handshake().header("user-agent");
///         agent.map(|agent| Self(agent.to_owned())).ok_or_else(|| Rejection::new("no user agent"))
///     }
/// }
///
/// let chat = Namespace::new().on("hello", |UserAgent(agent): UserAgent| async move {
///     println!("hello from {agent}");
/// });
/// # let _ = chat;
/// ```
pub trait Extract<C>: Sized {
    /// Makes it.
    ///
    /// # Errors
    /// [`Rejection`]: the handler is not called. A guard that cannot be called does not let the client in.
    fn extract(context: &C) -> Result<Self, Rejection>;
}

/// Why a handler was not called. It is logged at debug level; the client does not see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(String);

impl Rejection {
    /// A rejection with these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<C: Context> Extract<C> for Socket {
    fn extract(context: &C) -> Result<Self, Rejection> {
        Ok(context.socket().clone())
    }
}

impl<C: Context> Extract<C> for Handshake {
    fn extract(context: &C) -> Result<Self, Rejection> {
        Ok(context.socket().handshake().clone())
    }
}

/// The arguments of an event as a tuple: `Data((name, age)): Data<(String, u8)>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data<T>(pub T);

impl<T: DeserializeOwned> Extract<Incoming> for Data<T> {
    fn extract(context: &Incoming) -> Result<Self, Rejection> {
        let parsed = context.event.args().parse();
        parsed
            .map(Self)
            .map_err(|error| Rejection(error.to_string()))
    }
}

impl Extract<Incoming> for Args {
    fn extract(context: &Incoming) -> Result<Self, Rejection> {
        Ok(context.event.args().clone())
    }
}

impl Extract<Incoming> for Event {
    fn extract(context: &Incoming) -> Result<Self, Rejection> {
        Ok(context.event.clone())
    }
}

impl Extract<Incoming> for Ack {
    fn extract(context: &Incoming) -> Result<Self, Rejection> {
        Ok(context.ack.clone())
    }
}

impl Extract<Departure> for DisconnectReason {
    fn extract(context: &Departure) -> Result<Self, Rejection> {
        Ok(context.reason)
    }
}

/// What the client sent along when it connected (`auth` in the JavaScript clients); an empty object where it sent nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auth<T>(pub T);

impl<C: Context, T: DeserializeOwned> Extract<C> for Auth<T> {
    fn extract(context: &C) -> Result<Self, Rejection> {
        let parsed = context.socket().handshake().auth();
        parsed
            .map(Self)
            .map_err(|error| Rejection(error.to_string()))
    }
}

/// What was kept with the socket under this type; see [`Socket::set_state`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State<T>(pub T);

impl<C: Context, T: Clone + Send + Sync + 'static> Extract<C> for State<T> {
    fn extract(context: &C) -> Result<Self, Rejection> {
        let state = context.socket().state().map(Self);
        state.ok_or_else(|| Rejection(format!("the socket has no state `{}`", type_name::<T>())))
    }
}
