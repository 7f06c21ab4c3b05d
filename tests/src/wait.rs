//! Waiting for what must happen, never for time to pass: every wait has a deadline and a name.

use std::panic::Location;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long anything may take that should happen at once, on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Waits for something that must happen soon.
///
/// # Panics
///
/// When it has not happened within [`PATIENCE`]; the message names it and the caller's line.
#[track_caller]
pub fn soon<F: Future>(what: &str, future: F) -> impl Future<Output = F::Output> {
    within(PATIENCE, what, future)
}

/// Waits for something that must happen in that time.
///
/// # Panics
///
/// When it has not happened in time; the message names it and the caller's line.
#[track_caller]
pub fn within<F: Future>(time: Duration, what: &str, future: F) -> impl Future<Output = F::Output> {
    let caller = Location::caller();
    async move {
        match timeout(time, future).await {
            Ok(output) => output,
            Err(_) => panic!("{caller}: {what} did not happen within {time:?}"),
        }
    }
}

/// Asks again and again until the answer is yes. Only for what nobody announces.
///
/// # Panics
///
/// When it was no for [`PATIENCE`].
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) -> impl Future<Output = ()> {
    soon(what, async move {
        let mut asking = tokio::time::interval(Duration::from_millis(2));
        while !condition() {
            asking.tick().await;
        }
    })
}

/// How long something took.
pub async fn timed<F: Future>(future: F) -> (F::Output, Duration) {
    let start = Instant::now();
    let output = future.await;
    (output, start.elapsed())
}
