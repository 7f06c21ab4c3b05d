//! Instructions of one message to a room of 100, for each member.
//!
//! `fan_out_send` is the call that the application waits for and the writing of all connections, which follows it; `fan_out_deliver` is
//! what is left to do until each client has read the message.

use crate::counting::TIMES;
use gungraun::prelude::*;
use throughline_budgets::TEXT;
use throughline_budgets::crowd::Crowd;

fn crowd() -> Crowd {
    Crowd::open(TIMES, TEXT)
}

#[library_benchmark]
#[bench::per_100(crowd())]
fn fan_out_send(crowd: Crowd) -> Crowd {
    crowd.send(TEXT);
    crowd
}

fn told() -> Crowd {
    let crowd = crowd();
    crowd.send(TEXT);
    crowd
}

#[library_benchmark]
#[bench::per_100(told())]
fn fan_out_deliver(mut crowd: Crowd) -> Crowd {
    crowd.hear(TEXT);
    crowd
}

library_benchmark_group!(
    name = fan_out_group,
    benchmarks = [fan_out_send, fan_out_deliver]
);
