//! Rooms: one message to many sessions of this node.
//!
//! A body is shared by all who get it. Who is too slow for it is passed over before the message gets a
//! number there, or is aborted, as the room's policy says: nobody else waits for it. A message is sent to
//! those who are members at that moment, from a list that is made anew only when somebody comes or goes.

use crate::builder::SlowMemberPolicy;
use crate::node::Node;
use crate::session::Sender;
use crate::shared::Shared;
use crate::turn;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use throughline_core::session::SendError;
use throughline_core::{Code, Message};

/// What becomes of a member that has no room for a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlowMember {
    /// Its session is aborted with [`Code::OVERFLOW`]: what it gets has no holes, and when it cannot have
    /// all it is told so.
    #[default]
    Abort,
    /// It does not get this message: right where the next message makes up for it, as with positions or prices.
    Skip,
}

/// What became of a message to many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Sessions that it was sent to.
    pub sent: usize,
    /// Sessions that were too slow and did not get it.
    pub skipped: usize,
    /// Sessions that were too slow and were aborted.
    pub aborted: usize,
    /// Sessions that were closing.
    pub closed: usize,
    /// Sessions whose own limits it is beyond; they go on without it. Only an [event](crate::events::Broadcast::emit) can be too
    /// large for some and not for all.
    pub too_large: usize,
}

/// A room of a node, by its name. It exists while somebody is in it. Cheap to clone.
///
/// ```
/// # use throughline::Session;
/// async fn chat(mut session: Session) {
///     session.join("lobby");
///     let lobby = session.room("lobby");
///     while let Some(message) = session.recv().await {
///         let _report = lobby.send_except(message, &session);
///     }
/// }
/// # let _ = throughline::Throughline::builder().on_session(chat);
/// ```
#[derive(Clone)]
pub struct Room {
    node: Arc<Node>,
    name: Arc<str>,
}

impl Room {
    pub(crate) fn new(node: Arc<Node>, name: &str) -> Self {
        Self {
            node,
            name: name.into(),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many sessions are in it.
    #[must_use]
    pub fn members(&self) -> usize {
        self.node.rooms.count(&self.name)
    }

    /// Sends a message to all members, without waiting for any. Costs one lock per member.
    ///
    /// # Errors
    /// [`SendError::TooLarge`]: nobody got it.
    pub fn send(&self, message: impl Into<Message>) -> Result<Report, SendError> {
        self.send_to(&message.into(), None)
    }

    /// Sends a message to all members but one.
    ///
    /// # Errors
    /// [`SendError::TooLarge`]: nobody got it.
    pub fn send_except(
        &self,
        message: impl Into<Message>,
        except: &Sender,
    ) -> Result<Report, SendError> {
        self.send_to(&message.into(), Some(except.id()))
    }

    fn send_to(&self, message: &Message, except: Option<&str>) -> Result<Report, SendError> {
        let members = self.node.rooms.members(&self.name);
        let slow = self.node.rooms.policy(&self.name);
        self.node.send_to_many(&members, message, slow, except)
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Room").field(&self.name).finish()
    }
}

type List = Arc<[Arc<Shared>]>;

pub(crate) struct Rooms {
    rooms: Mutex<HashMap<Arc<str>, Members>>,
    policy: SlowMemberPolicy,
}

/// Who is in a room, by the session's id, and the list of them that messages are sent by: it is made when
/// it is first needed after somebody came or went.
#[derive(Default)]
struct Members {
    by_id: HashMap<Arc<str>, Arc<Shared>>,
    list: Option<List>,
}

impl Members {
    fn list(&mut self) -> List {
        let by_id = &self.by_id;
        let make = || by_id.values().cloned().collect();
        self.list.get_or_insert_with(make).clone()
    }
}

impl Rooms {
    pub(crate) fn new(policy: SlowMemberPolicy) -> Self {
        Self {
            rooms: Mutex::default(),
            policy,
        }
    }

    fn policy(&self, name: &str) -> SlowMember {
        (self.policy)(name)
    }

    fn members(&self, name: &str) -> List {
        self.lock()
            .get_mut(name)
            .map(Members::list)
            .unwrap_or_default()
    }

    fn count(&self, name: &str) -> usize {
        self.lock()
            .get(name)
            .map_or(0, |members| members.by_id.len())
    }

    pub(crate) fn join(&self, name: &str, session: &Arc<Shared>) {
        let name: Arc<str> = name.into();
        if !session.note_room(&name) {
            return;
        }
        {
            let mut rooms = self.lock();
            let members = rooms.entry(name.clone()).or_default();
            members.by_id.insert(session.id().clone(), session.clone());
            members.list = None;
        }
        // It may have ended meanwhile, and have left its rooms before it came to this one.
        if session.end().is_some() {
            self.remove(&name, session);
        }
    }

    pub(crate) fn leave(&self, name: &str, session: &Shared) {
        session.forget_room(name);
        self.remove(name, session);
    }

    pub(crate) fn leave_all(&self, names: &[Arc<str>], session: &Shared) {
        for name in names {
            self.remove(name, session);
        }
    }

    /// An empty room is gone.
    fn remove(&self, name: &str, session: &Shared) {
        let mut rooms = self.lock();
        let Some(members) = rooms.get_mut(name) else {
            return;
        };
        members.by_id.remove(session.id());
        members.list = None;
        if members.by_id.is_empty() {
            rooms.remove(name);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Members>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Rooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooms")
            .field("rooms", &self.lock().len())
            .finish()
    }
}

impl Node {
    /// To everybody: a session that is only on offer is not there yet, so it is not counted either.
    pub(crate) fn send_to_all(
        &self,
        message: &Message,
        slow: SlowMember,
        except: Option<&str>,
    ) -> Result<Report, SendError> {
        let mut sessions = self.registry.live();
        sessions.retain(|session| session.has_begun());
        self.send_to_many(&sessions, message, slow, except)
    }

    fn send_to_many(
        &self,
        sessions: &[Arc<Shared>],
        message: &Message,
        slow: SlowMember,
        except: Option<&str>,
    ) -> Result<Report, SendError> {
        let (len, limit) = (message.len(), self.config.limits.message);
        if len > limit {
            return Err(SendError::TooLarge { len, limit });
        }
        Ok(turn::run(|| send_to_each(sessions, message, slow, except)))
    }
}

fn send_to_each(
    sessions: &[Arc<Shared>],
    message: &Message,
    slow: SlowMember,
    except: Option<&str>,
) -> Report {
    let mut report = Report::default();
    for session in sessions
        .iter()
        .filter(|session| Some(&**session.id()) != except)
    {
        match session.share(message) {
            Ok(_) => report.sent += 1,
            Err(SendError::Full) if slow == SlowMember::Skip => report.skipped += 1,
            Err(SendError::Full) => {
                session.abort(Code::OVERFLOW, Code::OVERFLOW.reason(), None);
                report.aborted += 1;
            }
            Err(_) => report.closed += 1,
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::Linked;
    use crate::testing;
    use throughline_core::wire::native::{Begin, Cursors, Frame, Item};

    /// A member that is carried by a link.
    fn member(node: &Arc<Node>, id: &str) -> Linked<throughline_core::Session> {
        let session = testing::session_of(node, id);
        let begin = Begin {
            generation: 1,
            cursors: Cursors::default(),
            first: 1,
        };
        let linked = Linked::begin(session.clone(), begin);
        node.rooms.join("lobby", &session);
        linked
    }

    /// Where the messages lie that this member's link is about to send.
    fn places(member: &Linked<throughline_core::Session>) -> Vec<*const u8> {
        let mut frames: Vec<Frame> = Vec::new();
        member.transmit(16, &mut frames);
        let bodies = frames.iter().filter_map(|frame| match frame {
            Frame::Sequenced(_, Item::Message(message)) => Some(message.as_bytes().as_ptr()),
            _ => None,
        });
        bodies.collect()
    }

    #[tokio::test]
    async fn all_members_share_the_body_of_a_message() {
        let node = testing::node();
        let members = ["a", "b", "c"].map(|id| member(&node, id));
        let lobby = Room::new(node, "lobby");
        for message in [Message::text("words"), Message::binary(vec![0; 1000])] {
            let place = message.as_bytes().as_ptr();
            assert_eq!(lobby.send(message).unwrap().sent, 3);
            for member in &members {
                assert_eq!(places(member), [place]);
            }
        }
    }
}
