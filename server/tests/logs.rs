//! What is logged, and what never is.

mod common;

use common::{Server, echo, echo_server, with_token};
use data_encoding::BASE64;
use std::io;
use std::sync::{Arc, Mutex};
use throughline::{Admission, Attempt, Identity, Refusal, Throughline};
use throughline_core::wire::native::{Cursors, Frame, Request, Response, Token};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes down everything that is said on this thread while the guard lives.
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().expect("nobody panicked").clone();
        String::from_utf8(bytes).expect("logs are text")
    }

    /// How many lines of that level have these words.
    fn count(&self, level: &str, words: &str) -> usize {
        let text = self.text();
        let lines = text.lines();
        lines
            .filter(|line| line.contains(level) && line.contains(words))
            .count()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("nobody panicked")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

async fn authenticate(attempt: Attempt) -> Result<Admission, Refusal> {
    tracing::info!(?attempt, "asked");
    Ok(Identity::new("ann").into())
}

// spec: ATT-7
#[tokio::test(start_paused = true)]
async fn a_session_is_followed_in_the_log_but_secrets_and_tokens_are_not_in_it() {
    let (log, _guard) = Log::start();
    let server = Server::new(
        Throughline::builder()
            .authenticate(authenticate)
            .on_session(echo),
    );
    let mut ws = server.websocket().await;
    let welcome = ws.hello(with_token("swordfish")).await;
    ws.begin(&welcome, Cursors::default()).await;
    ws.send(Frame::Token(Token {
        token: "marlin".to_owned(),
    }))
    .await;
    assert!(matches!(ws.next().await, Some(Frame::TokenAccepted(_))));
    server.realtime.log_out(&Identity::new("ann"));
    ws.abort().await;

    let log = log.text();
    for expected in [&*welcome.session, "carried by", "websocket", "4708", "ann"] {
        assert!(
            log.contains(expected),
            "{expected} is not in the log:\n{log}"
        );
    }
    let secret = String::from(welcome.secret.expect("the session is new"));
    for hidden in [&*secret, "swordfish", "marlin"] {
        assert!(!log.contains(hidden), "{hidden} is in the log:\n{log}");
    }
}

/// A GET has its batch in its head, of which more is shown than of a body.
// spec: ATT-7
#[tokio::test(start_paused = true)]
async fn what_a_get_brings_is_seen_by_nobody_but_the_protocol() {
    let (log, _guard) = Log::start();
    let (seen, mut heads) = tokio::sync::mpsc::unbounded_channel();
    let look = move |attempt: Attempt| {
        let seen = seen.clone();
        async move {
            let head = (attempt.headers().clone(), attempt.uri().to_string());
            seen.send(head).expect("the test looks");
            authenticate(attempt).await
        }
    };
    let server = Server::new(Throughline::builder().authenticate(look).on_session(echo));
    let batch = BASE64.encode(&Request::Hello(Box::new(with_token("swordfish"))).encode());
    let (_, answer) = server.get_text(&batch).await;
    let answer = BASE64.decode(&answer).expect("the answer is text");
    let Ok(Response::Welcome(welcome)) = Response::decode(&answer.into()) else {
        panic!("not welcome")
    };
    let (headers, uri) = heads.recv().await.expect("the hook was asked");
    assert_eq!(
        (headers.len(), &headers["host"]),
        (1, &"here".parse().expect("it is a value"))
    );
    assert_eq!(uri, "/poll?1");
    let log = log.text();
    let secret = String::from(welcome.secret.expect("the session is new"));
    for hidden in [&*secret, "swordfish", &batch] {
        assert!(!log.contains(hidden), "{hidden} is in the log:\n{log}");
    }
}

/// Whoever invents origins fills no log with them.
#[tokio::test(start_paused = true)]
async fn a_refused_origin_is_a_warning_the_first_time_and_only_so_many_are() {
    let (log, _guard) = Log::start();
    let server = echo_server();
    for _ in 0..3 {
        server
            .post_bytes("", &[("origin", "https://evil.example")])
            .await;
    }
    let refused = "https://evil.example is not allowed, expected here";
    assert_eq!(log.count(" WARN ", refused), 1);
    assert_eq!(log.count("DEBUG ", refused), 2);

    assert!(
        server
            .try_websocket(Some("https://second.example"))
            .await
            .is_err()
    );
    assert_eq!(log.count(" WARN ", "https://second.example"), 1);

    for number in 0..100 {
        let origin = format!("https://{number}.example");
        server.post_bytes("", &[("origin", &origin)]).await;
    }
    assert_eq!(log.count(" WARN ", "is not allowed"), 16);
    assert_eq!(log.count("DEBUG ", "https://99.example"), 1);
}

/// Only a request tells whether addresses are known, so the first one is when it is said.
#[tokio::test(start_paused = true)]
async fn that_addresses_are_not_known_is_said_once_at_the_first_request() {
    let (log, _guard) = Log::start();
    let server = echo_server();
    let warning = "the caps per address are off";
    assert_eq!(log.count(" WARN ", warning), 0);
    for _ in 0..2 {
        server.open_polled().await;
        assert_eq!(log.count(" WARN ", warning), 1);
    }
}
