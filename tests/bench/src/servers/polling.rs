//! Bare polling on axum: the least that handlers can do. One opens a session, one takes a message, one answers with a
//! message as soon as there is one, and one takes a message and answers at once with what there is.

use super::rooms::Rooms;
use super::wish::Wish;
use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[derive(Clone, Default)]
struct Polls {
    sessions: Arc<RwLock<HashMap<usize, Arc<Session>>>>,
    rooms: Rooms<Message>,
}

struct Session {
    member: UnboundedSender<Message>,
    queue: Mutex<UnboundedReceiver<Message>>,
}

/// Shares the rooms with WebSockets.
pub(super) fn routes(rooms: Rooms<Message>) -> Router {
    Router::new()
        .route("/open", post(open))
        .route("/send/{id}", post(send))
        .route("/poll/{id}", get(poll))
        .route("/glance/{id}", post(glance))
        .with_state(Polls {
            rooms,
            ..Polls::default()
        })
}

async fn open(State(polls): State<Polls>) -> String {
    let (member, queue) = unbounded_channel();
    let queue = Mutex::new(queue);
    let mut sessions = polls
        .sessions
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    let id = sessions.len();
    sessions.insert(id, Arc::new(Session { member, queue }));
    id.to_string()
}

async fn send(State(polls): State<Polls>, Path(id): Path<usize>, text: String) -> StatusCode {
    let Some(session) = polls.session(id) else {
        return StatusCode::NOT_FOUND;
    };
    polls.take(&session, &text);
    StatusCode::NO_CONTENT
}

async fn poll(State(polls): State<Polls>, Path(id): Path<usize>) -> Result<String, StatusCode> {
    let session = polls.session(id).ok_or(StatusCode::NOT_FOUND)?;
    let message = session.queue.lock().await.recv().await;
    match message {
        Some(Message::Text(text)) => Ok(text.as_str().to_owned()),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

/// The message in the request, where there is one, and in the answer the next one, where there is one.
async fn glance(
    State(polls): State<Polls>,
    Path(id): Path<usize>,
    text: String,
) -> Result<String, StatusCode> {
    let session = polls.session(id).ok_or(StatusCode::NOT_FOUND)?;
    if !text.is_empty() {
        polls.take(&session, &text);
    }
    match session.queue.lock().await.try_recv() {
        Ok(Message::Text(text)) => Ok(text.as_str().to_owned()),
        _ => Ok(String::new()),
    }
}

impl Polls {
    fn take(&self, session: &Session, text: &str) {
        let message = Message::Text(Utf8Bytes::from(text));
        match Wish::of(text) {
            Wish::Echo => drop(session.member.send(message)),
            Wish::Join(room) => {
                self.rooms.join(room, &session.member);
                drop(session.member.send(message));
            }
            Wish::Broadcast(room) => self.rooms.send(room, &message),
        }
    }

    fn session(&self, id: usize) -> Option<Arc<Session>> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&id).cloned()
    }
}
