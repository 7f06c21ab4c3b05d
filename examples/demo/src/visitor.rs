//! The handler of one session: hears the page, speaks in the chat, and runs the stream.
//!
//! It knows nothing of transports. The session may move, break and heal under it; it only sees messages
//! come and go.

use crate::chat::Chat;
use crate::messages::{FromPage, ToPage};
use crate::stream::{Due, Stream};
use std::sync::Arc;
use throughline::{Code, Message, SendError, Session};

/// A line of the chat is cut to so many characters.
const LONGEST_LINE: usize = 500;

/// Serves a session until it ends.
pub(crate) async fn visit(session: Session, chat: Arc<Chat>) {
    let name = chat.enter(&session);
    let mut visitor = Visitor {
        session,
        chat,
        name,
        stream: Stream::default(),
    };
    // The session's end is all that can go wrong, and there is nobody left to tell.
    let _ended = visitor.serve().await;
    visitor.chat.leave(&visitor.session);
}

struct Visitor {
    session: Session,
    chat: Arc<Chat>,
    name: String,
    stream: Stream,
}

impl Visitor {
    async fn serve(&mut self) -> Result<(), SendError> {
        loop {
            tokio::select! {
                message = self.session.recv() => match message {
                    Some(message) => self.hear(&message).await?,
                    None => return Ok(()),
                },
                due = self.stream.due() => match due {
                    Due::Tick => self.tick()?,
                    Due::Report => self.report().await?,
                },
            }
        }
    }

    async fn hear(&mut self, message: &Message) -> Result<(), SendError> {
        match serde_json::from_slice(message.as_bytes()) {
            Ok(FromPage::Say { id, text }) => self.say(id, &text),
            Ok(FromPage::Stream { on: true, .. }) => self.stream.start(),
            Ok(FromPage::Stream { on: false, sent }) => return self.stop(sent).await,
            Ok(FromPage::Tick { n }) => self.stream.check.take(n),
            Ok(FromPage::Ping { id }) => {
                let pong = ToPage::Pong { id };
                self.session.send(pong.text()).await?;
            }
            Err(_) => self.refuse(),
        }
        Ok(())
    }

    fn say(&self, id: u64, text: &str) {
        let end = text
            .char_indices()
            .nth(LONGEST_LINE)
            .map_or(text.len(), |(at, _)| at);
        self.chat.say(&self.session, &self.name, id, &text[..end]);
    }

    /// Sends the next number. Where there is no room it is not sent and not counted: the stream goes
    /// slower, and loses nothing.
    fn tick(&mut self) -> Result<(), SendError> {
        let tick = ToPage::Tick {
            n: self.stream.sent + 1,
        };
        match self.session.try_send(tick.text()) {
            Ok(_) => self.stream.sent += 1,
            Err(SendError::Full) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn stop(&mut self, sent: u64) -> Result<(), SendError> {
        self.stream.stop();
        self.stream.check.expect(sent);
        self.report().await
    }

    async fn report(&self) -> Result<(), SendError> {
        let counts = ToPage::Counts {
            sent: self.stream.sent,
            counts: self.stream.check.counts(),
        };
        self.session.send(counts.text()).await.map(drop)
    }

    fn refuse(&self) {
        let code = Code::application(4400).expect("an application's codes are 3000 to 4499");
        self.session
            .close(code, "not a message of the demo")
            .expect("the reason is short");
    }
}
