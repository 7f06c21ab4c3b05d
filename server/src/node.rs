//! What all sessions of a node share, and what becomes of them: begun, polled, ended, shut down.
//!
//! Knows no transport: the WebSocket task and the HTTP handler call the same few functions. What the
//! protocol says is the core's; what is said here is where a session is found and who runs it.

use crate::arrival::Head;
use crate::attach::Caller;
use crate::builder::SlowMemberPolicy;
use crate::clock::Clock;
use crate::config::Config;
use crate::dialect::Speaker;
use crate::engineio::EngineIo;
use crate::front_door::address::TrustedProxies;
use crate::front_door::auth::Gate;
use crate::front_door::capacity::Capacity;
use crate::front_door::identity::Identity;
use crate::front_door::origin::{Asked, OriginPolicy, OriginRefused, Way};
use crate::front_door::refusal::Refusal;
use crate::front_door::warnings::Warnings;
use crate::metrics;
use crate::registry::{Found, Registry};
use crate::rooms::Rooms;
use crate::session;
use crate::shared::Shared;
use crate::timers::Timers;
use crate::turn;
use crate::waiting::Waiting;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::HeaderName;
use http::header::{COOKIE, HOST, ORIGIN, REFERER};
use http::request::Parts;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throughline_core::session::Tombstone;
use throughline_core::wire::native::{Abort, PollRequest, Response};
use throughline_core::{Code, Session};
use tokio::sync::watch;
use tracing::Instrument;

/// How long the connections have to pass on what their sessions said last.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Browsers say here where a request comes from, seen from where it goes to (W3C Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What runs for each session.
pub(crate) type Handler = Arc<dyn Fn(session::Session) -> BoxFuture<'static, ()> + Send + Sync>;

/// Who may come in.
#[derive(Debug)]
pub(crate) struct Doors {
    pub(crate) origins: OriginPolicy,
    pub(crate) proxies: TrustedProxies,
    pub(crate) gate: Gate,
    /// Application protocols, best first.
    pub(crate) protocols: Vec<String>,
    /// Whether our client is served where pages look for that of Socket.IO.
    pub(crate) serves_socket_io_client: bool,
}

pub(crate) struct Node {
    pub(crate) config: Config,
    pub(crate) doors: Doors,
    /// How clients of Engine.IO are served, where they are.
    pub(crate) engine_io: Option<EngineIo>,
    pub(crate) clock: Clock,
    pub(crate) registry: Registry,
    pub(crate) timers: Timers,
    pub(crate) rooms: Rooms,
    pub(crate) capacity: Arc<Capacity>,
    /// Connections that carry something at length; the shutdown waits for them.
    pub(crate) links: watch::Sender<usize>,
    /// Whether each session keeps the head of the request that opened it.
    pub(crate) keeps_requests: bool,
    handler: Handler,
    phase: watch::Sender<Phase>,
    numbers: AtomicU64,
    pub(crate) warnings: Warnings,
}

/// How far the shutdown has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// No new sessions; those that there are end when they are flushed.
    Draining,
    /// No session is left.
    Closed,
}

impl Node {
    pub(crate) fn new(
        config: Config,
        doors: Doors,
        engine_io: Option<EngineIo>,
        handler: Handler,
        slow_member: SlowMemberPolicy,
        keeps_requests: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            doors,
            engine_io,
            clock: Clock::start(),
            registry: Registry::new(config.node.clone(), config.tombstones),
            timers: Timers::default(),
            rooms: Rooms::new(slow_member),
            capacity: Arc::new(Capacity::new(config.caps())),
            links: watch::Sender::new(0),
            keeps_requests,
            handler,
            phase: watch::Sender::new(Phase::Open),
            numbers: AtomicU64::new(0),
            warnings: Warnings::default(),
            config,
        })
    }

    /// What is known of a request's sender.
    pub(crate) fn caller(&self, head: Head) -> Caller {
        Caller {
            address: self.address(&head),
            parts: Arc::new(head.into_parts()),
        }
    }

    /// Where a request comes from, as far as that is known.
    pub(crate) fn address(&self, head: &Head) -> Option<IpAddr> {
        let whence = self.doors.proxies.whence(head.peer(), &head.parts.headers);
        self.warnings
            .look_at(whence.address, whence.is_unnamed_proxy);
        whence.address
    }

    /// Whether a request may come from where it says that it comes from.
    pub(crate) fn check_origin(&self, head: &Head, way: Way) -> Result<(), OriginRefused> {
        let Parts { headers, uri, .. } = &*head.parts;
        let header = |name| {
            let value = headers.get(name);
            value.map(|value| value.to_str().unwrap_or("(not text)"))
        };
        let origin = header(ORIGIN);
        // What nobody would ask for is not looked up.
        let needs = self.doors.origins.needs(origin.is_some(), way);
        let authority = || uri.authority().map(|authority| authority.as_str());
        let own = || (header(HOST).or_else(authority), self.scheme(head));
        let (host, scheme) = needs.own.then(own).unwrap_or_default();
        let asked = Asked {
            origin,
            host,
            scheme,
            has_cookies: needs.cookies && headers.contains_key(COOKIE),
            way,
            fetch_site: needs.fetch_site.then(|| header(SEC_FETCH_SITE)).flatten(),
            referer: needs.referer.then(|| header(REFERER)).flatten(),
        };
        self.doors.origins.check(&asked).inspect_err(|refused| {
            metrics::refused(Code::ORIGIN);
            self.warnings.origin_refused(self.address(head), refused);
        })
    }

    /// The scheme that the client used, where a trusted proxy told.
    fn scheme<'a>(&self, head: &'a Head) -> Option<&'a str> {
        self.doors.proxies.scheme(head.peer(), &head.parts.headers)
    }

    /// The first of our application protocols that the client offers.
    pub(crate) fn choose_protocol(&self, offered: &[String]) -> Option<String> {
        let mut own = self.doors.protocols.iter();
        own.find(|own| offered.contains(own)).cloned()
    }

    /// Takes a session in that was offered, and looks to it that it lapses when nobody begins it.
    pub(crate) fn take_in(self: &Arc<Self>, session: &Arc<Shared>) {
        self.timers.start(self);
        self.registry.insert(session.clone());
        session.clock_ticked();
    }

    /// Hands a poll to its session, or says what its client hears without one.
    pub(crate) fn poll(&self, request: PollRequest) -> Result<Waiting<Session>, Response> {
        let secret = request.poll.secret;
        let answer = match self.registry.find(&request.poll.session) {
            Found::Live(session) if session.proves::<Session>(&secret) => {
                return Ok(self.ask(session, request));
            }
            Found::Ended(tombstone) if tombstone.proves(&secret) => {
                Response::Abort(Box::new(tombstone.abort()))
            }
            Found::Live(_) | Found::Ended(_) | Found::Unknown => Response::Abort(unknown()),
            Found::Elsewhere => Response::Refuse(Refusal::of(Code::ELSEWHERE).into()),
        };
        Err(answer)
    }

    /// Hands a request to its session; the answer may be long in coming.
    pub(crate) fn ask<D: Speaker>(&self, session: Arc<Shared>, request: D::Request) -> Waiting<D> {
        Waiting::new(session, self.next_number(), request)
    }

    /// A number for a request, or for a connection.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn start_handler(&self, started: &Arc<Shared>) {
        metrics::session_began();
        let span =
            tracing::info_span!("session", id = %started.id(), identity = %started.identity());
        let handler = self.handler.clone();
        let shared = started.clone();
        let run = async move {
            tracing::debug!("began");
            let handle = session::Session::new(shared.clone());
            let handled = AssertUnwindSafe(async { handler(handle).await })
                .catch_unwind()
                .await;
            match handled {
                Ok(()) => shared.release(),
                Err(_) => {
                    tracing::error!("the session's handler panicked");
                    shared.abort(Code::INTERNAL, Code::INTERNAL.reason(), None);
                }
            }
        };
        turn::spawn(run.instrument(span));
    }

    /// A session that nobody began leaves no trace.
    pub(crate) fn session_ended(&self, session: &Shared, code: Code, tombstone: Option<Tombstone>) {
        match tombstone {
            Some(tombstone) => {
                metrics::session_ended(code);
                let until = self.clock.now() + self.config.limits.retention;
                self.registry.bury(session.id(), tombstone, until);
                self.timers.look_again();
            }
            None => self.registry.forget(session.id()),
        }
        self.links.send_modify(|_| {});
    }

    /// Ends every session of an identity.
    pub(crate) fn log_out(&self, identity: &Identity) -> usize {
        let sessions = self.registry.live();
        let own = sessions
            .iter()
            .filter(|session| session.identity() == identity);
        own.map(|session| session.abort(Code::LOGGED_OUT, Code::LOGGED_OUT.reason(), None))
            .count()
    }

    pub(crate) fn is_draining(&self) -> bool {
        *self.phase.borrow() != Phase::Open
    }

    /// Waits until the node has no sessions and takes none.
    pub(crate) async fn closed(&self) {
        let mut phase = self.phase.subscribe();
        // The sender is our own, so it is not gone.
        let _ = phase.wait_for(|phase| *phase == Phase::Closed).await;
    }

    /// Flushes and ends all sessions; those that take too long are ended as they are.
    pub(crate) async fn shut_down(&self) {
        self.phase.send_replace(Phase::Draining);
        for session in self.registry.live() {
            session.drain(self.jitter());
        }
        let drained = tokio::time::timeout(self.config.drain, self.all_ended()).await;
        if drained.is_err() {
            for session in self.registry.live() {
                let (code, retry_after) = (Code::SHUTDOWN, self.jitter());
                session.abort(code, code.reason(), Some(retry_after));
            }
        }
        self.phase.send_replace(Phase::Closed);
        // A WebSocket has a deadline of its own for its last word; a response that nobody reads has none.
        let mut links = self.links.subscribe();
        let _ = tokio::time::timeout(LAST_WORDS, links.wait_for(|links| *links == 0)).await;
    }

    async fn all_ended(&self) {
        let mut changes = self.links.subscribe();
        while self.capacity.sessions() > 0 {
            // The sender is our own, so it is not gone.
            let _ = changes.changed().await;
        }
    }

    /// A time that spreads clients evenly.
    pub(crate) fn jitter(&self) -> Duration {
        let random = getrandom::u32().unwrap_or(u32::MAX / 2);
        self.config
            .retry_after
            .mul_f64(f64::from(random) / f64::from(u32::MAX))
    }
}

/// The answer for a session that is not known here (spec ABT-3).
pub(crate) fn unknown() -> Box<Abort> {
    let code = Code::UNKNOWN_SESSION;
    let reason = code.reason().to_owned();
    Box::new(Abort {
        code,
        reason,
        received: None,
        ack: None,
        retry_after: None,
    })
}

/// Counts a connection for as long as it lives, so that a shutdown can wait for its last word.
#[derive(Debug)]
pub(crate) struct Counted(Arc<Node>);

impl Counted {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        node.links.send_modify(|links| *links += 1);
        Self(node)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.links.send_modify(|links| *links -= 1);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.timers.look_again();
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
