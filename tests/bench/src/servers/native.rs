//! Our own protocol, as an application uses it: each session is a loop, and rooms are the server's.

use super::ours;
use super::wish::Wish;
use crate::Outcome;
use throughline::{SendError, Session};
use tokio::net::TcpListener;

pub(super) async fn serve(listener: TcpListener) -> Outcome<()> {
    let realtime = ours::builder()?.on_session(answer).build()?;
    let serve = throughline::serve(listener, axum::Router::new());
    Ok(serve.mount("/realtime", realtime).await?)
}

pub(super) async fn answer(mut session: Session) {
    while let Some(message) = session.recv().await {
        let sent = match Wish::of(message.as_text().unwrap_or_default()) {
            Wish::Echo => session.send(message).await.map(drop),
            Wish::Join(room) => {
                session.join(room);
                session.send(message).await.map(drop)
            }
            Wish::Broadcast(room) => session.room(room).send(message).map(drop),
        };
        if matches!(sent, Err(SendError::Closed)) {
            break;
        }
    }
}
