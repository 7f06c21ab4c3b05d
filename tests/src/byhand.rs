//! A client by hand, for what a well-behaved client never does: each frame is the test's own.

use crate::form::Form;
use crate::http::{Answer, Http};
use crate::socket::Socket;
use crate::target::Target;
use crate::wait::soon;
use bytes::Bytes;
use throughline_core::wire::native::{
    Abort, AnswerBatch, Begin, Cursors, Frame, Hello, Item, Poll, PollRequest, Request, Response,
    Secret, Token, Welcome,
};
use throughline_core::{Code, Message};

/// The hello of a new session.
#[must_use]
pub fn hello() -> Hello {
    Hello {
        v: 1,
        ..Hello::default()
    }
}

/// The hello of a new session that shows a token.
#[must_use]
pub fn hello_with(token: &str) -> Hello {
    Hello {
        token: Some(token.to_owned()),
        ..hello()
    }
}

/// What proves a session.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The id.
    pub session: String,
    /// The secret.
    pub secret: Secret,
}

impl Credentials {
    /// Those of a new session.
    ///
    /// # Panics
    ///
    /// When the welcome brings no secret.
    #[must_use]
    pub fn of(welcome: &Welcome) -> Self {
        Self {
            session: welcome.session.clone(),
            secret: welcome
                .secret
                .expect("a new session's welcome has a secret"),
        }
    }

    /// The hello that names the session.
    #[must_use]
    pub fn hello(&self) -> Hello {
        Hello {
            session: Some(self.session.clone()),
            secret: Some(self.secret),
            ..hello()
        }
    }
}

/// A text message with its number.
#[must_use]
pub fn text(seq: u64, text: &str) -> Frame {
    Frame::Sequenced(
        (seq % 32) as u8,
        Item::Message(Message::text(text.to_owned())),
    )
}

/// A text message in a batch.
#[must_use]
pub fn item(text: &str) -> Item {
    Item::Message(Message::text(text.to_owned()))
}

/// The texts of a batch.
///
/// # Panics
///
/// When there is something else in it.
#[must_use]
pub fn texts(items: &[Item]) -> Vec<&str> {
    let texts = items.iter().map(|item| match item {
        Item::Message(message) => message.as_text().expect("a text"),
        Item::Close(close) => panic!("a close: {close:?}"),
    });
    texts.collect()
}

impl Socket {
    /// Says hello and expects to be welcome.
    ///
    /// # Panics
    ///
    /// When it is not.
    pub async fn welcome(&mut self, hello: Hello) -> Welcome {
        self.send(&Frame::Hello(Box::new(hello))).await;
        match self.frame().await {
            Some(Frame::Welcome(welcome)) => *welcome,
            other => panic!("not welcome: {other:?}"),
        }
    }

    /// Begins a generation of a session of which nothing was received, and expects the server to do likewise.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn begin(&mut self, generation: u64) -> Begin {
        self.begin_from(generation, Cursors::default(), 1).await
    }

    /// Begins a generation with these cursors, and expects the server to do likewise.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn begin_from(&mut self, generation: u64, cursors: Cursors, first: u64) -> Begin {
        self.send(&Frame::Begin(Begin {
            generation,
            cursors,
            first,
        }))
        .await;
        match self.frame().await {
            Some(Frame::Begin(begin)) => begin,
            other => panic!("the server did not begin: {other:?}"),
        }
    }

    /// A new session, begun over this connection.
    pub async fn attach(&mut self) -> Credentials {
        let welcome = self.welcome(hello()).await;
        self.begin(welcome.generation).await;
        Credentials::of(&welcome)
    }

    /// The next frame that is not a cursor.
    pub async fn message(&mut self) -> Option<Frame> {
        loop {
            match self.frame().await {
                Some(Frame::Ack(_)) => {}
                other => return other,
            }
        }
    }

    /// Waits for the abort that ends the session.
    ///
    /// # Panics
    ///
    /// When something else comes but cursors.
    pub async fn aborted(&mut self) -> Abort {
        match self.message().await {
            Some(Frame::Abort(abort)) => *abort,
            other => panic!("no abort: {other:?}"),
        }
    }

    /// Waits until the server closes the connection.
    pub async fn gone(&mut self) {
        while self.frame().await.is_some() {}
    }
}

/// A link of HTTP requests, each made by hand.
#[derive(Clone, Debug)]
pub struct Poller {
    http: Http,
    form: Form,
    /// What proves the session.
    pub credentials: Credentials,
    /// The generation of this link.
    pub generation: u64,
    /// What the next request says was received and taken.
    pub cursors: Cursors,
    /// The number of the next request.
    pub number: u64,
    /// The number of the next message.
    pub first: u64,
}

/// Posts a hello.
pub async fn greet(http: &Http, hello: Hello) -> Response {
    greet_with(Form::Post, http, &[], hello).await
}

/// Sends a hello with headers.
///
/// # Panics
///
/// When the answer is not a whole batch.
pub async fn greet_with(
    form: Form,
    http: &Http,
    headers: &[(&str, &str)],
    hello: Hello,
) -> Response {
    let batch = Request::Hello(Box::new(hello)).encode();
    let answer = soon("an answer", form.send(http, headers, batch)).await;
    form.verdict(&answer.expect("an answer"))
}

/// Expects to be welcome.
///
/// # Panics
///
/// When it is not.
pub fn welcomed(response: Response) -> Welcome {
    match response {
        Response::Welcome(welcome) => *welcome,
        other => panic!("not welcome: {other:?}"),
    }
}

/// Expects the code of a refusal or of an end.
///
/// # Panics
///
/// When it is neither.
#[must_use]
pub fn code(response: &Response) -> Code {
    match response {
        Response::Refuse(refuse) => refuse.code,
        Response::Abort(abort) => abort.code,
        other => panic!("neither a refusal nor an end: {other:?}"),
    }
}

impl Poller {
    /// A new session, offered to this link and not yet begun.
    pub async fn greet(target: &Target) -> Self {
        let welcome = welcomed(greet(&Http::new(target), hello()).await);
        Self::of(target, &Credentials::of(&welcome), &welcome)
    }

    /// A new session, begun.
    pub async fn attach(target: &Target) -> Self {
        let mut poller = Self::greet(target).await;
        poller.poll(0).await;
        poller
    }

    /// The same link, with requests in that form.
    #[must_use]
    pub fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// Another link for an existing session, offered and not yet begun.
    pub async fn resume(target: &Target, credentials: &Credentials) -> Self {
        let welcome = welcomed(greet(&Http::new(target), credentials.hello()).await);
        Self::of(target, credentials, &welcome)
    }

    /// The link that a welcome offered.
    #[must_use]
    pub fn of(target: &Target, credentials: &Credentials, welcome: &Welcome) -> Self {
        Self {
            http: Http::new(target),
            form: Form::Post,
            credentials: credentials.clone(),
            generation: welcome.generation,
            cursors: Cursors::default(),
            number: 1,
            first: welcome.received + 1,
        }
    }

    /// The head of a request with the present number, that does not ask to be held.
    #[must_use]
    pub fn head(&self) -> Poll {
        Poll {
            session: self.credentials.session.clone(),
            secret: self.credentials.secret,
            generation: self.generation,
            number: self.number,
            cursors: self.cursors,
            first: self.first,
            hold: 0,
            next: 0,
            max_bytes: 64 * 1024,
        }
    }

    /// The head of a request that asks to be held.
    #[must_use]
    pub fn held(&self) -> Poll {
        Poll {
            hold: 25_000,
            ..self.head()
        }
    }

    /// Sends a request and gives what came back, whatever it is.
    ///
    /// # Panics
    ///
    /// When it is not a whole batch.
    pub async fn ask(&self, poll: Poll, items: Vec<Item>) -> Response {
        let request = PollRequest {
            poll: Box::new(poll),
            token: None,
            items,
            abort: None,
        };
        let answer = self.post(Request::Poll(request).encode()).await;
        self.form.verdict(&answer)
    }

    /// Sends a request that brings a token.
    pub async fn ask_with_token(&self, token: &str) -> Response {
        let token = token.to_owned();
        let request = PollRequest {
            poll: Box::new(self.head()),
            token: Some(Token { token }),
            items: Vec::new(),
            abort: None,
        };
        let answer = self.post(Request::Poll(request).encode()).await;
        self.form.verdict(&answer)
    }

    /// Sends any batch, or what is none.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub async fn post(&self, body: Bytes) -> Answer {
        let answer = self.form.send(&self.http, &[], body);
        soon("an answer", answer).await.expect("an answer")
    }

    /// Polls under a new number, and takes what came.
    ///
    /// # Panics
    ///
    /// When the answer is something else.
    pub async fn poll(&mut self, hold: u64) -> AnswerBatch {
        let poll = Poll {
            hold,
            ..self.head()
        };
        self.number += 1;
        let batch = answered(self.ask(poll, Vec::new()).await);
        self.take(&batch);
        batch
    }

    /// Sends these texts, and expects that the server has received them.
    ///
    /// # Panics
    ///
    /// When the answer is something else.
    pub async fn send(&mut self, texts: &[&str]) -> AnswerBatch {
        let items = texts.iter().map(|text| item(text)).collect();
        let batch = answered(self.ask(self.head(), items).await);
        self.number += 1;
        self.first += texts.len() as u64;
        self.take(&batch);
        batch
    }

    /// Takes what an answer brought.
    pub fn take(&mut self, batch: &AnswerBatch) {
        let last = batch.answer.first + batch.items.len() as u64 - 1;
        if !batch.items.is_empty() {
            self.cursors = Cursors {
                received: last,
                ack: last,
            };
        }
    }
}

/// Expects an answer to a poll.
///
/// # Panics
///
/// When it is something else.
pub fn answered(response: Response) -> AnswerBatch {
    match response {
        Response::Answer(batch) => *batch,
        other => panic!("no answer: {other:?}"),
    }
}
