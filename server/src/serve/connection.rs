//! A connection, from its first request to its end. It rests while a poll waits for long.
//!
//! hyper keeps two buffers of 8 KiB and more for each connection, and most connections of clients that poll do nothing but wait. So
//! after a while hyper is let go, and only the stream and what the answer needs stay. For the answer there is a new
//! one, which is told of a request that stands for the one that waits.

use super::alarm::Alarm;
use super::desk::{At, Desk};
use super::head_deadline::HeadDeadline;
use super::line::Line;
use super::under_way::Passing;
use super::write_deadline::WriteDeadline;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1::{Builder, UpgradeableConnection};
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tower::BoxError;

/// A poll that has waited so long is likely to go on: what it takes to rest and to wake is little beside that.
const PATIENCE: Duration = Duration::from_millis(250);

type Stream<T> = Line<WriteDeadline<T>>;

/// What answers its requests.
pub(super) trait Answers:
    Service<Request<Incoming>, Response = Response<Passing<Body>>, Error = BoxError>
{
}

impl<A> Answers for A where
    A: Service<Request<Incoming>, Response = Response<Passing<Body>>, Error = BoxError>
{
}

pub(super) struct Connection<T, A: Answers> {
    state: State<T, A>,
    desk: Arc<Desk>,
    head: HeadDeadline,
    /// What hyper has written waits for room.
    is_stalled: Arc<AtomicBool>,
    patience: Option<Patience>,
    /// The request that is under way is the last.
    is_stopping: bool,
}

enum State<T, A: Answers> {
    Awake(Box<UpgradeableConnection<TokioIo<Stream<T>>, A>>),
    Resting(Box<Resting<T, A>>),
    Over,
}

struct Resting<T, A> {
    stream: Stream<T>,
    answers: A,
}

/// How long a request may wait before its connection rests: once more, and twice at most, while this is so.
struct Patience {
    alarm: Alarm,
    until: Instant,
    /// The request that waited when it was set.
    request: u64,
}

impl<T, A> Connection<T, A>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Answers,
{
    pub(super) fn new(
        stream: WriteDeadline<T>,
        answers: A,
        desk: Arc<Desk>,
        header_deadline: Duration,
    ) -> Self {
        Self {
            is_stalled: stream.is_stalled(),
            state: State::awake(Line::new(stream), answers),
            desk,
            head: HeadDeadline::new(header_deadline),
            patience: None,
            is_stopping: false,
        }
    }

    /// Ends when what is under way is answered.
    pub(super) fn stop(&mut self) {
        self.is_stopping = true;
        if let State::Awake(connection) = &mut self.state {
            Pin::new(&mut **connection).graceful_shutdown();
        }
    }

    fn is_stalled(&self) -> bool {
        self.is_stalled.load(Ordering::Relaxed)
    }

    /// Whether this request has waited long, and hyper has nothing else to do.
    fn may_rest(&mut self, request: u64, ctx: &mut Context<'_>) -> bool {
        !self.is_stalled()
            && self
                .patience
                .get_or_insert_with(|| Patience::new(request, ctx))
                .is_over(request, ctx)
    }

    fn rest(&mut self) {
        let State::Awake(connection) = std::mem::replace(&mut self.state, State::Over) else {
            return;
        };
        self.patience = None;
        self.head.rest();
        self.desk.put_aside();
        if let Some(parts) = connection.into_parts() {
            let mut stream = parts.io.into_inner();
            stream.put_back(&parts.read_buf);
            let answers = parts.service;
            self.state = State::Resting(Box::new(Resting { stream, answers }));
        }
    }

    fn wake(&mut self) {
        let State::Resting(resting) = std::mem::replace(&mut self.state, State::Over) else {
            return;
        };
        let Resting {
            mut stream,
            answers,
        } = *resting;
        let stand_in = self.desk.stand_in();
        let stand_in = match self.is_stopping {
            true => stand_in.last(),
            false => stand_in,
        };
        stream.put_back(stand_in.as_bytes());
        self.state = State::awake(stream, answers);
    }
}

impl<T, A> State<T, A>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Answers,
{
    fn awake(stream: Stream<T>, answers: A) -> Self {
        let connection = Builder::new()
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(stream), answers)
            .with_upgrades();
        Self::Awake(Box::new(connection))
    }
}

impl Patience {
    fn new(request: u64, ctx: &mut Context<'_>) -> Self {
        let until = Instant::now() + PATIENCE;
        Self {
            alarm: Alarm::set(until, ctx),
            until,
            request,
        }
    }

    fn is_over(&mut self, request: u64, ctx: &mut Context<'_>) -> bool {
        while self.alarm.poll(self.until, ctx).is_ready() {
            if self.request == request {
                return true;
            }
            self.request = request;
            self.until = Instant::now() + PATIENCE;
        }
        false
    }
}

impl<T, A> Future for Connection<T, A>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Answers,
{
    type Output = hyper::Result<()>;

    fn poll(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.state {
                State::Awake(connection) => {
                    let polled = Pin::new(&mut **connection).poll(ctx);
                    if polled.is_ready() {
                        return polled;
                    }
                    match self.desk.at(ctx) {
                        // What waits to be written has a deadline of its own.
                        At::Head(came) if !self.is_stalled() => {
                            ready!(self.head.poll(came, ctx));
                            tracing::debug!("no request came in time");
                            self.state = State::Over;
                        }
                        At::Held(request) if self.may_rest(request, ctx) => self.rest(),
                        At::Head(_) | At::Held(_) | At::Other => return Poll::Pending,
                    }
                }
                State::Resting(resting) => {
                    if resting.stream.poll_end(ctx).is_ready() {
                        return Poll::Ready(Ok(()));
                    }
                    if self.desk.poll_answered(ctx).is_pending() {
                        return Poll::Pending;
                    }
                    self.wake();
                }
                State::Over => return Poll::Ready(Ok(())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{answer, mounts::Mounts};
    use super::*;
    use crate::{EngineIo, Session, Throughline};
    use axum::Router;
    use bytes::Bytes;
    use futures_util::{FutureExt, stream};
    use http_body_util::BodyExt;
    use hyper::service::service_fn;
    use std::convert::Infallible;
    use std::future::ready;
    use std::sync::Mutex;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::mpsc;
    use tokio::time::advance;

    const DEADLINE: Duration = Duration::from_secs(30);

    async fn echo(mut session: Session) {
        while let Some(message) = session.recv().await {
            if session.send(message).await.is_err() {
                break;
            }
        }
    }

    fn node() -> Throughline {
        let builder = Throughline::builder().engine_io(EngineIo::default());
        builder.on_session(echo).build().unwrap()
    }

    /// A connection that goes on when it is told to, and its client.
    struct Lab<A: Answers> {
        connection: Connection<DuplexStream, A>,
        client: DuplexStream,
    }

    fn connect(node: &Throughline) -> Lab<impl Answers + use<>> {
        connect_beside(node, Router::new())
    }

    fn connect_beside(node: &Throughline, app: Router) -> Lab<impl Answers + use<>> {
        let mut mounts = Mounts::default();
        mounts.insert("/io", node.clone().into());
        let (near, client) = duplex(4096);
        let stream = WriteDeadline::new(near, DEADLINE);
        let desk = Arc::<Desk>::default();
        let answers = {
            let (desk, peer) = (desk.clone(), "127.0.0.1:1".parse().unwrap());
            service_fn(move |request| answer(&mounts, &app, &desk, peer, request))
        };
        let connection = Connection::new(stream, answers, desk, DEADLINE);
        Lab { connection, client }
    }

    impl<A: Answers> Lab<A> {
        fn go_on(&mut self) -> Option<hyper::Result<()>> {
            (&mut self.connection).now_or_never()
        }

        fn rests(&mut self) -> bool {
            assert!(self.go_on().is_none());
            matches!(self.connection.state, State::Resting(_))
        }

        async fn say(&mut self, head: &str, body: &str) {
            let request = format!("{head}\r\n\r\n{body}");
            self.client.write_all(request.as_bytes()).await.unwrap();
            assert!(self.go_on().is_none());
        }

        /// All that comes until this.
        async fn hear(&mut self, last: &str) -> String {
            let mut heard = Vec::new();
            loop {
                let _ = self.go_on();
                let _ = self.client.read_buf(&mut heard).now_or_never();
                let heard = String::from_utf8_lossy(&heard);
                if heard.contains(last) {
                    return heard.into_owned();
                }
                tokio::task::yield_now().await;
            }
        }

        async fn open(&mut self) -> String {
            self.say("GET /io/?EIO=4&transport=polling HTTP/1.1", "")
                .await;
            let opened = self.hear("}").await;
            let (_, sid) = opened.split_once(r#""sid":""#).unwrap();
            let sid = sid.split('"').next().unwrap();
            format!("/io/?EIO=4&transport=polling&sid={sid}")
        }

        async fn poll(&mut self, url: &str) {
            self.say(&format!("GET {url} HTTP/1.1"), "").await;
        }

        /// Polls, and waits until its connection rests.
        async fn poll_and_rest(&mut self, url: &str) {
            self.poll(url).await;
            assert!(!self.rests());
            advance(PATIENCE).await;
            assert!(self.rests());
        }

        async fn post(&mut self, url: &str, message: &str) {
            let length = message.len() + 1;
            let head = format!("POST {url} HTTP/1.1\r\nContent-Length: {length}");
            self.say(&head, &format!("4{message}")).await;
            self.hear("ok").await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_that_waits_long_is_answered_and_others_follow() {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = polls.open().await;
        for message in ["one", "two"] {
            polls.poll_and_rest(&url).await;
            posts.post(&url, message).await;
            let heard = polls.hear(message).await;
            assert!(heard.starts_with("HTTP/1.1 200 OK\r\n"), "{heard}");
            assert!(!heard.contains("close"), "{heard}");
            assert!(!polls.rests());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_whose_polls_are_answered_soon_does_not_rest() {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = polls.open().await;
        for _ in 0..10 {
            polls.poll(&url).await;
            advance(PATIENCE / 2).await;
            assert!(!polls.rests());
            posts.post(&url, "soon").await;
            polls.hear("soon").await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_goes_away_is_missed() {
        let node = node();
        let mut lab = connect(&node);
        let url = lab.open().await;
        lab.poll_and_rest(&url).await;
        let Lab {
            mut connection,
            client,
        } = lab;
        drop(client);
        assert!((&mut connection).now_or_never().unwrap().is_ok());
        drop(connection);
        while node.node().capacity.sessions() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_behind_the_poll_waits_for_its_answer() {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = polls.open().await;
        polls.poll_and_rest(&url).await;
        let length = "Content-Length: 5";
        polls
            .say(&format!("POST {url} HTTP/1.1\r\n{length}"), "4next")
            .await;
        assert!(polls.rests());
        posts.post(&url, "first").await;
        polls.hear("ok").await;
        polls.poll(&url).await;
        polls.hear("next").await;
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_stopped_ends_with_its_answer() {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = polls.open().await;
        polls.poll_and_rest(&url).await;
        polls.connection.stop();
        assert!(polls.rests());
        posts.post(&url, "last").await;
        let heard = polls.hear("last").await;
        assert!(heard.contains("connection: close"), "{heard}");
        assert!(polls.go_on().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_of_old_is_answered_and_left() {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = connect(&node).open().await;
        polls.say(&format!("GET {url} HTTP/1.0"), "").await;
        advance(PATIENCE).await;
        assert!(polls.rests());
        posts.post(&url, "old").await;
        let heard = polls.hear("old").await;
        assert!(heard.starts_with("HTTP/1.0 200 OK\r\n"), "{heard}");
        assert!(polls.go_on().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_body_is_not_read_to_its_end_nothing_is_forgotten() {
        let node = node();
        let mut lab = connect(&node);
        let url = lab.open().await;
        lab.say(&format!("GET {url} HTTP/1.1\r\nContent-Length: 5"), "four")
            .await;
        for _ in 0..4 {
            advance(PATIENCE).await;
            assert!(!lab.rests());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_something_waits_to_be_written_nothing_is_forgotten() {
        let node = node();
        let mut lab = connect(&node);
        let url = lab.open().await;
        lab.poll(&url).await;
        lab.connection.is_stalled.store(true, Ordering::Relaxed);
        advance(PATIENCE).await;
        assert!(!lab.rests());
        lab.connection.is_stalled.store(false, Ordering::Relaxed);
        assert!(lab.rests());
    }

    /// The answer to a poll, but for its date, and whether its connection is over then.
    async fn answered(rests: bool, head: &str) -> (Vec<String>, bool) {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = connect(&node).open().await;
        polls.say(&head.replace("URL", &url), "").await;
        if rests {
            advance(PATIENCE).await;
            polls.rests();
        }
        posts.post(&url, "told").await;
        let heard = polls.hear("told").await;
        let lines = heard.lines().filter(|line| !line.starts_with("date"));
        let lines = lines.map(str::to_owned).collect();
        (lines, polls.go_on().is_some())
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_rested_is_answered_like_one_that_did_not() {
        for head in [
            "GET URL HTTP/1.1",
            "GET URL HTTP/1.1\r\nConnection: close",
            "GET URL HTTP/1.1\r\nConnection: Close",
            "GET URL HTTP/1.1\r\nConnection: keep-alive\r\nConnection: close",
            "GET URL HTTP/1.1\r\nConnection: close\r\nConnection: keep-alive",
            "GET URL HTTP/1.0",
            "GET URL HTTP/1.0\r\nConnection: keep-alive",
            "GET URL HTTP/1.1\r\nUpgrade: other",
            "GET URL HTTP/1.1\r\nTE: trailers",
            "GET URL HTTP/1.1\r\nExpect: 100-continue",
        ] {
            let (awake, rested) = (answered(false, head).await, answered(true, head).await);
            assert_eq!(awake, rested, "{head}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_stopped_before_it_rests_ends_with_its_answer() {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = polls.open().await;
        polls.poll(&url).await;
        polls.connection.stop();
        assert!(!polls.rests());
        advance(PATIENCE).await;
        assert!(polls.rests());
        posts.post(&url, "last").await;
        let heard = polls.hear("last").await;
        assert!(heard.contains("connection: close"), "{heard}");
        assert!(polls.go_on().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_rested_may_be_idle_no_longer_than_others() {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = polls.open().await;
        polls.poll_and_rest(&url).await;
        posts.post(&url, "one").await;
        polls.hear("one").await;
        advance(DEADLINE - Duration::from_secs(1)).await;
        assert!(polls.go_on().is_none());
        advance(Duration::from_secs(2)).await;
        assert!(polls.go_on().is_some());
    }

    /// Whether it is over when a head has been awaited for too long.
    async fn ends_when_idle<A: Answers>(lab: &mut Lab<A>) -> bool {
        assert!(lab.go_on().is_none());
        advance(DEADLINE + Duration::from_millis(1)).await;
        lab.go_on().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn while_an_application_answers_no_other_request_is_due() {
        let (answer, parts) = mpsc::unbounded_channel::<&str>();
        let parts = stream::unfold(parts, async |mut parts| {
            let part = parts.recv().await?;
            Some((Ok::<_, Infallible>(part), parts))
        });
        let body = Arc::new(Mutex::new(Some(Body::from_stream(parts))));
        let app = Router::new().fallback(move || ready(body.lock().unwrap().take().unwrap()));
        let mut lab = connect_beside(&node(), app);
        lab.say("GET / HTTP/1.1", "").await;
        answer.send("first").unwrap();
        lab.hear("first").await;
        assert!(!ends_when_idle(&mut lab).await);
        answer.send("last").unwrap();
        drop(answer);
        lab.hear("0\r\n\r\n").await;
        assert!(ends_when_idle(&mut lab).await);
    }

    #[tokio::test(start_paused = true)]
    async fn while_an_application_reads_no_other_request_is_due() {
        let read = |body: Bytes| ready(body);
        let mut lab = connect_beside(&node(), Router::new().fallback(read));
        lab.say("POST / HTTP/1.1\r\nContent-Length: 9", "first")
            .await;
        assert!(!ends_when_idle(&mut lab).await);
        lab.client.write_all(b"last").await.unwrap();
        lab.hear("firstlast").await;
        assert!(ends_when_idle(&mut lab).await);
    }

    #[tokio::test(start_paused = true)]
    async fn while_an_application_reads_on_after_its_answer_no_other_request_is_due() {
        let read_on = |body: Body| {
            tokio::spawn(body.collect());
            ready("told")
        };
        let mut lab = connect_beside(&node(), Router::new().fallback(read_on));
        lab.say("POST / HTTP/1.1\r\nContent-Length: 9", "first")
            .await;
        lab.hear("told").await;
        assert!(!ends_when_idle(&mut lab).await);
        lab.client.write_all(b"last").await.unwrap();
        assert!(lab.go_on().is_none());
        tokio::task::yield_now().await;
        assert!(ends_when_idle(&mut lab).await);
    }

    /// Whether a connection ends that nobody asks to go on but those who have to.
    async fn ends_alone<A: Answers>(connection: Connection<DuplexStream, A>) -> bool {
        let limit = DEADLINE * 4;
        tokio::time::timeout(limit, connection).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn one_whose_request_is_let_go_elsewhere_awaits_the_next_from_then_on() {
        for request in [
            "GET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody",
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nfirst",
        ] {
            let keep = |body: Body| {
                tokio::spawn(async move {
                    tokio::time::sleep(DEADLINE / 2).await;
                    drop(body);
                });
                ready("told")
            };
            let mut lab = connect_beside(&node(), Router::new().fallback(keep));
            lab.client.write_all(request.as_bytes()).await.unwrap();
            lab.hear("told").await;
            assert!(ends_alone(lab.connection).await, "{request}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_without_a_body_is_over_with_its_answer_whoever_keeps_it() {
        let kept = Arc::<Mutex<Vec<Body>>>::default();
        let keep = {
            let kept = kept.clone();
            move |body: Body| {
                kept.lock().unwrap().push(body);
                ready("told")
            }
        };
        let mut lab = connect_beside(&node(), Router::new().fallback(keep));
        lab.say("GET / HTTP/1.1", "").await;
        lab.hear("told").await;
        lab.client.write_all(b"GET / HT").await.unwrap();
        assert!(ends_when_idle(&mut lab).await);
        assert_eq!(kept.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_comes_slowly_is_cut_wherever_it_comes() {
        let node = node();
        let app = || Router::new().fallback(|| ready("told"));
        let upgrade = "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n";
        let cases = [
            ("", ""),
            ("GET / HTTP/1.1\r\n\r\n", "told"),
            ("HEAD / HTTP/1.1\r\n\r\n", "length: 4"),
            ("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", "told"),
            ("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nfirst", "told"),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                "told",
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
                "told",
            ),
            (upgrade, "told"),
            (
                "GET /io/?EIO=4&transport=polling&sid=none HTTP/1.1\r\n\r\n",
                "}",
            ),
            (
                "POST /io/?EIO=4&transport=polling&sid=none HTTP/1.1\r\nContent-Length: 9\r\n\r\n4",
                "}",
            ),
            (
                "GET /io/?EIO=4&transport=websocket HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
                "HTTP",
            ),
        ];
        for (before, heard) in cases {
            let mut lab = connect_beside(&node, app());
            lab.client.write_all(before.as_bytes()).await.unwrap();
            let _ = lab.hear(heard).await;
            lab.client.write_all(b"GET / HTTP").await.ok();
            let Lab { connection, client } = lab;
            let start = Instant::now();
            let ended = ends_alone(connection).await;
            let after = start.elapsed();
            drop(client);
            assert!(
                ended && after < DEADLINE + Duration::from_secs(1),
                "{before}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_comes_slowly_behind_a_rested_poll_is_cut() {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = polls.open().await;
        polls.poll_and_rest(&url).await;
        polls.client.write_all(b"GET /io/?EI").await.unwrap();
        assert!(polls.rests());
        posts.post(&url, "one").await;
        polls.hear("one").await;
        let start = Instant::now();
        assert!(ends_alone(polls.connection).await);
        assert!(start.elapsed() < DEADLINE + Duration::from_secs(1));
    }

    /// Bytes that come now and then do not help.
    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_is_cut() {
        for rests in [false, true] {
            let node = node();
            let (mut polls, mut posts) = (connect(&node), connect(&node));
            let url = polls.open().await;
            if rests {
                polls.poll_and_rest(&url).await;
                posts.post(&url, "one").await;
                polls.hear("one").await;
            }
            let Lab {
                connection,
                mut client,
            } = polls;
            let start = Instant::now();
            let trickle = async {
                while client.write_all(b"G").await.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    assert!(start.elapsed() < DEADLINE * 2);
                }
            };
            let _ = tokio::join!(connection, trickle);
            assert!(start.elapsed() >= DEADLINE);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_something_waits_to_be_written_no_other_request_is_due() {
        let mut lab = connect(&node());
        lab.connection.is_stalled.store(true, Ordering::Relaxed);
        assert!(!ends_when_idle(&mut lab).await);
        lab.connection.is_stalled.store(false, Ordering::Relaxed);
        assert!(ends_when_idle(&mut lab).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_websocket_may_follow_on_one_that_rested() {
        let node = node();
        let (mut polls, mut posts) = (connect(&node), connect(&node));
        let url = polls.open().await;
        polls.poll_and_rest(&url).await;
        let handshake = format!(
            "GET {} HTTP/1.1\r\nHost: here\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            url.replace("polling", "websocket")
        );
        // And a frame whose mask is zero.
        let bytes = [handshake.as_bytes(), &[0x81, 0x86, 0, 0, 0, 0], b"2probe"].concat();
        polls.client.write_all(&bytes).await.unwrap();
        assert!(polls.rests());
        posts.post(&url, "one").await;
        let heard = polls.hear("101").await;
        let mut behind = Vec::new();
        while !heard.contains("3probe") && !behind.ends_with(b"3probe") {
            let _ = (&mut polls.connection).now_or_never();
            polls.client.read_buf(&mut behind).await.unwrap();
        }
    }
}
