//! A forward proxy's tunnels: CONNECT, and what becomes of it.

use crate::connection::{self, Connection};
use crate::fault::Place;
use crate::fault::points::{Answer, Opening};
use crate::target::Target;
use crate::tunnel::{Content, Tunnel};
use crate::{page, upstream};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::{self, OnUpgrade};
use hyper_util::rt::TokioIo;
use std::pin::Pin;
use std::sync::Arc;

/// What `path=` compares with: a tunnel has no path.
const NO_PATH: &str = "/";

/// Answers a CONNECT. A tunnel that is opened goes on by itself.
pub(crate) async fn open(connection: Arc<Connection>, mut request: Request<Incoming>) -> Answer {
    let Some(target) = request.uri().authority().map(Target::of) else {
        return page::refusal(StatusCode::BAD_REQUEST);
    };
    let near = upgrade::on(&mut request);
    let place = Place {
        path: NO_PATH,
        luck: &connection.luck,
    };
    let faults = &connection.shared.faults;
    match faults.first(place, |fault| fault.connect(&target)) {
        Some(Opening::Refused(status)) => page::refusal(status),
        Some(Opening::Inspected) => {
            let shared = Arc::clone(&connection.shared);
            shared.tasks.spawn(inspect(connection, near, target));
            opened(&shared.counters)
        }
        None => dig(&connection, near, &target).await,
    }
}

/// Makes a tunnel whose bytes nobody reads.
async fn dig(connection: &Arc<Connection>, near: OnUpgrade, target: &Target) -> Answer {
    let shared = &connection.shared;
    let place = Place {
        path: NO_PATH,
        luck: &connection.luck,
    };
    let source = shared.faults.first(place, |fault| fault.source());
    let far = match upstream::dial(target, source).await {
        Ok(far) => far,
        Err(error) => return page::html(StatusCode::BAD_GATEWAY, &error.to_string()),
    };
    let tunnel = Tunnel::new(Arc::clone(connection), NO_PATH.to_owned(), Content::Opaque);
    shared.tasks.spawn(async move {
        if let Ok(near) = near.await {
            tunnel.carry(near, TokioIo::new(far)).await;
        }
    });
    opened(&shared.counters)
}

/// Serves what is inside a tunnel. The type is written out because serving leads here again.
fn inspect(
    connection: Arc<Connection>,
    near: OnUpgrade,
    target: Target,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if let Ok(near) = near.await {
            connection::serve(connection, near, Some(target)).await;
        }
    })
}

fn opened(counters: &crate::counters::Counters) -> Answer {
    counters.tunnelled();
    Response::new(Bytes::new())
}
