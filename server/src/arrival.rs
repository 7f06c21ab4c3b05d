//! A request as it arrives at a node or a mount: routed by the application, or straight from a connection of `serve`.
//!
//! Nothing behind this asks which way it came. Straight from its connection, a request costs no more than its answer needs:
//! its path is not rewritten, its body is not boxed, and its sender's address becomes an extension only where somebody looks.

use crate::front_door::address;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, OriginalUri};
use bytes::Bytes;
use http::request::Parts;
use hyper::body::{Frame, Incoming, SizeHint};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A request's head, and what its connection says of it.
#[derive(Debug)]
pub(crate) struct Head {
    /// They are large, and handed from one to another.
    pub(crate) parts: Box<Parts>,
    route: Route,
}

/// The way that a request took.
#[derive(Clone, Copy, Debug)]
enum Route {
    /// A router has taken the prefix off the path, and whoever serves has told of the peer, or not.
    Routed,
    /// From this peer; so much of the path is the mount's.
    Straight { peer: SocketAddr, mount: usize },
}

impl Head {
    /// Of a request that a router passes on.
    pub(crate) fn routed(parts: Parts) -> Self {
        let (parts, route) = (Box::new(parts), Route::Routed);
        Self { parts, route }
    }

    /// Of a request that a connection brings, for a mount that has so much of its path.
    pub(crate) fn straight(parts: Parts, peer: SocketAddr, mount: usize) -> Self {
        let (parts, route) = (Box::new(parts), Route::Straight { peer, mount });
        Self { parts, route }
    }

    /// The path below the mount, as it came: axum takes one slash too many away with the prefix, where there are two.
    pub(crate) fn path(&self) -> Cow<'_, str> {
        let path = self.parts.uri.path();
        match self.route {
            Route::Straight { mount, .. } if path.len() == mount => "/".into(),
            Route::Straight { mount, .. } => path[mount..].into(),
            Route::Routed => self.with_every_slash(path),
        }
    }

    fn with_every_slash<'a>(&self, below: &'a str) -> Cow<'a, str> {
        let Some(OriginalUri(uri)) = self.parts.extensions.get() else {
            return below.into();
        };
        let mount = uri.path().strip_suffix(below);
        match mount.is_some_and(|mount| mount.ends_with('/')) {
            true => format!("/{below}").into(),
            false => below.into(),
        }
    }

    /// The other end of the connection, where that is known.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        match self.route {
            Route::Straight { peer, .. } => Some(peer.ip().to_canonical()),
            Route::Routed => address::peer(&self.parts.extensions),
        }
    }

    /// The head as the application may see it: it finds the peer where axum has it.
    pub(crate) fn into_parts(mut self) -> Parts {
        if let Route::Straight { peer, .. } = self.route {
            self.parts.extensions.insert(ConnectInfo(peer));
        }
        *self.parts
    }
}

/// A request's body, of which nothing has been read.
#[derive(Debug)]
pub(crate) enum Arriving {
    Routed(Body),
    Straight(Incoming),
}

impl HttpBody for Arriving {
    type Data = Bytes;
    /// It was cut; why does not matter.
    type Error = ();

    fn poll_frame(
        self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ()>>> {
        match self.get_mut() {
            Self::Routed(body) => Pin::new(body)
                .poll_frame(ctx)
                .map(|frame| frame.map(|frame| frame.map_err(drop))),
            Self::Straight(body) => Pin::new(body)
                .poll_frame(ctx)
                .map(|frame| frame.map(|frame| frame.map_err(drop))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Routed(body) => body.is_end_stream(),
            Self::Straight(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Routed(body) => body.size_hint(),
            Self::Straight(body) => body.size_hint(),
        }
    }
}
