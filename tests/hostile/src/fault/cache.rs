//! A cache that keeps what it must not keep.

use super::points::{Answer, Asked, Behaviour, Fate, Treatment};
use super::{Family, Kind, Narrows};
use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, request, response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many answers are kept; later ones are not.
const CAPACITY: usize = 1_000;

pub(super) const FAMILY: Family = Family {
    title: "In a cache",
    narrows: Narrows::ByPathAndChance,
    kinds: &[Kind {
        name: "get-cached",
        argument: "",
        default: "",
        help: "The first answer to a GET is the answer to all that follow for the same address, whatever its headers say.",
        parse: |_| Some(Box::new(GetCached::default())),
    }],
};

#[derive(Default)]
struct GetCached(Arc<Mutex<HashMap<String, Answer>>>);

impl Behaviour for GetCached {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        let path = crate::head::path(head);
        let is_get = head.method == Method::GET && !crate::head::is_upgrade(&head.headers);
        let kept = is_get.then(|| lock(&self.0).get(&path).cloned()).flatten();
        kept.map(Fate::Answer)
    }

    fn response(&self, asked: &Asked, _head: &response::Parts) -> Option<Treatment> {
        let (kept, path) = (Arc::clone(&self.0), asked.path.clone());
        (asked.method == Method::GET).then(|| {
            Treatment::Keep(Box::new(move |status, headers, body| {
                keep(&mut lock(&kept), path, answer(status, headers, body));
            }))
        })
    }
}

fn keep(kept: &mut HashMap<String, Answer>, path: String, answer: Answer) {
    if kept.len() < CAPACITY {
        kept.entry(path).or_insert(answer);
    }
}

fn answer(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Answer {
    let mut answer = Response::new(body.clone());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers.clone();
    answer
}

fn lock(kept: &Mutex<HashMap<String, Answer>>) -> MutexGuard<'_, HashMap<String, Answer>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
