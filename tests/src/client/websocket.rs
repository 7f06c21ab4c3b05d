//! One WebSocket connection of the client: frames out, frames in, "it ended".

use super::driver::Event;
use crate::socket::{Arrival, Socket, message, next};
use crate::target::Target;
use futures_util::SinkExt;
use throughline_client::{Input, LinkId};
use throughline_core::wire::native::{Frame, websocket};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

pub(super) async fn run(
    target: Target,
    headers: Vec<(String, String)>,
    link: LinkId,
    mut frames: mpsc::UnboundedReceiver<Frame>,
    events: mpsc::UnboundedSender<Event>,
) {
    let tell = |input| drop(events.send(Event::Input(input)));
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let Ok(socket) = Socket::connect(&target, &headers).await else {
        return tell(Input::Lost(link));
    };
    tell(Input::Opened(link));
    let (mut sink, mut stream) = socket.split();
    let reading = async {
        while let Some(Arrival::Frame(frame)) = next(&mut stream).await {
            tell(Input::Frame(link, frame));
        }
    };
    let writing = async {
        while let Some(frame) = frames.recv().await {
            if sink.feed(message(websocket::encode(&frame))).await.is_err() {
                return;
            }
            while let Ok(frame) = frames.try_recv() {
                drop(sink.feed(message(websocket::encode(&frame))).await);
            }
            drop(sink.flush().await);
        }
        // The model is done with this link: say goodbye and hear what the server has to say.
        drop(sink.send(Message::Close(None)).await);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = reading => {}
        () = writing => {}
    }
    tell(Input::Lost(link));
}
