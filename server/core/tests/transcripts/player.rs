//! Plays one transcript: the smallest driver there can be, with virtual time.

use crate::Transcript;
use crate::frames;
use crate::pattern::Bindings;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use throughline_core::session::{RequestId, Setup, Take, Transmit};
use throughline_core::wire::native::{
    AnswerBatch, Frame, Hello, Poll, PollRequest, Response, Secret,
};
use throughline_core::{Code, Input, Limits, Output, Session, Time};

const SECRET: [u8; 16] = *b"0123456789abcdef";

pub(crate) struct Player {
    limits: Limits,
    session: Option<Session>,
    /// WebSocket links by name, with the generation that each has begun.
    sockets: BTreeMap<String, u64>,
    /// The link and number of each request.
    requests: BTreeMap<RequestId, (String, u64)>,
    next_request: RequestId,
    /// The link that carries each generation.
    carriers: BTreeMap<u64, String>,
    happened: Vec<Value>,
    bindings: Bindings,
}

impl Player {
    pub(crate) fn play(transcript: &Transcript) -> Result<(), String> {
        let mut player = Self {
            limits: limits(&transcript.setup["limits"]),
            session: None,
            sockets: BTreeMap::new(),
            requests: BTreeMap::new(),
            next_request: 1,
            carriers: BTreeMap::new(),
            happened: Vec::new(),
            bindings: Bindings::default(),
        };
        for (index, step) in transcript.steps.iter().enumerate() {
            player
                .step(step)
                .map_err(|failure| format!("  step {index} {step}\n{failure}"))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Value) -> Result<(), String> {
        let now = Time::from_millis(step["at"].as_u64().expect("a step has its time"));
        self.pass_deadlines(now);
        self.input(now, step);
        self.compare(step.get("expect"))
    }

    fn pass_deadlines(&mut self, now: Time) {
        while let Some(at) = self.session.as_ref().and_then(Session::deadline) {
            if at > now {
                break;
            }
            self.handle(at, Input::Timeout);
        }
    }

    fn input(&mut self, now: Time, step: &Value) {
        let link = step["link"].as_str().unwrap_or_default().to_owned();
        if step["open"] == "websocket" {
            self.sockets.insert(link, 0);
        } else if let Some(received) = step["receive"].as_array() {
            let received = received
                .iter()
                .map(|frame| frames::parse(&self.bindings.fill(frame)));
            let received: Vec<Frame> = received.collect();
            if self.sockets.contains_key(&link) {
                self.receive_frames(now, &link, received);
            } else if let Some(number) = step["request"].as_u64() {
                self.receive_request(now, link, number, received);
            }
        } else if step["lost"] == true {
            self.lose(now, &link, step["request"].as_u64());
        } else if step["application"].is_object() {
            self.application(now, &step["application"]);
        }
    }

    fn compare(&mut self, expected: Option<&Value>) -> Result<(), String> {
        let expected = expected.cloned().unwrap_or_else(|| json!([]));
        let happened = Value::Array(std::mem::take(&mut self.happened));
        if self.bindings.matches(&expected, &happened) {
            return Ok(());
        }
        Err(format!("  expected {expected}\n  happened {happened}"))
    }

    fn receive_frames(&mut self, now: Time, link: &str, received: Vec<Frame>) {
        for frame in received {
            match frame {
                Frame::Hello(hello) => {
                    let answer = self.hello(now, &hello);
                    self.happen_frame(link, frames::write(&answer));
                }
                Frame::Begin(begin) => {
                    self.sockets.insert(link.to_owned(), begin.generation);
                    self.carriers.insert(begin.generation, link.to_owned());
                    self.handle(now, Input::Begin(begin));
                }
                frame => self.handle(now, Input::Frame(self.sockets[link], frame)),
            }
        }
    }

    fn hello(&mut self, now: Time, hello: &Hello) -> Frame {
        let Some(session) = &mut self.session else {
            let (session, welcome) = Session::open(
                now,
                Setup {
                    id: "node-1-session".to_owned(),
                    secret: Secret::new(SECRET),
                    limits: self.limits.clone(),
                    window: hello.window,
                    protocol: hello.protocols.first().cloned(),
                    token_expires: None,
                },
            );
            self.session = Some(session);
            return Frame::Welcome(Box::new(welcome));
        };
        match session.hello(now) {
            Ok(welcome) => Frame::Welcome(Box::new(welcome)),
            Err(tombstone) => Frame::Abort(Box::new(tombstone.abort())),
        }
    }

    fn receive_request(&mut self, now: Time, link: String, number: u64, received: Vec<Frame>) {
        let mut received = received.into_iter();
        match received.next() {
            Some(Frame::Hello(hello)) => {
                let answer = self.hello(now, &hello);
                self.happen_answer(&link, number, &[frames::write(&answer)]);
            }
            Some(Frame::Poll(poll)) => {
                self.carriers
                    .entry(poll.generation)
                    .or_insert_with(|| link.clone());
                let id = self.next_request;
                self.next_request += 1;
                self.requests.insert(id, (link, number));
                self.handle(now, Input::Request(id, request(*poll, received)));
            }
            other => panic!("a request does not start with {other:?}"),
        }
    }

    fn lose(&mut self, now: Time, link: &str, request: Option<u64>) {
        if let Some(number) = request {
            let found = self
                .requests
                .iter()
                .find(|(_, waiting)| **waiting == (link.to_owned(), number));
            let id = *found.expect("the request is known").0;
            self.handle(now, Input::RequestGone(id));
        } else if let Some(generation) = self.sockets.remove(link) {
            self.handle(now, Input::LinkLost(generation));
        }
    }

    fn application(&mut self, now: Time, action: &Value) {
        let session = self
            .session
            .as_mut()
            .expect("an application needs a session");
        let (name, value) = action
            .as_object()
            .and_then(|action| action.iter().next())
            .expect("one action");
        match name.as_str() {
            "send" => drop(
                session
                    .send(now, &frames::message(value))
                    .expect("there is room"),
            ),
            "send_refused" => drop(
                session
                    .send(now, &frames::message(value))
                    .expect_err("it is refused"),
            ),
            "take" => self.take(now, value.as_u64().expect("a count")),
            "close" => {
                let reason = value["reason"].as_str().unwrap_or_default();
                session
                    .close(now, code(&value["code"]), reason)
                    .expect("a short reason");
            }
            "abort" => session.abort(code(value), "", None),
            "accept" if value.get("code").is_some() => {
                session.abort(code(&value["code"]), "", None);
            }
            "accept" => {
                let expires = value["expires_in"]
                    .as_u64()
                    .map(|ms| now + Duration::from_millis(ms));
                session.handle(now, Input::TokenAccepted(expires));
            }
            other => panic!("{other} is not for a server"),
        }
        self.drain(now);
    }

    fn take(&mut self, now: Time, count: u64) {
        let session = self
            .session
            .as_mut()
            .expect("an application needs a session");
        let mut messages = Vec::new();
        let mut ended = false;
        for _ in 0..count {
            match session.take(now) {
                Take::Message(message) => messages.push(frames::write_message(&message)),
                Take::Empty => break,
                Take::End => ended = true,
            }
        }
        if !messages.is_empty() {
            self.happened.push(json!({"deliver": messages}));
        }
        if let Some(close) = session.peer_close().filter(|_| ended) {
            self.happened.push(json!({"input_ended": close}));
        }
    }

    fn handle(&mut self, now: Time, input: Input) {
        if let Some(session) = &mut self.session {
            session.handle(now, input);
        }
        self.drain(now);
    }

    /// What was sent comes first, then what became of the session.
    fn drain(&mut self, now: Time) {
        let mut afterwards = Vec::new();
        while let Some(output) = self.session.as_mut().and_then(Session::poll) {
            match output {
                Output::Answer(id, response) => {
                    let (link, number) = self
                        .requests
                        .remove(&id)
                        .expect("a request is answered once");
                    self.happen_answer(&link, number, &response_frames(response));
                }
                Output::Transport(Some(_)) => {
                    let generation = self.session.as_ref().map_or(0, Session::generation);
                    afterwards.insert(0, json!({"live": self.carriers[&generation]}));
                }
                Output::Started => afterwards.push(json!({"started": true})),
                Output::Ended(end) => {
                    let fates = end
                        .undelivered
                        .iter()
                        .map(|message| format!("{:?}", message.fate).to_lowercase());
                    let fates: Vec<_> = fates.collect();
                    afterwards.push(json!({"end": {"code": end.code, "fates": fates}}));
                }
                Output::Transport(None)
                | Output::Wake(_)
                | Output::LinkFailed(..)
                | Output::Token(_) => {}
            }
        }
        self.transmit(now);
        self.happened.extend(afterwards);
        if self
            .session
            .as_mut()
            .is_some_and(|session| session.deadline().is_none())
        {
            let session = self.session.as_ref().expect("it was just there");
            assert!(
                session.tombstone().is_some(),
                "a session that has not ended waits without a deadline"
            );
        }
    }

    fn transmit(&mut self, now: Time) {
        let begun: Vec<_> = self
            .sockets
            .iter()
            .filter(|(_, generation)| **generation > 0)
            .map(|(link, generation)| (link.clone(), *generation))
            .collect();
        for (link, generation) in begun {
            loop {
                let session = self.session.as_mut().expect("a link has begun");
                match session.transmit(now, generation) {
                    Transmit::Frame(frame) => self.happen_frame(&link, frames::write(&frame)),
                    Transmit::Idle => break,
                    Transmit::End(last) => {
                        if let Some(frame) = last {
                            self.happen_frame(&link, frames::write(&frame));
                        }
                        self.happened.push(json!({"dropped": link}));
                        self.sockets.remove(&link);
                        break;
                    }
                }
            }
        }
    }

    /// Consecutive frames on one link are one entry.
    fn happen_frame(&mut self, link: &str, frame: Value) {
        if let Some(last) = self.happened.last_mut()
            && last["link"] == link
            && last.get("request").is_none()
        {
            last["frames"]
                .as_array_mut()
                .expect("an entry has frames")
                .push(frame);
            return;
        }
        self.happened.push(json!({"link": link, "frames": [frame]}));
    }

    fn happen_answer(&mut self, link: &str, number: u64, frames: &[Value]) {
        self.happened
            .push(json!({"link": link, "request": number, "frames": frames}));
    }
}

fn request(poll: Poll, rest: impl Iterator<Item = Frame>) -> PollRequest {
    let mut request = PollRequest {
        poll: Box::new(poll),
        token: None,
        items: Vec::new(),
        abort: None,
    };
    for frame in rest {
        match frame {
            Frame::Token(token) => request.token = Some(token),
            Frame::Abort(abort) => request.abort = Some(abort),
            Frame::Sequenced(_, item) => request.items.push(item),
            other => panic!("a request does not carry {other:?}"),
        }
    }
    request
}

fn response_frames(response: Response) -> Vec<Value> {
    let frame = match response {
        Response::Welcome(welcome) => Frame::Welcome(welcome),
        Response::Refuse(refuse) => Frame::Refuse(refuse),
        Response::Fenced(generation) => Frame::Fenced(generation),
        Response::Stale(generation) => Frame::Stale(generation),
        Response::Abort(abort) => Frame::Abort(abort),
        Response::Answer(batch) => return answer_frames(&batch),
    };
    vec![frames::write(&frame)]
}

fn answer_frames(batch: &AnswerBatch) -> Vec<Value> {
    let mut all = vec![frames::write(&Frame::Answer(batch.answer))];
    all.extend(
        batch
            .token
            .map(|accepted| frames::write(&Frame::TokenAccepted(accepted))),
    );
    for (seq, item) in (batch.answer.first..).zip(&batch.items) {
        all.push(frames::write_item((seq % 32) as u8, item));
    }
    all
}

fn code(value: &Value) -> Code {
    serde_json::from_value(value.clone()).expect("a code")
}

fn limits(setup: &Value) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in setup.as_object().into_iter().flatten() {
        let value = value.as_u64().expect("limits are numbers");
        let size = usize::try_from(value).expect("a size");
        let time = Duration::from_millis(value);
        match name.as_str() {
            "message" => limits.message = size,
            "window" => limits.window = size,
            "log" => limits.log = size,
            "batch" => limits.batch = size,
            "hold" => limits.hold = time,
            "heartbeat" => limits.heartbeat = time,
            "timeout" => limits.timeout = time,
            "retention" => limits.retention = time,
            "absence" => limits.absence = time,
            "offer" => limits.offer = time,
            "close" => limits.close = time,
            other => panic!("there is no limit named {other}"),
        }
    }
    limits.check().expect("the limits fit each other");
    limits
}
