//! Hellos on any carrier, and HTTP requests, on the server's side.

use super::{Hosted, Node};
use crate::context::{Context, CopyId};
use crate::fault::Fault;
use crate::network::Network;
use throughline_core::session::Setup;
use throughline_core::wire::native::{
    Abort, Hello, PollRequest, Request, Response, Secret, Welcome,
};
use throughline_core::{Code, Input, Session};

impl Node {
    fn open(&mut self, cx: &mut Context, hello: &Hello) -> Welcome {
        self.opened += 1;
        let id = format!("n{}.{:x}", self.opened, self.salt);
        let bits = [
            cx.random.next().to_be_bytes(),
            cx.random.next().to_be_bytes(),
        ]
        .concat();
        let setup = Setup {
            id: id.clone(),
            secret: Secret::new(bits.try_into().expect("two numbers make 16 bytes")),
            limits: self.scenario.limits.clone(),
            window: hello.window,
            protocol: None,
            token_expires: self.scenario.token.map(|lives| cx.now + lives),
        };
        let (session, welcome) = Session::open(cx.now, setup);
        let hosted = Hosted {
            session,
            application: None,
            starts: 0,
            end: None,
            ends: 0,
            forgotten: false,
        };
        self.sessions.insert(id, hosted);
        welcome
    }

    /// Answers a hello. `own` is the session that this link said hello to before.
    pub(super) fn greet(&mut self, cx: &mut Context, hello: &Hello, own: Option<&str>) -> Response {
        let Some(id) = hello.session.as_deref().or(own) else {
            return Response::Welcome(Box::new(self.open(cx, hello)));
        };
        let proves = |hosted: &Hosted| {
            let secret = hello.secret.as_ref();
            secret.map_or(hello.session.is_none(), |secret| {
                hosted.session.proves(secret)
            })
        };
        match self.known(id) {
            Some(hosted) if proves(hosted) => match hosted.session.hello(cx.now) {
                Ok(welcome) => Response::Welcome(Box::new(welcome)),
                Err(tombstone) => Response::Abort(Box::new(tombstone.abort())),
            },
            _ => Response::Abort(Box::new(unknown())),
        }
    }

    pub(super) fn known(&mut self, id: &str) -> Option<&mut Hosted> {
        self.sessions.get_mut(id).filter(|hosted| !hosted.forgotten)
    }

    pub(crate) fn receive_request(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        copy: CopyId,
        body: &bytes::Bytes,
    ) {
        match Request::decode(body) {
            Err(_) => network.reject(cx, copy),
            Ok(Request::Hello(hello)) => {
                let response = self.greet(cx, &hello, None);
                network.answer(cx, copy, response.encode());
            }
            Ok(Request::Poll(request)) => self.receive_poll(cx, network, copy, request),
        }
    }

    fn receive_poll(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        copy: CopyId,
        request: PollRequest,
    ) {
        let poll = &request.poll;
        let id = poll.session.clone();
        let secret = poll.secret;
        cx.note(|| {
            format!(
                "server < request {copy}: {poll:?}, {} items",
                request.items.len()
            )
        });
        if request.items.is_empty() {
            let highest = self.polls.entry((id.clone(), poll.generation)).or_default();
            if poll.number < *highest {
                cx.count(Fault::Overtaken);
            } else if poll.number > *highest && self.requests.values().any(|held| *held == id) {
                cx.count(Fault::Superseded);
            }
            *highest = poll.number.max(*highest);
        }
        match self.known(&id) {
            Some(hosted) if hosted.session.proves(&secret) => {
                let input = Input::Request(copy, request);
                hosted.session.handle(cx.now, input);
                self.requests.insert(copy, id.clone());
                self.drain(cx, network, &id);
            }
            _ => network.answer(cx, copy, Response::Abort(Box::new(unknown())).encode()),
        }
    }

    pub(crate) fn request_gone(&mut self, cx: &mut Context, network: &mut Network, copy: CopyId) {
        let Some(id) = self.requests.remove(&copy) else {
            return;
        };
        if let Some(hosted) = self.known(&id) {
            hosted.session.handle(cx.now, Input::RequestGone(copy));
        }
        self.drain(cx, network, &id);
    }
}

/// What is said of a session that nobody knows, or whose secret is wrong (spec ABT-3).
fn unknown() -> Abort {
    let code = Code::UNKNOWN_SESSION;
    Abort {
        code,
        reason: code.reason().to_owned(),
        received: None,
        ack: None,
        retry_after: None,
    }
}
