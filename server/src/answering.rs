//! An answer to come, in no more room than it needs, and with what lets a page read it.
//!
//! A poll takes no memory of its own: its future lies where whoever serves keeps that of each request. What is rare is boxed.

use crate::engineio;
use crate::front_door::cors::Reader;
use crate::sockjs;
use crate::transport::form::Form;
use crate::transport::polling::Polling;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The answer of a [`Throughline`](crate::Throughline), or of one of its mounts, to a request.
///
/// # Cancellation
/// A poll that is dropped has lost its client, and its session hears of it.
pub struct Answering {
    way: Way,
    reader: Option<Reader>,
}

/// How an answer comes about.
enum Way {
    Given(Option<Box<Response>>),
    Native(Polling<Form>),
    EngineIo(Polling<engineio::Batch>),
    SockJs(Polling<sockjs::Batch>),
    Rare(BoxFuture<'static, Response>),
}

impl Answering {
    pub(crate) fn given(response: Response) -> Self {
        Self::by(Way::Given(Some(Box::new(response))))
    }

    pub(crate) const fn native(polling: Polling<Form>) -> Self {
        Self::by(Way::Native(polling))
    }

    pub(crate) const fn engine_io(polling: Polling<engineio::Batch>) -> Self {
        Self::by(Way::EngineIo(polling))
    }

    pub(crate) const fn sock_js(polling: Polling<sockjs::Batch>) -> Self {
        Self::by(Way::SockJs(polling))
    }

    pub(crate) fn rare(answer: impl Future<Output = Response> + Send + 'static) -> Self {
        Self::by(Way::Rare(answer.boxed()))
    }

    const fn by(way: Way) -> Self {
        Self { way, reader: None }
    }

    /// Whether it waits for its session, and for nothing else.
    pub(crate) fn is_held(&self) -> bool {
        match &self.way {
            Way::Native(polling) => polling.is_held(),
            Way::EngineIo(polling) => polling.is_held(),
            Way::SockJs(polling) => polling.is_held(),
            Way::Given(_) | Way::Rare(_) => false,
        }
    }

    /// Lets this page read it.
    pub(crate) fn read_by(self, reader: Reader) -> Self {
        Self {
            reader: Some(reader),
            ..self
        }
    }
}

impl Future for Answering {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut response = match &mut self.way {
            Way::Given(response) => *response.take().expect("an answer is taken once"),
            Way::Native(polling) => ready!(polling.poll_unpin(ctx)),
            Way::EngineIo(polling) => ready!(polling.poll_unpin(ctx)),
            Way::SockJs(polling) => ready!(polling.poll_unpin(ctx)),
            Way::Rare(answer) => ready!(answer.poll_unpin(ctx)),
        };
        if let Some(reader) = &self.reader {
            reader.allow(response.headers_mut());
        }
        Poll::Ready(Ok(response))
    }
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answering").finish_non_exhaustive()
    }
}
