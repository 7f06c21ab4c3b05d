//! All samples, as they were measured.

use super::setting;
use crate::measure::Cell;
use crate::options::Options;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn of(all: &[Cell], options: &Options) -> Value {
    let cells = all.iter().map(|cell| {
        json!({
            "scenario": cell.scenario.name,
            "server": cell.server.name,
            "figure": cell.scenario.figure,
            "median": cell.median(cell.scenario.figure),
            "spread": cell.spread(cell.scenario.figure),
            "share": cell.share(all),
            "failure": cell.failure,
            "samples": cell.samples,
        })
    });
    let setting: BTreeMap<String, String> = setting::lines().into_iter().collect();
    json!({
        "setting": setting,
        "rounds": options.rounds,
        "seconds": options.times.measure.as_secs_f64(),
        "cells": cells.collect::<Vec<_>>(),
    })
}
