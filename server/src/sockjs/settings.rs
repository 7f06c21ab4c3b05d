//! What a node offers to clients of SockJS, under the names that they know.

use crate::builder::BuildError;
use crate::config::ConfigError;
use std::time::Duration;
use throughline_core::sockjs::Settings;

/// How clients of SockJS are served; see [`Throughline::sockjs`](crate::Throughline::sockjs). The defaults are those of the
/// reference, but for [`sockjs_url`](Self::sockjs_url).
///
/// Their sessions have the same API, order, bounds and backpressure as all others. What their wire format cannot carry is missing:
///
/// - **Acknowledgements.** A message counts as delivered when its WebSocket or response took it to write it, or when the client
///   polled again. What was not by the end is listed in [`End::undelivered`](crate::End::undelivered), and its fate is unknown.
/// - **Resuming.** When what receives is lost, the session ends, with [`Code::EXPIRED`](crate::Code::EXPIRED), after the
///   application has taken what had arrived; the client opens a new one if its page wants one.
/// - **A window.** A client that sends too fast is not read: its request is answered, and its WebSocket read, when there is room.
/// - **Bytes.** They reach the client as a base64 text, but on `/websocket`, which has no frames.
/// - **A secret.** Clients choose the ids of their sessions, and whoever knows one has the session.
///
/// Beyond the reference, a request that a browser or a proxy sends twice is recognised by what the client put into its URL:
/// a poll gets its answer once more, and messages are taken once. Pages put the time there, so the answer to a poll of theirs
/// waits until their clock has moved on: until 17 ms after the request, and 3 ms once the clock has shown that it is fine. Browsers that
/// resist fingerprinting have coarse clocks, which are known by their times: 35 ms, and 201 ms for older ones. Other times may look like
/// theirs until a finer one has come. Where a clock stands still, the next request is taken for a repetition, three times at most.
///
/// ```
/// use throughline::SockJs;
///
/// let sockjs = SockJs { response_limit: 4096, ..SockJs::default() };
/// # let _ = sockjs;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SockJs {
    /// From one sign of life of the server to the next. A poll hangs as long, so keep it below what proxies on the way
    /// allow, and below 35 s, after which JSONP clients give up. Default 25 s.
    pub heartbeat_delay: Duration,
    /// How long a client may go without receiving before its session ends. Default 5 s.
    pub disconnect_delay: Duration,
    /// As many bytes of frames have room in a streaming response; then the client asks for another. Default 131,072.
    pub response_limit: usize,
    /// The longest request body and the longest WebSocket message that a client may send, in bytes. It costs memory in each
    /// session: window and log hold one such message at least, and beside a full window up to four bodies wait for room. What
    /// the application sends is bounded by it or by [`Limits::message`](crate::Limits::message), whichever is longer.
    /// Default 1,000,000.
    pub max_payload: usize,
    /// Whether clients may use WebSockets. Default true.
    pub websocket: bool,
    /// Whether answers set the cookie `JSESSIONID`, for load balancers that are sticky by it. Default false.
    pub jsessionid: bool,
    /// Where the page for `iframe` transports finds the client. It has to be of the very version that the pages load, or
    /// it refuses to serve them. The script runs in this server's origin, so whoever can change it can do there what your
    /// own pages can: better name a copy of yours. Default: version 1.6.1 at jsDelivr.
    pub sockjs_url: String,
    /// Whether WebSockets may be opened with the handshake of the draft hixie-76, as browsers did before 2011. Default
    /// false.
    pub allow_hixie76: bool,
}

impl Default for SockJs {
    fn default() -> Self {
        Self {
            heartbeat_delay: Duration::from_secs(25),
            disconnect_delay: Duration::from_secs(5),
            response_limit: 128 * 1024,
            max_payload: 1_000_000,
            websocket: true,
            jsessionid: false,
            sockjs_url: "https://cdn.jsdelivr.net/npm/sockjs-client@1.6.1/dist/sockjs.min.js"
                .to_owned(),
            allow_hixie76: false,
        }
    }
}

impl SockJs {
    /// Says what cannot work.
    pub(super) fn check(&self) -> Result<(), BuildError> {
        let needed = [
            ("sockjs.heartbeat_delay", self.heartbeat_delay.is_zero()),
            ("sockjs.disconnect_delay", self.disconnect_delay.is_zero()),
            ("sockjs.response_limit", self.response_limit == 0),
            ("sockjs.max_payload", self.max_payload == 0),
        ];
        if let Some((name, _)) = needed.iter().find(|(_, is_zero)| *is_zero) {
            return Err(ConfigError::Zero(name).into());
        }
        let is_url = ["/", "http://", "https://"]
            .iter()
            .any(|start| self.sockjs_url.starts_with(start));
        if !is_url || self.sockjs_url.contains(['"', '<', '>', '&', ' ']) {
            return Err(BuildError::SockJsUrl(self.sockjs_url.clone()));
        }
        Ok(())
    }

    /// What one session needs to know.
    pub(super) const fn of_session(&self) -> Settings {
        Settings {
            heartbeat_delay: self.heartbeat_delay,
            disconnect_delay: self.disconnect_delay,
            response_limit: self.response_limit,
            max_payload: self.max_payload,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_named() {
        assert_eq!(SockJs::default().check(), Ok(()));
        let zero = SockJs {
            heartbeat_delay: Duration::ZERO,
            ..SockJs::default()
        };
        let error = zero.check().unwrap_err().to_string();
        assert!(error.contains("sockjs.heartbeat_delay"), "{error}");
        for url in ["sockjs.js", "https://x/\"onload=", "javascript:x"] {
            let sockjs = SockJs {
                sockjs_url: url.to_owned(),
                ..SockJs::default()
            };
            let error = sockjs.check().unwrap_err().to_string();
            assert!(error.contains(url) && error.contains("https://"), "{error}");
        }
    }
}
