//! Bodies as they pass, and the few ways in which one can be broken.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, Sleep, sleep_until};

/// Any body; when it fails, so does its connection.
pub(crate) type Body = UnsyncBoxBody<Bytes, BoxError>;
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

pub(crate) fn full(bytes: Bytes) -> Body {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

pub(crate) fn incoming(body: Incoming) -> Body {
    body.map_err(Into::into).boxed_unsync()
}

/// The whole of it.
pub(crate) async fn collect(body: Body) -> Result<Bytes, BoxError> {
    Ok(body.collect().await?.to_bytes())
}

/// Reads it to its end; it goes nowhere. One that fails has ended as well.
pub(crate) async fn drain(mut body: Body) {
    while let Some(Ok(_)) = body.frame().await {}
}

/// Reads it, and yields nothing, for ever.
pub(crate) fn swallowed(body: Body) -> Body {
    Swallowed(body).boxed_unsync()
}

struct Swallowed(Body);

impl HttpBody for Swallowed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        loop {
            match ready!(Pin::new(&mut self.0).poll_frame(context)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Pending,
            }
        }
    }

    /// What the head promised.
    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Says nothing of its length.
pub(crate) fn unmeasured(body: Body) -> Body {
    Unmeasured(body).boxed_unsync()
}

struct Unmeasured(Body);

impl HttpBody for Unmeasured {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        Pin::new(&mut self.0).poll_frame(context)
    }
}

/// Holds something until it has ended, or nobody reads it any more.
pub(crate) fn holding<T: Send + Unpin + 'static>(body: Body, held: T) -> Body {
    Holding { body, _held: held }.boxed_unsync()
}

struct Holding<T> {
    body: Body,
    _held: T,
}

impl<T: Unpin> HttpBody for Holding<T> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Ends after so many bytes with a failure.
pub(crate) fn truncated(body: Body, len: u64) -> Body {
    Truncated {
        body,
        left: len,
        stage: Stage::Passing,
    }
    .boxed_unsync()
}

struct Truncated {
    body: Body,
    left: u64,
    stage: Stage,
}

enum Stage {
    Passing,
    /// What was passed has been written out.
    Failing,
}

impl HttpBody for Truncated {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        if self.left == 0 {
            return self.poll_failure(context);
        }
        let polled = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(polled.map(|frame| Ok(self.shorten(frame?))))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Truncated {
    fn shorten(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        frame.map_data(|mut data| {
            data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= u64::try_from(data.len()).expect("a length fits into 64 bits");
            data
        })
    }

    /// hyper drops what it has not yet written when a body fails, so it gets one turn in between.
    fn poll_failure(&mut self, context: &mut Context<'_>) -> Polled {
        match self.stage {
            Stage::Passing => {
                self.stage = Stage::Failing;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Stage::Failing => Poll::Ready(Some(Err(cut()))),
        }
    }
}

/// Fails when it has not ended by then.
pub(crate) fn until(body: Body, deadline: Instant) -> Body {
    Until {
        body,
        deadline: Box::pin(sleep_until(deadline)),
    }
    .boxed_unsync()
}

struct Until {
    body: Body,
    deadline: Pin<Box<Sleep>>,
}

impl HttpBody for Until {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        if self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(cut())));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn cut() -> BoxError {
    io::Error::from(io::ErrorKind::ConnectionAborted).into()
}
