//! A turn: a stretch of work on one thread, after which all leaves that sessions were told in it.
//!
//! In one poll a handler may send many messages to many sessions. Their connections are noted, and written without waking
//! anybody: a message to a thousand members wakes no thousand tasks. One connection is written when the turn ends, by the thread
//! that is at it. Several are written when all has run that was ready: by then other handlers may have said more on them, and all of it
//! leaves in one write. Who sends outside of a turn wakes the connection's task.

use crate::clock::Clock;
use futures_util::FutureExt;
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use throughline_core::Time;
use tokio::runtime::Handle;
use tokio::task;

/// As many connections are written by one task before others have their turn; they are shared out among the runtime's threads.
const CHUNK: usize = 64;

thread_local! {
    /// While there is a turn.
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// What is known in a turn.
#[derive(Default)]
struct Current {
    /// The connections that have something to write.
    noted: Vec<Arc<dyn Outlet>>,
    /// The time, as a node's clock told it when it was first asked.
    now: Option<(Clock, Time)>,
}

/// A connection that can be written by whoever has something for it.
pub(crate) trait Outlet: Send + Sync {
    /// Writes what its session has for it, as far as the system takes it.
    fn flush(&self);
    /// Has its task write that soon.
    fn rouse(&self);
    /// Has its task look at the clock.
    fn wake(&self);
    /// Where it is served.
    fn runtime(&self) -> &Handle;
}

/// Does this within a turn. One turn may lie within another; what it was told leaves with the outer one.
pub(crate) fn run<R>(work: impl FnOnce() -> R) -> R {
    let _turn = Turn::begin();
    work()
}

/// What its session has for this connection leaves soon: at the end of this turn or of all that is ready, or when its task has run.
pub(crate) fn note(outlet: Arc<dyn Outlet>) {
    let unnoted = CURRENT.with_borrow_mut(|current| match current {
        Some(current) => {
            current.noted.push(outlet);
            None
        }
        None => Some(outlet),
    });
    if let Some(outlet) = unnoted {
        outlet.rouse();
    }
}

/// What its session has for this connection leaves now, as far as the system takes it.
pub(crate) fn write(outlet: Arc<dyn Outlet>) {
    Chunk(vec![outlet]).flush();
}

/// The time, which is the same for all of a turn: to look at the clock takes as long as much of what is done with a message. Not
/// for what would come too early if the turn had taken long.
pub(crate) fn now(clock: Clock) -> Time {
    CURRENT.with_borrow_mut(|current| match current {
        Some(Current {
            now: Some((known, now)),
            ..
        }) if *known == clock => *now,
        Some(current) => {
            let now = clock.now();
            current.now = Some((clock, now));
            now
        }
        None => clock.now(),
    })
}

/// Starts a task, each poll of which is a turn.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(in_turns(task));
}

/// The same future, each poll of which is a turn.
pub(crate) fn in_turns<F: Future>(future: F) -> InTurns<F> {
    InTurns(Box::pin(future))
}

/// See [`in_turns`].
pub(crate) struct InTurns<F>(Pin<Box<F>>);

impl<F: Future> Future for InTurns<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        run(|| self.0.as_mut().poll(cx))
    }
}

/// The turn that ends when this is dropped, also by a panic. It ends nothing when it lies within another.
struct Turn {
    is_outermost: bool,
}

impl Turn {
    fn begin() -> Self {
        let is_outermost = CURRENT.with_borrow_mut(|current| {
            let is_outermost = current.is_none();
            current.get_or_insert_default();
            is_outermost
        });
        Self { is_outermost }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_outermost {
            // What is written from here on may have something to write for others, outside of any turn.
            flush(CURRENT.take().unwrap_or_default().noted);
        }
    }
}

fn flush(outlets: Vec<Arc<dyn Outlet>>) {
    match outlets.len() {
        0 => {}
        1 => Chunk(outlets).flush(),
        _ => put_off(outlets),
    }
}

/// They are written when all has run that is ready now, where their connections are served: there the runtime runs. Where it ends
/// before that, the connections' own tasks write.
fn put_off(mut outlets: Vec<Arc<dyn Outlet>>) {
    while let Some(last) = outlets.last() {
        let runtime = last.runtime().clone();
        let chunk = Chunk(outlets.split_off(outlets.len().saturating_sub(CHUNK)));
        runtime.spawn(async move {
            stand_back().await;
            chunk.flush();
        });
    }
}

/// Lets all run that is ready, and goes on wherever there is time. Tokio's `yield_now` would go on when this thread has nothing else
/// to do, however long that takes, and no other thread could.
async fn stand_back() {
    let mut has_stood_back = false;
    poll_fn(|ctx| {
        if std::mem::replace(&mut has_stood_back, true) {
            return Poll::Ready(());
        }
        ctx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Connections that one task writes on.
struct Chunk(Vec<Arc<dyn Outlet>>);

impl Chunk {
    /// Also where the task has used up its budget: a write that it puts off would wake another task.
    fn flush(mut self) {
        let flushing = async move { self.0.drain(..).for_each(|outlet| outlet.flush()) };
        task::unconstrained(flushing).now_or_never();
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|outlet| outlet.rouse());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts who writes on it.
    struct Counted {
        runtime: Handle,
        flushed: AtomicUsize,
        roused: AtomicUsize,
    }

    impl Outlet for Counted {
        fn flush(&self) {
            self.flushed.fetch_add(1, Ordering::Relaxed);
        }

        fn rouse(&self) {
            self.roused.fetch_add(1, Ordering::Relaxed);
        }

        fn wake(&self) {}

        fn runtime(&self) -> &Handle {
            &self.runtime
        }
    }

    impl Counted {
        fn new(runtime: &Handle) -> Arc<Self> {
            Arc::new(Self {
                runtime: runtime.clone(),
                flushed: AtomicUsize::new(0),
                roused: AtomicUsize::new(0),
            })
        }

        fn counts(&self) -> (usize, usize) {
            let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
            (count(&self.flushed), count(&self.roused))
        }
    }

    #[tokio::test]
    async fn the_only_connection_of_a_turn_is_written_at_its_end() {
        let outlet = Counted::new(&Handle::current());
        run(|| {
            run(|| note(outlet.clone()));
            assert_eq!(outlet.counts(), (0, 0));
        });
        assert_eq!(outlet.counts(), (1, 0));
    }

    #[tokio::test]
    async fn outside_of_a_turn_the_connection_writes_itself() {
        let outlet = Counted::new(&Handle::current());
        note(outlet.clone());
        assert_eq!(outlet.counts(), (0, 1));
    }

    #[tokio::test]
    async fn a_turn_that_panics_has_an_end_as_well() {
        let outlet = Counted::new(&Handle::current());
        let noted = outlet.clone();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            run(|| {
                note(noted);
                panic!("a handler");
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(outlet.counts(), (1, 0));
        note(outlet.clone());
        assert_eq!(outlet.counts(), (1, 1));
    }

    fn note_many(outlet: &Arc<Counted>) {
        run(|| (0..3 * CHUNK).for_each(|_| note(outlet.clone())));
    }

    #[tokio::test]
    async fn several_connections_are_written_when_all_that_was_ready_has_run() {
        let outlet = Counted::new(&Handle::current());
        let (noted, seen) = (outlet.clone(), outlet.clone());
        spawn(async move { note_many(&noted) });
        let neighbour = tokio::spawn(async move { seen.counts() });
        assert_eq!(neighbour.await.unwrap(), (0, 0));
        while outlet.counts() != (3 * CHUNK, 0) {
            task::yield_now().await;
        }
    }

    /// Such as one that serves synchronous code now and then.
    #[tokio::test]
    async fn they_are_written_where_they_are_served_whoever_says_something() {
        let outlet = Counted::new(&Handle::current());
        let noted = outlet.clone();
        let elsewhere = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let runtime = runtime.unwrap();
            runtime.block_on(async { note_many(&noted) });
            note_many(&noted);
            runtime
        });
        let idle = elsewhere.join().unwrap();
        while outlet.counts() != (6 * CHUNK, 0) {
            task::yield_now().await;
        }
        idle.shutdown_background();
    }

    #[test]
    fn where_the_runtime_has_ended_the_connections_write() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.unwrap();
        let outlet = Counted::new(runtime.handle());
        note_many(&outlet);
        assert_eq!(outlet.counts(), (0, 0));
        drop(runtime);
        assert_eq!(outlet.counts(), (0, 3 * CHUNK));
        note_many(&outlet);
        assert_eq!(outlet.counts(), (0, 6 * CHUNK));
    }
}
