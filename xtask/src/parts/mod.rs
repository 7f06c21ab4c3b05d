//! The parts of the test job. Each is a file with one constant, `PART`, and is listed here.

mod bench;
mod browser;
pub(crate) mod budgets;
mod client;
mod clients;
mod deny;
mod format;
mod fuzz;
mod house;
mod lint;
pub(crate) mod matrix;
mod package;
mod proxy;
mod rust;
mod simulator;
mod spec;

use crate::{checks::Checks, needs::Need};

/// A named group of checks.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) needs: &'static [Need],
    pub(crate) run: fn(&mut Checks),
}

/// Quick ones first, so that a slip shows early.
pub(crate) const ALL: &[Part] = &[
    format::PART,
    lint::PART,
    house::PART,
    deny::PART,
    spec::PART,
    client::PART,
    rust::PART,
    simulator::PART,
    budgets::PART,
    fuzz::PART,
    package::PART,
    bench::PART,
    clients::PART,
    browser::PART,
    proxy::PART,
    matrix::PART,
];
