//! One client's conversation with the broker: its frames in their order, and the heart-beats of both sides.
//!
//! Whatever is wrong is told with an ERROR, which ends the conversation.

use crate::broker::Broker;
use crate::frame::Frame;
use std::sync::Arc;
use std::time::Duration;
use throughline::{Code, Message, Sender, Session};
use tokio::time::{Instant, interval, sleep_until};

/// So many intervals without a sign end the conversation.
const PATIENCE: u32 = 3;

pub(crate) struct Conversation {
    broker: Arc<Broker>,
    client: Sender,
    interval: Duration,
    pace: Pace,
}

/// How often each side gives a sign of life, once they have agreed on it.
#[derive(Clone, Copy, Default)]
struct Pace {
    ours: Option<Duration>,
    theirs: Option<Duration>,
}

impl Pace {
    /// Each side names how often it can and how often the other one should; the slower of both counts, and 0 is never.
    fn agree(interval: Duration, heart_beat: &str) -> Option<Self> {
        let (can, wants) = heart_beat.split_once(',')?;
        let agree = |millis: &str| {
            let wish = Duration::from_millis(millis.trim().parse().ok()?);
            Some((!wish.is_zero()).then(|| wish.max(interval)))
        };
        Some(Self {
            ours: agree(wants)?,
            theirs: agree(can)?,
        })
    }
}

/// What comes of a frame.
enum Next {
    GoOn,
    End,
}

impl Conversation {
    /// Ends with the session.
    pub(crate) async fn hold(session: Session, broker: Arc<Broker>, interval: Duration) {
        let (client, mut messages) = session.split();
        let mut conversation = Self {
            broker: broker.clone(),
            client: client.clone(),
            interval,
            pace: Pace::default(),
        };
        if conversation.connects(messages.recv().await).await {
            conversation.go_on(&mut messages).await;
        }
        broker.unsubscribe(&client, None);
        // Whoever has gone already hears no more of it.
        let _is_closed = client.close(Code::NORMAL, "");
    }

    async fn connects(&mut self, first: Option<Message>) -> bool {
        let frame = match first.as_ref().map(read) {
            Some(Ok(Some(frame))) if ["CONNECT", "STOMP"].contains(&&*frame.command) => frame,
            Some(_) => return self.refuse("the first frame is no CONNECT").await,
            None => return false,
        };
        let versions = frame.header("accept-version").unwrap_or("1.0");
        if !versions.split(',').any(|version| version == "1.2") {
            return self.refuse("this broker speaks version 1.2").await;
        }
        let heart_beat = frame.header("heart-beat").unwrap_or("0,0");
        let Some(pace) = Pace::agree(self.interval, heart_beat) else {
            return self.refuse("heart-beat wants two numbers").await;
        };
        self.pace = pace;
        let millis = self.interval.as_millis();
        let connected = Frame::new("CONNECTED")
            .with("version", "1.2")
            .with("heart-beat", &format!("{millis},{millis}"));
        self.say(&connected).await
    }

    async fn refuse(&self, why: &str) -> bool {
        self.say(&error(why)).await;
        false
    }

    async fn say(&self, frame: &Frame) -> bool {
        self.client.send(frame.to_string()).await.is_ok()
    }

    async fn go_on(&self, messages: &mut throughline::Receiver) {
        let never = Duration::from_secs(24 * 60 * 60);
        let mut beats = interval(self.pace.ours.unwrap_or(never));
        let patience = self.pace.theirs.unwrap_or(never) * PATIENCE;
        let mut silent = Instant::now() + patience;
        loop {
            tokio::select! {
                message = messages.recv() => {
                    silent = Instant::now() + patience;
                    let Some(message) = message else { return };
                    if matches!(self.take(&message).await, Next::End) {
                        return;
                    }
                }
                _ = beats.tick() => if self.client.send("\n").await.is_err() {
                    return;
                },
                () = sleep_until(silent) => {
                    self.refuse("no heart-beat came").await;
                    return;
                }
            }
        }
    }

    async fn take(&self, message: &Message) -> Next {
        let frame = match read(message) {
            Ok(Some(frame)) => frame,
            Ok(None) => return Next::GoOn,
            Err(why) => {
                self.refuse(why).await;
                return Next::End;
            }
        };
        if let Err(why) = self.obey(&frame).await {
            let receipt = frame.header("receipt").unwrap_or_default();
            self.say(&error(why).with("receipt-id", receipt)).await;
            return Next::End;
        }
        if let Some(receipt) = frame.header("receipt") {
            self.say(&Frame::new("RECEIPT").with("receipt-id", receipt))
                .await;
        }
        match &*frame.command {
            "DISCONNECT" => Next::End,
            _ => Next::GoOn,
        }
    }

    async fn obey(&self, frame: &Frame) -> Result<(), &'static str> {
        let destination = || frame.header("destination").ok_or("no destination");
        let id = || frame.header("id").ok_or("no id");
        match &*frame.command {
            "SUBSCRIBE" => self.broker.subscribe(&self.client, id()?, destination()?),
            "UNSUBSCRIBE" => self.broker.unsubscribe(&self.client, Some(id()?)),
            "SEND" => self.broker.publish(frame, destination()?).await,
            "DISCONNECT" => {}
            _ => return Err("a command that this broker does not know"),
        }
        Ok(())
    }
}

fn read(message: &Message) -> Result<Option<Frame>, &'static str> {
    Frame::parse(message.as_text().ok_or("no text")?)
}

fn error(why: &str) -> Frame {
    Frame::new("ERROR").with("message", why)
}
