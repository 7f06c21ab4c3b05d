//! One request and its answer, straight on: its fate, its route, the server, the treatment of the answer.

use crate::body::{self, Body, BoxError};
use crate::connection::Connection;
use crate::fault::Place;
use crate::fault::points::{Answer, Asked, Fate, Impatience, Patience, Route, Treatment};
use crate::target::Target;
use crate::tunnel::{Content, Tunnel};
use crate::{forward, head, page, upstream};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{Method, Request, Response, StatusCode, Version, request, response};
use hyper::body::Incoming;
use hyper::upgrade::{self, OnUpgrade};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

/// Answers a request; an error ends the connection. Inside a tunnel requests go to its target.
pub(crate) async fn answer(
    connection: Arc<Connection>,
    target: Option<Target>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, BoxError> {
    connection.shared.counters.requested();
    if request.method() == Method::CONNECT {
        return Ok(forward::open(connection, request).await.map(body::full));
    }
    let near = upgrade::on(&mut request);
    let (mut head, body) = request.into_parts();
    // A proxy speaks its own version on each side.
    head.version = Version::HTTP_11;
    let named = head::take_target(&mut head);
    let exchange = Exchange {
        target: target
            .or(named)
            .or_else(|| connection.shared.upstream.clone()),
        connection,
        asked: Asked {
            method: head.method.clone(),
            path: head::path(&head),
        },
    };
    exchange.answer(near, head, body::incoming(body)).await
}

struct Exchange {
    connection: Arc<Connection>,
    target: Option<Target>,
    asked: Asked,
}

impl Exchange {
    async fn answer(
        self,
        near: OnUpgrade,
        mut head: request::Parts,
        body: Body,
    ) -> Result<Response<Body>, BoxError> {
        let (body, turns) = match self.fate(&mut head, body).await {
            Ok(passed) => passed,
            Err(answer) => return Ok(answer.map(body::full)),
        };
        let response = match self.patience() {
            Some(patience) => self.ask_within(patience, head, body).await?,
            None => self.ask(head, body).await?,
        };
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return self.upgrade(near, response).await;
        }
        Ok(response.map(|body| body::holding(body, turns)))
    }

    fn place(&self) -> Place<'_> {
        Place {
            path: &self.asked.path,
            luck: &self.connection.luck,
        }
    }

    /// What is left of a request to be sent, with its turns, or the answer that somebody else has for it.
    async fn fate(
        &self,
        head: &mut request::Parts,
        mut body: Body,
    ) -> Result<(Body, Vec<OwnedSemaphorePermit>), Answer> {
        let mut turns = Vec::new();
        for fault in self.connection.shared.faults.now().iter() {
            match fault.strike(self.place(), |fault| fault.request(head)) {
                None => {}
                Some(Fate::Edit(edit)) => edit(head),
                Some(Fate::Swallow) => body = body::swallowed(body),
                // When the fault is switched off, everybody goes on without a turn.
                Some(Fate::Turn(turn)) => turns.extend(turn.acquire_owned().await.ok()),
                Some(Fate::Hang) => return std::future::pending().await,
                Some(Fate::Answer(answer)) => {
                    body::drain(body).await;
                    return Err(answer);
                }
                Some(Fate::Reset) => {
                    body::drain(body).await;
                    return self.connection.reset().await;
                }
            }
        }
        Ok((body, turns))
    }

    fn patience(&self) -> Option<Patience> {
        let faults = &self.connection.shared.faults;
        faults.first(self.place(), |fault| fault.patience(&self.asked))
    }

    async fn ask_within(
        &self,
        patience: Patience,
        head: request::Parts,
        body: Body,
    ) -> Result<Response<Body>, BoxError> {
        let deadline = Instant::now() + patience.after;
        match (
            timeout_at(deadline, self.ask(head, body)).await,
            patience.then,
        ) {
            (Ok(response), _) => Ok(response?.map(|body| body::until(body, deadline))),
            (Err(_), Impatience::Status(status)) => Ok(page::refusal(status).map(body::full)),
            (Err(_), Impatience::Reset) => self.connection.reset().await,
        }
    }

    /// The server's answer, treated. Without a server it is an answer too.
    async fn ask(&self, mut head: request::Parts, body: Body) -> Result<Response<Body>, BoxError> {
        head::pass_on(&mut head.headers);
        let response = match self.route() {
            (None, _) => {
                body::drain(body).await;
                let text = "This proxy has no upstream, and the request names no server.";
                page::html(StatusCode::BAD_GATEWAY, text).map(body::full)
            }
            (Some(target), None) => self.send(&target, head, body).await,
            (Some(target), Some(second)) => {
                let body = body::collect(body).await?;
                let first = self
                    .send(&target, head.clone(), body::full(body.clone()))
                    .await;
                body::drain(first.into_body()).await;
                self.send(&second, head, body::full(body)).await
            }
        };
        self.treat(response).await
    }

    /// Where the request goes, and where it goes a second time.
    fn route(&self) -> (Option<Target>, Option<Target>) {
        let (mut target, mut second) = (self.target.clone(), None);
        for fault in self.connection.shared.faults.now().iter() {
            match fault.strike(self.place(), |fault| fault.route(&self.asked)) {
                None => {}
                Some(Route::To(other)) => target = Some(other),
                Some(Route::Again(to)) => second = to.or_else(|| target.clone()),
            }
        }
        (target, second)
    }

    async fn send(&self, target: &Target, head: request::Parts, body: Body) -> Response<Body> {
        let shared = &self.connection.shared;
        let sent = async {
            let source = shared.faults.first(self.place(), |fault| fault.source());
            let stream = upstream::dial(target, source).await?;
            upstream::send(shared, stream, head, body).await
        };
        match sent.await {
            Ok(response) => response.map(body::incoming),
            Err(error) => {
                let text = format!("{target} gave no answer: {error}");
                page::html(StatusCode::BAD_GATEWAY, &text).map(body::full)
            }
        }
    }

    async fn treat(&self, mut response: Response<Body>) -> Result<Response<Body>, BoxError> {
        head::pass_on(response.headers_mut());
        *response.version_mut() = Version::HTTP_11;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        for fault in self.connection.shared.faults.now().iter() {
            let (head, body) = response.into_parts();
            let treatment = fault.strike(self.place(), |fault| fault.response(&self.asked, &head));
            response = match treatment {
                Some(treatment) => self.apply(treatment, head, body).await?,
                None => Response::from_parts(head, body),
            };
        }
        Ok(response)
    }

    async fn apply(
        &self,
        treatment: Treatment,
        mut head: response::Parts,
        body: Body,
    ) -> Result<Response<Body>, BoxError> {
        let body = match treatment {
            Treatment::Edit(edit) => {
                edit(&mut head);
                body
            }
            Treatment::Answer(answer) => return Ok(answer.map(body::full)),
            Treatment::Body(bytes) => {
                head.headers.remove(CONTENT_LENGTH);
                head.headers.remove(CONTENT_ENCODING);
                body::full(bytes)
            }
            Treatment::Buffer => body::full(body::collect(body).await?),
            Treatment::Keep(keep) => {
                let bytes = body::collect(body).await?;
                keep(head.status, &head.headers, &bytes);
                body::full(bytes)
            }
            Treatment::Unmeasured => {
                head.headers.remove(CONTENT_LENGTH);
                head.version = Version::HTTP_10;
                body::unmeasured(body)
            }
            Treatment::Truncate(len) => body::truncated(body, len),
            Treatment::Reset => {
                body::drain(body).await;
                return self.connection.reset().await;
            }
        };
        Ok(Response::from_parts(head, body))
    }

    /// Both sides go on in another protocol.
    async fn upgrade(
        self,
        near: OnUpgrade,
        mut response: Response<Body>,
    ) -> Result<Response<Body>, BoxError> {
        let far = upgrade::on(&mut response);
        let shared = Arc::clone(&self.connection.shared);
        if shared
            .faults
            .first(self.place(), |fault| fault.upgraded())
            .is_some()
        {
            let _held = far.await?;
            return std::future::pending().await;
        }
        shared.counters.upgraded();
        let tunnel = Tunnel::new(self.connection, self.asked.path, Content::Frames);
        shared.tasks.spawn(async move {
            if let (Ok(near), Ok(far)) = tokio::join!(near, far) {
                tunnel.carry(near, far).await;
            }
        });
        Ok(response)
    }
}
