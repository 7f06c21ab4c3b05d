//! The model client on real sockets: one API over every transport.
//!
//! A task drives the state machine of `throughline-client`, carries out what it wants, and opens another
//! link whenever one is lost. Policy is as simple as it can be: the transport that the test asked for,
//! at once, and with a short pause after a failure.

mod driver;
mod links;
mod websocket;

use crate::byhand::Credentials;
use crate::form::Form;
use crate::target::Target;
use crate::wait::soon;
use driver::{Driver, Event};
use links::Network;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use throughline_client::{Carrier, End, Input, Polling, SendError, Setup};
use throughline_core::session::Transport;
use throughline_core::wire::native::{Cursors, Frame, Refuse, Response, TokenAccepted};
use throughline_core::{Code, Message, Time};
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// How a client connects.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What its hello says.
    pub setup: Setup,
    /// Headers of every request and handshake.
    pub headers: Vec<(String, String)>,
    /// How it writes its polls.
    pub form: Form,
    /// How long a long poll may be held.
    pub hold: Duration,
    /// The time between periodic polls.
    pub interval: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            setup: Setup::default(),
            headers: Vec::new(),
            form: Form::Post,
            hold: Duration::from_secs(25),
            interval: Duration::from_millis(20),
        }
    }
}

impl Plan {
    /// A client that shows this token.
    #[must_use]
    pub fn with_token(token: &str) -> Self {
        let mut plan = Self::default();
        plan.setup.token = Some(token.to_owned());
        plan
    }

    /// A client that polls in this form.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// A client with this header in every request and handshake.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A client that is ready to hold so many bytes.
    #[must_use]
    pub fn window(mut self, window: u64) -> Self {
        self.setup.window = window;
        self
    }

    fn carrier(&self, transport: Transport) -> Carrier {
        let polling = |hold, interval| {
            let batch = self.form.most();
            Carrier::Http(Polling {
                hold,
                interval,
                batch,
            })
        };
        match transport {
            Transport::WebSocket => Carrier::WebSocket,
            Transport::LongPoll => polling(self.hold, Duration::ZERO),
            Transport::Periodic => polling(Duration::ZERO, self.interval),
            Transport::HttpStream => panic!("only clients of SockJS have it"),
        }
    }
}

/// A session, seen from the client's side. It goes away like a closed laptop when it is dropped.
#[derive(Debug)]
pub struct Client {
    shared: Arc<Shared>,
    events: mpsc::UnboundedSender<Event>,
    driver: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Something changed that the application may wait for.
    news: Notify,
    start: Instant,
}

#[derive(Debug)]
struct State {
    model: throughline_client::Client,
    transport: Transport,
    is_open: bool,
    end: Option<End>,
    refusal: Option<Refuse>,
    tokens: Vec<TokenAccepted>,
    moves: usize,
    failures: usize,
    credentials: Option<Credentials>,
}

impl State {
    /// The model keeps its secret to itself, so it is read where it passes.
    fn note(&mut self, input: &Input) {
        let welcome = match input {
            Input::Frame(_, Frame::Welcome(welcome)) => welcome,
            Input::Answer(_, Response::Welcome(welcome)) => welcome,
            Input::Failed(_) => {
                self.failures += 1;
                return;
            }
            _ => return,
        };
        if self.credentials.is_none() && welcome.secret.is_some() {
            self.credentials = Some(Credentials::of(welcome));
        }
    }
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotConnected {
    /// The hello was turned down.
    Refused(Refuse),
    /// The session ended before it had begun.
    Ended(End),
}

impl Client {
    /// Opens a session over that transport.
    ///
    /// # Panics
    ///
    /// When it is refused, or nothing happens.
    pub async fn connect(target: &Target, transport: Transport) -> Self {
        let client = Self::try_connect(target, transport, Plan::default()).await;
        client.unwrap_or_else(|error| panic!("no session over {transport}: {error:?}"))
    }

    /// Opens a session over that transport, or says why not.
    ///
    /// # Errors
    /// [`NotConnected`].
    ///
    /// # Panics
    ///
    /// When nothing happens.
    pub async fn try_connect(
        target: &Target,
        transport: Transport,
        plan: Plan,
    ) -> Result<Self, NotConnected> {
        let client = Self::start(target, transport, plan);
        let opened = client.wait(|state| match (&state.refusal, &state.end) {
            (Some(refusal), _) => Some(Err(NotConnected::Refused(refusal.clone()))),
            (_, Some(end)) => Some(Err(NotConnected::Ended(end.clone()))),
            _ => state.is_open.then_some(Ok(())),
        });
        soon("the session's opening", opened).await.map(|()| client)
    }

    fn start(target: &Target, transport: Transport, plan: Plan) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                model: throughline_client::Client::new(plan.setup.clone()),
                transport,
                is_open: false,
                end: None,
                refusal: None,
                tokens: Vec::new(),
                moves: 0,
                failures: 0,
                credentials: None,
            }),
            news: Notify::new(),
            start: Instant::now(),
        });
        let (events, happened) = mpsc::unbounded_channel();
        let driver = Driver::new(&shared, target, plan, events.clone());
        Self {
            shared,
            events,
            driver: tokio::spawn(driver.run(happened)).abort_handle(),
        }
    }

    /// Sends a message; waits while the window is full. Returns its number.
    ///
    /// # Errors
    /// The message was not numbered.
    pub async fn send(&self, message: impl Into<Message>) -> Result<u64, SendError> {
        let message = message.into();
        self.wait(
            |state| match state.model.send(self.shared.now(), message.clone()) {
                Err(SendError::Full) => None,
                sent => Some(sent),
            },
        )
        .await
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    /// The message was not numbered.
    pub fn try_send(&self, message: impl Into<Message>) -> Result<u64, SendError> {
        self.call(|model, now| model.send(now, message.into()))
    }

    /// Takes the next message; `None` when the session is over.
    pub async fn recv(&self) -> Option<Message> {
        self.wait(|state| match state.model.take(self.shared.now()) {
            Some(message) => Some(Some(message)),
            None => state.end.is_some().then_some(None),
        })
        .await
    }

    /// Takes the next message, which is text and must come soon.
    ///
    /// # Panics
    ///
    /// When it does not come, or is something else.
    pub async fn text(&self) -> String {
        let message = soon("a message", self.recv()).await;
        let message = message.unwrap_or_else(|| panic!("the session ended: {:?}", self.end()));
        message.as_text().expect("the message is text").to_owned()
    }

    /// Says that no more will be sent.
    pub fn close(&self, code: u16, reason: &str) {
        let code = Code::application(code).expect("the code is an application's");
        self.call(|model, now| model.close(now, code, reason));
    }

    /// Ends the session at once.
    pub fn abort(&self, code: Code, reason: &str) {
        self.call(|model, now| model.abort(now, code, reason));
    }

    /// Shows a fresh token.
    pub fn refresh(&self, token: &str) {
        self.call(|model, now| model.refresh(now, token.to_owned()));
    }

    /// Waits until the server has accepted a fresh token in these words. It may accept one more than once,
    /// since a token is shown until an acceptance has come.
    pub async fn refreshed(&self, words: impl Fn(&TokenAccepted) -> bool) {
        let accepted = self.wait(|state| state.tokens.iter().any(&words).then_some(()));
        soon("the acceptance of the token", accepted).await;
    }

    /// How the session ended, once it has.
    pub async fn ended(&self) -> End {
        let ended = self.wait(|state| state.end.clone());
        soon("the end of the session", ended).await
    }

    /// How the session ended, if it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.shared.lock().end.clone()
    }

    /// Drops every connection as a network would. The client notices, and comes back.
    pub fn cut(&self) {
        drop(self.events.send(Event::Cut));
    }

    /// Drops every connection, and gets none until it is to [`reappear`](Self::reappear).
    pub fn vanish(&self) {
        drop(self.events.send(Event::Network(Network::Down)));
    }

    /// Comes back after it vanished.
    pub fn reappear(&self) {
        drop(self.events.send(Event::Network(Network::Up)));
    }

    /// Moves the live session to another transport, and waits until it carries the session.
    pub async fn switch(&self, transport: Transport) {
        let before = self.shared.lock().moves;
        drop(self.events.send(Event::Switch(transport)));
        let moved = self.wait(|state| (state.moves > before || state.end.is_some()).then_some(()));
        soon("the move to another transport", moved).await;
    }

    /// How often a link began to carry the session.
    #[must_use]
    pub fn moves(&self) -> usize {
        self.shared.lock().moves
    }

    /// How many requests got no answer of the protocol.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.shared.lock().failures
    }

    /// The number of the last frame sent, and the server's cursors for that direction.
    #[must_use]
    pub fn outgoing(&self) -> (u64, Cursors) {
        self.shared.lock().model.outgoing()
    }

    /// Waits until the server's application has taken everything that was sent, however long that takes.
    pub async fn taken(&self) {
        self.wait(|state| {
            let (last, server) = state.model.outgoing();
            (last == server.ack).then_some(())
        })
        .await;
    }

    /// What arrived from the server, and what was taken of it.
    #[must_use]
    pub fn incoming(&self) -> Cursors {
        self.shared.lock().model.incoming()
    }

    /// Waits until so much has arrived, without taking any of it.
    pub async fn received(&self, number: u64) {
        let received = self.wait(|state| (state.model.incoming().received >= number).then_some(()));
        soon("the arrival of the messages", received).await;
    }

    /// The session's id.
    ///
    /// # Panics
    ///
    /// When there is no session.
    #[must_use]
    pub fn session(&self) -> String {
        let state = self.shared.lock();
        state
            .model
            .session()
            .expect("the session is open")
            .to_owned()
    }

    /// What proves the session: for a second client that takes it over.
    ///
    /// # Panics
    ///
    /// When there is no session.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        let credentials = self.shared.lock().credentials.clone();
        credentials.expect("the session is open")
    }

    fn call<R>(&self, call: impl FnOnce(&mut throughline_client::Client, Time) -> R) -> R {
        let now = self.shared.now();
        let result = call(&mut self.shared.lock().model, now);
        drop(self.events.send(Event::Called));
        result
    }

    /// Asks the state until it has an answer, each time that something changed.
    async fn wait<R>(&self, mut ask: impl FnMut(&mut State) -> Option<R>) -> R {
        loop {
            let news = self.shared.news.notified();
            let answer = ask(&mut self.shared.lock());
            drop(self.events.send(Event::Called));
            match answer {
                Some(answer) => return answer,
                None => news.await,
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Shared {
    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
