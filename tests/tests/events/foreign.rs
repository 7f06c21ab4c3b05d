//! The line of a client of Socket.IO: packets as messages of Engine.IO, over a WebSocket.

use throughline_core::Message;
use throughline_tests::engineio::{Down, Up, Ws};
use throughline_tests::target::Target;
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite;

/// The WebSocket, to be used from several places at once.
pub(crate) struct Foreign {
    up: Mutex<Ws<Up>>,
    down: Mutex<Ws<Down>>,
}

impl Foreign {
    pub(crate) async fn open(target: &Target) -> Self {
        let (up, down) = Ws::open(target).await.0.split();
        let (up, down) = (Mutex::new(up), Mutex::new(down));
        Self { up, down }
    }

    pub(crate) async fn send(&self, message: Message) {
        let message = match message {
            Message::Text(text) => tungstenite::Message::text(format!("4{text}")),
            Message::Binary(bytes) => tungstenite::Message::Binary(bytes),
        };
        self.up.lock().await.send_message(message).await;
    }

    /// The next text, if the connection does not end instead. Pings are answered.
    pub(crate) async fn next_text(&self) -> Option<String> {
        loop {
            let text = self.down.lock().await.next_text().await?;
            match text.split_at(1) {
                ("4", text) => return Some(text.to_owned()),
                ("2", _) => self.up.lock().await.send("3").await,
                _ => panic!("neither message nor ping: {text}"),
            }
        }
    }
}
