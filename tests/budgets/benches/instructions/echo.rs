//! Instructions of one event of Socket.IO that comes back, from the bytes that are read to those that are written, with ten
//! under way at once. Tokio and the WebSocket library are in it.

use crate::counting::TIMES;
use gungraun::prelude::*;
use throughline_budgets::echo::Echo;

fn echo() -> (Echo, Vec<Vec<u8>>) {
    let mut echo = Echo::open();
    let rounds = TIMES / Echo::in_flight();
    let events = (0..rounds).map(|_| echo.events()).collect();
    (echo, events)
}

#[library_benchmark]
#[bench::per_100(echo())]
fn socketio_echo((mut echo, rounds): (Echo, Vec<Vec<u8>>)) -> Echo {
    for events in rounds {
        echo.echo(&events);
    }
    echo
}

library_benchmark_group!(name = echo_group, benchmarks = [socketio_echo]);
