//! Attaching: a hello comes in, and an offer, a refusal or the news of an end goes out (spec §6).
//!
//! The same for a WebSocket, which may say several hellos, and for a request, which says one. Places are
//! taken before the authentication hook is asked and before anything is allocated.

use crate::dialect::Core;
use crate::front_door::auth::{Admission, Attempt};
use crate::front_door::capacity::{Full, Kind, Permit};
use crate::front_door::head::Kept;
use crate::front_door::identity::Identity;
use crate::front_door::refusal::Refusal;
use crate::metrics;
use crate::node::{Node, unknown};
use crate::registry::Found;
use crate::service::{no_room, unavailable};
use crate::shared::{Birth, Shared};
use axum::response::Response;
use http::request::Parts;
use std::net::IpAddr;
use std::sync::Arc;
use throughline_core::session::{Setup, Tombstone};
use throughline_core::wire::native::{Abort, Hello, Secret, Welcome};
use throughline_core::{Code, Session, Time};

/// The only version of the protocol.
const VERSION: u64 = 1;

/// A client at the door, with all that is known of it before it has said anything.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) parts: Arc<Parts>,
    pub(crate) address: Option<IpAddr>,
}

impl Caller {
    /// What its request said, to be kept.
    fn keep(&self) -> Arc<Kept> {
        Arc::new(Kept::new(&self.parts))
    }
}

/// A connection or request on which nothing has begun.
#[derive(Debug)]
pub(crate) struct Visitor {
    node: Arc<Node>,
    caller: Caller,
    /// Counts it among those who have not begun; the session that it is offered takes this over.
    place: Option<Permit>,
    subject: Option<Subject>,
}

/// The session that the last hello was about.
#[derive(Debug)]
enum Subject {
    New(Arc<Shared>),
    Known(Arc<Shared>),
}

/// What a hello gets.
#[derive(Debug)]
pub(crate) enum Attached {
    Welcome(Box<Welcome>),
    Refused(Refusal),
    /// It named a session that is over.
    Ended(Box<Abort>),
}

impl Visitor {
    /// Lets somebody come to the door, if there are not too many from there.
    pub(crate) fn new(node: Arc<Node>, caller: Caller) -> Result<Self, Full> {
        let place = node
            .capacity
            .enter(Kind::Attach, caller.address)
            .inspect_err(|_| metrics::refused(Code::AT_CAPACITY))?;
        Ok(Self {
            node,
            caller,
            place: Some(place),
            subject: None,
        })
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The session that the last hello was about.
    pub(crate) fn into_session(self) -> Option<Arc<Shared>> {
        match self.subject? {
            Subject::New(session) | Subject::Known(session) => Some(session),
        }
    }

    /// Answers a hello.
    pub(crate) async fn hello(&mut self, hello: Hello) -> Attached {
        let attached = match self.admit(&hello).await {
            Ok(admission) => self.offer(&hello, admission),
            Err(refusal) => Attached::Refused(refusal),
        };
        if let Attached::Refused(refusal) = &attached {
            tracing::debug!(address = ?self.caller.address, %refusal, "refused");
            metrics::refused(refusal.code());
        }
        attached
    }

    async fn admit(&self, hello: &Hello) -> Result<Admission, Refusal> {
        let Self { node, caller, .. } = self;
        if hello.v != VERSION {
            return Err(Refusal::of(Code::VERSION));
        }
        if hello.session.is_none() {
            node.check_open()?;
        }
        let Caller { parts, address } = caller.clone();
        node.doors
            .gate
            .ask(Attempt::new(parts, hello.token.clone(), address))
            .await
    }

    fn offer(&mut self, hello: &Hello, admission: Admission) -> Attached {
        if let Some(id) = &hello.session {
            return self.offer_known(id, hello.secret, &admission.identity);
        }
        if let Some(welcome) = self.offer_again(&admission.identity) {
            return Attached::Welcome(Box::new(welcome));
        }
        match self.open(hello, admission) {
            Ok(welcome) => Attached::Welcome(Box::new(welcome)),
            Err(refusal) => Attached::Refused(refusal),
        }
    }

    /// A hello is repeated when its welcome is late; it is still about the same new session, since a
    /// `begin` names a generation and no session.
    fn offer_again(&self, identity: &Identity) -> Option<Welcome> {
        match &self.subject {
            Some(Subject::New(session)) if session.identity() == identity => {
                session.hello(self.head_for_hook()).ok()
            }
            _ => None,
        }
    }

    /// A hello that names a session must prove it, or hears what anybody hears (spec ATT-5, ABT-3).
    fn offer_known(&mut self, id: &str, secret: Option<Secret>, identity: &Identity) -> Attached {
        match self.node.registry.find(id) {
            Found::Live(session) => {
                if !secret.is_some_and(|secret| session.proves::<Session>(&secret)) {
                    return Attached::Ended(unknown());
                }
                if session.identity() != identity {
                    return Attached::Refused(Refusal::of(Code::UNAUTHORIZED));
                }
                let answer = session.hello(self.head_for_hook());
                self.subject = Some(Subject::Known(session));
                match answer {
                    Ok(welcome) => Attached::Welcome(Box::new(welcome)),
                    Err(tombstone) => Attached::Ended(Box::new(tombstone.abort())),
                }
            }
            Found::Ended(tombstone) => Attached::Ended(last_word(&tombstone, secret)),
            Found::Unknown => Attached::Ended(unknown()),
            Found::Elsewhere => Attached::Refused(Refusal::of(Code::ELSEWHERE)),
        }
    }

    fn open(&mut self, hello: &Hello, admission: Admission) -> Result<Welcome, Refusal> {
        let Self { node, caller, .. } = self;
        let attach = match self.place.take() {
            Some(place) => place,
            None => node.enter(Kind::Attach, caller.address)?,
        };
        let guest = Guest {
            caller: caller.clone(),
            admission,
            attach,
        };
        let (session, welcome) = node.open(guest, |now, setup| {
            let setup = Setup {
                window: hello.window,
                protocol: node.choose_protocol(&hello.protocols),
                ..setup
            };
            let (core, welcome) = Session::open(now, setup);
            (Core::Native(Box::new(core)), welcome)
        })?;
        self.subject = Some(Subject::New(session));
        Ok(welcome)
    }

    fn head_for_hook(&self) -> Option<Arc<Kept>> {
        self.node.head_for_hook(&self.caller)
    }
}

/// A client that may have a session.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) caller: Caller,
    pub(crate) admission: Admission,
    /// Its place among those who have not begun.
    pub(crate) attach: Permit,
}

/// Why a client may not have a session.
#[derive(Debug)]
pub(crate) enum TurnedAway {
    Full(Full),
    Refused(Refusal),
}

impl From<Refusal> for TurnedAway {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl TurnedAway {
    /// The answer to whoever may come later; a verdict on the client is its dialect's to put into words.
    pub(crate) fn later(self, node: &Node) -> Result<Response, Refusal> {
        let refusal = match self {
            Self::Full(full) => {
                metrics::refused(Code::AT_CAPACITY);
                return Ok(no_room(full, node.jitter()));
            }
            Self::Refused(refusal) => refusal,
        };
        tracing::debug!(%refusal, "refused");
        metrics::refused(refusal.code());
        match refusal.code() {
            Code::AT_CAPACITY | Code::SHUTDOWN | Code::UNAVAILABLE => {
                let after = refusal.after().unwrap_or(node.jitter());
                Ok(unavailable(refusal.reason(), after))
            }
            _ => Err(refusal),
        }
    }
}

impl Node {
    /// Takes a place among those who have not begun, and asks the application who this is: for the clients of others,
    /// who say no hello.
    pub(crate) async fn admit(&self, caller: Caller) -> Result<Guest, TurnedAway> {
        let attach = self.capacity.enter(Kind::Attach, caller.address);
        let attach = attach.map_err(TurnedAway::Full)?;
        self.check_open()?;
        let Caller { parts, address } = caller.clone();
        let attempt = Attempt::new(parts, None, address);
        Ok(Guest {
            caller,
            admission: self.doors.gate.ask(attempt).await?,
            attach,
        })
    }

    /// Opens a session and takes it in, if there is room. What its core is, in its client's dialect, is `make`'s to say.
    pub(crate) fn open<T>(
        self: &Arc<Self>,
        guest: Guest,
        make: impl FnOnce(Time, Setup) -> (Core, T),
    ) -> Result<(Arc<Shared>, T), Refusal> {
        // A shutdown may have begun while the hook was thinking.
        self.check_open()?;
        let Guest {
            caller,
            admission,
            attach,
        } = guest;
        let place = self.enter(Kind::Session, caller.address)?;
        let now = self.clock.now();
        let setup = Setup {
            id: self.registry.new_id().to_string(),
            secret: new_secret()?,
            limits: self.config.limits.clone(),
            window: None,
            protocol: None,
            token_expires: admission.expires_in.map(|lifetime| now + lifetime),
        };
        let (core, made) = make(now, setup);
        let head = self.head_for_hook(&caller);
        let keep = || head.clone().unwrap_or_else(|| caller.keep());
        let birth = Birth {
            identity: admission.identity,
            address: caller.address,
            request: self.keeps_requests.then(keep),
            place,
            attach,
            head,
        };
        let session = Shared::new(self.clone(), core, birth);
        self.take_in(&session);
        Ok((session, made))
    }

    /// The hook sees the request again when a fresh token comes; nobody else needs it.
    fn head_for_hook(&self, caller: &Caller) -> Option<Arc<Kept>> {
        let has_hook = self.doors.gate.has_hook();
        has_hook.then(|| caller.keep())
    }

    /// New sessions are taken until the shutdown begins.
    pub(crate) fn check_open(&self) -> Result<(), Refusal> {
        if self.is_draining() {
            return Err(Refusal::of(Code::SHUTDOWN).retry_after(self.jitter()));
        }
        Ok(())
    }

    /// Takes a place, or says when one may be free.
    pub(crate) fn enter(&self, kind: Kind, address: Option<IpAddr>) -> Result<Permit, Refusal> {
        let place = self.capacity.enter(kind, address);
        place.map_err(|full| self.at_capacity(full))
    }

    pub(crate) fn at_capacity(&self, full: Full) -> Refusal {
        Refusal::new(Code::AT_CAPACITY, full.to_string()).retry_after(self.jitter())
    }
}

/// What is left of a session is for those who had it; others hear nothing (spec ABT-2, ABT-3).
fn last_word(tombstone: &Tombstone, secret: Option<Secret>) -> Box<Abort> {
    match secret {
        Some(secret) if tombstone.proves(&secret) => Box::new(tombstone.abort()),
        _ => unknown(),
    }
}

/// 128 bits from the system (spec ATT-7).
fn new_secret() -> Result<Secret, Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::of(Code::UNAVAILABLE))?;
    Ok(Secret::new(bytes))
}
