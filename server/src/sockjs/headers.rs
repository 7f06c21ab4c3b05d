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

/// What all answers to a request have, whatever comes of it. A header that came keeps all that was read with it in memory, so what
/// is repeated of it is a copy.
#[derive(Debug)]
pub(super) struct Manners {
    audience: Audience,
    origin: Option<HeaderValue>,
    /// The cookie that is set.
    cookie: Option<HeaderValue>,
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
        let origin = asked.get(ORIGIN);
        Self {
            audience,
            origin: origin.and_then(|origin| HeaderValue::from_bytes(origin.as_bytes()).ok()),
            cookie: has_cookie.then(|| jsessionid(asked)).flatten(),
        }
    }

    pub(super) fn finish(&self, result: Result<Response, Refused>) -> Response {
        let mut response = result.unwrap_or_else(Refused::answer);
        let headers = response.headers_mut();
        if self.audience != Audience::Own {
            self.allow_reading(headers);
        }
        if let Some(cookie) = &self.cookie {
            headers.insert(SET_COOKIE, cookie.clone());
        }
        response
    }

    /// Lets the page that asked read the answer, and send cookies: its origin may come in. Old browsers take no `null` from
    /// `EventSource`.
    fn allow_reading(&self, headers: &mut HeaderMap) {
        headers.insert(VARY, HeaderValue::from_static("Origin"));
        let takes_null = self.audience == Audience::Xhr;
        let origin = self.origin.as_ref();
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
}

/// Lets everybody keep the answer for a year.
pub(super) fn cached(headers: &mut HeaderMap) {
    let expires = httpdate::fmt_http_date(SystemTime::now() + YEAR_LONG);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHED));
    let expires = HeaderValue::try_from(expires).expect("a date is a header value");
    headers.insert(EXPIRES, expires);
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

/// The cookie by which balancers are sticky: the one that came, else one that means nothing.
fn jsessionid(asked: &HeaderMap) -> Option<HeaderValue> {
    let known = asked.get_all(COOKIE).into_iter().find_map(known_id);
    let cookie = format!("JSESSIONID={}; path=/", known.unwrap_or("dummy"));
    HeaderValue::try_from(cookie).ok()
}

fn known_id(cookies: &HeaderValue) -> Option<&str> {
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
        let allowed = |asked: &HeaderMap, audience| {
            let response = Response::new(Body::empty());
            let response = Manners::new(asked, audience, false).finish(Ok(response));
            response.into_parts().0.headers
        };
        let headers = allowed(&asked(ORIGIN, "null"), Audience::Xhr);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "null");
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        let headers = allowed(&asked(ORIGIN, "null"), Audience::EventSource);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        let headers = allowed(&HeaderMap::new(), Audience::Xhr);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
        assert_eq!(headers[VARY], "Origin");
    }

    #[test]
    fn the_cookie_that_came_is_set_again() {
        let cookie = |value| jsessionid(&asked(COOKIE, value)).unwrap();
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
