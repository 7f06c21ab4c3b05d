//! A session of a client of Engine.IO on a WebSocket, without the socket.

use crate::{NOW, setup};
use std::hint::black_box;
use std::time::Duration;
use throughline_core::Message;
use throughline_core::engineio::{Engine, Input, Settings};
use throughline_core::session::{Output, Take, Transmit};
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::Version;

const LINK: u64 = 1;

/// A session that its WebSocket carries.
#[derive(Debug)]
pub struct Link {
    engine: Engine,
    /// What leaves.
    socket: Vec<u8>,
}

impl Link {
    /// A session whose handshake has left.
    #[must_use]
    pub fn open() -> Self {
        let settings = Settings {
            version: Version::V4,
            sid: "a-session-of-a-client-of-engine-io".to_owned(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            max_payload: 65_536,
            upgrades: true,
            text_only: false,
        };
        let mut link = Self {
            engine: Engine::open(NOW, setup(), settings, Some(LINK)),
            socket: Vec::new(),
        };
        link.transmit();
        link.drain();
        link
    }

    /// The application sends one message, and it leaves. The WebSocket that took it is all the
    /// acknowledgement that this protocol has.
    ///
    /// # Panics
    /// When the session does not take it.
    pub fn send(&mut self, message: &Message) {
        let session = self.engine.session_mut();
        session.send(NOW, message).expect("there is room");
        self.engine.settle(NOW);
        self.drain();
    }

    /// One message comes, and the application takes it.
    ///
    /// # Panics
    /// When it cannot be taken.
    pub fn take(&mut self, carried: Carried) -> Message {
        self.engine.handle(NOW, Input::Received(LINK, carried));
        self.drain();
        let Take::Message(message) = self.engine.session_mut().take(NOW) else {
            panic!("a message has come");
        };
        self.engine.settle(NOW);
        self.drain();
        message
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll() {
            if matches!(output, Output::Wake(_)) {
                self.transmit();
            }
        }
    }

    fn transmit(&mut self) {
        self.socket.clear();
        while let Transmit::Frame(()) = self.engine.write(NOW, LINK, usize::MAX, &mut self.socket) {
        }
        black_box(&self.socket);
    }
}
