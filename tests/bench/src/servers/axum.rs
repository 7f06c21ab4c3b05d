//! A bare WebSocket on axum as people write it: all defaults, one message read, one message sent. Bare long polling is beside it.

use super::polling;
use super::rooms::Rooms;
use super::wish::Wish;
use crate::Outcome;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;

pub(super) async fn serve(listener: TcpListener) -> Outcome<()> {
    let upgrade = |upgrade: WebSocketUpgrade, State(rooms): State<Rooms<Message>>| async move {
        upgrade.on_upgrade(|socket| answer(socket, rooms))
    };
    let rooms = Rooms::default();
    let app = Router::new()
        .route("/ws", get(upgrade))
        .with_state(rooms.clone())
        .merge(polling::routes(rooms));
    // Without it, each message would wait for an acknowledgement of the one before: nobody keeps that who measures.
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    Ok(axum::serve(listener, app).await?)
}

async fn answer(mut socket: WebSocket, rooms: Rooms<Message>) {
    let (member, mut queue) = unbounded_channel();
    loop {
        let message = tokio::select! {
            Some(message) = queue.recv() => message,
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => match Wish::of(&text) {
                    Wish::Echo => Message::Text(text),
                    Wish::Join(room) => {
                        rooms.join(room, &member);
                        Message::Text(text)
                    }
                    Wish::Broadcast(room) => {
                        rooms.send(room, &Message::Text(text.clone()));
                        continue;
                    }
                },
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => break,
            },
        };
        if socket.send(message).await.is_err() {
            break;
        }
    }
}
