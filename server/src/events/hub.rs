//! Who is in a namespace, and in which rooms there.
//!
//! A socket is in it from its CONNECT reply to its end, and leaves all rooms with it. A socket that another one
//! has replaced is a stranger here, although they share their id: whatever it does is ignored.

use super::memory::{Memory, Rooms};
use super::reason::DisconnectReason;
use super::selection::Selection;
use super::socket::Socket;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Hub {
    members: HashMap<Arc<str>, Member>,
    /// Who is in which room, by id.
    rooms: HashMap<Arc<str>, HashSet<Arc<str>>>,
    pub(super) memory: Option<Memory>,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) socket: Socket,
    pub(super) rooms: Rooms,
    /// The last event that it has got, while it is still getting what it missed. Until it has all, it gets what is
    /// sent meanwhile from memory as well.
    pub(super) behind: Option<u64>,
}

impl Hub {
    pub(super) fn new(memory: Option<Memory>) -> Self {
        Self {
            members: HashMap::new(),
            rooms: HashMap::new(),
            memory,
        }
    }

    pub(super) fn insert(&mut self, member: Member) {
        let id = member.socket.id_arc().clone();
        for room in member.rooms.keys() {
            let there = self.rooms.entry(room.clone()).or_default();
            there.insert(id.clone());
        }
        self.members.insert(id, member);
    }

    /// The socket as a member, if it is one.
    pub(super) fn member(&mut self, socket: &Socket) -> Option<&mut Member> {
        let member = self.members.get_mut(socket.id());
        member.filter(|member| member.socket == *socket)
    }

    /// The socket as a member, beside the memory.
    pub(super) fn member_and_memory(
        &mut self,
        socket: &Socket,
    ) -> (Option<&mut Member>, Option<&mut Memory>) {
        let member = self.members.get_mut(socket.id());
        let member = member.filter(|member| member.socket == *socket);
        (member, self.memory.as_mut())
    }

    /// Takes a socket out, and gives the rooms that it was in.
    pub(super) fn take_out(&mut self, socket: &Socket) -> Option<Rooms> {
        self.member(socket)?;
        let member = self.members.remove(socket.id())?;
        for room in member.rooms.keys() {
            self.remove_from(room, socket.id());
        }
        Some(member.rooms)
    }

    /// A socket is disconnected.
    pub(super) fn remove(&mut self, socket: &Socket, reason: DisconnectReason) {
        let Some(rooms) = self.take_out(socket) else {
            return;
        };
        if let (Some(memory), Some(pid)) = (&mut self.memory, socket.pid()) {
            memory.leave(pid, rooms, reason);
        }
    }

    /// An empty room is gone.
    fn remove_from(&mut self, room: &str, id: &str) {
        if let Some(there) = self.rooms.get_mut(room) {
            there.remove(id);
            if there.is_empty() {
                self.rooms.remove(room);
            }
        }
    }

    pub(super) fn join(&mut self, socket: &Socket, room: &Arc<str>) {
        let last = self.memory.as_ref().map_or(0, Memory::last);
        let Some(member) = self.member(socket) else {
            return;
        };
        member.rooms.entry(room.clone()).or_insert(last);
        let there = self.rooms.entry(room.clone()).or_default();
        there.insert(socket.id_arc().clone());
    }

    pub(super) fn leave(&mut self, socket: &Socket, room: &str) {
        let Some(member) = self.member(socket) else {
            return;
        };
        let Some((room, from)) = member.rooms.remove_entry(room) else {
            return;
        };
        self.remove_from(&room, socket.id());
        if let (Some(memory), Some(pid)) = (&mut self.memory, socket.pid()) {
            memory.left(pid, room, from);
        }
    }

    /// The rooms of a socket; the first is its own.
    pub(super) fn rooms_of(&mut self, socket: &Socket) -> Vec<Arc<str>> {
        let Some(member) = self.member(socket) else {
            return Vec::new();
        };
        let own = std::iter::once(socket.id_arc());
        own.chain(member.rooms.keys()).cloned().collect()
    }

    /// Everybody who is meant, each once.
    pub(super) fn select(&self, selection: &Selection) -> Vec<&Member> {
        let is_meant = |member: &&Member| {
            let id = member.socket.id();
            selection.includes(|room| *room == *id || member.rooms.contains_key(room))
        };
        if selection.rooms.is_empty() {
            return self.members.values().filter(is_meant).collect();
        }
        let mut ids = HashSet::new();
        for room in &selection.rooms {
            ids.insert(room);
            ids.extend(self.rooms.get(room).into_iter().flatten());
        }
        let members = ids.into_iter().filter_map(|id| self.members.get(id));
        members.filter(is_meant).collect()
    }

    /// Whether nobody is here, and nobody can come back.
    pub(super) fn is_empty(&mut self) -> bool {
        self.members.is_empty() && self.memory.as_mut().is_none_or(Memory::is_empty)
    }
}
