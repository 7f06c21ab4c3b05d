//! A node on a port of its own, in this process, with the test as its application.

use crate::nginx::Nginx;
use crate::target::Target;
use crate::wait::soon;
use axum::Router;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use throughline::{Builder, Limits, Mounted, Session, Throughline};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Where nodes are mounted unless a test says otherwise.
pub const MOUNT: &str = "/realtime";

/// A node that listens. It stops when dropped; its sessions end with the test.
#[derive(Debug)]
pub struct Server {
    /// Where it is.
    pub target: Target,
    /// The node itself.
    pub node: Throughline,
    sessions: mpsc::UnboundedReceiver<Near>,
    task: JoinHandle<()>,
    /// What stands before it, where the suite runs behind nginx.
    _nginx: Option<Nginx>,
}

/// The server's end of a session. The test is its handler, which returns when this is dropped.
#[derive(Debug)]
pub struct Near {
    session: Session,
    _handler: oneshot::Sender<()>,
}

impl Deref for Near {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Near {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

impl Near {
    /// The next message, which is text and must come soon.
    ///
    /// # Panics
    ///
    /// When it does not come, or is something else.
    pub async fn text(&mut self) -> String {
        let message = soon("a message from the client", self.session.recv()).await;
        let message = message.expect("the session goes on");
        message.as_text().expect("the message is text").to_owned()
    }

    /// How the session ended.
    pub async fn ended(&self) -> std::sync::Arc<throughline::End> {
        soon("the end of the session", self.session.closed()).await
    }

    /// Gives the session away; the handler goes on as long as the second part lives.
    #[must_use]
    pub fn into_parts(self) -> (Session, oneshot::Sender<()>) {
        (self.session, self._handler)
    }
}

impl Server {
    /// Starts a node whose sessions are the test's to [`accept`](Self::accept).
    ///
    /// # Panics
    ///
    /// When the node cannot be built.
    pub async fn start(configure: impl FnOnce(Builder) -> Builder) -> Self {
        let (accepted, sessions) = mpsc::unbounded_channel();
        let builder = configure(Throughline::builder()).on_session(move |session| {
            let accepted = accepted.clone();
            async move {
                let (handler, returns) = oneshot::channel();
                let near = Near {
                    session,
                    _handler: handler,
                };
                drop(accepted.send(near));
                drop(returns.await);
            }
        });
        Self::serve(builder, sessions).await
    }

    /// Starts a node that echoes every message.
    ///
    /// # Panics
    ///
    /// When the node cannot be built.
    pub async fn echo(configure: impl FnOnce(Builder) -> Builder) -> Self {
        let (_, sessions) = mpsc::unbounded_channel();
        Self::serve(configure(Throughline::builder()).on_session(echo), sessions).await
    }

    /// Starts a node with that handler, or with whatever else the builder has.
    ///
    /// # Panics
    ///
    /// When the node cannot be built.
    pub async fn with(builder: Builder) -> Self {
        let (_, sessions) = mpsc::unbounded_channel();
        Self::serve(builder, sessions).await
    }

    async fn serve(builder: Builder, sessions: mpsc::UnboundedReceiver<Near>) -> Self {
        let node = builder.build().expect("the node can be built");
        let (address, task) = mounted(MOUNT, node.clone()).await;
        let nginx = Nginx::where_wanted(address).await;
        let address = nginx.as_ref().map_or(address, Nginx::address);
        Self {
            target: Target::new(address, MOUNT),
            node,
            sessions,
            task,
            _nginx: nginx,
        }
    }

    /// The next session that has begun.
    ///
    /// # Panics
    ///
    /// When none begins.
    pub async fn accept(&mut self) -> Near {
        let session = soon("the beginning of a session", self.sessions.recv()).await;
        session.expect("the node lives")
    }

    /// Whether a session has begun that was not accepted.
    pub fn has_begun_another(&mut self) -> bool {
        self.sessions.try_recv().is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves a router with axum alone, on a port of its own.
///
/// # Panics
///
/// When there is no port left.
pub async fn listen(router: Router) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener
        .local_addr()
        .expect("a bound listener has an address");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let task = tokio::spawn(async move {
        axum::serve(listener, service)
            .await
            .expect("axum serves for ever");
    });
    (address, task)
}

/// Serves a node, or a mount of one, with our own server.
///
/// # Panics
///
/// When there is no port left.
pub async fn mounted(path: &str, node: impl Into<Mounted>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port is free");
    let address = listener.local_addr();
    let serve = throughline::serve(listener, Router::new()).mount(path, node);
    let task = tokio::spawn(async move { serve.await.expect("it serves for ever") });
    (address.expect("it is bound"), task)
}

/// Sends every message back.
pub async fn echo(mut session: Session) {
    while let Some(message) = session.recv().await {
        if session.send(message).await.is_err() {
            break;
        }
    }
}

/// Limits under which what takes minutes happens within a second.
#[must_use]
pub fn hasty() -> Limits {
    Limits {
        heartbeat: Duration::from_millis(200),
        timeout: Duration::from_millis(300),
        retention: Duration::from_millis(300),
        offer: Duration::from_millis(500),
        close: Duration::from_millis(300),
        ..Limits::default()
    }
}
