//! What a scenario does on the server to bring a session to its end.

use super::Node;
use crate::context::{Context, SocketId};
use crate::network::Network;
use crate::scenario::{Injection, Pace};
use std::time::Duration;
use throughline_core::message::OVERHEAD;
use throughline_core::wire::native::{Begin, Cursors};
use throughline_core::{Code, Input};

impl Node {
    pub(crate) fn close(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        if let Some(hosted) = self.known(id) {
            let code = Code::application(4321).expect("the code is an application's");
            let closed = hosted.session.close(cx.now, code, "that was all");
            closed.expect("the reason is short");
        }
        self.drain(cx, network, id);
    }

    /// Does the server's part of an injected end. Says whether that took place.
    pub(crate) fn inject(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        id: &str,
        injection: Injection,
    ) -> bool {
        if self.known(id).is_none_or(|hosted| hosted.end.is_some()) {
            return false;
        }
        match injection {
            Injection::Forget => self.forget(cx, network, id),
            Injection::Overflow => self.overflow(cx, network, id),
            Injection::WindowExceeded => self.stall(id),
            Injection::TakeOver => self.steal(cx, network, id),
            Injection::Expire | Injection::TokenExpires => {}
        }
        true
    }

    /// The node restarts.
    fn forget(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        if let Some(hosted) = self.known(id) {
            hosted.forgotten = true;
        }
        let sockets: Vec<SocketId> = self.connections.keys().copied().collect();
        for socket in sockets {
            self.drop_connection(cx, network, socket);
        }
        for copy in std::mem::take(&mut self.requests).into_keys() {
            network.reject(cx, copy);
        }
    }

    /// Sends until the log is full, then gives the slow client up.
    fn overflow(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        if let Some(hosted) = self.known(id)
            && let Some(application) = &mut hosted.application
        {
            application.total = u64::MAX;
            application.pace = Pace::Every(Duration::ZERO);
            application.stalled = true;
            application.run(cx, &mut hosted.session);
            application.total = application.sent;
            let code = Code::OVERFLOW;
            hosted.session.abort(code, code.reason(), None);
        }
        self.drain(cx, network, id);
    }

    /// The application takes nothing any more, so that the client's window fills.
    fn stall(&mut self, id: &str) {
        if let Some(application) = self
            .known(id)
            .and_then(|hosted| hosted.application.as_mut())
        {
            application.stalled = true;
        }
    }

    /// More messages than any window lets through, whatever they cost.
    pub(crate) fn excess(&self) -> u64 {
        (self.scenario.limits.window / OVERHEAD) as u64 + 1
    }

    /// Another client, with the same credentials and of few words.
    fn steal(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        if let Some(hosted) = self.known(id)
            && let Ok(welcome) = hosted.session.hello(cx.now)
        {
            let begin = Begin {
                generation: welcome.generation,
                cursors: Cursors::default(),
                first: welcome.received + 1,
            };
            hosted.session.handle(cx.now, Input::Begin(begin));
        }
        self.drain(cx, network, id);
    }
}
