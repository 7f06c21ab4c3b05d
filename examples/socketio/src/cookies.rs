//! Cookies with the first answer of a session: what a layer in front of the service is for.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::SET_COOKIE;

/// One of each kind: plain, guarded, and two that have expired.
const COOKIES: [&str; 4] = [
    "1=1; Max-Age=86400",
    "2=2; Path=/; HttpOnly; Secure; SameSite=Strict",
    "3=3; Max-Age=0",
    "4=4; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
];

pub(crate) async fn set(request: Request, next: Next) -> Response {
    let is_first = !request.uri().query().unwrap_or_default().contains("sid=");
    let mut response = next.run(request).await;
    if is_first {
        for cookie in COOKIES {
            let cookie = HeaderValue::from_static(cookie);
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}
