//! The end of a session, as the client's application learns it: never without the fate of each message
//! (spec §10.3).

use crate::link::Stage;
use crate::session::{Client, Output, Phase};
use throughline_core::wire::native::{Abort, Cursors};
use throughline_core::{Band, Code, Time};

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why, as a code.
    pub code: Code,
    /// Why, as a sentence.
    pub reason: String,
    /// Whether it ended in order.
    pub clean: bool,
    /// When a new session may be tried, in milliseconds.
    pub retry_after: Option<u64>,
    /// Every message that was not known to be taken before, by number.
    pub fates: Vec<(u64, Fate)>,
}

/// What became of a message that was sent (spec FAT-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The server's application took it.
    Taken,
    /// It arrived, but the application did not take it, as far as is known.
    Received,
    /// It did not arrive.
    Lost,
    /// The server's final word is not known.
    Unknown,
}

/// Whether the server's cursors are its final ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastWord {
    Spoken,
    Unspoken,
}

impl Client {
    /// The server says that the session is over.
    pub(crate) fn receive_abort(&mut self, abort: Abort) {
        if !self.is_open() && abort.code.band() == Band::Retry {
            // The application has not seen this session yet, so there is nothing to tell.
            return self.forget_session();
        }
        if self.inbox.is_at_end() {
            return self.end_in_order();
        }
        let fates = self.final_fates(abort.received, abort.ack);
        self.finish(End {
            code: abort.code,
            reason: abort.reason,
            clean: false,
            retry_after: abort.retry_after,
            fates,
        });
    }

    /// Everything before the server's close was delivered: acknowledges it. On a WebSocket that is the end; a poll
    /// waits for the server's last word, which also says that the acknowledgement arrived (spec CLS-3).
    pub(crate) fn acknowledge_close(&mut self, now: Time) {
        self.inbox.take_close();
        if self.inbox.is_unreported() {
            self.tell_cursors(now);
        }
        if matches!(self.current_stage(), Some(Stage::Stream(_))) {
            self.end_in_order();
        }
    }

    /// The client ends the session by itself.
    pub(crate) fn end(&mut self, code: Code, reason: String) {
        let fates = self.fates(self.log.unacknowledged(), LastWord::Unspoken);
        self.finish(End {
            code,
            reason,
            clean: false,
            retry_after: None,
            fates,
        });
    }

    fn end_in_order(&mut self) {
        let Some(close) = self.inbox.close().cloned() else {
            return;
        };
        let fates = self.fates_at_close(close.received, close.ack);
        self.finish(End {
            code: close.code,
            reason: close.reason,
            clean: true,
            retry_after: None,
            fates,
        });
    }

    /// As with any acknowledgement, what the close says was taken is known to be taken.
    fn fates_at_close(&mut self, received: Option<u64>, ack: Option<u64>) -> Vec<(u64, Fate)> {
        let fates = self.final_fates(received, ack);
        let is_open = |&(_, fate): &(u64, Fate)| fate != Fate::Taken;
        fates.into_iter().filter(is_open).collect()
    }

    /// The fates by the server's final cursors, where it told them.
    fn final_fates(&mut self, received: Option<u64>, ack: Option<u64>) -> Vec<(u64, Fate)> {
        let before = self.log.unacknowledged();
        let mut last_word = LastWord::Unspoken;
        if let Some((received, ack)) = received.zip(ack)
            && self.log.acknowledge(Cursors { received, ack }).is_ok()
        {
            last_word = LastWord::Spoken;
        }
        self.fates(before, last_word)
    }

    fn fates(&self, messages: Vec<u64>, last_word: LastWord) -> Vec<(u64, Fate)> {
        let Cursors { received, ack } = self.log.peer();
        let fate = |seq| match last_word {
            _ if seq <= ack => Fate::Taken,
            _ if seq <= received => Fate::Received,
            LastWord::Spoken => Fate::Lost,
            LastWord::Unspoken => Fate::Unknown,
        };
        messages.into_iter().map(|seq| (seq, fate(seq))).collect()
    }

    fn finish(&mut self, end: End) {
        self.phase = Phase::Ended;
        for link in std::mem::take(&mut self.links).into_keys() {
            self.outputs.push_back(Output::Drop(link));
        }
        self.current = None;
        self.outputs.push_back(Output::Ended(end));
    }
}
