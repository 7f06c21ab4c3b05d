//! Answers of boxes in the middle: pages for people, in place of what a program expects.

use crate::fault::points::Answer;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

/// Where a redirect leads: nowhere, by RFC 2606.
const ELSEWHERE: HeaderValue = HeaderValue::from_static("http://portal.invalid/login");

/// A page that says this.
pub(crate) fn html(status: StatusCode, text: &str) -> Answer {
    let mut page = Response::new(Bytes::from(format!(
        "<!doctype html><html><body><h1>{text}</h1></body></html>"
    )));
    *page.status_mut() = status;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    page.headers_mut().insert(header::CONTENT_TYPE, html);
    page
}

/// A page with what its status demands of its headers.
pub(crate) fn refusal(status: StatusCode) -> Answer {
    if status.is_redirection() {
        return redirect(status);
    }
    let mut page = html(status, &status.to_string());
    let demanded = match status {
        StatusCode::UPGRADE_REQUIRED => Some((header::UPGRADE, "websocket")),
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            Some((header::PROXY_AUTHENTICATE, "Basic realm=\"proxy\""))
        }
        StatusCode::METHOD_NOT_ALLOWED => Some((header::ALLOW, "GET, HEAD, POST")),
        _ => None,
    };
    if let Some((name, value)) = demanded {
        page.headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    page
}

pub(crate) fn redirect(status: StatusCode) -> Answer {
    let mut page = html(status, "This way, please.");
    page.headers_mut().insert(header::LOCATION, ELSEWHERE);
    page
}
