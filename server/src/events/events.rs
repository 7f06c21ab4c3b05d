//! The namespaces of a server, and its hold on all of them.
//!
//! A namespace that was named is there for good. One that a pattern allows is made when its first client comes, and
//! is gone when nobody is there and nobody can come back, at the latest when the next client joins a namespace.

use super::broadcast::Broadcast;
use super::connection::Connection;
use super::made::MadeSpaces;
use super::memory::Recovery;
use super::namespace::Namespace;
use super::space::Space;
use crate::session::Session;
use crate::turn;
use bytestring::ByteString;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The namespaces of a server: runs Socket.IO's events over sessions. Cheap to clone.
///
/// ```
/// use throughline::Throughline;
/// use throughline::events::{Data, Events, Namespace, Socket};
///
/// let chat = Namespace::new().on("message", |socket: Socket, Data((text,)): Data<(String,)>| async move {
///     let _ = socket.broadcast().emit("message", (text,));
/// });
/// let events = Events::builder()
///     .namespace("/", chat)
///     .namespaces_matching(|name| name.starts_with("/room-"), Namespace::new())
///     .build()?;
/// let realtime = Throughline::builder().events(events.clone()).build()?;
/// events.of("/").emit("headline", ("the server is up",))?;
/// # let _ = realtime;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Events {
    inner: Arc<Inner>,
}

struct Inner {
    named: HashMap<ByteString, Arc<Space>>,
    patterns: Vec<(Pattern, Arc<Namespace>)>,
    /// Those that patterns have made.
    made: Mutex<MadeSpaces>,
    settings: Settings,
}

type Pattern = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// The bounds of what a session may do.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) connect_timeout: Duration,
    pub(super) queue: usize,
    pub(super) queue_bytes: usize,
    pub(super) namespaces: usize,
    pub(super) attachments: usize,
    recovery: Option<Recovery>,
}

/// A name that no namespace can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("namespace `{0}` is not accepted: a name starts with `/`, and has no `,` and no `?`")]
pub struct NamespaceError(String);

impl Events {
    /// Starts naming namespaces.
    pub fn builder() -> EventsBuilder {
        EventsBuilder::new()
    }

    /// Everybody in a namespace. Where there is no such namespace, nobody.
    pub fn of(&self, namespace: &str) -> Broadcast {
        Broadcast::named(self.clone(), namespace.into())
    }

    /// Runs events over a session, until it ends: for an application that decides for each session what to do with it. For all
    /// sessions, [`Builder::events`](crate::Builder::events) is shorter, and keeps the requests that
    /// [`Handshake`](super::Handshake) shows.
    ///
    /// # Cancellation
    /// When the future is dropped, all sockets of the session are disconnected.
    pub async fn serve(&self, session: Session) {
        turn::in_turns(self.run(session)).await;
    }

    /// The same for a task whose polls are turns.
    pub(crate) fn run(&self, session: Session) -> impl Future<Output = ()> + Send + use<> {
        Connection::serve(self.clone(), session)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// A namespace, as the server sees it.
    pub(super) fn space(&self, name: &str) -> Option<Arc<Space>> {
        let named = self.inner.named.get(name).cloned();
        named.or_else(|| self.inner.made().find(name))
    }

    /// A namespace for a client that wants in.
    pub(super) fn visit(&self, name: &ByteString) -> Option<Visit> {
        let inner = &self.inner;
        inner.sweep();
        if let Some(space) = inner.named.get(name) {
            let (space, events) = (space.clone(), None);
            return Some(Visit { space, events });
        }
        if !is_name(name) {
            return None;
        }
        let pattern = inner.patterns.iter().find(|(matches, _)| matches(name));
        let (_, handlers) = pattern?;
        let space = inner.make(name, handlers)?;
        let events = Some(inner.clone());
        Some(Visit { space, events })
    }
}

impl Inner {
    fn made(&self) -> MutexGuard<'_, MadeSpaces> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds or makes a namespace, unless there are too many.
    fn make(&self, name: &ByteString, handlers: &Arc<Namespace>) -> Option<Arc<Space>> {
        let recovery = self.settings.recovery.as_ref();
        let make = || Space::new(name.clone(), handlers.clone(), recovery);
        self.made().enter(name, make)
    }

    /// Drops the namespaces that nobody can come back to any more, but not under the lock.
    fn sweep(&self) {
        let swept = self.made().sweep();
        drop(swept);
    }
}

/// A client that is in a namespace, or on its way in: as long as there is one, the namespace is.
pub(super) struct Visit {
    space: Arc<Space>,
    /// Where the namespace is one that can go.
    events: Option<Arc<Inner>>,
}

impl Visit {
    pub(super) fn space(&self) -> &Arc<Space> {
        &self.space
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let Some(events) = &self.events else { return };
        events.made().leave(self.space.name());
        events.sweep();
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("named", &self.inner.named.keys())
            .field("made", &self.inner.made().len())
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

/// Builds [`Events`].
#[must_use = "nothing is served before `build`"]
pub struct EventsBuilder {
    named: Vec<(ByteString, Namespace)>,
    patterns: Vec<(Pattern, Arc<Namespace>)>,
    settings: Settings,
}

impl EventsBuilder {
    fn new() -> Self {
        Self {
            named: Vec::new(),
            patterns: Vec::new(),
            settings: Settings {
                connect_timeout: Duration::from_secs(45),
                queue: 64,
                queue_bytes: 1024 * 1024,
                namespaces: 64,
                attachments: 1024 * 1024,
                recovery: None,
            },
        }
    }

    /// Names a namespace; the one that clients join by default is `/`. Of two with one name, the later counts.
    pub fn namespace(mut self, name: &str, namespace: Namespace) -> Self {
        self.named.push((name.into(), namespace));
        self
    }

    /// Allows all namespaces whose names this function accepts. Each has sockets and rooms of its own. One is gone with its last
    /// socket or, with [recovery](Self::recovery), when nobody can come back to it. At most 10,000 are there at a time: beyond it, one
    /// that waits for somebody to come back is given up, and where there is none, clients are refused.
    pub fn namespaces_matching<F>(mut self, matches: F, namespace: Namespace) -> Self
    where
        F: Fn(&str) -> bool + Send + Sync + 'static,
    {
        self.patterns.push((Box::new(matches), Arc::new(namespace)));
        self
    }

    /// Lets clients come back to their sockets. Costs memory for each namespace, as the bounds say, and one argument more
    /// in each event.
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.settings.recovery = Some(recovery);
        self
    }

    /// How long a session may go without joining a namespace, and how long guards may think. Default 45 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// As many events of one socket as wait for their handlers; beyond it, the client has to wait. At least 1. Default 64.
    pub fn queue(mut self, events: usize) -> Self {
        self.settings.queue = events.max(1);
        self
    }

    /// As many bytes of events as wait for their handlers, of all sockets of one session together; an event counts 256 bytes
    /// on top. A larger event waits alone. From 1 to 256 MiB. Default 1 MiB.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.settings.queue_bytes = bytes.clamp(1, 256 * 1024 * 1024);
        self
    }

    /// As many namespaces as one session may join. Default 64.
    pub fn namespaces_per_session(mut self, namespaces: usize) -> Self {
        self.settings.namespaces = namespaces;
        self
    }

    /// As many bytes of binary data as may come with one event. Default 1 MiB.
    pub fn attachment_bytes(mut self, bytes: usize) -> Self {
        self.settings.attachments = bytes;
        self
    }

    /// Builds them.
    ///
    /// # Errors
    /// [`NamespaceError`] names the first name that cannot be one.
    pub fn build(self) -> Result<Events, NamespaceError> {
        let mut named = HashMap::new();
        for (name, namespace) in self.named {
            if !is_name(&name) {
                return Err(NamespaceError(name.to_string()));
            }
            let recovery = self.settings.recovery.as_ref();
            let space = Space::new(name.clone(), Arc::new(namespace), recovery);
            named.insert(name, Arc::new(space));
        }
        let recovery = self.settings.recovery.as_ref();
        let remembered = recovery.map_or(Duration::ZERO, |recovery| recovery.duration);
        let inner = Inner {
            named,
            patterns: self.patterns,
            made: Mutex::new(MadeSpaces::new(remembered)),
            settings: self.settings,
        };
        Ok(Events {
            inner: Arc::new(inner),
        })
    }
}

impl fmt::Debug for EventsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventsBuilder")
            .field("named", &self.named)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Whether a packet can name it.
fn is_name(name: &str) -> bool {
    name.starts_with('/') && !name.contains([',', '?'])
}
