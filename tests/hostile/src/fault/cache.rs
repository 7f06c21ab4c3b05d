//! A cache that keeps what it must not keep, or makes the same requests wait for each other.

use super::points::{Answer, Asked, Behaviour, Fate, Treatment};
use super::{Family, Kind, Narrows};
use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, request, response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// How many answers are kept; later ones are not.
const CAPACITY: usize = 1_000;

pub(super) const FAMILY: Family = Family {
    title: "In a cache",
    narrows: Narrows::ByPathAndChance,
    kinds: &[
        Kind {
            name: "get-serialised",
            argument: "",
            default: "",
            help: "Of the GETs for one address only one is under way, the others wait for its end: a cache's lock, and what browsers do.",
            parse: |_| Some(Box::new(GetSerialised::default())),
        },
        Kind {
            name: "get-cached",
            argument: "",
            default: "",
            help: "The first answer to a GET is the answer to all that follow for the same address, whatever its headers say.",
            parse: |_| Some(Box::new(GetCached::default())),
        },
    ],
};

/// The address of a GET that a cache may answer.
fn cacheable(head: &request::Parts) -> Option<String> {
    let is_get = head.method == Method::GET && !crate::head::is_upgrade(&head.headers);
    is_get.then(|| crate::head::path(head))
}

/// A turn for each address that was asked for.
#[derive(Default)]
struct GetSerialised(Mutex<HashMap<String, Arc<Semaphore>>>);

impl GetSerialised {
    fn turns(&self) -> MutexGuard<'_, HashMap<String, Arc<Semaphore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Behaviour for GetSerialised {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        let path = cacheable(head)?;
        let mut turns = self.turns();
        // An address that nobody holds or waits for needs no turn of its own.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        let turn = turns
            .entry(path)
            .or_insert_with(|| Arc::new(Semaphore::new(1)));
        Some(Fate::Turn(Arc::clone(turn)))
    }
}

impl Drop for GetSerialised {
    /// Lets go on who waits.
    fn drop(&mut self) {
        for turn in self.turns().values() {
            turn.close();
        }
    }
}

#[derive(Default)]
struct GetCached(Arc<Mutex<HashMap<String, Answer>>>);

impl Behaviour for GetCached {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        let kept = lock(&self.0).get(&cacheable(head)?).cloned();
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
