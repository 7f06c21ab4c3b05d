//! Serving over TCP, with what a nested service cannot do: `TCP_NODELAY`, deadlines for headers and for answers that
//! nobody reads, the clients' addresses, and a shutdown that drains.
//!
//! It speaks HTTP/1.1, which is what WebSockets and proxies need. TLS and HTTP/2 belong to the proxy in front.

mod alarm;
mod connection;
mod desk;
mod head_deadline;
mod line;
mod mounts;
mod shards;
mod stand_in;
mod stopping;
mod under_way;
mod write_deadline;

use crate::Throughline;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use connection::Connection;
use desk::Desk;
use futures_util::future::{BoxFuture, Either, join_all};
use futures_util::{FutureExt, TryFutureExt};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
pub(crate) use line::Line;
pub use mounts::Mounted;
use mounts::Mounts;
use shards::Shards;
use stand_in::StandIn;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use stopping::until_stopped;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::{BoxError, Service, ServiceExt};
use under_way::Passing;
use write_deadline::WriteDeadline;

/// A connection as it is served.
pub(crate) type Served = WriteDeadline<TcpStream>;

/// How long a client may take to send a request's headers, and a connection may stay idle.
const HEADER_DEADLINE: Duration = Duration::from_secs(30);
/// How long a client may take nothing of what is written to it.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);
/// How long requests that are under way have to finish once all sessions have ended.
const GRACE: Duration = Duration::from_secs(5);
/// How long to wait when the system gives no more connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves an axum `Router`, or a [`Throughline`] alone, on a listener.
///
/// ```no_run
/// # use throughline::Throughline;
/// # async fn run(realtime: Throughline) -> std::io::Result<()> {
/// let app = axum::Router::new();
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// throughline::serve(listener, app)
///     .mount("/realtime", realtime)
///     .until(async { tokio::signal::ctrl_c().await.unwrap_or_default() })
///     .await
/// # }
/// ```
pub fn serve<S>(listener: TcpListener, app: S) -> Serve<S> {
    Serve {
        listener,
        app,
        mounts: Mounts::default(),
        header_deadline: HEADER_DEADLINE,
        write_deadline: WRITE_DEADLINE,
        shards: None,
        until: std::future::pending().boxed(),
        drain: Vec::new(),
    }
}

/// A server to be; it runs when it is awaited. See [`serve`].
#[must_use = "nothing is served before this is awaited"]
pub struct Serve<S> {
    listener: TcpListener,
    app: S,
    mounts: Mounts,
    header_deadline: Duration,
    write_deadline: Duration,
    shards: Option<NonZero<usize>>,
    until: BoxFuture<'static, ()>,
    drain: Vec<Throughline>,
}

impl<S> Serve<S> {
    /// Shuts down when this future is done.
    pub fn until(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.until = signal.boxed();
        self
    }

    /// Serves a node below this path ahead of the application, whose router and layers then do not see its requests: it costs
    /// them nothing, which shows where clients poll. On shutdown the node's sessions are ended in order, as with [`drain`](Self::drain).
    ///
    /// The application's layers do not see such requests: what they add, bound or refuse (timeouts, CORS, headers) does not apply here.
    /// Hooks and handlers see the whole path and, as with axum, `ConnectInfo`; what a router would add, such as `OriginalUri`, is not there.
    ///
    /// ```no_run
    /// # use throughline::Throughline;
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router, realtime: Throughline) -> std::io::Result<()> {
    /// throughline::serve(listener, app).mount("/realtime", realtime).await
    /// # }
    /// ```
    ///
    /// # Panics
    /// When the path does not begin with a slash, ends with one, or has a `?`, `#` or `*` in it, and when something is mounted there already.
    pub fn mount(mut self, path: &str, node: impl Into<Mounted>) -> Self {
        let mounted = node.into();
        let realtime = mounted.node();
        self.mounts.insert(path, mounted);
        self.drain(realtime)
    }

    /// On shutdown, ends the sessions of this node in order ([`Throughline::shutdown`]) before the connections.
    pub fn drain(mut self, realtime: Throughline) -> Self {
        let is_known = |known: &Throughline| Arc::ptr_eq(known.node(), realtime.node());
        if !self.drain.iter().any(is_known) {
            self.drain.push(realtime);
        }
        self
    }

    /// How long a client may take to send a request's headers, and a connection may be idle. Default 30 s.
    pub const fn header_deadline(mut self, deadline: Duration) -> Self {
        self.header_deadline = deadline;
        self
    }

    /// How long a client may take nothing of what is written to it before its connection is cut, whatever it carries: an
    /// answer, a response that goes on, a WebSocket. Default 30 s.
    ///
    /// Until then what waits to be written stays in memory, also when its session is long over. Only time without any
    /// progress counts: the system reports some each time that the client has taken a good part of what it buffers.
    pub const fn write_deadline(mut self, deadline: Duration) -> Self {
        self.write_deadline = deadline;
        self
    }

    /// Shares the connections out among so many threads, each with a runtime of its own; one for each processor is a good
    /// number. Default: all run where this is awaited.
    ///
    /// A thread serves those of its connections that have something to do in their order, and none is passed over: with
    /// thousands of busy ones the slowest answers come much sooner than on tokio's runtime for several threads, which may
    /// leave a task waiting while it shares out others. In return, no thread helps another. Handlers run on the thread of the
    /// connection that began their session; sessions and rooms span all of them.
    ///
    /// ```no_run
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// let threads = std::thread::available_parallelism()?;
    /// throughline::serve(listener, app).shards(threads).await
    /// # }
    /// ```
    ///
    /// When serving ends, what still runs on these threads ends with them.
    pub const fn shards(mut self, count: NonZero<usize>) -> Self {
        self.shards = Some(count);
        self
    }
}

impl<S> Serve<S>
where
    S: App,
    S::Future: Send,
    S::Response: IntoResponse,
    S::Error: Into<BoxError>,
{
    async fn run(self) -> io::Result<()> {
        self.drain.iter().for_each(Throughline::keep_time);
        let (stop, stopped) = watch::channel(());
        let connections = Connections {
            app: self.app,
            mounts: Arc::new(self.mounts),
            shards: self.shards.map(Shards::start).transpose()?,
            header_deadline: self.header_deadline,
            write_deadline: self.write_deadline,
            stopped,
        };
        let ended = async {
            self.until.await;
            tracing::info!("shutting down");
            // Connections are still accepted: polling clients come for what is left through new ones.
            join_all(self.drain.iter().map(Throughline::shutdown)).await;
        };
        tokio::select! {
            () = connections.accept_all(&self.listener) => {}
            () = ended => {}
        }
        let Connections {
            app,
            shards,
            stopped,
            ..
        } = connections;
        drop((self.listener, app, stopped));
        stop.send_replace(());
        // Requests that hang are left behind.
        let _ = tokio::time::timeout(GRACE, stop.closed()).await;
        if let Some(shards) = shards {
            let _ = tokio::time::timeout(GRACE, shards.stop()).await;
        }
        Ok(())
    }
}

/// What can be served: a service that each request clones.
pub trait App: Service<Request<Body>> + Clone + Send + 'static {}

impl<S> App for S where S: Service<Request<Body>> + Clone + Send + 'static {}

struct Connections<S> {
    app: S,
    mounts: Arc<Mounts>,
    shards: Option<Shards>,
    header_deadline: Duration,
    write_deadline: Duration,
    stopped: watch::Receiver<()>,
}

impl<S> Connections<S>
where
    S: App,
    S::Future: Send,
    S::Response: IntoResponse,
    S::Error: Into<BoxError>,
{
    async fn accept_all(&self, listener: &TcpListener) {
        loop {
            let started = match accept(listener).await {
                Ok((stream, peer)) => self.start(stream, peer),
                Err(error) => Err(error),
            };
            if let Err(error) = started {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }

    fn start(&self, stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        let serve = self.serve(peer);
        let Some(shards) = &self.shards else {
            tokio::spawn(serve(stream));
            return Ok(());
        };
        let stream = stream.into_std()?;
        shards.next().spawn(async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => serve(stream).await,
                Err(error) => tracing::warn!(%error, "a connection was not accepted"),
            }
        });
        Ok(())
    }

    /// What becomes of a connection.
    fn serve(&self, peer: SocketAddr) -> impl FnOnce(TcpStream) -> BoxFuture<'static, ()> + use<S> {
        let (app, mounts) = (self.app.clone(), self.mounts.clone());
        let desk = Arc::<Desk>::default();
        let answers = {
            let desk = desk.clone();
            service_fn(move |request| answer(&mounts, &app, &desk, peer, request))
        };
        let (header_deadline, write_deadline) = (self.header_deadline, self.write_deadline);
        let mut stopped = self.stopped.clone();
        move |stream| {
            let stream = WriteDeadline::new(stream, write_deadline);
            let mut connection = Connection::new(stream, answers, desk, header_deadline);
            Box::pin(async move {
                // Serving ends when no connection has the signal any more, so this one keeps it until its own end.
                let ended = match until_stopped(Pin::new(&mut connection), &mut stopped).await {
                    Some(ended) => ended,
                    None => {
                        connection.stop();
                        connection.await
                    }
                };
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "connection ended");
                }
            })
        }
    }
}

/// The next connection. Small frames leave it at once.
async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept().await?;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    Ok((stream, peer))
}

/// What is done at once is done before there is a future, which so holds nothing but the answer's own.
fn answer<S>(
    mounts: &Mounts,
    app: &S,
    desk: &Arc<Desk>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Passing<Body>>, BoxError>> + use<S>
where
    S: App,
    S::Response: IntoResponse,
    S::Error: Into<BoxError>,
{
    if let Some(asked) = desk.take_up() {
        return asked.err_into().left_future();
    }
    let (stand_in, has_ended) = (StandIn::of(&request), request.body().is_end_stream());
    let request = match mounts.answer(peer, request) {
        Either::Left(answering) => {
            // What is held at once has not read what is left of its body, which hyper must not forget.
            let stand_in = stand_in.filter(|_| has_ended || !answering.is_held());
            return desk.take(answering, stand_in).err_into().left_future();
        }
        Either::Right(request) => request,
    };
    let under_way = desk.pass();
    let mut request = request.map(|body| Body::new(Passing::request(body, &under_way)));
    request.extensions_mut().insert(ConnectInfo(peer));
    app.clone()
        .oneshot(request)
        .map(|answer| {
            let response = answer.map_err(Into::into)?.into_response();
            Ok(response.map(|body| Passing::answer(body, under_way)))
        })
        .right_future()
}

impl<S> IntoFuture for Serve<S>
where
    S: App + Sync,
    S::Future: Send,
    S::Response: IntoResponse,
    S::Error: Into<BoxError>,
{
    type Output = io::Result<()>;
    type IntoFuture = BoxFuture<'static, io::Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S> fmt::Debug for Serve<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("header_deadline", &self.header_deadline)
            .field("write_deadline", &self.write_deadline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;

    async fn is_waited_for(configure: impl FnOnce(Serve<Router>) -> Serve<Router>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (begun, go_on) = (Arc::<Notify>::default(), Arc::<Notify>::default());
        let (begins, goes_on) = (begun.clone(), go_on.clone());
        let answer = async move || {
            begins.notify_one();
            goes_on.notified().await;
            "done"
        };
        let app = Router::new().route("/", get(answer));
        let serving = configure(serve(listener, app)).until(async move { begun.notified().await });
        let serving = tokio::spawn(serving.into_future());
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";
        client.write_all(request).await.unwrap();
        // It accepts until it has been told to stop, and all connections with it.
        while TcpStream::connect(address).await.is_ok() {}
        for _ in 0..100 {
            tokio::task::yield_now().await;
            assert!(!serving.is_finished());
        }
        go_on.notify_one();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
        serving.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_is_under_way_is_waited_for() {
        is_waited_for(|serve| serve).await;
    }

    #[tokio::test]
    async fn what_is_under_way_on_another_thread_is_waited_for() {
        is_waited_for(|serve| serve.shards(const { NonZero::new(1).unwrap() })).await;
    }

    #[tokio::test]
    async fn small_frames_do_not_wait_for_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let _client = TcpStream::connect(address).await.unwrap();
        let (stream, _) = accept(&listener).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }
}
