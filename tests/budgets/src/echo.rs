//! A server, of sessions or of Socket.IO's events, and one client of it on a connection that is memory.
//!
//! It is all of the server but TCP: a message is read and handled, and its echo written. The client is played: what it says
//! was written before, and of what comes it looks at no more than it must.

use crate::TEXT;
use crate::crowd;
use std::error::Error;
use throughline::events::{Data, Events, Namespace, Socket};
use throughline::{EngineIo, Session, Throughline};
use throughline_core::Message;
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::{self, Packet, Version};
use throughline_core::wire::native::{Frame, Item, websocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::runtime::Runtime;

/// A WebSocket frame's head, of a text, where nothing is longer than 125 bytes.
const TEXT_FRAME: u8 = 0x81;
const MASKED: u8 = 0x80;

/// A client whose messages come back.
#[derive(Debug)]
pub struct Echo {
    runtime: Runtime,
    client: DuplexStream,
    /// How its dialect carries a message of this number.
    carry: fn(u64, Message) -> Carried,
    sent: u64,
    text: String,
    in_flight: usize,
}

impl Echo {
    /// One that speaks to a handler of sessions, with so many messages under way at once.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn of_session(in_flight: usize) -> Self {
        let node = Throughline::builder().on_session(answer).build();
        let mut echo = Self::open(native, async move {
            crowd::client(&node.expect("the settings are sound")).await
        });
        echo.text = TEXT.to_owned();
        echo.warm_up(in_flight)
    }

    /// The same, whose client speaks Engine.IO.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn of_session_by_engine_io(in_flight: usize) -> Self {
        let node = Throughline::builder().engine_io(EngineIo::default());
        let node = node.on_session(answer).build();
        let mut echo = Self::open(engine_io, async move {
            crowd::client_of_engine_io(&node.expect("the settings are sound")).await
        });
        echo.text = TEXT.to_owned();
        echo.warm_up(in_flight)
    }

    /// One that has joined a namespace, with so many events under way at once.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn of_events(in_flight: usize) -> Self {
        let namespace = Namespace::new().on(
            "m",
            |socket: Socket, Data((text,)): Data<(String,)>| async move {
                drop(socket.emit("m", (text,)).await);
            },
        );
        let events = Events::builder().namespace("/", namespace).build();
        let events = events.expect("the settings are sound");
        let node = Throughline::builder().events(events).build();
        let mut echo = Self::open(native, async move {
            crowd::client(&node.expect("the settings are sound")).await
        });
        let joins = echo.said("0");
        echo.hear(&joins, 1);
        echo.text = format!(r#"2["m",{TEXT:?}]"#);
        echo.warm_up(in_flight)
    }

    fn open(
        carry: fn(u64, Message) -> Carried,
        client: impl Future<Output = Result<DuplexStream, Box<dyn Error>>>,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime starts");
        let client = runtime.block_on(client).expect("a session opens");
        Self {
            runtime,
            client,
            carry,
            sent: 0,
            text: String::new(),
            in_flight: 0,
        }
    }

    /// The first messages come back.
    fn warm_up(mut self, in_flight: usize) -> Self {
        self.in_flight = in_flight;
        let messages = self.messages();
        self.echo(&messages);
        self
    }

    /// What the client will say at once: some messages in one piece.
    pub fn messages(&mut self) -> Vec<u8> {
        let text = self.text.clone();
        (0..self.in_flight).flat_map(|_| self.said(&text)).collect()
    }

    /// Says that, and waits until as many texts have come.
    ///
    /// # Panics
    /// When something else comes.
    fn hear(&mut self, said: &[u8], most: usize) {
        let client = &mut self.client;
        self.runtime.block_on(async {
            client.write_all(said).await.expect("it is connected");
            let mut texts = 0;
            while texts < most {
                let mut head = [0; 2];
                client.read_exact(&mut head).await.expect("it is connected");
                let mut body = [0; 125];
                let body = &mut body[..usize::from(head[1])];
                client.read_exact(body).await.expect("it is connected");
                // What is no text tells cursors.
                texts += usize::from(head[0] == TEXT_FRAME);
            }
        });
    }

    /// Says some messages, and waits for their echoes.
    pub fn echo(&mut self, messages: &[u8]) {
        self.hear(messages, self.in_flight);
    }

    /// A text as its WebSocket frame, with a mask that changes nothing.
    fn said(&mut self, text: &str) -> Vec<u8> {
        self.sent += 1;
        let Carried::Text(text) = (self.carry)(self.sent, Message::text(text.to_owned())) else {
            panic!("a text is carried as one");
        };
        let len = u8::try_from(text.len()).expect("it is short");
        assert!(len < 126);
        let mut frame = vec![TEXT_FRAME, MASKED | len, 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        frame
    }
}

fn native(number: u64, message: Message) -> Carried {
    let header = u8::try_from(number % 32).expect("it is less than 32");
    websocket::encode(&Frame::Sequenced(header, Item::Message(message)))
}

fn engine_io(_: u64, message: Message) -> Carried {
    engineio::websocket::encode(Version::V4, &Packet::Message(message))
}

async fn answer(mut session: Session) {
    while let Some(message) = session.recv().await {
        if session.send(message).await.is_err() {
            break;
        }
    }
}
