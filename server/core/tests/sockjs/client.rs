//! A client that behaves: it receives with one request at a time over whichever transport, repeats what got lost as a browser
//! does, and checks that it hears an opening first, then every message once and in order, then at most a close.

use crate::play::{MAX_PAYLOAD, Play, callback, fresh_with, stamp};
use throughline_core::sockjs::{Answer, Input, Request};
use throughline_core::wire::sockjs::Transport;

const LINK: u64 = 1;
/// As often in a row an answer may be lost.
const MOST_LOST: u8 = 3;

/// What the client receives with.
#[derive(Clone, Debug, PartialEq)]
enum Receiving {
    Nothing,
    Poll(u64, String, Transport),
    Stream(u64, Transport),
}

pub(crate) struct Client {
    pub(crate) play: Play,
    /// What it has sent.
    pub(crate) sent: Vec<String>,
    pub(crate) heard: Vec<String>,
    pub(crate) is_open: bool,
    pub(crate) close: Option<String>,
    receiving: Receiving,
    /// The last request that brought messages: its id while there is no answer, its stamp and its body.
    posting: Option<u64>,
    posted: Option<(String, String)>,
    /// As many answers to the same request were lost: to a poll, and to one that brought messages.
    lost: [u8; 2],
    ids: u64,
}

fn transports() -> [Transport; 5] {
    [
        Transport::XhrPolling,
        Transport::JsonpPolling(callback()),
        Transport::XhrStreaming,
        Transport::EventSource,
        Transport::HtmlFile(callback()),
    ]
}

impl Client {
    /// A client over a WebSocket, or over HTTP when there is none.
    pub(crate) fn new(websocket: Option<Transport>, response_limit: usize) -> Self {
        let mut client = Self {
            play: fresh_with(response_limit),
            sent: Vec::new(),
            heard: Vec::new(),
            is_open: websocket == Some(Transport::RawWebSocket),
            close: None,
            receiving: Receiving::Nothing,
            posting: None,
            posted: None,
            lost: [0; 2],
            ids: LINK,
        };
        match websocket {
            Some(transport) => {
                client.play.handle(Input::Opened(LINK, transport.clone()));
                client.receiving = Receiving::Stream(LINK, transport);
            }
            None => client.ask(0),
        }
        client
    }

    fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn is_websocket(&self) -> bool {
        matches!(&self.receiving, Receiving::Stream(_, transport) if transport.is_websocket())
    }

    /// Receives with that transport, unless it receives already.
    pub(crate) fn ask(&mut self, transport: usize) {
        if self.receiving == Receiving::Nothing {
            let transport = transports()[transport % transports().len()].clone();
            let stamp = format!("r{}", self.ids);
            self.lost[0] = 0;
            self.ask_as(transport, stamp);
        }
    }

    fn ask_as(&mut self, transport: Transport, text: String) {
        let id = self.next_id();
        let request = Request::Receive(transport.clone(), Some(stamp(&text)));
        self.play.handle(Input::Request(id, request));
        let is_stream = self.play.answers.get(&id) == Some(&Answer::Streaming(id));
        self.receiving = if is_stream {
            self.play.answers.remove(&id);
            Receiving::Stream(id, transport)
        } else {
            Receiving::Poll(id, text, transport)
        };
    }

    /// Takes in what has come.
    pub(crate) fn hear(&mut self) {
        match self.receiving.clone() {
            Receiving::Nothing => {}
            Receiving::Poll(id, _, transport) => {
                if !self.play.is_waiting(id) {
                    let frame = self.play.frame(id);
                    self.receiving = Receiving::Nothing;
                    self.hear_frame(&transport, &frame);
                }
            }
            Receiving::Stream(id, transport) => {
                let (said, is_over) = self.play.transmit(id);
                if is_over && !transport.is_websocket() {
                    self.receiving = Receiving::Nothing;
                    self.play.handle(Input::Lost(id));
                }
                for frame in said {
                    self.hear_frame(&transport, &frame);
                }
            }
        }
    }

    fn hear_frame(&mut self, transport: &Transport, wrapped: &str) {
        match transport {
            _ if wrapped == "ping" => self.play.pong(LINK),
            _ if wrapped.starts_with("close ") => {
                self.close.get_or_insert(wrapped.to_owned());
            }
            Transport::RawWebSocket => self.heard.push(wrapped.to_owned()),
            _ => self.read(&unwrapped(transport, wrapped)),
        }
    }

    fn read(&mut self, frame: &str) {
        let (kind, rest) = frame.split_at(1);
        match kind {
            "o" => assert!(!std::mem::replace(&mut self.is_open, true)),
            "h" => assert!(self.is_open),
            "a" => {
                assert!(self.is_open && self.close.is_none());
                let texts: Vec<String> = serde_json::from_str(rest).expect("an array");
                self.heard.extend(texts);
            }
            _ => {
                assert_eq!(frame, r#"c[3000,"Go away!"]"#);
                self.close.get_or_insert(frame.to_owned());
            }
        }
    }

    /// The answer to its poll is lost, or the poll itself, and its browser sends it again after so long.
    pub(crate) fn lose(&mut self, ms: u64) {
        let Receiving::Poll(id, stamp, transport) = self.receiving.clone() else {
            return;
        };
        let pause = if self.play.is_waiting(id) {
            self.play.handle(Input::RequestGone(id));
            ms % 1000
        } else if self.lost[0] == MOST_LOST {
            return;
        } else {
            self.lost[0] += 1;
            self.play.answers.remove(&id);
            100 + ms % 1000
        };
        self.play.wait(pause);
        self.ask_as(transport, stamp);
    }

    /// Sends as many messages, when the last were taken.
    pub(crate) fn post(&mut self, count: usize) {
        let is_busy = self.posting.is_some() || self.play.connection.is_full(LINK);
        if is_busy || !self.is_open {
            return;
        }
        let first = self.sent.len();
        let padding = "x".repeat(count % 7 * 10);
        let mut texts: Vec<String> = (first..first + count)
            .map(|n| format!("{n}{padding}"))
            .collect();
        let most = MAX_PAYLOAD / (padding.len() + "\"0000\",".len());
        texts.truncate(most - 1);
        let body = serde_json::to_string(&texts).expect("JSON");
        match &self.receiving {
            Receiving::Stream(_, Transport::RawWebSocket) => {
                self.sent.push(body.clone());
                self.play.receive(LINK, &body);
            }
            _ => {
                self.sent.extend(texts);
                self.post_texts(body);
            }
        }
    }

    fn post_texts(&mut self, body: String) {
        if self.is_websocket() {
            return self.play.receive(LINK, &body);
        }
        let stamp = format!("s{}", self.ids);
        self.posted = Some((stamp, body));
        self.lost[1] = 0;
        self.post_again();
    }

    fn post_again(&mut self) {
        if let Some((text, body)) = self.posted.clone() {
            let id = self.next_id();
            let request = Request::Send(Some(stamp(&text)), body.into());
            self.play.handle(Input::Request(id, request));
            self.posting = Some(id);
        }
    }

    /// The answer to what it sent was lost, or is awaited no longer, and its browser sends it again.
    pub(crate) fn repost(&mut self) {
        match self.posting {
            Some(id) => self.play.handle(Input::RequestGone(id)),
            None if self.lost[1] == MOST_LOST => return,
            None => {
                self.lost[1] += 1;
                self.play.wait(100);
            }
        }
        self.post_again();
    }

    /// What it sent may have been answered.
    pub(crate) fn look(&mut self) {
        if let Some(id) = self.posting.take_if(|id| !self.play.is_waiting(*id)) {
            assert_eq!(self.play.answer(id), Answer::Taken);
        }
    }

    /// Whether it waits for an answer to what it sent.
    pub(crate) fn is_posting(&self) -> bool {
        self.posting.is_some()
    }
}

fn unwrapped(transport: &Transport, frame: &str) -> String {
    let inside = |start, end| {
        let rest: Option<&str> = frame.strip_prefix(start);
        rest.and_then(|rest| rest.strip_suffix(end)).expect(frame)
    };
    let quoted = |text| serde_json::from_str(text).expect("a string");
    match transport {
        Transport::WebSocket | Transport::RawWebSocket => frame.to_owned(),
        Transport::XhrPolling | Transport::XhrStreaming => inside("", "\n").to_owned(),
        Transport::EventSource => inside("data: ", "\r\n\r\n").replace("%25", "%"),
        Transport::HtmlFile(_) => quoted(inside("<script>\np(", ");\n</script>\r\n")),
        Transport::JsonpPolling(_) => quoted(inside("/**/_jp.a(", ");\r\n")),
    }
}
