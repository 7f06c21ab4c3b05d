//! The requests of a session that wait for their answers, and the answers that nobody has fetched yet.
//!
//! Most are answered in the step that hands them in, so there is nothing to be woken, and no channel is made.

use crate::dialect::Answer;
use std::task::{Context, Poll, Waker};
use throughline_core::session::RequestId;

#[derive(Default)]
pub(super) struct Requests(Vec<(RequestId, Stage)>);

enum Stage {
    /// Whoever waits has to be woken, once it has asked.
    Waiting(Option<Waker>),
    Answered(Answer),
}

impl Requests {
    pub(super) fn add(&mut self, id: RequestId) {
        if self.0.is_empty() {
            // There is seldom another.
            self.0.reserve_exact(1);
        }
        self.0.push((id, Stage::Waiting(None)));
    }

    /// Whether one waits for its answer.
    pub(super) fn are_waiting(&self) -> bool {
        let mut requests = self.0.iter();
        requests.any(|(_, stage)| matches!(stage, Stage::Waiting(_)))
    }

    /// A request that is gone needs no answer: the next one gets the same.
    pub(super) fn answer(&mut self, id: RequestId, answer: Answer) {
        let Some((_, stage)) = self.0.iter_mut().find(|(known, _)| *known == id) else {
            return;
        };
        if let Stage::Waiting(Some(waker)) = std::mem::replace(stage, Stage::Answered(answer)) {
            waker.wake();
        }
    }

    /// The answer; then the request is forgotten.
    pub(super) fn poll(&mut self, id: RequestId, ctx: &mut Context<'_>) -> Poll<Answer> {
        let index = self.0.iter().position(|(known, _)| *known == id);
        let index = index.expect("a request stays until its answer is fetched");
        match self.0.swap_remove(index) {
            (_, Stage::Answered(answer)) => Poll::Ready(answer),
            (_, Stage::Waiting(_)) => {
                let waker = ctx.waker().clone();
                self.0.push((id, Stage::Waiting(Some(waker))));
                Poll::Pending
            }
        }
    }

    pub(super) fn forget(&mut self, id: RequestId) {
        self.0.retain(|(known, _)| *known != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::poll_fn;
    use std::sync::{Arc, Mutex};
    use throughline_core::engineio;

    fn taken() -> Answer {
        Answer::EngineIo(engineio::Answer::Taken)
    }

    fn is_taken(answer: &Answer) -> bool {
        matches!(answer, Answer::EngineIo(engineio::Answer::Taken))
    }

    #[test]
    fn an_answer_is_there_for_whoever_asked_and_waits_for_nobody() {
        let mut requests = Requests::default();
        let mut ctx = Context::from_waker(Waker::noop());
        requests.add(1);
        requests.add(2);
        requests.answer(2, taken());
        assert!(requests.are_waiting());
        assert!(requests.poll(1, &mut ctx).is_pending());
        assert!(matches!(requests.poll(2, &mut ctx), Poll::Ready(answer) if is_taken(&answer)));
        requests.answer(1, taken());
        assert!(!requests.are_waiting(), "its answer waits, and not it");
        assert!(matches!(requests.poll(1, &mut ctx), Poll::Ready(answer) if is_taken(&answer)));
        assert!(requests.0.is_empty());
    }

    #[test]
    fn what_is_gone_gets_no_answer() {
        let mut requests = Requests::default();
        requests.add(1);
        requests.forget(1);
        requests.answer(1, taken());
        assert!(requests.0.is_empty());
    }

    #[tokio::test]
    async fn whoever_asked_last_is_woken() {
        let requests = Arc::new(Mutex::new(Requests::default()));
        requests.lock().unwrap().add(1);
        let asks = requests.clone();
        let mut answer = Box::pin(poll_fn(move |ctx| asks.lock().unwrap().poll(1, ctx)));
        assert!((&mut answer).now_or_never().is_none());
        let waits = tokio::spawn(answer);
        tokio::task::yield_now().await;
        requests.lock().unwrap().answer(1, taken());
        assert!(is_taken(&waits.await.unwrap()));
    }
}
