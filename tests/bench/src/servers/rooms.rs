//! Rooms as those write them who have only a WebSocket: a map of names to the senders of channels.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::UnboundedSender;

pub(super) struct Rooms<M>(Arc<Mutex<HashMap<String, Vec<UnboundedSender<M>>>>>);

impl<M: Clone> Rooms<M> {
    pub(super) fn join(&self, room: &str, member: &UnboundedSender<M>) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms
            .entry(room.to_owned())
            .or_default()
            .push(member.clone());
    }

    /// To all members. Those who are gone are forgotten.
    pub(super) fn send(&self, room: &str, message: &M) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(members) = rooms.get_mut(room) {
            members.retain(|member| member.send(message.clone()).is_ok());
        }
    }
}

impl<M> Default for Rooms<M> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<M> Clone for Rooms<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
