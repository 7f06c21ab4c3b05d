//! Everything once more through Debian's nginx: TLS and HTTP/2 towards the client, WebSocket over
//! HTTP/1.1. The browser's moves, and the suite over all transports.

use super::{Part, browser, rust};
use crate::{checks::Checks, needs::Need};

const NGINX: Need = Need::Package {
    program: "nginx",
    package: "nginx",
};
const OPENSSL: Need = Need::Package {
    program: "openssl",
    package: "openssl",
};

pub(super) const PART: Part = Part {
    name: "proxy",
    about: "the browser's moves and the session suite behind nginx, with TLS and HTTP/2",
    needs: &[browser::CHROMIUM, NGINX, OPENSSL, browser::PACKAGES],
    run,
};

fn run(checks: &mut Checks) {
    browser::run_tests(checks, "test:proxy");
    checks.tests(rust::test_binary("session").env("THROUGHLINE_BEHIND", "nginx"));
}
