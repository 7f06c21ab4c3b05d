//! A bare WebSocket on axum with what costs little and brings much: a small read buffer, and one flush for all that is ready. Its
//! messages may be packed by hand as a dialect's.

use super::rooms::Rooms;
use super::wire::{Said, Wire};
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

pub(super) async fn serve<W: Wire + 'static>(listener: TcpListener) -> Outcome<()> {
    let upgrade = |upgrade: WebSocketUpgrade, State(rooms): State<Rooms<Message>>| async move {
        upgrade
            .read_buffer_size(READ_BUFFER)
            .on_upgrade(|socket| answer::<W>(socket, rooms).map(|_ended| ()))
    };
    let app = Router::new()
        .route(W::PATH, get(upgrade))
        .with_state(Rooms::default());
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    Ok(axum::serve(listener, app).await?)
}

async fn answer<W: Wire>(mut socket: WebSocket, rooms: Rooms<Message>) -> Outcome<()> {
    if let Some(greeting) = W::GREETING {
        socket.send(greeting.into()).await?;
    }
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
                handle::<W>(&mut socket, received?, &rooms, &member).await?;
                for _ in 1..BATCH {
                    let Some(Some(received)) = socket.next().now_or_never() else { break };
                    handle::<W>(&mut socket, received?, &rooms, &member).await?;
                }
            }
        }
        socket.flush().await?;
    }
}

async fn handle<W: Wire>(
    socket: &mut WebSocket,
    message: Message,
    rooms: &Rooms<Message>,
    member: &UnboundedSender<Message>,
) -> Outcome<()> {
    let Message::Text(text) = message else {
        return Ok(());
    };
    let message = match W::read(text)? {
        Said::Message(message) => message,
        Said::Else(answer) => return Ok(socket.feed(answer.into()).await?),
    };
    match Wish::of(&message) {
        Wish::Echo => {}
        Wish::Join(room) => rooms.join(room, member),
        Wish::Broadcast(room) => {
            rooms.send(room, &Message::Text(W::pack(message.clone())?));
            return Ok(());
        }
    }
    Ok(socket.feed(Message::Text(W::pack(message)?)).await?)
}
