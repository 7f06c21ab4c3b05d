//! The connections of one client: a task for each WebSocket and for each request.

use super::Plan;
use super::driver::Event;
use super::websocket;
use crate::form::Form;
use crate::http::Http;
use crate::target::Target;
use http::StatusCode;
use std::collections::BTreeMap;
use throughline_client::{Carrier, Input, LinkId, RequestId};
use throughline_core::wire::native::{Frame, Request, Response};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

pub(super) struct Links {
    target: Target,
    headers: Vec<(String, String)>,
    form: Form,
    http: Http,
    events: mpsc::UnboundedSender<Event>,
    sockets: BTreeMap<LinkId, Socket>,
    requests: BTreeMap<RequestId, AbortHandle>,
    network: Network,
}

/// Whether anything gets out at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    Up,
    Down,
}

struct Socket {
    frames: mpsc::UnboundedSender<Frame>,
    task: AbortHandle,
}

impl Links {
    pub(super) fn new(target: &Target, plan: &Plan, events: mpsc::UnboundedSender<Event>) -> Self {
        Self {
            target: target.clone(),
            headers: plan.headers.clone(),
            form: plan.form,
            http: Http::new(target),
            events,
            sockets: BTreeMap::new(),
            requests: BTreeMap::new(),
            network: Network::Up,
        }
    }

    /// Lets everything pass, or nothing; what is under way when the network goes down is lost.
    pub(super) fn set(&mut self, network: Network) {
        self.network = network;
        if network == Network::Down {
            self.cut();
        }
    }

    pub(super) fn open(&mut self, link: LinkId, carrier: Carrier) {
        if carrier != Carrier::WebSocket {
            return;
        }
        if self.network == Network::Down {
            return self.tell(Input::Lost(link));
        }
        let (frames, outgoing) = mpsc::unbounded_channel();
        let events = self.events.clone();
        let run = websocket::run(
            self.target.clone(),
            self.headers.clone(),
            link,
            outgoing,
            events,
        );
        let task = tokio::spawn(run).abort_handle();
        self.sockets.insert(link, Socket { frames, task });
    }

    pub(super) fn send(&self, link: LinkId, frame: Frame) {
        if let Some(socket) = self.sockets.get(&link) {
            drop(socket.frames.send(frame));
        }
    }

    pub(super) fn request(&mut self, id: RequestId, request: Request) {
        if self.network == Network::Down {
            return self.tell(Input::Failed(id));
        }
        self.requests.retain(|_, task| !task.is_finished());
        let (form, http, headers) = (self.form, self.http.clone(), self.headers.clone());
        let events = self.events.clone();
        let task = tokio::spawn(async move {
            let input = match exchange(form, &http, &headers, request).await {
                Some(response) => Input::Answer(id, response),
                None => Input::Failed(id),
            };
            drop(events.send(Event::Input(input)));
        });
        self.requests.insert(id, task.abort_handle());
    }

    fn tell(&self, input: Input) {
        drop(self.events.send(Event::Input(input)));
    }

    pub(super) fn cancel(&mut self, request: RequestId) {
        if let Some(task) = self.requests.remove(&request) {
            task.abort();
        }
    }

    /// Closes a socket after what was sent on it; requests of the link find their own end.
    pub(super) fn close(&mut self, link: LinkId) {
        self.sockets.remove(&link);
    }

    /// Drops every connection and says so.
    pub(super) fn cut(&mut self) {
        for (link, socket) in std::mem::take(&mut self.sockets) {
            socket.task.abort();
            self.tell(Input::Lost(link));
        }
        for (request, task) in std::mem::take(&mut self.requests) {
            if !task.is_finished() {
                task.abort();
                self.tell(Input::Failed(request));
            }
        }
        self.http.cut();
    }
}

/// The client is gone, and with it its connections.
impl Drop for Links {
    fn drop(&mut self) {
        for socket in self.sockets.values() {
            socket.task.abort();
        }
        for task in self.requests.values() {
            task.abort();
        }
        self.http.cut();
    }
}

/// Anything but a whole batch with status 200 is not our server's answer (spec END-4).
async fn exchange(
    form: Form,
    http: &Http,
    headers: &[(String, String)],
    request: Request,
) -> Option<Response> {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let answer = form.send(http, &headers, request.encode()).await.ok()?;
    let batch = form.batch(&answer);
    Response::decode(&batch.filter(|_| answer.status == StatusCode::OK)?).ok()
}
