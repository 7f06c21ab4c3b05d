//! All that the server does for a message that comes by a request, and for its echo that another one fetches; in our own protocol one
//! does both. Bare handlers are the measure, and no budget of ours.

use crate::counting::TIMES;
use gungraun::prelude::*;
use throughline_budgets::requests::Polling;

/// What a client asks, echo by echo.
type Echoes = Vec<Vec<Vec<u8>>>;

fn echoes(polling: Polling) -> (Polling, Echoes) {
    let echoes = (0..TIMES).map(|before| polling.requests(before)).collect();
    (polling, echoes)
}

fn play((mut polling, echoes): (Polling, Echoes)) -> Polling {
    for requests in echoes {
        polling.echo(&requests);
    }
    polling
}

#[library_benchmark]
#[bench::per_100(echoes(Polling::native()))]
fn native_poll_echo(setup: (Polling, Echoes)) -> Polling {
    play(setup)
}

#[library_benchmark]
#[bench::per_100(echoes(Polling::engine_io()))]
fn engineio_poll_echo(setup: (Polling, Echoes)) -> Polling {
    play(setup)
}

#[library_benchmark]
#[bench::per_100(echoes(Polling::sock_js()))]
fn sockjs_poll_echo(setup: (Polling, Echoes)) -> Polling {
    play(setup)
}

#[library_benchmark]
#[bench::per_100(echoes(Polling::bare()))]
fn bare_poll_echo(setup: (Polling, Echoes)) -> Polling {
    play(setup)
}

library_benchmark_group!(
    name = requests_group,
    benchmarks = [
        native_poll_echo,
        engineio_poll_echo,
        sockjs_poll_echo,
        bare_poll_echo
    ]
);
