//! Who comes in, who does not, and what they are told; and that whoever is inside already never notices.

mod authentication;
mod bodies;
mod capacity;
mod endpoints;
mod handshakes;
mod malformed;
mod mounting;
mod origin;
mod serving;
mod text;

use throughline_core::session::Transport;
use throughline_core::wire::native::Response;
use throughline_tests::byhand::{greet_with, hello};
use throughline_tests::client::Client;
use throughline_tests::form::Form;
use throughline_tests::http::Http;
use throughline_tests::server::Server;
use throughline_tests::socket::Socket;
use throughline_tests::target::Target;
use tokio_tungstenite::tungstenite::Error;

/// Sessions that were there before the test began, on a server that echoes.
struct Bystanders(Vec<Client>);

impl Bystanders {
    async fn of(server: &Server) -> Self {
        let mut clients = Vec::new();
        for transport in [Transport::WebSocket, Transport::LongPoll] {
            clients.push(Client::connect(&server.target, transport).await);
        }
        Self(clients)
    }

    /// They go on where they were, on the links that they had.
    async fn are_unharmed(&self) {
        for client in &self.0 {
            client
                .send("still here")
                .await
                .expect("the session is open");
            assert_eq!(client.text().await, "still here");
            assert_eq!(client.moves(), 1);
        }
    }
}

/// Says hello over HTTP with these headers.
async fn greet(target: &Target, headers: &[(&str, &str)]) -> Response {
    greet_with(Form::Post, &Http::new(target), headers, hello()).await
}

/// The status and the sentence of a WebSocket handshake that failed; 101 when it did not.
async fn handshake(target: &Target, headers: &[(&str, &str)]) -> (u16, String) {
    match Socket::connect(target, headers)
        .await
        .map_err(|error| *error)
    {
        Ok(_) => (101, String::new()),
        Err(Error::Http(answer)) => {
            let body = answer.body().clone().unwrap_or_default();
            (
                answer.status().as_u16(),
                String::from_utf8_lossy(&body).into_owned(),
            )
        }
        Err(error) => panic!("no handshake: {error}"),
    }
}
