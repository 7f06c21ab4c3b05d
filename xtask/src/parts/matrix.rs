//! Our client in Chromium in every hostile network: each fault of the hostile proxy, and each real intermediary.

use super::{Part, browser, proxy};
use crate::{checks::Checks, process::command};

const FOLDER: &str = "tests/matrix";

pub(crate) const PART: Part = Part {
    name: "matrix",
    about: "a session in every hostile network: nothing is lost, repeated or reordered",
    needs: &[
        browser::CHROMIUM,
        proxy::NGINX,
        proxy::HAPROXY,
        proxy::SQUID,
        proxy::OPENSSL,
        browser::PACKAGES,
    ],
    run,
};

fn run(checks: &mut Checks) {
    checks.command(command(["npm", "run", "check"]).current_dir(FOLDER));
    let lines = checks.tests(command(["npm", "test"]).current_dir(FOLDER));
    checks.note(&lines, "matrix:");
}
