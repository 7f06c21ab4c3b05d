//! Debian's nginx in front of a server, with TLS and HTTP/2, for the suites' own clients.
//!
//! They speak plain HTTP/1.1, so a small program of the browser tests translates: it is given the
//! server's address, starts nginx there, and prints an address at which plain HTTP/1.1 goes on as TLS,
//! requests over HTTP/2 and WebSockets over HTTP/1.1. So the tests need no TLS stack of their own, and
//! what nginx sees is what it sees of a browser.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tokio::task::spawn_blocking;

/// With the value `nginx`, every server of the suites stands behind one.
const BEHIND: &str = "THROUGHLINE_BEHIND";
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/src/behind-nginx.js");

/// A running nginx; it ends when dropped.
#[derive(Debug)]
pub struct Nginx {
    address: SocketAddr,
    program: Child,
}

impl Nginx {
    /// Puts nginx in front of an address.
    ///
    /// # Panics
    ///
    /// When Node, nginx or openssl is missing.
    pub async fn before(upstream: SocketAddr) -> Self {
        let started = spawn_blocking(move || Self::start(upstream)).await;
        started.expect("nginx starts")
    }

    /// Puts nginx in front of an address where the environment asks for it.
    ///
    /// # Panics
    ///
    /// When it asks for another proxy, or [`before`](Self::before) does.
    pub async fn where_wanted(upstream: SocketAddr) -> Option<Self> {
        match std::env::var(BEHIND).as_deref() {
            Ok("nginx") => Some(Self::before(upstream).await),
            Ok(other) => panic!("{BEHIND}={other}: only nginx is known"),
            Err(_) => None,
        }
    }

    /// Where plain HTTP/1.1 is spoken that reaches the server through nginx.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn start(upstream: SocketAddr) -> Self {
        let mut program = Command::new("node")
            .args([PROGRAM, &upstream.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node is installed");
        let output = program.stdout.take().expect("its output is piped");
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .expect("its output can be read");
        let address = line
            .trim()
            .parse()
            .expect("it prints an address, or says above why not");
        Self { address, program }
    }
}

impl Drop for Nginx {
    /// The program ends with its input.
    fn drop(&mut self) {
        drop(self.program.stdin.take());
        let _status = self.program.wait();
    }
}
