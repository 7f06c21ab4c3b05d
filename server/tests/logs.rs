//! What is logged, and what never is.

mod common;

use common::{Server, echo, with_token};
use std::io;
use std::sync::{Arc, Mutex};
use throughline::{Admission, Attempt, Identity, Refusal, Throughline};
use throughline_core::wire::native::{Cursors, Frame, Token};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

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
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

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

    let log = String::from_utf8(log.0.lock().expect("nobody panicked").clone());
    let log = log.expect("logs are text");
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
