//! A client that speaks packets, written out as text.

use crate::foreign::Foreign;
use serde_json::Value;
use throughline::EngineIo;
use throughline::Throughline;
use throughline::events::{Events, EventsBuilder, Namespace};
use throughline_core::Message;
use throughline_core::session::Transport;
use throughline_tests::client::Client;
use throughline_tests::server::Server;
use throughline_tests::target::Target;
use throughline_tests::wait::soon;

/// A node that runs these namespaces.
pub(crate) struct Node {
    pub(crate) events: Events,
    server: Server,
}

/// A node with one namespace.
pub(crate) async fn node(namespace: Namespace) -> Node {
    Node::start(Events::builder().namespace("/", namespace)).await
}

impl Node {
    pub(crate) async fn start(events: EventsBuilder) -> Self {
        Self::with(events, |builder| builder).await
    }

    pub(crate) async fn with(
        events: EventsBuilder,
        configure: impl FnOnce(throughline::Builder) -> throughline::Builder,
    ) -> Self {
        let events = events.build().expect("the names are names");
        let builder = Throughline::builder().engine_io(EngineIo::default());
        let builder = configure(builder).events(events.clone());
        Self::of(events, builder).await
    }

    /// A node whose sessions this builder hands to the events.
    pub(crate) async fn of(events: Events, builder: throughline::Builder) -> Self {
        let server = Server::with(builder).await;
        Self { events, server }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.server.target
    }

    pub(crate) fn realtime(&self) -> &Throughline {
        &self.server.node
    }

    /// A session that has joined nothing.
    pub(crate) async fn session(&self) -> Peer {
        self.session_over(Transport::WebSocket).await
    }

    pub(crate) async fn session_over(&self, transport: Transport) -> Peer {
        let client = Client::connect(&self.server.target, transport).await;
        Peer::over(Line::Ours(client))
    }

    /// A session of a client of Socket.IO that has joined nothing.
    pub(crate) async fn foreign_session(&self) -> Peer {
        Peer::over(Line::Foreign(Foreign::open(&self.server.target).await))
    }

    /// A client of Socket.IO that has joined `/` and sent this along.
    pub(crate) async fn join_foreign(&self, auth: &str) -> Peer {
        let mut peer = self.foreign_session().await;
        peer.connect(auth).await;
        peer
    }

    /// A client that has joined `/`.
    pub(crate) async fn join(&self) -> Peer {
        self.join_with("").await
    }

    /// A client that has joined `/` and sent this along.
    pub(crate) async fn join_with(&self, auth: &str) -> Peer {
        let mut peer = self.session().await;
        peer.connect(auth).await;
        peer
    }
}

/// What carries a peer's packets.
enum Line {
    Ours(Client),
    Foreign(Foreign),
}

pub(crate) struct Peer {
    line: Line,
    /// The id of its socket.
    pub(crate) id: String,
    pub(crate) pid: Option<String>,
}

impl Peer {
    fn over(line: Line) -> Self {
        let (id, pid) = (String::new(), None);
        Self { line, id, pid }
    }

    /// Our own client.
    pub(crate) fn client(&self) -> &Client {
        match &self.line {
            Line::Ours(client) => client,
            Line::Foreign(_) => panic!("this is a client of Socket.IO"),
        }
    }

    /// Joins `/`.
    pub(crate) async fn connect(&mut self, auth: &str) {
        self.say(&format!("0{auth}")).await;
        let answer = self.hear().await;
        let body = answer.strip_prefix('0').expect("it is let in");
        let body: Value = serde_json::from_str(body).expect("the answer is JSON");
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        self.id = text("sid").expect("there is an id");
        self.pid = text("pid");
        let names = body.as_object().expect("the answer is an object");
        assert_eq!(names.len(), 1 + usize::from(self.pid.is_some()));
    }

    pub(crate) async fn say(&self, text: &str) {
        self.send(text.to_owned()).await;
    }

    pub(crate) async fn send(&self, message: impl Into<Message>) {
        match &self.line {
            Line::Ours(client) => {
                let sent = client.send(message).await;
                sent.expect("the session is open");
            }
            Line::Foreign(foreign) => foreign.send(message.into()).await,
        }
    }

    /// The next text.
    pub(crate) async fn hear(&self) -> String {
        match &self.line {
            Line::Ours(client) => client.text().await,
            Line::Foreign(foreign) => foreign.next_text().await.expect("the session goes on"),
        }
    }

    /// The next message, which is binary.
    pub(crate) async fn bytes(&self) -> Vec<u8> {
        let message = soon("a message", self.client().recv()).await;
        let message = message.expect("the session goes on");
        assert_eq!(message.as_text(), None);
        message.as_bytes().to_vec()
    }

    /// Hears these, one after the other.
    pub(crate) async fn expect(&self, texts: &[&str]) {
        for text in texts {
            assert_eq!(self.hear().await, *text);
        }
    }

    /// What came before the answer to a question that is asked now. The namespace answers `sync`.
    pub(crate) async fn heard(&self) -> Vec<String> {
        self.say(r#"2999["sync"]"#).await;
        let mut heard = Vec::new();
        loop {
            match self.hear().await {
                text if text == "3999[]" => return heard,
                text => heard.push(text),
            }
        }
    }

    /// The session ends in these words.
    pub(crate) async fn ended(&self) -> String {
        self.client().ended().await.reason
    }

    /// The connection of a client of Socket.IO ends, whatever comes before.
    pub(crate) async fn closed(&self) {
        if let Line::Foreign(foreign) = &self.line {
            while foreign.next_text().await.is_some() {}
        }
    }
}
