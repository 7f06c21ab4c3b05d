//! Our events, for clients of Socket.IO.

use super::ours;
use super::wish::Wish;
use crate::Outcome;
use std::sync::OnceLock;
use throughline::EngineIo;
use throughline::events::{Data, EmitError, Events, Namespace, Socket};
use tokio::net::TcpListener;

/// For what goes to a whole room: a socket's own broadcasts leave the socket itself out.
static EVENTS: OnceLock<Events> = OnceLock::new();

pub(super) async fn serve(listener: TcpListener) -> Outcome<()> {
    let namespace = Namespace::new().on("m", |socket: Socket, Data((text,)): Data<(String,)>| {
        answer(socket, text)
    });
    let events = Events::builder().namespace("/", namespace).build()?;
    let realtime = ours::builder()?
        .engine_io(EngineIo::default())
        .events(EVENTS.get_or_init(|| events).clone())
        .build()?;
    let serve = throughline::serve(listener, axum::Router::new());
    Ok(serve.mount("/socket.io", realtime).await?)
}

/// Who is gone misses nothing.
async fn answer(socket: Socket, text: String) {
    let _gone: Result<(), EmitError> = match Wish::of(&text) {
        Wish::Echo => socket.emit("m", (text,)).await,
        Wish::Join(room) => {
            socket.join(room);
            socket.emit("m", (text,)).await
        }
        Wish::Broadcast(room) => EVENTS
            .get()
            .expect("sockets come after the events")
            .of("/")
            .in_room(room)
            .emit("m", (text.as_str(),))
            .map(drop),
    };
}
