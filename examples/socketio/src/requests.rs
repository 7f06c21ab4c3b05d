//! The headers of the last POST of each session, for the suite that asks what its client sent.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, Method};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Headers by the session's id.
#[derive(Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<HashMap<String, HeaderMap>>>);

/// More sessions than a suite has at once.
const MOST: usize = 256;

impl Requests {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, HeaderMap>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The headers of that session's last POST, as a JSON object.
    pub(crate) fn headers(&self, session: &str) -> String {
        let requests = self.lock();
        let headers = requests.get(session).into_iter().flatten();
        let members = headers.filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some((name.as_str().to_owned(), value.into()))
        });
        serde_json::Value::Object(members.collect()).to_string()
    }
}

pub(crate) async fn note(
    State(requests): State<Requests>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() == Method::POST
        && let Some(session) = session(request.uri().query().unwrap_or_default())
    {
        let mut requests = requests.lock();
        if requests.len() == MOST {
            requests.clear();
        }
        requests.insert(session.to_owned(), request.headers().clone());
    }
    next.run(request).await
}

/// A `sid` starts with the session's id.
fn session(query: &str) -> Option<&str> {
    let sid = query
        .split('&')
        .find_map(|member| member.strip_prefix("sid="))?;
    Some(sid.rsplit_once('.')?.0)
}
