//! Async functions as handlers, in one shape for all occasions.
//!
//! Handlers are registered once, when the server starts; a socket has none of its own. Calling one makes its arguments of
//! the context, and gives a future that owns all it needs.

use super::args::{Args, IntoArgs};
use super::context::{Extract, Rejection};
use super::error::{EmitError, Refused};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// An async function whose arguments can be made of a `C`. `T` is the tuple of their types, found by the compiler.
pub trait Handler<C, T>: Send + Sync + 'static {
    /// What it returns.
    type Output;
    /// What it is while it runs.
    type Running: Future<Output = Self::Output> + Send + 'static;

    /// Calls it.
    ///
    /// # Errors
    /// [`Rejection`]: an argument could not be made.
    fn call(&self, context: &C) -> Result<Self::Running, Rejection>;

    /// Whether its runs need not wait for each other.
    fn is_concurrent(&self) -> bool {
        false
    }
}

macro_rules! functions {
    ($($name:ident)*) => {
        impl<F, Fut, C, $($name),*> Handler<C, ($($name,)*)> for F
        where
            F: Fn($($name),*) -> Fut + Send + Sync + 'static,
            Fut: Future + Send + 'static,
            $($name: Extract<C>,)*
        {
            type Output = Fut::Output;
            type Running = Fut;

            #[allow(unused_variables, reason = "a function without arguments needs no context")]
            fn call(&self, context: &C) -> Result<Fut, Rejection> {
                Ok(self($($name::extract(context)?),*))
            }
        }
    };
}

functions!();
functions!(A);
functions!(A B);
functions!(A B D);
functions!(A B D E);
functions!(A B D E G);
functions!(A B D E G H);

/// A handler whose runs need not wait for each other; see [`concurrent`].
#[derive(Clone, Copy, Debug)]
pub struct Concurrent<H>(H);

/// Lets a handler run beside the events that follow, of the same socket as well. Its runs may then end in any order.
///
/// A socket runs at most 64 of them at a time; the next event waits for one of them to end.
///
/// ```
/// # use throughline::events::{Args, Namespace, Reply, concurrent};
/// let search = Namespace::new().on("search", concurrent(|args: Args| async move { Reply(args) }));
/// # let _ = search;
/// ```
pub const fn concurrent<H>(handler: H) -> Concurrent<H> {
    Concurrent(handler)
}

impl<C, T, H: Handler<C, T>> Handler<C, T> for Concurrent<H> {
    type Output = H::Output;
    type Running = H::Running;

    fn call(&self, context: &C) -> Result<H::Running, Rejection> {
        self.0.call(context)
    }

    fn is_concurrent(&self) -> bool {
        true
    }
}

/// The answer of a handler to an event. It is sent where the client asked for one, and dropped where not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<A>(pub A);

/// What a handler of events can return: nothing, a [`Reply`], or perhaps one.
pub trait IntoReply {
    /// The arguments of the answer; `None` where the handler gives none itself.
    fn into_reply(self) -> Option<Result<Args, EmitError>>;
}

impl IntoReply for () {
    fn into_reply(self) -> Option<Result<Args, EmitError>> {
        None
    }
}

impl<A: IntoArgs> IntoReply for Reply<A> {
    fn into_reply(self) -> Option<Result<Args, EmitError>> {
        Some(self.0.into_args())
    }
}

impl<R: IntoReply> IntoReply for Option<R> {
    fn into_reply(self) -> Option<Result<Args, EmitError>> {
        self.and_then(IntoReply::into_reply)
    }
}

/// A handler whose types are forgotten; it returns an `O`.
pub(super) struct Erased<C, O> {
    call: Arc<Call<C, O>>,
    pub(super) is_concurrent: bool,
}

impl<C, O> Clone for Erased<C, O> {
    fn clone(&self) -> Self {
        Self {
            call: self.call.clone(),
            is_concurrent: self.is_concurrent,
        }
    }
}

type Call<C, O> = dyn Fn(&C) -> Result<BoxFuture<'static, O>, Rejection> + Send + Sync;

impl<C: 'static, O: 'static> Erased<C, O> {
    pub(super) fn new<T, H>(handler: H, convert: fn(H::Output) -> O) -> Self
    where
        T: 'static,
        H: Handler<C, T>,
        H::Output: 'static,
    {
        let is_concurrent = handler.is_concurrent();
        let call = move |context: &C| -> Result<BoxFuture<'static, O>, Rejection> {
            // An async block would hold what runs twice.
            Ok(Box::pin(handler.call(context)?.map(convert)))
        };
        Self {
            call: Arc::new(call),
            is_concurrent,
        }
    }

    pub(super) fn call(&self, context: &C) -> Result<BoxFuture<'static, O>, Rejection> {
        (self.call)(context)
    }
}

/// What a guard can return: nothing, or whether the client may come in.
pub trait IntoVerdict {
    /// The verdict.
    ///
    /// # Errors
    /// [`Refused`]: it may not.
    fn into_verdict(self) -> Result<(), Refused>;
}

impl IntoVerdict for () {
    fn into_verdict(self) -> Result<(), Refused> {
        Ok(())
    }
}

impl IntoVerdict for Result<(), Refused> {
    fn into_verdict(self) -> Result<(), Refused> {
        self
    }
}
