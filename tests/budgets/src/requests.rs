//! A server on a port of its own, and one client of it that polls on one connection: all of the server, and TCP.
//!
//! What the system does is not counted. The client is played: its requests were made before, and it knows how long each
//! answer is. So what it takes is little, and the same for all; bare handlers beside it are the measure.

use crate::TEXT;
use crate::attach::hello;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::fmt;
use std::sync::Arc;
use throughline::{EngineIo, Mounted, Session, SockJs, Throughline};
use throughline_core::Message;
use throughline_core::wire::native::{Cursors, Item, Poll, PollRequest, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// As many echoes come before any is counted.
const WARM: u64 = 5;
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What a client asks for each message, by the message's number.
type Requests = Box<dyn Fn(u64) -> Vec<Vec<u8>>>;

/// A client whose messages come back, in as many requests as its protocol needs.
pub struct Polling {
    runtime: Runtime,
    client: TcpStream,
    requests: Requests,
    /// How long the answer to each of them is.
    answers: Vec<usize>,
}

impl Polling {
    /// In our own protocol: a request with a message is the poll.
    ///
    /// # Panics
    /// When it cannot be opened; so do the others.
    #[must_use]
    pub fn native() -> Self {
        let mut polling = Self::mounted("/realtime", node().into());
        let hello = Request::Hello(Box::new(hello())).encode();
        let answer = Response::decode(&polling.ask(&post_to("/realtime/poll", &hello)).into());
        let Ok(Response::Welcome(welcome)) = answer else {
            panic!("a hello is welcome: {answer:?}");
        };
        // What came is taken at once, so both cursors are one.
        let poll = move |number: u64, items: Vec<Item>| {
            let came = number.saturating_sub(2);
            let poll = Poll {
                session: welcome.session.clone(),
                secret: welcome.secret.expect("a new session has a secret"),
                generation: welcome.generation,
                number,
                cursors: Cursors {
                    received: came,
                    ack: came,
                },
                first: came + 1,
                hold: if items.is_empty() { 0 } else { 25_000 },
                next: 0,
                max_bytes: 65_536,
            };
            let request = PollRequest {
                poll: Box::new(poll),
                token: None,
                items,
                abort: None,
            };
            post_to("/realtime/poll", &Request::Poll(request).encode())
        };
        polling.ask(&poll(1, Vec::new()));
        polling.speak(move |number| {
            let message = Message::text(TEXT.to_owned());
            vec![poll(number + 1, vec![Item::Message(message)])]
        })
    }

    /// As a client of Engine.IO: one request brings the message, another fetches it.
    #[must_use]
    pub fn engine_io() -> Self {
        let mut polling = Self::mounted("/engine.io", node().into());
        let path = "/engine.io/?EIO=4&transport=polling";
        let opened = polling.ask(&get_from(path));
        let opened = String::from_utf8(opened).expect("it is JSON");
        let sid = opened
            .split('"')
            .nth(3)
            .expect("the first member is the sid");
        let path = format!("{path}&sid={sid}");
        polling.speak(move |number| {
            let bring = post_to(
                &format!("{path}&t=a{number}"),
                format!("4{TEXT}").as_bytes(),
            );
            vec![bring, get_from(&format!("{path}&t=b{number}"))]
        })
    }

    /// As a client of SockJS, likewise.
    #[must_use]
    pub fn sock_js() -> Self {
        let sockjs = node().sockjs(SockJs::default());
        let mut polling = Self::mounted("/sockjs", sockjs.expect("the settings are sound").into());
        let path = "/sockjs/000/session1";
        let fetch = post_to(&format!("{path}/xhr"), b"");
        assert_eq!(polling.ask(&fetch), b"o\n");
        polling.speak(move |_| {
            let messages = format!("[{TEXT:?}]");
            let bring = post_to(&format!("{path}/xhr_send"), messages.as_bytes());
            vec![bring, fetch.clone()]
        })
    }

    /// Of the least that handlers on axum can do: one takes a message, one waits for it.
    #[must_use]
    pub fn bare() -> Self {
        let (sender, receiver) = unbounded_channel();
        let queue = Arc::new(Queue {
            sender,
            receiver: Mutex::new(receiver),
        });
        let app = Router::new()
            .route("/send/{id}", post(send))
            .route("/poll/{id}", get(fetch))
            .with_state(queue);
        let polling = Self::open(|listener| axum::serve(listener, app).into_future().boxed());
        polling.speak(|_| vec![post_to("/send/1", TEXT.as_bytes()), get_from("/poll/1")])
    }

    fn mounted(path: &'static str, node: Mounted) -> Self {
        Self::open(move |listener| {
            let serve = throughline::serve(listener, Router::new()).mount(path, node);
            serve.into_future()
        })
    }

    fn open(serve: impl FnOnce(TcpListener) -> BoxFuture<'static, std::io::Result<()>>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts");
        let client = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let address = listener.local_addr()?;
            tokio::spawn(serve(listener));
            let client = TcpStream::connect(address).await?;
            client.set_nodelay(true)?;
            std::io::Result::Ok(client)
        });
        Self {
            runtime,
            client: client.expect("the server listens"),
            requests: Box::new(|_| Vec::new()),
            answers: Vec::new(),
        }
    }

    /// The client is open. The first echoes tell how long the answers are.
    fn speak(mut self, requests: impl Fn(u64) -> Vec<Vec<u8>> + 'static) -> Self {
        self.requests = Box::new(requests);
        for number in 1..=WARM {
            let requests = (self.requests)(number);
            self.answers = requests
                .iter()
                .map(|request| {
                    self.runtime
                        .block_on(exchange(&mut self.client, request))
                        .len()
                })
                .collect();
        }
        self
    }

    /// The requests of an echo, by how many were made before.
    #[must_use]
    pub fn requests(&self, before: usize) -> Vec<Vec<u8>> {
        (self.requests)(WARM + 1 + before as u64)
    }

    /// Asks one after the other, and waits for each answer.
    ///
    /// # Panics
    /// When the connection is lost.
    pub fn echo(&mut self, requests: &[Vec<u8>]) {
        let Self {
            runtime,
            client,
            answers,
            ..
        } = self;
        runtime.block_on(async {
            let mut answer = [0; 1024];
            for (request, length) in requests.iter().zip(answers) {
                client.write_all(request).await.expect("it is connected");
                let answer = &mut answer[..*length];
                client.read_exact(answer).await.expect("it is connected");
            }
        });
    }

    /// The body of the answer.
    fn ask(&mut self, request: &[u8]) -> Vec<u8> {
        let answer = self.runtime.block_on(exchange(&mut self.client, request));
        let head = end_of_head(&answer).expect("an answer has a head");
        answer[head..].to_vec()
    }
}

/// A whole answer.
async fn exchange(client: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    client.write_all(request).await.expect("it is connected");
    let mut answer = Vec::new();
    loop {
        let came = client.read_buf(&mut answer).await;
        assert!(came.is_ok_and(|came| came > 0), "an answer comes");
        let Some(head) = end_of_head(&answer) else {
            continue;
        };
        let lines = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
        assert!(lines.starts_with("http/1.1 20"), "{lines}");
        let mut lines = lines.lines();
        let length = lines.find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().expect("a number"));
        if answer.len() == head + length {
            return answer;
        }
    }
}

fn end_of_head(answer: &[u8]) -> Option<usize> {
    let mut windows = answer.windows(END_OF_HEAD.len());
    let start = windows.position(|window| window == END_OF_HEAD)?;
    Some(start + END_OF_HEAD.len())
}

fn post_to(path: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn get_from(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n").into_bytes()
}

/// One that sends back what comes, to clients of ours and of Engine.IO.
fn node() -> Throughline {
    let node = Throughline::builder()
        .engine_io(EngineIo::default())
        .on_session(|mut session: Session| async move {
            while let Some(message) = session.recv().await {
                drop(session.send(message).await);
            }
        });
    node.build().expect("the settings are sound")
}

struct Queue {
    sender: UnboundedSender<String>,
    receiver: Mutex<UnboundedReceiver<String>>,
}

async fn send(State(queue): State<Arc<Queue>>, text: String) -> StatusCode {
    drop(queue.sender.send(text));
    StatusCode::NO_CONTENT
}

async fn fetch(State(queue): State<Arc<Queue>>) -> String {
    let message = queue.receiver.lock().await.recv().await;
    message.unwrap_or_default()
}

impl fmt::Debug for Polling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polling").finish_non_exhaustive()
    }
}
