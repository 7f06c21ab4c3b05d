//! The server: one node that hosts sessions, as a driver of the core does it.
//!
//! This file holds the sessions and does what they want; what arrives comes through `sockets` and
//! `requests`, and `endings` is how a scenario brings a session to its end.

mod endings;
mod requests;
mod sockets;

use crate::application::{Application, Endpoint, Sent};
use crate::context::{Context, CopyId, Event, SocketId};
use crate::history::Direction;
use crate::network::Network;
use crate::scenario::Scenario;
use sockets::Connection;
use std::collections::BTreeMap;
use throughline_core::session::{End, SendError, Take};
use throughline_core::wire::native::{Frame, Item, Response};
use throughline_core::{Input, Message, Output, Session, Time};

#[derive(Debug)]
pub(crate) struct Node {
    scenario: Scenario,
    pub(crate) sessions: BTreeMap<String, Hosted>,
    connections: BTreeMap<SocketId, Connection>,
    /// Which session a request is held by.
    pub(crate) requests: BTreeMap<CopyId, String>,
    /// The highest poll number that each generation brought.
    polls: BTreeMap<(String, u64), u64>,
    opened: u64,
    salt: u64,
}

/// A session and its application.
#[derive(Debug)]
pub(crate) struct Hosted {
    pub(crate) session: Session,
    pub(crate) application: Option<Application>,
    pub(crate) starts: u32,
    pub(crate) end: Option<End>,
    pub(crate) ends: u32,
    /// The node restarted: it does not know the session any more.
    pub(crate) forgotten: bool,
}

impl Node {
    pub(crate) fn new(scenario: Scenario, salt: u64) -> Self {
        Self {
            scenario,
            sessions: BTreeMap::new(),
            connections: BTreeMap::new(),
            requests: BTreeMap::new(),
            polls: BTreeMap::new(),
            opened: 0,
            salt,
        }
    }
    pub(crate) fn drain(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        while let Some(output) = self.known(id).and_then(|hosted| hosted.session.poll()) {
            self.perform(cx, network, id, output);
        }
    }

    fn perform(&mut self, cx: &mut Context, network: &mut Network, id: &str, output: Output) {
        cx.note(|| format!("server {id}: {}", brief(&output)));
        match output {
            Output::Started => self.start(cx, id),
            Output::Transport(_) | Output::LinkFailed(..) => {}
            Output::Answer(copy, response) => {
                self.requests.remove(&copy);
                network.answer(cx, copy, response.encode());
            }
            Output::Wake(generation) => {
                if let Some(socket) = self.connection_of(id, generation) {
                    self.pump(cx, network, socket);
                }
            }
            Output::Token(_) => {
                let delay = cx.random.millis(0..50);
                cx.after(delay, Event::TokenChecked(id.to_owned()));
            }
            Output::Ended(end) => {
                if let Some(hosted) = self.known(id) {
                    hosted.end = Some(*end);
                    hosted.ends += 1;
                }
            }
        }
    }

    fn start(&mut self, cx: &Context, id: &str) {
        let Scenario { up, down, .. } = &self.scenario;
        let application = Application::new(cx.now, id, Direction::Down, down, up);
        if let Some(hosted) = self.known(id) {
            hosted.starts += 1;
            hosted.application = Some(application);
        }
    }

    fn connection_of(&self, id: &str, generation: u64) -> Option<SocketId> {
        self.connections
            .iter()
            .find(|(_, connection)| {
                connection.session.as_deref() == Some(id)
                    && connection.generation == Some(generation)
            })
            .map(|(socket, _)| *socket)
    }

    pub(crate) fn token_checked(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        let expires = self.scenario.token.map(|lives| cx.now + lives);
        if let Some(hosted) = self.known(id) {
            hosted.session.handle(cx.now, Input::TokenAccepted(expires));
        }
        self.drain(cx, network, id);
    }

    // Time.

    pub(crate) fn deadline(&self, now: Time) -> Option<Time> {
        let hosted = self.sessions.values().filter(|hosted| !hosted.forgotten);
        let sessions = hosted
            .clone()
            .filter_map(|hosted| hosted.session.deadline());
        let applications = hosted
            .filter(|hosted| hosted.end.is_none())
            .filter_map(|hosted| hosted.application.as_ref()?.wake(now));
        let connections = self
            .connections
            .values()
            .filter(|connection| connection.generation.is_none())
            .map(|connection| connection.until);
        sessions.chain(applications).chain(connections).min()
    }

    pub(crate) fn time_out(&mut self, cx: &mut Context, network: &mut Network) {
        let due = |at: Option<Time>| at.is_some_and(|at| at <= cx.now);
        let sessions: Vec<String> = self
            .sessions
            .iter()
            .filter(|(_, hosted)| !hosted.forgotten && due(hosted.session.deadline()))
            .map(|(id, _)| id.clone())
            .collect();
        let idle: Vec<SocketId> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.generation.is_none() && connection.until <= cx.now)
            .map(|(socket, _)| *socket)
            .collect();
        for id in sessions {
            if let Some(hosted) = self.known(&id) {
                hosted.session.handle(cx.now, Input::Timeout);
            }
            self.drain(cx, network, &id);
        }
        for socket in idle {
            self.drop_connection(cx, network, socket);
        }
    }

    /// Lets the applications do what they can.
    pub(crate) fn run(&mut self, cx: &mut Context, network: &mut Network) {
        let ids: Vec<String> = self
            .sessions
            .iter()
            .filter(|(_, hosted)| hosted.application.is_some() && hosted.end.is_none())
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            let Some(hosted) = self.known(&id) else {
                continue;
            };
            let Hosted {
                session,
                application,
                ..
            } = hosted;
            if let Some(application) = application {
                application.run(cx, session);
            }
            self.drain(cx, network, &id);
        }
    }
}

impl Endpoint for Session {
    fn send(&mut self, now: Time, message: Message) -> Sent {
        match Session::send(self, now, &message) {
            Ok(_) => Sent::Numbered,
            Err(SendError::Full) => Sent::Full,
            Err(_) => Sent::Closed,
        }
    }

    fn take(&mut self, now: Time) -> Option<Message> {
        match Session::take(self, now) {
            Take::Message(message) => Some(message),
            Take::Empty | Take::End => None,
        }
    }
}

/// A frame, without the bodies of messages.
pub(crate) fn show<E: std::fmt::Debug>(frame: &Result<Frame, E>) -> String {
    match frame {
        Ok(Frame::Sequenced(seq_mod, Item::Message(message))) => {
            format!("message {seq_mod} of {} bytes", message.len())
        }
        Ok(frame) => format!("{frame:?}"),
        Err(error) => format!("{error:?}"),
    }
}

fn brief(output: &Output) -> String {
    match output {
        Output::Answer(copy, Response::Answer(batch)) => format!(
            "answer {copy}: {:?}, {} items",
            batch.answer,
            batch.items.len()
        ),
        other => format!("{other:?}"),
    }
}
