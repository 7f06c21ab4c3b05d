//! The control endpoint: what it takes, what it says, and what it refuses.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use throughline_hostile::{FAMILIES, Options, Proxy};
use tokio::net::TcpStream;

struct Control {
    proxy: Proxy,
    address: SocketAddr,
}

impl Control {
    async fn start() -> Self {
        let proxy = Proxy::start(Options {
            seed: Some(7),
            ..Options::default()
        });
        let proxy = proxy.await.expect("a port is free");
        let address = proxy.control((Ipv4Addr::LOCALHOST, 0).into()).await;
        Self {
            proxy,
            address: address.expect("a port is free"),
        }
    }

    async fn ask(&self, line: &str, text: &str) -> (StatusCode, Value) {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Full::new(Bytes::from(text.to_owned())));
        let answer = self.send(request.expect("a request")).await;
        answer.expect("an answer")
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Value), Failure> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut requests, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let (head, body) = requests.send_request(request).await?.into_parts();
        assert_eq!(head.headers["content-type"], "application/json");
        let body = body.collect().await?.to_bytes();
        Ok((head.status, serde_json::from_slice(&body)?))
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::test]
async fn the_state_is_told() {
    let control = Control::start().await;
    let (status, state) = control.ask("GET /", "").await;
    assert_eq!(status, 200);
    assert_eq!(
        state,
        json!({
            "seed": 7,
            "faults": [],
            "counts": {
                "connections": 0, "open": 0, "requests": 0, "upgrades": 0, "tunnels": 0,
                "bytes_up": 0, "bytes_down": 0, "struck": {},
            },
        })
    );
}

#[tokio::test]
async fn faults_are_switched() {
    let control = Control::start().await;
    let steps = [
        (
            "PUT /faults",
            "mute=down\n\n latency=5ms \n",
            json!(["mute=down", "latency=5ms"]),
        ),
        (
            "POST /faults",
            "waf=503",
            json!(["mute=down", "latency=5ms", "waf=503"]),
        ),
        ("DELETE /faults", "mute\nwaf", json!(["latency=5ms"])),
        ("PUT /faults", "", json!([])),
    ];
    for (line, text, faults) in steps {
        let (status, state) = control.ask(line, text).await;
        assert_eq!(
            (status.as_u16(), &state["faults"]),
            (200, &faults),
            "{line} {text}"
        );
        assert_eq!(json!(control.proxy.state().faults), faults);
    }
}

#[tokio::test]
async fn where_one_fault_is_wrong_none_is_switched() {
    let control = Control::start().await;
    let (status, said) = control.ask("PUT /faults", "mute\nlatency=soon").await;
    assert_eq!(status, 400);
    assert_eq!(said["error"], "latency takes TIME, not \"soon\"");
    assert!(control.proxy.state().faults.is_empty());
}

#[tokio::test]
async fn every_kind_is_listed() {
    let control = Control::start().await;
    let (_, kinds) = control.ask("GET /kinds", "").await;
    let count: usize = FAMILIES.iter().map(|family| family.kinds.len()).sum();
    assert_eq!(kinds.as_array().unwrap().len(), count);
    assert_eq!(kinds[0]["name"], "unreachable");
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let control = Control::start().await;
    assert_eq!(control.ask("GET /nothing", "").await.0, 404);
    assert_eq!(control.ask("PUT /", "").await.0, 405);
    assert_eq!(control.ask("GET /faults", "").await.0, 405);
}

#[tokio::test]
async fn a_page_in_a_browser_is_refused() {
    let control = Control::start().await;
    let request = Request::put("/faults").header("origin", "http://page.test");
    let request = request
        .body(Full::new(Bytes::from_static(b"mute")))
        .unwrap();
    assert_eq!(control.send(request).await.unwrap().0, 403);
    assert!(control.proxy.state().faults.is_empty());
}
