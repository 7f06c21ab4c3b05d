//! Real intermediaries, from Debian's packages. Everything once more through nginx with TLS and HTTP/2 towards
//! the client and WebSocket over HTTP/1.1: the browser's moves, and the suite over all transports. And what the
//! client ends up using behind nginx, HAProxy and squid with the settings that people have.

use super::{Part, browser, rust};
use crate::{checks::Checks, needs::Need};

pub(super) const NGINX: Need = Need::Package {
    program: "nginx",
    package: "nginx",
};
pub(super) const HAPROXY: Need = Need::Package {
    program: "haproxy",
    package: "haproxy",
};
pub(super) const SQUID: Need = Need::Package {
    program: "squid",
    package: "squid",
};
pub(super) const OPENSSL: Need = Need::Package {
    program: "openssl",
    package: "openssl",
};

pub(super) const PART: Part = Part {
    name: "proxy",
    about: "the browser's moves and the session suite behind nginx; what gets through nginx, HAProxy and squid",
    needs: &[
        browser::CHROMIUM,
        NGINX,
        HAPROXY,
        SQUID,
        OPENSSL,
        browser::PACKAGES,
    ],
    run,
};

fn run(checks: &mut Checks) {
    browser::run_tests(checks, "test:proxy");
    checks.tests(rust::test_binary("session").env("THROUGHLINE_BEHIND", "nginx"));
}
