//! A server of Socket.IO's events, and one client of it on a connection that is memory.
//!
//! It is all of the server but TCP: an event is read and handled, and its echo written. The client is played: what it says
//! was written before, and of what comes it looks at no more than it must.

use crate::TEXT;
use crate::crowd::client;
use throughline::Throughline;
use throughline::events::{Data, Events, Namespace, Socket};
use throughline_core::Message;
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Frame, Item, websocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::runtime::Runtime;

/// So many events are under way at once.
const IN_FLIGHT: usize = 10;
/// A WebSocket frame's head, of a text, where nothing is longer than 125 bytes.
const TEXT_FRAME: u8 = 0x81;
const MASKED: u8 = 0x80;

/// A client that has joined a namespace, whose events come back.
#[derive(Debug)]
pub struct Echo {
    runtime: Runtime,
    client: DuplexStream,
    sent: u64,
}

impl Echo {
    /// One whose first events have come back.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime starts");
        let namespace = Namespace::new().on(
            "m",
            |socket: Socket, Data((text,)): Data<(String,)>| async move {
                drop(socket.emit("m", (text,)).await);
            },
        );
        let events = Events::builder().namespace("/", namespace).build();
        let events = events.expect("the settings are sound");
        let node = Throughline::builder().events(events).build();
        let node = node.expect("the settings are sound");
        let client = runtime.block_on(client(&node)).expect("a session opens");
        let mut echo = Self {
            runtime,
            client,
            sent: 0,
        };
        let joins = echo.said("0");
        echo.hear(&joins, 1);
        let events = echo.events();
        echo.hear(&events, IN_FLIGHT);
        echo
    }

    /// What the client will say: some events in one piece.
    pub fn events(&mut self) -> Vec<u8> {
        let event = format!(r#"2["m",{TEXT:?}]"#);
        (0..IN_FLIGHT).flat_map(|_| self.said(&event)).collect()
    }

    /// Says that, and waits until as many texts have come.
    ///
    /// # Panics
    /// When something else comes.
    pub fn hear(&mut self, said: &[u8], most: usize) {
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

    /// Says some events, and waits for their echoes.
    pub fn echo(&mut self, events: &[u8]) {
        self.hear(events, IN_FLIGHT);
    }

    /// How many events are said at once.
    #[must_use]
    pub const fn in_flight() -> usize {
        IN_FLIGHT
    }

    /// A text as its WebSocket frame, with a mask that changes nothing.
    fn said(&mut self, text: &str) -> Vec<u8> {
        self.sent += 1;
        let number = u8::try_from(self.sent % 32).expect("it is less than 32");
        let item = Item::Message(Message::text(text.to_owned()));
        let Carried::Text(text) = websocket::encode(&Frame::Sequenced(number, item)) else {
            panic!("a text is carried as one");
        };
        let len = u8::try_from(text.len()).expect("it is short");
        assert!(len < 126);
        let mut frame = vec![TEXT_FRAME, MASKED | len, 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        frame
    }
}
