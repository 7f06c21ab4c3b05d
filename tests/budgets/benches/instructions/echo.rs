//! All that the server does for a message and its echo, but TCP: alone, and with others under way.

use crate::counting::TIMES;
use gungraun::prelude::*;
use throughline_budgets::echo::Echo;

const MANY: usize = 10;

/// What a client says, round by round.
type Rounds = Vec<Vec<u8>>;

fn rounds(mut echo: Echo, in_flight: usize) -> (Echo, Rounds) {
    let rounds = (0..TIMES / in_flight).map(|_| echo.messages()).collect();
    (echo, rounds)
}

fn play((mut echo, rounds): (Echo, Rounds)) -> Echo {
    for messages in rounds {
        echo.echo(&messages);
    }
    echo
}

#[library_benchmark]
#[bench::per_100(rounds(Echo::of_session(1), 1))]
fn native_echo(setup: (Echo, Rounds)) -> Echo {
    play(setup)
}

#[library_benchmark]
#[bench::per_100(rounds(Echo::of_session(MANY), MANY))]
fn native_echo_of_10(setup: (Echo, Rounds)) -> Echo {
    play(setup)
}

#[library_benchmark]
#[bench::per_100(rounds(Echo::of_session_by_engine_io(MANY), MANY))]
fn engineio_echo_of_10(setup: (Echo, Rounds)) -> Echo {
    play(setup)
}

#[library_benchmark]
#[bench::per_100(rounds(Echo::of_events(MANY), MANY))]
fn socketio_echo_of_10(setup: (Echo, Rounds)) -> Echo {
    play(setup)
}

library_benchmark_group!(
    name = echo_group,
    benchmarks = [
        native_echo,
        native_echo_of_10,
        engineio_echo_of_10,
        socketio_echo_of_10
    ]
);
