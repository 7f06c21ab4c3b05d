//! What carries a session, for those who look and for those who watch. Few watch: a session has no channel until somebody does.

use std::sync::{Mutex, MutexGuard, PoisonError};
use throughline_core::session::Transport;
use tokio::sync::watch;

#[derive(Debug, Default)]
pub(crate) struct Carrier(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    transport: Option<Transport>,
    watched: Option<watch::Sender<Option<Transport>>>,
}

impl Carrier {
    pub(crate) fn get(&self) -> Option<Transport> {
        self.lock().transport
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Option<Transport>> {
        let mut state = self.lock();
        let transport = state.transport;
        let watched = state
            .watched
            .get_or_insert_with(|| watch::Sender::new(transport));
        watched.subscribe()
    }

    /// Notes what carries it now, and says what did until now.
    pub(super) fn replace(&self, transport: Option<Transport>) -> Option<Transport> {
        let mut state = self.lock();
        if let Some(watched) = &state.watched {
            watched.send_replace(transport);
        }
        std::mem::replace(&mut state.transport, transport)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
