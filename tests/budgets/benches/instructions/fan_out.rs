//! Instructions of one message to a room of 100, for each member: from the call that the application waits for until each client has
//! read the message.

use crate::counting::TIMES;
use gungraun::prelude::*;
use throughline_budgets::TEXT;
use throughline_budgets::crowd::Crowd;

#[library_benchmark]
#[bench::per_100(Crowd::open(TIMES, TEXT))]
fn fan_out(mut crowd: Crowd) -> Crowd {
    crowd.send(TEXT);
    crowd.hear(TEXT);
    crowd
}

library_benchmark_group!(name = fan_out_group, benchmarks = [fan_out]);
