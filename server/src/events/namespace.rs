//! What happens in a namespace: its guards and handlers, in the order in which they were given.

use super::args::Args;
use super::context::{Arrival, Departure, Incoming};
use super::error::{EmitError, Refused};
use super::handler::{Erased, Handler, IntoReply, IntoVerdict};
use std::collections::BTreeMap;
use std::fmt;
use std::iter::Chain;
use std::slice::Iter;

/// What a handler of events gives.
pub(super) type Replied = Option<Result<Args, EmitError>>;
pub(super) type Guard = Erased<Arrival, Result<(), Refused>>;
pub(super) type OnConnect = Erased<Arrival, ()>;
pub(super) type OnEvent = Erased<Incoming, Replied>;
/// Those of one event.
pub(super) type Handlers<'a> = Chain<Iter<'a, OnEvent>, Iter<'a, OnEvent>>;
pub(super) type OnDisconnect = Erased<Departure, ()>;

/// What happens in a namespace. One table serves all its sockets.
///
/// Handlers are async functions. Their arguments are whatever can be [extracted](super::Extract): the
/// [`Socket`](super::Socket), the arguments of the event as [`Data`](super::Data), an [`Ack`](super::Ack), in any order and number up to six.
///
/// The events of one socket are handled one after the other, in the order in which its client sent them. Where a handler
/// cannot get its arguments, it is not called, and a line at debug level says why. A handler that panics disconnects its socket,
/// with [`DisconnectReason::HandlerPanicked`](super::DisconnectReason::HandlerPanicked), and harms no other.
///
/// ```
/// use serde::Deserialize;
/// use throughline::events::{Auth, Data, DisconnectReason, Namespace, Refused, Reply, Socket};
///
/// #[derive(Deserialize)]
/// struct Login {
///     user: String,
/// }
///
/// let chat = Namespace::new()
///     .guard(|socket: Socket, Auth(login): Auth<Login>| async move {
///         if login.user.is_empty() {
///             return Err(Refused::new("who are you?"));
///         }
///         socket.set_state(login.user);
///         Ok(())
///     })
///     .on_connect(|socket: Socket| async move { socket.join("lobby") })
///     .on("message", |socket: Socket, Data((text,)): Data<(String,)>| async move {
///         let _ = socket.to("lobby").emit("message", (text,));
///     })
///     .on("add", |Data((a, b)): Data<(i64, i64)>| async move { Reply((a + b,)) })
///     .on_disconnect(|socket: Socket, reason: DisconnectReason| async move {
///         println!("{} left: {reason}", socket.id());
///     });
/// # let _ = chat;
/// ```
#[derive(Default)]
#[must_use = "a namespace does nothing before it is given to `Events`"]
pub struct Namespace {
    pub(super) guards: Vec<Guard>,
    pub(super) on_connect: Vec<OnConnect>,
    pub(super) on_any: Vec<OnEvent>,
    pub(super) on: BTreeMap<String, Vec<OnEvent>>,
    pub(super) on_disconnect: Vec<OnDisconnect>,
}

impl Namespace {
    /// A namespace that lets everybody in and does nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks this function whether a client may come in; the first refusal counts. While guards think, the client is
    /// not there yet: it gets nothing, and its events would end the session.
    pub fn guard<T: 'static, H>(mut self, guard: H) -> Self
    where
        H: Handler<Arrival, T>,
        H::Output: IntoVerdict + 'static,
    {
        let guard = Erased::new(guard, IntoVerdict::into_verdict);
        self.guards.push(guard);
        self
    }

    /// Runs when a client has come in, before its first event is handled.
    pub fn on_connect<T: 'static, H>(mut self, handler: H) -> Self
    where
        H: Handler<Arrival, T, Output = ()>,
    {
        let handler = Erased::new(handler, std::convert::identity);
        self.on_connect.push(handler);
        self
    }

    /// Handles the events of this name. Where several handlers have one name, all run, and the first answer counts.
    pub fn on<T: 'static, H>(mut self, name: &str, handler: H) -> Self
    where
        H: Handler<Incoming, T>,
        H::Output: IntoReply + 'static,
    {
        let handler = Erased::new(handler, IntoReply::into_reply);
        self.on.entry(name.to_owned()).or_default().push(handler);
        self
    }

    /// Handles every event, before the handlers of its name: [`Event`](super::Event) tells which it is.
    pub fn on_any<T: 'static, H>(mut self, handler: H) -> Self
    where
        H: Handler<Incoming, T>,
        H::Output: IntoReply + 'static,
    {
        let handler = Erased::new(handler, IntoReply::into_reply);
        self.on_any.push(handler);
        self
    }

    /// Runs when a socket was disconnected, after the last of its events was handled.
    pub fn on_disconnect<T: 'static, H>(mut self, handler: H) -> Self
    where
        H: Handler<Departure, T, Output = ()>,
    {
        let handler = Erased::new(handler, std::convert::identity);
        self.on_disconnect.push(handler);
        self
    }

    /// The handlers of an event of this name, in the order in which they run.
    pub(super) fn handlers(&self, name: &str) -> Handlers<'_> {
        let named = self.on.get(name).map_or(&[][..], Vec::as_slice);
        self.on_any.iter().chain(named)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace")
            .field("guards", &self.guards.len())
            .field("on", &self.on.keys())
            .finish_non_exhaustive()
    }
}
