//! Fresh tokens on a live session: shown to the hook, one after the other (spec §12).

use super::Shared;
use crate::front_door::auth::{Admission, Attempt};
use crate::front_door::refusal::Refusal;
use crate::metrics;
use std::sync::Arc;
use throughline_core::session::Input;

/// Tokens are shown to the hook one at a time; of those that wait only the last one counts.
#[derive(Default)]
pub(super) enum TokenRefresh {
    #[default]
    Idle,
    Running,
    Next(String),
}

impl TokenRefresh {
    /// A fresh token came; returns it when the hook is free to look at it.
    pub(super) fn next(&mut self, token: String) -> Option<String> {
        match self {
            Self::Idle => {
                *self = Self::Running;
                Some(token)
            }
            Self::Running | Self::Next(_) => {
                *self = Self::Next(token);
                None
            }
        }
    }

    /// The hook has decided; returns the token that came meanwhile.
    fn decided(&mut self) -> Option<String> {
        match std::mem::take(self) {
            Self::Next(token) => self.next(token),
            Self::Idle | Self::Running => None,
        }
    }
}

impl Shared {
    /// Applies what the hook said of a fresh token (spec TOK-1).
    fn refreshed(self: &Arc<Self>, verdict: Result<Admission, Refusal>) -> Option<String> {
        let verdict = verdict.and_then(|admission| {
            if admission.identity == self.identity {
                Ok(admission.expires_in)
            } else {
                Err(Refusal::unauthorized("the token names another identity"))
            }
        });
        self.step(|state, now| {
            match verdict {
                Ok(expires_in) => {
                    let expires = expires_in.map(|lifetime| now + lifetime);
                    let input = Input::TokenAccepted(expires);
                    state.core.session_mut().handle(now, input);
                }
                Err(refusal) => {
                    metrics::refused(refusal.code());
                    state.core.session_mut().abort(
                        refusal.code(),
                        refusal.reason(),
                        refusal.after(),
                    );
                }
            }
            state.token.decided()
        })
    }
}

/// Shows fresh tokens to the hook. The task lives as long as the hook thinks, which has a deadline.
pub(super) async fn refresh(session: Arc<Shared>, token: String) {
    let mut next = Some(token);
    while let Some(token) = next {
        let Some(head) = session.lock().head.clone() else {
            // Without a hook any token is as good as none.
            next = session.refreshed(Ok(session.identity.clone().into()));
            continue;
        };
        let attempt = Attempt::new(head.to_parts(), Some(token), session.address);
        let verdict = session.node.doors.gate.ask(attempt).await;
        next = session.refreshed(verdict);
    }
}
