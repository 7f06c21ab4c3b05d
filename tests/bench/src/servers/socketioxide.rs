//! socketioxide with its defaults: the Rust server of Socket.IO.

use super::wish::Wish;
use crate::Outcome;
use axum::serve::ListenerExt;
use socketioxide::SocketIo;
use socketioxide::extract::{Data, SocketRef};
use tokio::net::TcpListener;

pub(super) async fn serve(listener: TcpListener) -> Outcome<()> {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", async |socket: SocketRef, io: SocketIo| {
        socket.on(
            "m",
            async move |socket: SocketRef, Data(text): Data<String>| {
                answer(&socket, &io, &text).await;
            },
        );
    });
    let app = axum::Router::new().layer(layer);
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    Ok(axum::serve(listener, app).await?)
}

/// Who is gone misses nothing.
async fn answer(socket: &SocketRef, io: &SocketIo, text: &str) {
    match Wish::of(text) {
        Wish::Echo => drop(socket.emit("m", text)),
        Wish::Join(room) => {
            socket.join(room.to_owned());
            drop(socket.emit("m", text));
        }
        Wish::Broadcast(room) => drop(io.to(room.to_owned()).emit("m", text).await),
    }
}
