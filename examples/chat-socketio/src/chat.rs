//! The chat: one room for everybody, and a name for each.

use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use throughline::events::{Data, Events, Namespace, NamespaceError, Recovery, Socket, State};

/// In characters.
const LONGEST_NAME: usize = 14;

/// How somebody is called.
#[derive(Clone)]
struct Name(String);

/// How many have a name.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn subtract(&self) -> usize {
        self.0.fetch_sub(1, Ordering::Relaxed) - 1
    }
}

pub(crate) fn events() -> Result<Events, NamespaceError> {
    let count = Count::default();
    let (back, coming, leaving) = (count.clone(), count.clone(), count);
    let chat = Namespace::new()
        .on_connect(move |socket: Socket| come_back(socket, back.clone()))
        .on(
            "add user",
            move |socket: Socket, Data((name,)): Data<(String,)>| {
                enter(socket, name, coming.clone())
            },
        )
        .on(
            "new message",
            |socket: Socket, State(name): State<Name>, Data((message,)): Data<(String,)>| {
                tell(
                    socket,
                    "new message",
                    json!({ "username": name.0, "message": message }),
                )
            },
        )
        .on("typing", |socket: Socket, State(name): State<Name>| {
            tell(socket, "typing", json!({ "username": name.0 }))
        })
        .on("stop typing", |socket: Socket, State(name): State<Name>| {
            tell(socket, "stop typing", json!({ "username": name.0 }))
        })
        .on_disconnect(move |socket: Socket, State(name): State<Name>| {
            leave(socket, name, leaving.clone())
        });
    Events::builder()
        .recovery(Recovery::default())
        .namespace("/", chat)
        .build()
}

/// A socket that was recovered has its name, and had left.
async fn come_back(socket: Socket, count: Count) {
    if let Some(name) = socket.state::<Name>() {
        come(socket, name, count).await;
    }
}

async fn enter(socket: Socket, name: String, count: Count) {
    if socket.state::<Name>().is_none() {
        let name = Name(name.chars().take(LONGEST_NAME).collect());
        socket.set_state(name.clone());
        come(socket, name, count).await;
    }
}

async fn come(socket: Socket, Name(name): Name, count: Count) {
    let users = count.add();
    // A client that is gone misses nothing.
    let _gone = socket.emit("login", (json!({ "numUsers": users }),)).await;
    tell(
        socket,
        "user joined",
        json!({ "username": name, "numUsers": users }),
    )
    .await;
}

async fn leave(socket: Socket, Name(name): Name, count: Count) {
    let users = count.subtract();
    tell(
        socket,
        "user left",
        json!({ "username": name, "numUsers": users }),
    )
    .await;
}

/// Tells everybody else.
async fn tell(socket: Socket, event: &'static str, what: serde_json::Value) {
    if let Err(error) = socket.broadcast().emit(event, (what,)) {
        eprintln!("`{event}` was not told: {error}");
    }
}
