//! The page that clients load into a frame, to reach this server from within its own origin.
//!
//! Whoever shows that page speaks with this server in its name, so the browser is told who may: the origins that may
//! come in. Internet Explorer takes no list of them.

use super::SockJs;
use super::headers::{HTML, cached};
use crate::front_door::client_assets::is_known;
use crate::front_door::origin::OriginPolicy;
use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The page, and the tag by which it is known. It is the same for everybody.
#[derive(Clone, Debug)]
pub(super) struct Page {
    html: String,
    etag: HeaderValue,
    policy: Option<HeaderValue>,
    options: Option<HeaderValue>,
}

impl Page {
    /// Most of the page is given by the protocol, word for word.
    pub(super) fn new(settings: &SockJs, origins: &OriginPolicy) -> Self {
        let html = format!(
            concat!(
                "<!DOCTYPE html>\n",
                "<html>\n",
                "<head>\n",
                "  <meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\" />\n",
                "  <meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" />\n",
                "  <script src=\"{}\"></script>\n",
                "  <script>\n",
                "    document.domain = document.domain;\n",
                "    SockJS.bootstrap_iframe();\n",
                "  </script>\n",
                "</head>\n",
                "<body>\n",
                "  <h2>Don't panic!</h2>\n",
                "  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>\n",
                "</body>\n",
                "</html>\n",
            ),
            settings.sockjs_url
        );
        let mut hasher = DefaultHasher::new();
        html.hash(&mut hasher);
        let etag = format!("\"{:016x}\"", hasher.finish());
        Self {
            html,
            etag: HeaderValue::try_from(etag).expect("digits in quotes are a header value"),
            policy: origins.frame_ancestors().map(|policy| {
                HeaderValue::try_from(policy).expect("schemes and hosts are in a header's letters")
            }),
            options: origins.frame_options().map(HeaderValue::from_static),
        }
    }

    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let is_known = is_known(asked, &self.etag);
        let mut response = Response::new(if is_known {
            Body::empty()
        } else {
            Body::from(self.html.clone())
        });
        let headers = response.headers_mut();
        cached(headers);
        headers.insert(ETAG, self.etag.clone());
        if let Some(policy) = &self.policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        }
        if let Some(options) = &self.options {
            headers.insert(X_FRAME_OPTIONS, options.clone());
        }
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            headers.insert(CONTENT_TYPE, HTML);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::IF_NONE_MATCH;

    #[test]
    fn a_page_that_is_known_is_not_sent_again() {
        let page = Page::new(&SockJs::default(), &OriginPolicy::default());
        let first = page.answer(&HeaderMap::new());
        assert_eq!(first.headers()[CONTENT_TYPE], HTML);
        assert_eq!(
            first.headers()[CONTENT_SECURITY_POLICY],
            "frame-ancestors 'self'"
        );
        let asked = HeaderMap::from_iter([(IF_NONE_MATCH, first.headers()[ETAG].clone())]);
        let again = page.answer(&asked);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(!again.headers().contains_key(CONTENT_TYPE));
    }
}
