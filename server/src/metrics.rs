//! What is counted, through the `metrics` crate: the application installs the recorder of its choice.
//! The names are listed in the documentation of the crate.

use throughline_core::Code;
use throughline_core::session::{LinkError, Transport};

pub(crate) fn session_began() {
    metrics::gauge!("throughline_sessions").increment(1);
}

pub(crate) fn session_ended(code: Code) {
    metrics::gauge!("throughline_sessions").decrement(1);
    let code = code.value().to_string();
    metrics::counter!("throughline_sessions_ended_total", "code" => code).increment(1);
}

/// A session moved from one transport to another; `None` is no transport.
pub(crate) fn transport_changed(from: Option<Transport>, to: Option<Transport>) {
    if let Some(from) = from {
        metrics::gauge!("throughline_links", "transport" => from.name()).decrement(1);
    }
    if let Some(to) = to {
        metrics::gauge!("throughline_links", "transport" => to.name()).increment(1);
        metrics::counter!("throughline_links_begun_total", "transport" => to.name()).increment(1);
    }
}

pub(crate) fn link_failed(error: LinkError) {
    let why = match error {
        LinkError::Gap => "gap",
        LinkError::Unexpected => "unexpected",
        LinkError::Silent => "silent",
        _ => "other",
    };
    metrics::counter!("throughline_links_failed_total", "why" => why).increment(1);
}

pub(crate) fn refused(code: Code) {
    let code = code.value().to_string();
    metrics::counter!("throughline_refusals_total", "code" => code).increment(1);
}

/// Something came in that is not the protocol: over a WebSocket or in a request.
pub(crate) fn malformed(over: &'static str) {
    metrics::counter!("throughline_malformed_total", "transport" => over).increment(1);
}
