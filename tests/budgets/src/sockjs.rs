//! A session of a client of SockJS on a WebSocket, without the socket.

use crate::{NOW, setup};
use std::time::Duration;
use throughline_core::Message;
use throughline_core::session::{Output, Take, Transmit};
use throughline_core::sockjs::{Connection, Down, Input, Settings, Up};
use throughline_core::wire::Carried;
use throughline_core::wire::sockjs::Transport;

const LINK: u64 = 1;

/// A session that its WebSocket carries.
#[derive(Debug)]
pub struct Link {
    connection: Connection,
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
        };
        let opened = Input::Opened(LINK, Transport::WebSocket);
        link.connection.handle(NOW, opened);
        link.drain(&mut drop);
        link
    }

    /// The application sends one message, and it leaves into `socket`. The WebSocket that took it is all the
    /// acknowledgement that this protocol has.
    ///
    /// # Panics
    /// When the session does not take it.
    pub fn send(&mut self, message: &Message, socket: &mut impl FnMut(Down)) {
        let session = self.connection.session_mut();
        session.send(NOW, message).expect("there is room");
        self.connection.settle(NOW);
        self.drain(socket);
    }

    /// One message comes, and the application takes it.
    ///
    /// # Panics
    /// When it cannot be taken.
    pub fn take(&mut self, carried: Carried, socket: &mut impl FnMut(Down)) -> Message {
        let received = Input::Received(LINK, Up::Carried(carried));
        self.connection.handle(NOW, received);
        self.drain(socket);
        let Take::Message(message) = self.connection.session_mut().take(NOW) else {
            panic!("a message has come");
        };
        self.connection.settle(NOW);
        self.drain(socket);
        message
    }

    fn drain(&mut self, socket: &mut impl FnMut(Down)) {
        while let Some(output) = self.connection.poll() {
            if matches!(output, Output::Wake(_)) {
                while let Transmit::Frame(down) = self.connection.transmit(NOW, LINK) {
                    socket(down);
                }
            }
        }
    }
}
