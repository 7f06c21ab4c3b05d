//! A bare WebSocket on axum with what costs little and brings much: a small read buffer, and one flush for all that is ready.

use super::rooms::Rooms;
use super::wish::Wish;
use crate::Outcome;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::get;
use axum::serve::ListenerExt;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const READ_BUFFER: usize = 4 * 1024;
/// How many messages of one client are answered before others have their turn.
const BATCH: usize = 64;

pub(super) async fn serve(listener: TcpListener) -> Outcome<()> {
    let upgrade = |upgrade: WebSocketUpgrade, State(rooms): State<Rooms<Message>>| async move {
        upgrade
            .read_buffer_size(READ_BUFFER)
            .on_upgrade(|socket| answer(socket, rooms).map(|_ended| ()))
    };
    let app = Router::new()
        .route("/ws", get(upgrade))
        .with_state(Rooms::default());
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    Ok(axum::serve(listener, app).await?)
}

async fn answer(mut socket: WebSocket, rooms: Rooms<Message>) -> Result<(), axum::Error> {
    let (member, mut queue) = unbounded_channel();
    loop {
        tokio::select! {
            Some(message) = queue.recv() => {
                socket.feed(message).await?;
                for _ in 1..BATCH {
                    let Ok(message) = queue.try_recv() else { break };
                    socket.feed(message).await?;
                }
            }
            received = socket.next() => {
                let Some(received) = received else { return Ok(()) };
                handle(&mut socket, received?, &rooms, &member).await?;
                for _ in 1..BATCH {
                    let Some(Some(received)) = socket.next().now_or_never() else { break };
                    handle(&mut socket, received?, &rooms, &member).await?;
                }
            }
        }
        socket.flush().await?;
    }
}

async fn handle(
    socket: &mut WebSocket,
    message: Message,
    rooms: &Rooms<Message>,
    member: &UnboundedSender<Message>,
) -> Result<(), axum::Error> {
    let Message::Text(text) = message else {
        return Ok(());
    };
    match Wish::of(&text) {
        Wish::Echo => {}
        Wish::Join(room) => rooms.join(room, member),
        Wish::Broadcast(room) => {
            rooms.send(room, &Message::Text(text.clone()));
            return Ok(());
        }
    }
    socket.feed(Message::Text(text)).await
}
