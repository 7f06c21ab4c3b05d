//! HTTP requests and answers: each may be lost, cut, late, doubled, or answered by somebody else.

use super::Network;
use crate::context::{Context, CopyId, Event};
use crate::fault::Fault;
use bytes::Bytes;
use std::time::Duration;
use throughline_client::{LinkId, RequestId};

/// One copy of a request on its way.
#[derive(Debug)]
pub(super) struct Copy {
    link: LinkId,
    request: RequestId,
    /// The client gets this copy's answer; another copy's is thrown away on the way.
    counts: bool,
    wanted: bool,
}

impl Network {
    pub(crate) fn post(&mut self, cx: &mut Context, link: LinkId, request: RequestId, body: Bytes) {
        let rate = self.weather.rate / 12;
        let latency = self.latency(cx);
        if self.is_down(cx) {
            cx.after(latency, Event::RequestFails(request));
            return;
        }
        if cx.silences(Fault::RequestLost, rate / 8) {
            return;
        }
        if cx.strikes(Fault::RequestLost, rate) {
            let delay = latency + cx.random.millis(0..1000);
            cx.after(delay, Event::RequestFails(request));
            return;
        }
        let same_byte = self.same_byte(cx, body.len());
        if same_byte.is_some() || cx.strikes(Fault::RequestTruncated, rate) {
            let cut = same_byte.unwrap_or_else(|| cx.random.index(body.len()));
            self.deliver(cx, link, request, body.slice(..cut), latency, true);
            cx.after(latency * 2, Event::RequestFails(request));
            return;
        }
        self.post_whole(cx, link, request, body, latency);
    }

    fn post_whole(
        &mut self,
        cx: &mut Context,
        link: LinkId,
        request: RequestId,
        body: Bytes,
        mut latency: Duration,
    ) {
        let rate = self.weather.rate / 12;
        if cx.strikes(Fault::RequestDelayed, rate) {
            latency += cx.random.millis(100..3000);
        }
        let repeated = cx.strikes(Fault::RequestRepeated, rate);
        let first_counts = !repeated || cx.random.per_mille(500);
        self.deliver(cx, link, request, body.clone(), latency, first_counts);
        if repeated {
            let later = latency + cx.random.millis(0..2000);
            self.deliver(cx, link, request, body, later, !first_counts);
        }
    }

    fn deliver(
        &mut self,
        cx: &mut Context,
        link: LinkId,
        request: RequestId,
        body: Bytes,
        latency: Duration,
        counts: bool,
    ) {
        let id = self.id();
        let copy = Copy {
            link,
            request,
            counts,
            wanted: true,
        };
        self.copies.insert(id, copy);
        cx.after(latency, Event::RequestArrives(id, body));
    }

    fn same_byte(&self, cx: &mut Context, len: usize) -> Option<usize> {
        let byte = usize::try_from(self.weather.same_byte?).ok()?;
        (len > byte).then(|| {
            cx.count(Fault::SameByte);
            byte
        })
    }

    pub(crate) fn answer(&mut self, cx: &mut Context, id: CopyId, body: Bytes) {
        let Some(copy) = self.copies.remove(&id) else {
            return;
        };
        if !copy.counts || !copy.wanted {
            return;
        }
        let request = copy.request;
        let rate = self.weather.rate / 12;
        let latency = self.latency(cx);
        let failed = Event::RequestFails(request);
        if self.is_down(cx) {
            cx.after(latency, failed);
        } else if cx.silences(Fault::AnswerLost, rate / 8) {
        } else if cx.strikes(Fault::AnswerLost, rate) {
            let delay = latency + cx.random.millis(0..1000);
            cx.after(delay, failed);
        } else if let Some(cut) = self.same_byte(cx, body.len()) {
            cx.after(latency, Event::AnswerArrives(request, body.slice(..cut)));
        } else if cx.strikes(Fault::AnswerTruncated, rate) {
            let cut = cx.random.index(body.len());
            cx.after(latency, Event::AnswerArrives(request, body.slice(..cut)));
        } else if cx.strikes(Fault::Portal, rate) {
            let page = Bytes::from_static(b"<!doctype html><title>Log in</title>");
            cx.after(latency, Event::AnswerArrives(request, page));
        } else {
            cx.after(latency, Event::AnswerArrives(request, body));
        }
    }

    /// Whether the answer to this copy is what the client gets for the request.
    pub(crate) fn answers(&self, id: CopyId, request: RequestId) -> bool {
        self.copies
            .get(&id)
            .is_some_and(|copy| copy.request == request && copy.counts && copy.wanted)
    }

    /// The server cannot make anything of the request.
    pub(crate) fn reject(&mut self, cx: &mut Context, id: CopyId) {
        if let Some(copy) = self.copies.remove(&id)
            && copy.counts
        {
            let latency = self.latency(cx);
            cx.after(latency, Event::RequestFails(copy.request));
        }
    }

    /// Nobody waits for the answer any more; the server may or may not be told.
    pub(crate) fn cancel(&mut self, cx: &mut Context, request: RequestId) {
        self.abandon(cx, |copy| copy.request == request);
    }

    pub(crate) fn cancel_link(&mut self, cx: &mut Context, link: LinkId) {
        self.abandon(cx, |copy| copy.link == link);
    }

    fn abandon(&mut self, cx: &mut Context, which: impl Fn(&Copy) -> bool) {
        let latency = self.latency(cx);
        for (id, copy) in &mut self.copies {
            if which(copy) && copy.wanted {
                copy.wanted = false;
                if cx.random.per_mille(700) {
                    cx.after(latency, Event::RequestGone(*id));
                }
            }
        }
    }
}
