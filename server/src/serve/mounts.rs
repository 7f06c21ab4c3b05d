//! Nodes that are served ahead of the application, each below a path of its own.
//!
//! Their requests do not pass through a router, which would rewrite the path, box the body and the answer, and note what
//! nobody here asks for. So what they cost is theirs alone.

use crate::answering::Answering;
use crate::arrival::{Arriving, Head};
use crate::{SockJsService, Throughline};
use futures_util::future::Either;
use http::Request;
use hyper::body::Incoming;
use std::fmt;
use std::net::SocketAddr;

/// What [`Serve::mount`](crate::Serve::mount) takes: a [`Throughline`], or a [`SockJsService`] of one.
#[derive(Clone, Debug)]
pub struct Mounted(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Node(Throughline),
    SockJs(SockJsService),
}

impl From<Throughline> for Mounted {
    fn from(node: Throughline) -> Self {
        Self(Kind::Node(node))
    }
}

impl From<SockJsService> for Mounted {
    fn from(service: SockJsService) -> Self {
        Self(Kind::SockJs(service))
    }
}

impl Mounted {
    /// The node whose sessions it serves.
    pub(super) fn node(&self) -> Throughline {
        match &self.0 {
            Kind::Node(node) => node.clone(),
            Kind::SockJs(service) => service.throughline(),
        }
    }

    fn respond(&self, head: Head, body: Arriving) -> Answering {
        match &self.0 {
            Kind::Node(node) => node.respond(head, body),
            Kind::SockJs(service) => service.respond(head, body),
        }
    }
}

/// What is mounted where; a longer path comes before the shorter ones that it may lie below.
#[derive(Default)]
pub(super) struct Mounts(Vec<(String, Mounted)>);

impl Mounts {
    /// # Panics
    /// When nothing can be below such a path, or something is mounted there already.
    pub(super) fn insert(&mut self, path: &str, mounted: Mounted) {
        let is_path =
            path.starts_with('/') && !path.ends_with('/') && !path.contains(['?', '#', '*']);
        assert!(
            is_path,
            "a mount's path begins with a slash and has something behind it, but no slash at its end, and none of `?`, `#` and `*`: {path:?}"
        );
        let is_new = self.0.iter().all(|(other, _)| other != path);
        assert!(is_new, "something is mounted at {path:?} already");
        let place = self
            .0
            .partition_point(|(other, _)| other.len() >= path.len());
        self.0.insert(place, (path.to_owned(), mounted));
    }

    /// Answers a request that is for one of them, or gives it back.
    pub(super) fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Either<Answering, Request<Incoming>> {
        let Some((mount, mounted)) = self.find(request.uri().path()) else {
            return Either::Right(request);
        };
        let (parts, body) = request.into_parts();
        let head = Head::straight(parts, peer, mount);
        Either::Left(mounted.respond(head, Arriving::Straight(body)))
    }

    /// What this path is for, and how much of it leads there.
    fn find(&self, path: &str) -> Option<(usize, &Mounted)> {
        let found = self.0.iter().find(|(mount, _)| {
            let below = path.strip_prefix(mount.as_str());
            below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        });
        found.map(|(mount, mounted)| (mount.len(), mounted))
    }
}

impl fmt::Debug for Mounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(path, _)| path))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn mounts(paths: &[&str]) -> Mounts {
        let mut mounts = Mounts::default();
        for path in paths {
            mounts.insert(path, Throughline::new(testing::node()).into());
        }
        mounts
    }

    #[test]
    fn a_mount_has_its_path_and_what_is_below() {
        let mounts = mounts(&["/a", "/a/b", "/c"]);
        for (path, length) in [
            ("/a", Some(2)),
            ("/a/", Some(2)),
            ("/a/poll", Some(2)),
            ("/a/b", Some(4)),
            ("/a/b/poll", Some(4)),
            ("/a/bc", Some(2)),
            ("/c//poll", Some(2)),
            ("/ab", None),
            ("//a/poll", None),
            ("/", None),
            ("*", None),
        ] {
            let found = mounts.find(path).map(|(length, _)| length);
            assert_eq!(found, length, "{path}");
        }
    }

    #[test]
    #[should_panic(expected = "already")]
    fn a_path_is_taken_once() {
        mounts(&["/a", "/a"]);
    }

    #[test]
    #[should_panic(expected = "begins with a slash")]
    fn a_path_that_nothing_is_below_is_refused() {
        mounts(&["/"]);
    }
}
