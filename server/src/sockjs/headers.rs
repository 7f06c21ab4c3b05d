//! What answers have in common: who may read them, who may keep them, and the cookie of balancers.

use super::service::Refused;
use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    CACHE_CONTROL, CONTENT_TYPE, COOKIE, EXPIRES, ORIGIN, SET_COOKIE, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::time::{Duration, SystemTime};

pub(super) const JAVASCRIPT: HeaderValue =
    HeaderValue::from_static("application/javascript; charset=UTF-8");
pub(super) const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=UTF-8");
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");
pub(super) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=UTF-8");

/// iOS kept even POSTs.
const UNCACHED: HeaderValue =
    HeaderValue::from_static("no-store, no-cache, no-transform, must-revalidate, max-age=0");
const CACHED: &str = "public, max-age=31536000";
const YEAR: &str = "31536000";
const YEAR_LONG: Duration = Duration::from_secs(31_536_000);

/// An answer with a body of this type, which nobody keeps.
pub(super) fn answer(
    status: StatusCode,
    content_type: HeaderValue,
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    uncached(headers);
    response
}

pub(super) fn uncached(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, UNCACHED);
}

/// What all answers to a request have, whatever comes of it.
#[derive(Debug)]
pub(super) struct Manners {
    asked: HeaderMap,
    audience: Audience,
    has_cookie: bool,
}

/// Who reads the answers of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Nobody across origins.
    Own,
    Xhr,
    EventSource,
}

impl Manners {
    pub(super) fn new(asked: &HeaderMap, audience: Audience, has_cookie: bool) -> Self {
        Self {
            asked: remembered(asked),
            audience,
            has_cookie,
        }
    }

    pub(super) fn finish(&self, result: Result<Response, Refused>) -> Response {
        let mut response = result.unwrap_or_else(Refused::answer);
        let headers = response.headers_mut();
        if self.audience != Audience::Own {
            allow_reading(&self.asked, headers, self.audience == Audience::Xhr);
        }
        if self.has_cookie {
            set_jsessionid(&self.asked, headers);
        }
        response
    }
}

/// What an answer repeats of its request. A header that came keeps all that was read with it in memory, so these are
/// copies.
fn remembered(asked: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in [ORIGIN, COOKIE] {
        for value in asked.get_all(&name) {
            if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
                kept.append(&name, copy);
            }
        }
    }
    kept
}

/// Lets everybody keep the answer for a year.
pub(super) fn cached(headers: &mut HeaderMap) {
    let expires = httpdate::fmt_http_date(SystemTime::now() + YEAR_LONG);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHED));
    let expires = HeaderValue::try_from(expires).expect("a date is a header value");
    headers.insert(EXPIRES, expires);
}

/// Lets the page that asked read the answer, and send cookies: its origin may come in. Old browsers take no `null` from
/// `EventSource`.
fn allow_reading(asked: &HeaderMap, headers: &mut HeaderMap, takes_null: bool) {
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    let origin = asked.get(ORIGIN);
    match origin.filter(|origin| takes_null || *origin != "null") {
        None => {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        Some(origin) => {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            let yes = HeaderValue::from_static("true");
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
    }
}

/// The answer to a preflight: these methods, and whatever headers it asks for.
pub(super) fn preflight(asked: &HeaderMap, methods: &'static str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    cached(headers);
    let methods = HeaderValue::from_static(methods);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(YEAR));
    let names = asked.get(ACCESS_CONTROL_REQUEST_HEADERS);
    if let Some(names) = names.filter(|names| !names.is_empty()) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    response
}

/// Sets the cookie by which balancers are sticky: the one that came, else one that means nothing.
fn set_jsessionid(asked: &HeaderMap, headers: &mut HeaderMap) {
    let known = asked.get_all(COOKIE).into_iter().find_map(jsessionid);
    let cookie = format!("JSESSIONID={}; path=/", known.unwrap_or("dummy"));
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        headers.insert(SET_COOKIE, cookie);
    }
}

fn jsessionid(cookies: &HeaderValue) -> Option<&str> {
    let mut pairs = cookies.to_str().ok()?.split(';');
    pairs.find_map(|pair| pair.trim().strip_prefix("JSESSIONID="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn an_origin_is_echoed_with_credentials_and_none_is_a_star_without() {
        let mut headers = HeaderMap::new();
        allow_reading(&asked(ORIGIN, "null"), &mut headers, true);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "null");
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        let mut headers = HeaderMap::new();
        allow_reading(&HeaderMap::new(), &mut headers, true);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
        assert_eq!(headers[VARY], "Origin");
    }

    #[test]
    fn the_cookie_that_came_is_set_again() {
        let cookie = |value| {
            let mut headers = HeaderMap::new();
            set_jsessionid(&asked(COOKIE, value), &mut headers);
            headers[SET_COOKIE].to_str().unwrap().to_owned()
        };
        assert_eq!(
            cookie("a=b; JSESSIONID=abcdef"),
            "JSESSIONID=abcdef; path=/"
        );
        assert_eq!(cookie("XJSESSIONID=a"), "JSESSIONID=dummy; path=/");
    }

    #[test]
    fn a_preflight_is_kept_for_a_year_and_names_what_was_asked_for() {
        let asked = asked(ACCESS_CONTROL_REQUEST_HEADERS, "x-token");
        let answer = preflight(&asked, "OPTIONS, POST");
        let headers = answer.headers();
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_HEADERS], "x-token");
        assert_eq!(headers[CACHE_CONTROL], CACHED);
        assert!(headers[EXPIRES].to_str().unwrap().ends_with("GMT"));
    }
}
