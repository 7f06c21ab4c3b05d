//! How each transport of SockJS carries frames to the client.
//!
//! A WebSocket carries a frame as one message, a polling request is answered with one, and a streaming response has a
//! prelude, which makes browsers begin to read, and then one part of its body for each.

use super::callback::Callback;
use super::quote;
use bytestring::ByteString;
use std::fmt::Write;

/// The way in which a client receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A WebSocket with frames.
    WebSocket,
    /// A WebSocket without frames: each of its messages is one of the application's.
    RawWebSocket,
    /// A response that goes on, read by `XMLHttpRequest`.
    XhrStreaming,
    /// A response that goes on, read by `EventSource`.
    EventSource,
    /// A page that goes on, with a script for each frame.
    HtmlFile(Callback),
    /// A response with one frame, read by `XMLHttpRequest`.
    XhrPolling,
    /// A script with one frame.
    JsonpPolling(Callback),
}

/// The page of `htmlfile` is at least this long before its first frame.
const SHORTEST_PAGE: usize = 1025;

impl Transport {
    /// Whether a response of it goes on after its first frame.
    #[must_use]
    pub const fn is_streaming(&self) -> bool {
        matches!(
            self,
            Self::XhrStreaming | Self::EventSource | Self::HtmlFile(_)
        )
    }

    /// Whether a WebSocket carries it.
    #[must_use]
    pub const fn is_websocket(&self) -> bool {
        matches!(self, Self::WebSocket | Self::RawWebSocket)
    }

    /// What a response starts with, before its first frame.
    #[must_use]
    pub fn prelude(&self) -> Option<ByteString> {
        match self {
            Self::XhrStreaming => Some(format!("{}\n", "h".repeat(2048)).into()),
            Self::EventSource => Some("\r\n".into()),
            Self::HtmlFile(callback) => Some(page(callback).into()),
            Self::WebSocket | Self::RawWebSocket | Self::XhrPolling | Self::JsonpPolling(_) => None,
        }
    }

    /// A frame as it travels.
    ///
    /// ```
    /// use throughline_core::wire::sockjs::Transport;
    ///
    /// let frame = String::from(r#"a["100%"]"#);
    /// assert_eq!(Transport::XhrPolling.wrap(frame.clone()), "a[\"100%\"]\n");
    /// assert_eq!(Transport::EventSource.wrap(frame), "data: a[\"100%25\"]\r\n\r\n");
    /// ```
    #[must_use]
    pub fn wrap(&self, mut frame: String) -> ByteString {
        match self {
            Self::WebSocket | Self::RawWebSocket => frame.into(),
            Self::XhrStreaming | Self::XhrPolling => {
                frame.push('\n');
                frame.into()
            }
            Self::EventSource => event(&frame).into(),
            Self::HtmlFile(_) => call("<script>\np", &frame, ");\n</script>\r\n").into(),
            Self::JsonpPolling(callback) => {
                call(&format!("/**/{callback}"), &frame, ");\r\n").into()
            }
        }
    }
}

/// The client decodes percent signs, so those that are there are encoded.
fn event(frame: &str) -> String {
    let mut event = String::with_capacity(frame.len() + 16);
    event.push_str("data: ");
    for (index, part) in frame.split('%').enumerate() {
        if index > 0 {
            event.push_str("%25");
        }
        event.push_str(part);
    }
    event.push_str("\r\n\r\n");
    event
}

fn call(function: &str, frame: &str, rest: &str) -> String {
    let mut script = String::with_capacity(function.len() + frame.len() + rest.len() + 16);
    script.push_str(function);
    script.push('(');
    quote::push_again(&mut script, frame).expect("memory takes what is written");
    script.push_str(rest);
    script
}

/// The page's own part is given by the protocol, word for word.
fn page(callback: &Callback) -> String {
    let mut page = String::from(concat!(
        "<!doctype html>\n",
        "<html><head>\n",
        "  <meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\" />\n",
        "  <meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" />\n",
        "</head><body><h2>Don't panic!</h2>\n",
        "  <script>\n",
        "    document.domain = document.domain;\n",
    ));
    let _ = writeln!(page, "    var c = parent.{callback};");
    page.push_str(concat!(
        "    c.start();\n",
        "    function p(d) {c.message(d);};\n",
        "    window.onload = function() {c.stop();};\n",
        "  </script>\n",
    ));
    let padding = SHORTEST_PAGE.saturating_sub(page.len());
    page.push_str(&" ".repeat(padding));
    page.push_str("\r\n\r\n");
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callback() -> Callback {
        Callback::parse(Some("_jp.abc")).unwrap()
    }

    #[test]
    fn each_transport_wraps_a_frame_in_its_own_way() {
        let frame = || r#"a["%</script>"]"#.to_owned();
        for (transport, wrapped) in [
            (Transport::WebSocket, r#"a["%</script>"]"#.to_owned()),
            (Transport::XhrPolling, format!("{}\n", frame())),
            (Transport::XhrStreaming, format!("{}\n", frame())),
            (
                Transport::EventSource,
                "data: a[\"%25</script>\"]\r\n\r\n".to_owned(),
            ),
            (
                Transport::HtmlFile(callback()),
                "<script>\np(\"a[\\\"%\\u003c/script>\\\"]\");\n</script>\r\n".to_owned(),
            ),
            (
                Transport::JsonpPolling(callback()),
                "/**/_jp.abc(\"a[\\\"%\\u003c/script>\\\"]\");\r\n".to_owned(),
            ),
        ] {
            assert_eq!(transport.wrap(frame()), wrapped, "{transport:?}");
        }
    }

    #[test]
    fn streaming_responses_have_preludes_that_make_browsers_read() {
        let prelude = |transport: Transport| transport.prelude().map_or(0, |text| text.len());
        assert_eq!(prelude(Transport::XhrStreaming), 2049);
        assert_eq!(prelude(Transport::EventSource), 2);
        assert!(prelude(Transport::HtmlFile(callback())) > 1024);
        assert_eq!(prelude(Transport::XhrPolling), 0);
        let page = Transport::HtmlFile(callback()).prelude().unwrap();
        assert!(page.contains("var c = parent._jp.abc;"));
    }
}
