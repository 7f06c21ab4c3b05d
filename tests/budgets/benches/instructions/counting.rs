//! How instructions are counted so that the count is the same in every run.
//!
//! Each bench does its step [`TIMES`] times, and its id says so (`per_100`): what is compared is the count of one step.
//! Valgrind runs the program on a processor of its own, which is why a busy machine changes nothing. Two things would still
//! differ between machines, and are pinned or known:
//!
//! - The C library chooses its `memcpy` and the like by what the processor can do. The tunables below name the choice
//!   that every processor of x86-64 has. Budgets hold for one architecture.
//! - Hash maps of the standard library have random seeds. The core has none, and what the driver looks up by hash on a
//!   message's way costs nearly the same with any seed: runs of `fan_out` differ by less than a thousandth.
//!
//! The environment is emptied by the runner, and addresses are not randomised, so the allocator does the same each time.

use gungraun::{Callgrind, LibraryBenchmarkConfig, OutputFormat};
use std::hint::black_box;

/// How often each step is done.
pub(crate) const TIMES: usize = 100;

/// What the processor may have that `memcpy` is not to use.
const PLAIN: &str = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-AVX,-AVX_Fast_Unaligned_Load,\
                     -SSE4_1,-SSSE3,-ERMS,-FSRM";

/// What all benches are run with.
pub(crate) fn config() -> LibraryBenchmarkConfig {
    let mut config = LibraryBenchmarkConfig::default();
    config
        .env("GLIBC_TUNABLES", PLAIN)
        .tool(Callgrind::with_args(["--cache-sim=no"]))
        .output_format(OutputFormat::default().truncate_description(Some(0)));
    config
}

/// So many of them, made before the counting.
pub(crate) fn times<T>(make: impl FnMut(u64) -> T) -> Vec<T> {
    (1..=TIMES as u64).map(make).collect()
}

/// Does the step with each of them. What it gives is dropped, which is part of what a message costs.
pub(crate) fn each<T, R>(inputs: Vec<T>, mut step: impl FnMut(T) -> R) {
    for input in inputs {
        black_box(step(black_box(input)));
    }
}
