//! The two forms of a poll: a POST, or a GET for networks that let no POST pass (spec §8.1).

use crate::http::{Answer, Http, NoAnswer};
use bytes::Bytes;
use data_encoding::BASE64;
use std::hash::{BuildHasher, RandomState};
use throughline_core::wire::native::Response;

/// How polls are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A batch is the body of a POST, and of its answer.
    #[default]
    Post,
    /// A batch is text in a header of a GET, and so is the body of its answer.
    Get,
}

impl Form {
    /// What a request should not exceed, in bytes before base64 (spec GET-4).
    #[must_use]
    pub const fn most(self) -> u64 {
        match self {
            Self::Post => u64::MAX,
            Self::Get => 3000,
        }
    }

    /// Sends a batch, or whatever else should be in its place.
    ///
    /// # Errors
    /// [`NoAnswer`], after which nobody knows whether the request arrived.
    pub async fn send(
        self,
        http: &Http,
        headers: &[(&str, &str)],
        batch: Bytes,
    ) -> Result<Answer, NoAnswer> {
        match self {
            Self::Post => http.post("poll", headers, batch).await,
            Self::Get => {
                let text = BASE64.encode(&batch);
                let headers = [headers, &[("throughline", text.as_str())]].concat();
                http.get(&unique(), &headers).await
            }
        }
    }

    /// The batch in an answer; `None` where it is not even base64.
    #[must_use]
    pub fn batch(self, answer: &Answer) -> Option<Bytes> {
        match self {
            Self::Post => Some(answer.body.clone()),
            Self::Get => BASE64.decode(&answer.body).ok().map(Bytes::from),
        }
    }

    /// What an answer of the protocol says.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    pub fn verdict(self, answer: &Answer) -> Response {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let batch = self.batch(answer).expect("an answer in the same form");
        Response::decode(&batch).expect("a whole batch")
    }
}

/// An address that nobody else has asked for (spec GET-3).
fn unique() -> String {
    format!("poll?{:016x}", RandomState::new().hash_one(0))
}
