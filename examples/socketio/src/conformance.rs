//! The application of the Socket.IO suite: two namespaces that say what came with CONNECT, and an echo.

use serde_json::Value;
use std::time::Duration;
use throughline::events::{Args, Auth, Events, Namespace, NamespaceError, Reply, Socket};

const APART: Duration = Duration::from_millis(20);
/// The suite listens to three pings, until 0.9 s, before it has joined, and gives the server 2 s to close a connection that
/// joins nothing. The reference's suite runs with 1 s, which a busy machine passes with its third ping.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1400);

pub(crate) fn events() -> Result<Events, NamespaceError> {
    let main = Namespace::new()
        .on_connect(greet)
        .on("message", |socket: Socket, args: Args| async move {
            // A client that is gone misses nothing.
            let _gone = socket.emit("message-back", args).await;
        })
        .on("message-with-ack", |args: Args| async move { Reply(args) });
    Events::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .namespace("/", main)
        .namespace("/custom", Namespace::new().on_connect(greet))
        .build()
}

/// The suite awaits one packet after the other, and loses the second of two that come in one segment.
async fn greet(socket: Socket, Auth(auth): Auth<Value>) {
    tokio::time::sleep(APART).await;
    let _gone = socket.emit("auth", (auth,)).await;
}
