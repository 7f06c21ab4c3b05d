//! Putting a node together; what cannot work is said when it is built, not when it is used.

use crate::Throughline;
use crate::config::{Config, ConfigError};
use crate::engineio::EngineIo;
use crate::events::Events;
use crate::front_door::address::{TrustedProxies, parse_net};
use crate::front_door::auth::{Authenticate, Gate};
use crate::front_door::origin::{MissingOrigin, OriginPolicy, Pattern};
use crate::node::{Doors, Handler, Node};
use crate::rooms::SlowMember;
use crate::session::Session;
use std::fmt;
use std::sync::Arc;
use throughline_core::Limits;

/// Builds a [`Throughline`]. Only [`on_session`](Self::on_session) or [`events`](Self::events) is needed; all else has
/// defaults.
#[must_use = "nothing is served before `build`"]
pub struct Builder {
    handler: Option<Handler>,
    config: Config,
    origins: OriginPolicy,
    gate: Gate,
    proxies: Vec<ipnet::IpNet>,
    protocols: Vec<String>,
    slow_member: SlowMemberPolicy,
    engine_io: Option<EngineIo>,
    keeps_requests: bool,
    serves_socket_io_client: bool,
    /// The first setting that was not understood; `build` reports it.
    error: Option<BuildError>,
}

/// What becomes of slow members, by the room's name.
pub(crate) type SlowMemberPolicy = Arc<dyn Fn(&str) -> SlowMember + Send + Sync>;

/// A node that cannot be built: what was wrong, and what is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nobody would take the sessions.
    #[error("no handler for sessions, give one with `on_session`, or namespaces with `events`")]
    NoHandler,
    /// Not an origin.
    #[error(
        "origin `{0}` is not accepted, accepted are `https://app.example`, with a port where it is \
         unusual, and `https://*.app.example` for all hosts below"
    )]
    Origin(String),
    /// Not an address.
    #[error(
        "proxy `{0}` is not accepted, accepted are an IP address or a net such as `10.0.0.0/8`"
    )]
    Proxy(String),
    /// Not a URL that can stand in a page.
    #[error(
        "sockjs_url `{0}` is not accepted, accepted are `https://...`, `http://...` and `/...`"
    )]
    SockJsUrl(String),
    /// A bound or deadline that cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            handler: None,
            config: Config::default(),
            origins: OriginPolicy::default(),
            gate: Gate::open(),
            proxies: Vec::new(),
            protocols: Vec::new(),
            slow_member: Arc::new(|_| SlowMember::default()),
            engine_io: None,
            keeps_requests: false,
            serves_socket_io_client: false,
            error: None,
        }
    }

    /// Sets what runs for each session, in a task of its own.
    ///
    /// When it returns, or drops its last handle, what was sent is flushed and the session closes with 1000.
    /// When it panics, the session ends with 4700 and no other one notices.
    pub fn on_session<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.handler = Some(Arc::new(move |session| Box::pin(handler(session))));
        self
    }

    /// Runs [`Events`] over each session, instead of a handler of its own, and [keeps requests](Self::keep_requests) for
    /// [`Handshake`](crate::events::Handshake).
    pub fn events(self, events: Events) -> Self {
        self.on_session(move |session| events.run(session))
            .keep_requests()
    }

    /// Allows these origins and no others: `https://app.example`, or `https://*.app.example` for all
    /// hosts below (not `app.example` itself). Without a list, a page may connect to the server that it came from.
    pub fn allow_origins<T: AsRef<str>>(mut self, origins: impl IntoIterator<Item = T>) -> Self {
        let mut patterns = Vec::new();
        for text in origins {
            match Pattern::parse(text.as_ref()) {
                Some(pattern) => patterns.push(pattern),
                None => self.note(BuildError::Origin(text.as_ref().to_owned())),
            }
        }
        self.origins.allow_listed(patterns);
        self
    }

    /// Lets every page of the web connect. Right for public data only: where a session is recognised by
    /// a cookie, any page can open one in its visitor's name.
    pub fn allow_any_origin(mut self) -> Self {
        self.origins.allow_any();
        self
    }

    /// Chooses what a request without an `Origin` gets. Default [`MissingOrigin::Accept`].
    pub fn missing_origin(mut self, missing: MissingOrigin) -> Self {
        self.origins.on_missing(missing);
        self
    }

    /// Asks this hook who a client is. Without one, sessions are anonymous and only their secret proves
    /// them.
    pub fn authenticate(mut self, hook: impl Authenticate) -> Self {
        self.gate = Gate::kept_by(hook);
        self
    }

    /// Names the proxies in front of this server, as addresses or nets. Their `X-Forwarded-For` and
    /// `X-Forwarded-Proto` are believed, nobody else's are.
    pub fn trusted_proxies<T: AsRef<str>>(mut self, proxies: impl IntoIterator<Item = T>) -> Self {
        for text in proxies {
            match parse_net(text.as_ref()) {
                Some(net) => self.proxies.push(net),
                None => self.note(BuildError::Proxy(text.as_ref().to_owned())),
            }
        }
        self
    }

    /// Names the application protocols that are spoken here, best first. A session gets the first of them
    /// that its client offers, or none.
    pub fn protocols<T: Into<String>>(mut self, protocols: impl IntoIterator<Item = T>) -> Self {
        self.protocols = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Chooses what becomes of the slow members of a room, by its name. Default [`SlowMember::Abort`].
    pub fn slow_members<F>(mut self, policy: F) -> Self
    where
        F: Fn(&str) -> SlowMember + Send + Sync + 'static,
    {
        self.slow_member = Arc::new(policy);
        self
    }

    /// Serves clients of Engine.IO 4, too, such as those of Socket.IO: at the path that the service is nested at, with and
    /// without a slash at its end. They get sessions like everybody's, as far as their wire format can carry them:
    /// a lost connection ends the session, with [`Code::EXPIRED`](crate::Code::EXPIRED), and their clients open a new one.
    ///
    /// ```
    /// # use throughline::{EngineIo, Session, Throughline};
    /// let engine = Throughline::builder()
    ///     .engine_io(EngineIo::default())
    ///     .on_session(|mut session: Session| async move {
    ///         while let Some(message) = session.recv().await {
    ///             let _ = session.send(message).await;
    ///         }
    ///     })
    ///     .build()?;
    /// let app: axum::Router = axum::Router::new().nest_service("/engine.io", engine);
    /// # Ok::<(), throughline::BuildError>(())
    /// ```
    pub fn engine_io(mut self, engine_io: EngineIo) -> Self {
        self.engine_io = Some(engine_io);
        self
    }

    /// Serves our client where pages look for that of Socket.IO: as `socket.io.js`, `socket.io.min.js` and
    /// `socket.io.esm.min.js`, with their maps. A page that loads its script from the server has sessions then, without an
    /// edit; what is different for it is in the migration guide. Nested at `/socket.io`, the URLs are those that pages know.
    ///
    /// ```
    /// use throughline::Throughline;
    /// use throughline::events::{Events, Namespace};
    ///
    /// let events = Events::builder().namespace("/", Namespace::new()).build()?;
    /// let realtime = Throughline::builder().events(events).serve_socket_io_client().build()?;
    /// let app: axum::Router = axum::Router::new().nest_service("/socket.io", realtime);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn serve_socket_io_client(mut self) -> Self {
        self.serves_socket_io_client = true;
        self
    }

    /// Keeps with each session the head of the HTTP request that opened it, for
    /// [`Sender::request`](crate::Sender::request). Costs what its headers are long, for the session's life, and about 1 KiB more
    /// from when somebody asks for the whole head.
    pub fn keep_requests(mut self) -> Self {
        self.keeps_requests = true;
        self
    }

    /// Sets all bounds and deadlines.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the bounds of one session.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Builds the service.
    ///
    /// # Errors
    /// [`BuildError`] names the first setting that cannot work, and what is accepted.
    pub fn build(self) -> Result<Throughline, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.config.check()?;
        self.config.check_engine_io(self.engine_io.as_ref())?;
        let doors = Doors {
            origins: self.origins,
            proxies: TrustedProxies::new(self.proxies),
            gate: self.gate.within(self.config.authentication),
            protocols: self.protocols,
            serves_socket_io_client: self.serves_socket_io_client,
        };
        let handler = self.handler.ok_or(BuildError::NoHandler)?;
        let node = Node::new(
            self.config,
            doors,
            self.engine_io,
            handler,
            self.slow_member,
            self.keeps_requests,
        );
        Ok(Throughline::new(node))
    }

    fn note(&mut self, error: BuildError) {
        self.error.get_or_insert(error);
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("config", &self.config)
            .field("origins", &self.origins)
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder() -> Builder {
        Builder::new().on_session(|_| async {})
    }

    #[test]
    fn a_handler_is_all_that_is_needed() {
        assert!(builder().build().is_ok());
        assert_eq!(Builder::new().build().unwrap_err(), BuildError::NoHandler);
    }

    #[test]
    fn errors_name_what_was_wrong_and_what_is_accepted() {
        let error = builder()
            .allow_origins(["app.example"])
            .build()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`app.example`") && error.contains("https://"),
            "{error}"
        );
        let error = builder()
            .trusted_proxies(["proxy"])
            .build()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`proxy`") && error.contains("10.0.0.0/8"),
            "{error}"
        );
        let config = Config {
            sessions: 0,
            ..Config::default()
        };
        let error = builder().config(config).build().unwrap_err();
        assert_eq!(error, BuildError::Config(ConfigError::Zero("sessions")));
    }
}
