//! What servers speak over HTTP requests: the siblings of the dialects over a WebSocket. They have no I/O either: they make requests and
//! take answers.

mod engineio;
mod native;
mod plain;
mod socketio;
mod sockjs;

use super::connection::{Connection, Target};
use super::dialect::{Dialect, Each, Spoken};
use super::http::{Http, Request};
use super::message::Template;
use crate::Outcome;
use std::cell::Cell;

/// Writes one message.
pub(crate) type Fill<'a> = &'a mut dyn FnMut(&mut Vec<u8>);

/// One session's side of a dialect.
pub(crate) trait Polling {
    /// The request that opens a session, or goes on with opening it after this answer; `None` when it is open.
    fn open(&mut self, answer: Option<&[u8]>) -> Outcome<Option<Request>>;

    /// A request that carries a message.
    fn send(&mut self, fill: Fill<'_>) -> Request;

    /// Takes what was answered to that. Most answer nothing but that it came.
    fn sent(&mut self, _answer: &[u8], _each: Each<'_>) -> Outcome<()> {
        Ok(())
    }

    /// A request that waits for messages.
    fn poll(&mut self) -> Request;

    /// Takes what was answered to that.
    fn polled(&mut self, answer: &[u8], each: Each<'_>) -> Outcome<()>;

    /// A request that is answered at once with what there is, and carries a message or none; `None` where the protocol
    /// has no such request.
    fn glance(&mut self, _fill: Option<Fill<'_>>) -> Option<Request> {
        None
    }

    /// Takes what was answered to that.
    fn glanced(&mut self, answer: &[u8], each: Each<'_>) -> Outcome<()> {
        self.polled(answer, each)
    }

    /// The session's side on a WebSocket that it moves to; `None` where there is no way.
    fn upgrade(&self) -> Option<Box<dyn Dialect>> {
        None
    }

    /// Whether the dialect's client keeps a poll at the server while it sends; else a request with a message may be the poll.
    fn always_polls(&self) -> bool {
        true
    }
}

fn client(spoken: Spoken) -> Box<dyn Polling> {
    match spoken {
        Spoken::Plain => Box::new(plain::Plain::default()),
        Spoken::Native => Box::new(native::Native::default()),
        Spoken::EngineIo => Box::new(engineio::EngineIo::new("/engine.io/")),
        Spoken::SocketIo => Box::new(socketio::SocketIo::default()),
        Spoken::SockJs => Box::new(sockjs::SockJs::default()),
    }
}

/// A client that polls on one connection and sends on another, as browsers do, where one request cannot do both.
pub(crate) struct Poller {
    polling: Box<dyn Polling>,
    target: Target,
    polls: Http,
    /// Opened with the first message.
    sends: Option<Http>,
}

impl Poller {
    pub(crate) async fn open(target: Target) -> Outcome<Self> {
        let mut poller = Self {
            polling: client(target.spoken),
            target,
            polls: Http::open(target.address).await?,
            sends: None,
        };
        let mut answer = None;
        while let Some(request) = poller.polling.open(answer.as_deref())? {
            answer = Some(poller.polls.exchange(&request).await?);
        }
        Ok(poller)
    }

    /// Waits for an answer with messages or without.
    pub(crate) async fn poll(&mut self, each: Each<'_>) -> Outcome<()> {
        let answer = self.polls.exchange(&self.polling.poll()).await?;
        self.polling.polled(&answer, each)
    }

    /// Asks what there is, without waiting for more, and sends a message with that or none.
    pub(crate) async fn glance(
        &mut self,
        message: Option<(&Template, u32)>,
        each: Each<'_>,
    ) -> Outcome<()> {
        let request = match message {
            Some((template, number)) => self
                .polling
                .glance(Some(&mut |output| template.write(number, output))),
            None => self.polling.glance(None),
        };
        let request = request.ok_or("every poll of this protocol waits")?;
        let answer = self.polls.exchange(&request).await?;
        self.polling.glanced(&answer, each)
    }

    /// Closes the connection that nothing is under way on. The next message opens another.
    pub(crate) fn close_idle(&mut self) {
        self.sends = None;
    }

    /// Moves to a WebSocket, with a poll at the server where the dialect's client has one there.
    pub(crate) async fn upgrade(mut self) -> Outcome<Connection> {
        let dialect = self.polling.upgrade().ok_or("there is no way to move")?;
        let connection = Connection::of(dialect, self.target.address);
        if !self.polling.always_polls() {
            return connection.await;
        }
        let poll = self.polling.poll();
        let (mut connection, _released) = tokio::try_join!(connection, self.polls.exchange(&poll))?;
        connection.take_over().await?;
        Ok(connection)
    }

    /// Sends a message and waits until something came, in as many requests as the dialect needs.
    pub(crate) async fn send_and_poll(
        &mut self,
        template: &Template,
        number: u32,
        each: Each<'_>,
    ) -> Outcome<()> {
        let came = Cell::new(false);
        let mut each = |message: &[u8]| {
            came.set(true);
            each(message)
        };
        let mut fill = |output: &mut Vec<u8>| template.write(number, output);
        if self.polling.always_polls() {
            let sends = match &mut self.sends {
                Some(sends) => sends,
                none => none.insert(Http::open(self.target.address).await?),
            };
            let poll = self.polling.poll();
            let send = self.polling.send(&mut fill);
            let (polled, sent) =
                tokio::try_join!(self.polls.exchange(&poll), sends.exchange(&send))?;
            self.polling.sent(&sent, &mut each)?;
            self.polling.polled(&polled, &mut each)?;
        } else {
            let send = self.polling.send(&mut fill);
            let sent = self.polls.exchange(&send).await?;
            self.polling.sent(&sent, &mut each)?;
        }
        while !came.get() {
            self.poll(&mut each).await?;
        }
        Ok(())
    }
}
