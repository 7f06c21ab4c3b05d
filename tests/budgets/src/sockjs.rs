//! A session of a client of SockJS on a WebSocket, without the socket.

use crate::{NOW, setup};
use std::hint::black_box;
use std::time::Duration;
use throughline_core::Message;
use throughline_core::session::{Output, Take, Transmit};
use throughline_core::sockjs::{Connection, Input, Settings, Up};
use throughline_core::wire::Carried;
use throughline_core::wire::sockjs::Transport;

const LINK: u64 = 1;

/// A session that its WebSocket carries.
#[derive(Debug)]
pub struct Link {
    connection: Connection,
    /// What leaves.
    socket: Vec<u8>,
}

impl Link {
    /// A session whose first frame has left.
    #[must_use]
    pub fn open() -> Self {
        let settings = Settings {
            heartbeat_delay: Duration::from_secs(25),
            disconnect_delay: Duration::from_secs(5),
            response_limit: 131_072,
            max_payload: 65_536,
        };
        let mut link = Self {
            connection: Connection::open(NOW, setup(), settings),
            socket: Vec::new(),
        };
        let opened = Input::Opened(LINK, Transport::WebSocket);
        link.connection.handle(NOW, opened);
        link.drain();
        link
    }

    /// The application sends one message, and it leaves. The WebSocket that took it is all the
    /// acknowledgement that this protocol has.
    ///
    /// # Panics
    /// When the session does not take it.
    pub fn send(&mut self, message: &Message) {
        let session = self.connection.session_mut();
        session.send(NOW, message).expect("there is room");
        self.connection.settle(NOW);
        self.drain();
    }

    /// One message comes, and the application takes it.
    ///
    /// # Panics
    /// When it cannot be taken.
    pub fn take(&mut self, carried: Carried) -> Message {
        let received = Input::Received(LINK, Up::Carried(carried));
        self.connection.handle(NOW, received);
        self.drain();
        let Take::Message(message) = self.connection.session_mut().take(NOW) else {
            panic!("a message has come");
        };
        self.connection.settle(NOW);
        self.drain();
        message
    }

    fn drain(&mut self) {
        while let Some(output) = self.connection.poll() {
            if matches!(output, Output::Wake(_)) {
                self.transmit();
            }
        }
    }

    fn transmit(&mut self) {
        self.socket.clear();
        while self.connection.write_messages(NOW, LINK, &mut self.socket)
            || matches!(self.connection.transmit(NOW, LINK), Transmit::Frame(_))
        {}
        black_box(&self.socket);
    }
}
