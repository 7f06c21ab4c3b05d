//! A response that goes on: its body is a link, which brings nothing up.
//!
//! The connection asks for the next piece when it has room, and each piece leaves as a part of its own. When the
//! client is gone, the body is dropped, and the session learns so.

use crate::node::Counted;
use crate::shared::{Linked, Transmitted};
use axum::body::Body;
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::stream;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::task::{Context, Poll};
use throughline_core::sockjs::{Connection, Down};

struct Streaming {
    linked: Linked<Connection>,
    waiting: VecDeque<Down>,
    is_over: bool,
    _counted: Counted,
}

impl Streaming {
    fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.waiting.is_empty() && !self.is_over {
            // Registered before anything is looked at, so that no change is missed.
            self.linked.attend(cx.waker());
            let taken = self.linked.transmit(1, &mut self.waiting);
            self.is_over = taken == Transmitted::End;
        }
        match self.waiting.pop_front() {
            Some(Down::Text(text)) => Poll::Ready(Some(Ok(text.into_bytes()))),
            Some(Down::Binary(_) | Down::Ping | Down::Close(..)) => Poll::Ready(None),
            None if self.is_over => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// The body of a response that carries a session from now on.
pub(super) fn body(linked: Linked<Connection>, prelude: Option<ByteString>) -> Body {
    let counted = Counted::new(linked.session().node().clone());
    let mut streaming = Streaming {
        linked,
        waiting: prelude.map(Down::Text).into_iter().collect(),
        is_over: false,
        _counted: counted,
    };
    Body::from_stream(stream::poll_fn(move |cx| streaming.poll_next(cx)))
}

/// The body of a response that would go on, but is over already.
pub(super) fn finished(prelude: Option<ByteString>, frame: ByteString) -> Body {
    let parts = prelude.into_iter().chain([frame]);
    let parts = parts.map(|part| Ok::<_, Infallible>(part.into_bytes()));
    Body::from_stream(stream::iter(parts))
}
