//! The control endpoint: faults as lines of text in, the state as JSON out, over HTTP on a listener of its own.

use crate::body::BoxError;
use crate::fault::{FAMILIES, Fault, Malformed};
use crate::proxy::accept;
use crate::shared::Shared;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, ORIGIN};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;

/// More text than all faults together.
const LONGEST: usize = 64 * 1024;

pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let client = accept(&listener).await;
        let asked = Arc::clone(&shared);
        let service = service_fn(move |request| answer(Arc::clone(&asked), request));
        shared.tasks.spawn(async move {
            let served = http1::Builder::new().serve_connection(TokioIo::new(client), service);
            // A client of the control endpoint that goes away wants no answer.
            drop(served.await);
        });
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, BoxError> {
    let (head, body) = request.into_parts();
    let text = Limited::new(body, LONGEST).collect().await?.to_bytes();
    let text = String::from_utf8_lossy(&text);
    // Whatever page the browser under test shows, it must not switch faults.
    if head.headers.contains_key(ORIGIN) {
        return Ok(refusal(StatusCode::FORBIDDEN, "not for pages in a browser"));
    }
    let known = match (head.uri.path(), &head.method) {
        ("/", &Method::GET) => Ok(()),
        ("/kinds", &Method::GET) => return Ok(json(StatusCode::OK, &kinds())),
        ("/faults", &Method::PUT) => parse(&text).map(|faults| shared.faults.replace(faults)),
        ("/faults", &Method::POST) => parse(&text).map(|faults| shared.faults.add(faults)),
        ("/faults", &Method::DELETE) => {
            let names: Vec<&str> = lines(&text).collect();
            shared.faults.remove(&names);
            Ok(())
        }
        ("/" | "/kinds", _) => return Ok(not_allowed("GET")),
        ("/faults", _) => return Ok(not_allowed("PUT, POST, DELETE")),
        _ => {
            return Ok(refusal(
                StatusCode::NOT_FOUND,
                "only /, /kinds and /faults are here",
            ));
        }
    };
    Ok(match known {
        Ok(()) => json(StatusCode::OK, &json!(shared.state())),
        Err(malformed) => refusal(StatusCode::BAD_REQUEST, &malformed.to_string()),
    })
}

/// One fault a line. Where one is wrong, none is switched.
fn parse(text: &str) -> Result<Vec<Fault>, Malformed> {
    lines(text).map(str::parse).collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn kinds() -> Value {
    let kinds = FAMILIES.iter().flat_map(|family| {
        let narrows = family.narrows.expected();
        family.kinds.iter().map(move |kind| {
            json!({ "name": kind.name, "usage": kind.usage(), "narrows": narrows, "help": kind.help })
        })
    });
    kinds.collect()
}

fn refusal(status: StatusCode, error: &str) -> Response<Full<Bytes>> {
    json(status, &json!({ "error": error }))
}

fn not_allowed(methods: &'static str) -> Response<Full<Bytes>> {
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, methods);
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(methods));
    response
}

fn json(status: StatusCode, value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
