//! WebSocket connections, on the server's side: hello, begin, frames, and writing while there is room.

use super::{Node, show};
use crate::context::{Context, SocketId};
use crate::network::{Network, Way};
use std::time::Duration;
use throughline_core::session::Transmit;
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Begin, Frame, Hello, Response, websocket};
use throughline_core::{Input, Time};

/// A WebSocket connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// The session that it said hello to.
    pub(super) session: Option<String>,
    /// The generation that it began.
    pub(super) generation: Option<u64>,
    /// Until when it has to begin (spec LIV-5).
    pub(super) until: Time,
}

const BEGINNING: Duration = Duration::from_secs(10);

impl Node {
    pub(crate) fn accept(&mut self, cx: &Context, socket: SocketId) {
        let connection = Connection {
            session: None,
            generation: None,
            until: cx.now + BEGINNING,
        };
        self.connections.insert(socket, connection);
    }

    pub(crate) fn receive(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        socket: SocketId,
        carried: Carried,
    ) {
        let Some(connection) = self.connections.get(&socket) else {
            return;
        };
        let decoded = websocket::decode(carried);
        cx.note(|| format!("server < socket {socket}: {}", show(&decoded)));
        match (decoded, connection.generation) {
            (Ok(Frame::Hello(hello)), None) => self.receive_hello(cx, network, socket, &hello),
            (Ok(Frame::Begin(begin)), None) => self.receive_begin(cx, network, socket, begin),
            (Ok(frame), Some(generation)) => {
                self.handle(cx, network, socket, Input::Frame(generation, frame));
            }
            (Ok(_), None) | (Err(_), _) => self.drop_connection(cx, network, socket),
        }
    }

    fn receive_hello(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        socket: SocketId,
        hello: &Hello,
    ) {
        let own = self.connections[&socket].session.clone();
        let frame = match self.greet(cx, hello, own.as_deref()) {
            Response::Welcome(welcome) => {
                let offer = Duration::from_millis(welcome.limits.offer);
                if let Some(connection) = self.connections.get_mut(&socket) {
                    connection.session = Some(welcome.session.clone());
                    connection.until = cx.now + offer;
                }
                Frame::Welcome(welcome)
            }
            Response::Abort(abort) => Frame::Abort(abort),
            other => unreachable!("a hello is welcomed or aborted, not {other:?}"),
        };
        network.send(cx, socket, Way::Down, websocket::encode(&frame));
    }

    fn receive_begin(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        socket: SocketId,
        begin: Begin,
    ) {
        let Some(connection) = self.connections.get_mut(&socket) else {
            return;
        };
        if connection.session.is_none() {
            return self.drop_connection(cx, network, socket);
        }
        connection.generation = Some(begin.generation);
        self.handle(cx, network, socket, Input::Begin(begin));
        self.pump(cx, network, socket);
    }

    /// Hands an input to the session of a connection, and does what it then wants.
    fn handle(&mut self, cx: &mut Context, network: &mut Network, socket: SocketId, input: Input) {
        let Some(id) = self.session_of(socket) else {
            return;
        };
        if let Some(hosted) = self.known(&id) {
            hosted.session.handle(cx.now, input);
        }
        self.drain(cx, network, &id);
    }

    fn session_of(&self, socket: SocketId) -> Option<String> {
        self.connections.get(&socket)?.session.clone()
    }

    /// Writes what the session has for a connection, while there is room.
    pub(crate) fn pump(&mut self, cx: &mut Context, network: &mut Network, socket: SocketId) {
        let Some(connection) = self.connections.get(&socket) else {
            return;
        };
        let (Some(id), Some(generation)) = (connection.session.clone(), connection.generation)
        else {
            return;
        };
        while network.has_room(socket) {
            let Some(hosted) = self.known(&id) else {
                return self.drop_connection(cx, network, socket);
            };
            match hosted.session.transmit(cx.now, generation) {
                Transmit::Frame(frame) => {
                    network.send(cx, socket, Way::Down, websocket::encode(&frame));
                }
                Transmit::Idle => return,
                Transmit::End(last) => {
                    if let Some(frame) = last {
                        network.send(cx, socket, Way::Down, websocket::encode(&frame));
                    }
                    return self.drop_connection(cx, network, socket);
                }
            }
        }
    }

    pub(super) fn drop_connection(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        socket: SocketId,
    ) {
        network.close(cx, socket, Way::Down);
        self.lose(cx, network, socket);
    }

    pub(crate) fn lose(&mut self, cx: &mut Context, network: &mut Network, socket: SocketId) {
        let Some(connection) = self.connections.remove(&socket) else {
            return;
        };
        if let (Some(id), Some(generation)) = (connection.session, connection.generation) {
            if let Some(hosted) = self.known(&id) {
                hosted.session.handle(cx.now, Input::LinkLost(generation));
            }
            self.drain(cx, network, &id);
        }
    }
}
