//! A client's connection as a line that carries bytes: late, slowly, or no longer. What they mean is not
//! known here; HTTP is spoken at the other end of a pipe.

use crate::connection::Connection;
use crate::fault::points::{Chunk, Cut, Direction, Ending};
use crate::fault::{Active, Set, cut};
use crate::shaped;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, split};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

/// How long a dead connection is kept for those who were not told.
const GHOST: Duration = Duration::from_secs(300);
/// How long a client may take to close a connection that has been closed.
const GRACE: Duration = Duration::from_secs(5);

/// What a client is connected by.
pub(crate) trait Client: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Ends it with a reset.
    fn reset(self);
}

impl Client for TcpStream {
    fn reset(self) {
        // With nothing to linger for, closing is a reset. One that is closed already cannot be reset.
        drop(self.set_zero_linger());
    }
}

/// Carries bytes between a client and the pipe, until an end or a fault.
pub(crate) async fn carry(
    mut client: impl Client,
    mut pipe: DuplexStream,
    connection: &Connection,
) {
    let line = Line {
        connection,
        last: Mutex::new(Instant::now()),
    };
    let Some(ending) = line.carry(&mut client, &mut pipe).await else {
        return;
    };
    match ending {
        Ending::Reset => client.reset(),
        Ending::Forgotten => line.haunt().await,
        Ending::Ghost => {
            client.reset();
            line.haunt().await;
        }
    }
}

struct Line<'a> {
    connection: &'a Connection,
    /// When bytes last passed.
    last: Mutex<Instant>,
}

impl Line<'_> {
    /// `None` is an end that the two sides made between them.
    async fn carry(&self, client: &mut impl Client, pipe: &mut DuplexStream) -> Option<Ending> {
        let mut faults = self.connection.shared.faults.watch();
        let (client_read, client_write) = split(client);
        let (pipe_read, pipe_write) = split(pipe);
        let up = shaped::copy(client_read, pipe_write, |len| self.due(Direction::Up, len));
        let down = shaped::copy(pipe_read, client_write, |len| {
            self.due(Direction::Down, len)
        });
        let copied = both(up, down);
        tokio::pin!(copied);
        loop {
            let cut = cut(&faults.borrow_and_update(), self.connection.opened);
            let stalled = matches!(cut, Some((_, Cut::Stalled { .. })));
            tokio::select! {
                biased;
                () = self.connection.reset_wanted() => return Some(Ending::Reset),
                () = changed(&mut faults) => {}
                ending = self.end(cut.as_ref()) => return Some(ending),
                () = &mut copied, if !stalled => return None,
            }
        }
    }

    /// When the bytes that come by now will arrive.
    fn due(&self, direction: Direction, len: usize) -> Instant {
        let now = Instant::now();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = now;
        let shared = &self.connection.shared;
        shared.counters.passed(direction, len);
        let chunk = Chunk {
            direction,
            len,
            now,
        };
        now + shared.faults.delay(chunk, &self.connection.luck)
    }

    /// Waits for the end that a fault has in mind.
    async fn end(&self, cut: Option<&(Arc<Active>, Cut)>) -> Ending {
        let Some((fault, cut)) = cut else {
            return std::future::pending().await;
        };
        let ending = match *cut {
            Cut::Stalled { until, ending } => {
                sleep_until(until).await;
                ending
            }
            Cut::Idle { after, ending } => {
                self.idle(after).await;
                ending
            }
        };
        fault.count();
        ending
    }

    async fn idle(&self, after: Duration) {
        loop {
            let until = *self.last.lock().unwrap_or_else(PoisonError::into_inner) + after;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }

    /// Keeps what is held for those who were not told.
    async fn haunt(&self) {
        let reset = self.connection.reset_wanted();
        drop(timeout(GHOST, reset).await);
    }
}

/// The end of a line in both directions; a failure ends both at once.
async fn both(
    up: impl Future<Output = io::Result<()>>,
    down: impl Future<Output = io::Result<()>>,
) {
    tokio::pin!(up, down);
    let rest = tokio::select! {
        ended = &mut up => match ended {
            Ok(()) => down.await,
            failed => failed,
        },
        ended = &mut down => match ended {
            // What the client still sends is read, or its system would answer with a reset that takes
            // away what was sent to it.
            Ok(()) => timeout(GRACE, up).await.unwrap_or(Ok(())),
            failed => failed,
        },
    };
    // A failure is an end: the side that made it knows, the other sees its connection end.
    drop(rest);
}

async fn changed(faults: &mut watch::Receiver<Set>) {
    if faults.changed().await.is_err() {
        // The faults have gone, and so will be the proxy.
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::Counters;
    use crate::fault::Faults;
    use crate::shared::{Shared, Tasks};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    impl Client for DuplexStream {
        fn reset(self) {}
    }

    /// A line whose two ends are in the test's hands.
    struct Ends {
        shared: Arc<Shared>,
        client: DuplexStream,
        server: DuplexStream,
        start: Instant,
    }

    impl Ends {
        fn new() -> Self {
            let counters = Arc::new(Counters::default());
            let shared = Arc::new(Shared {
                upstream: None,
                seed: 1,
                faults: Faults::new(Vec::new(), Arc::clone(&counters)),
                counters,
                tasks: Tasks::default(),
            });
            let connection = Connection::new(Arc::clone(&shared), 0);
            let (client, near) = duplex(1_000);
            let (pipe, server) = duplex(1_000);
            shared
                .tasks
                .spawn(async move { carry(near, pipe, &connection).await });
            Self {
                shared,
                client,
                server,
                start: Instant::now(),
            }
        }

        async fn at(&self, second: u64) {
            sleep_until(self.start + Duration::from_secs(second)).await;
        }

        fn add(&self, fault: &str) {
            self.shared
                .faults
                .add(vec![fault.parse().expect("a fault")]);
        }

        fn seconds(&self) -> u64 {
            self.start.elapsed().as_secs()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_time_begins_with_the_last_byte() {
        let mut ends = Ends::new();
        ends.add("cut-idle=60s");
        ends.at(50).await;
        ends.server.write_all(b"x").await.unwrap();
        assert_eq!(ends.client.read_u8().await.unwrap(), b'x');
        assert!(ends.client.read_u8().await.is_err());
        assert_eq!(ends.seconds(), 110);
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_sleeps_is_reset_when_it_wakes() {
        let mut ends = Ends::new();
        ends.at(10).await;
        ends.add("sleep=30s");
        ends.client.write_all(b"x").await.unwrap();
        assert!(ends.server.read_u8().await.is_err());
        assert_eq!(ends.seconds(), 40);
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_is_woken_early_has_lost_nothing() {
        let mut ends = Ends::new();
        ends.at(10).await;
        ends.add("sleep=30s");
        ends.client.write_all(b"x").await.unwrap();
        ends.at(20).await;
        ends.shared.faults.remove(&["sleep"]);
        assert_eq!(ends.server.read_u8().await.unwrap(), b'x');
        assert_eq!(ends.seconds(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_is_not_told_of_a_change_of_address_for_long() {
        let mut ends = Ends::new();
        ends.at(1).await;
        ends.add("address-change");
        assert!(ends.client.read_u8().await.is_err());
        assert_eq!(ends.seconds(), 1);
        assert!(ends.server.read_u8().await.is_err());
        assert_eq!(ends.seconds(), 301);
    }
}
