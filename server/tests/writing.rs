//! Writing on connections that take little at a time.

mod common;

use common::{Server, Ws, new_session, text};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use throughline::{Session, Throughline};
use throughline_core::wire::native::{Cursors, Frame, Item};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio_tungstenite::tungstenite::ClientRequestBuilder;

const MESSAGES: u64 = 10;
const LENGTH: usize = 10_000;

/// Of two long writes one is pending, for a moment only.
struct Hesitant {
    stream: DuplexStream,
    hesitates: bool,
}

impl AsyncRead for Hesitant {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Hesitant {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.len() >= LENGTH {
            self.hesitates = !self.hesitates;
            if self.hesitates {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Answers with more than is written at once.
async fn answer(mut session: Session) {
    while session.recv().await.is_some() {
        for _ in 0..MESSAGES {
            let sent = session.send("x".repeat(LENGTH)).await;
            sent.expect("the session is open");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_socket_takes_late_is_followed_by_the_rest() {
    let server = Server::new(Throughline::builder().on_session(answer));
    let (near, far) = tokio::io::duplex(1024 * 1024);
    let service = TowerToHyperService::new(server.app.clone());
    let far = TokioIo::new(Hesitant {
        stream: far,
        hesitates: false,
    });
    tokio::spawn(async move {
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(far, service)
            .with_upgrades();
        connection.await.expect("it is good");
    });
    let url = "ws://here/realtime/websocket".parse();
    let request = ClientRequestBuilder::new(url.expect("it is a URL"));
    let (stream, _) = tokio_tungstenite::client_async(request, near)
        .await
        .expect("the handshake succeeds");
    let mut ws = Ws { stream };
    let welcome = ws.hello(new_session()).await;
    ws.begin(&welcome, Cursors::default()).await;
    ws.send(text(1, "go")).await;
    for _ in 0..MESSAGES {
        // No deadline of the session's helps: all of it comes at once.
        let next = tokio::time::timeout(Duration::from_millis(1), ws.next_but_acks());
        let frame = next.await.expect("nothing stands still");
        assert!(matches!(frame, Some(Frame::Sequenced(_, Item::Message(_)))));
    }
}
