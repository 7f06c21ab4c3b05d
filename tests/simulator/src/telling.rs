//! Cursors on a held poll: they must be told, since nothing else brings them (spec SEQ-6).
//!
//! The server counts as told what it put into an answer. The answer may get lost, and then somebody has to notice
//! it; a client that waits for one held request and for nothing else has noticed all that it ever will.

use crate::world::{Failure, World, broken};
use std::time::Duration;
use throughline_client::RequestId;
use throughline_core::Time;

/// How long the client may not know what the server could tell it.
const MOST: Duration = Duration::from_secs(1);

/// A held request whose answer has something to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Telling {
    request: RequestId,
    since: Time,
}

impl Telling {
    /// Looks at the time, before anything else happens.
    pub(crate) fn check(self, now: Time) -> Result<(), Failure> {
        let Self { request, since } = self;
        if now > since + MOST {
            return broken(format!(
                "request {request} is held since {since} and told no cursors"
            ));
        }
        Ok(())
    }

    /// What is to be told now; it counts from when the request was first found with something to tell.
    pub(crate) fn of(world: &World) -> Option<Self> {
        let request = held(world)?;
        let (_, known) = world.driver.client.outgoing();
        if world.hosted()?.session.incoming() == known {
            return None;
        }
        let before = world.telling.filter(|telling| telling.request == request);
        let since = before.map_or(world.cx.now, |telling| telling.since);
        Some(Self { request, since })
    }
}

/// The only request of the client, when the server has it and does not answer yet.
fn held(world: &World) -> Option<RequestId> {
    let request = world.driver.client.only_request()?;
    let mut copies = world.node.requests.keys();
    copies
        .any(|copy| world.network.answers(*copy, request))
        .then_some(request)
}
