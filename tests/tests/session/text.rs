//! The form of a poll for networks that let no POST pass: the same batches, as text in a GET.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request as Extract;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response as Answer};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use throughline::{Code, Throughline};
use throughline_core::session::Transport::{self, LongPoll, Periodic, WebSocket};
use throughline_core::wire::native::{Abort, Poll, PollRequest, Request, Response};
use throughline_tests::byhand::{Poller, answered, code, hello, item, texts};
use throughline_tests::client::{Client, Plan};
use throughline_tests::form::Form;
use throughline_tests::http::Http;
use throughline_tests::server::{MOUNT, Server, echo, listen};
use throughline_tests::target::Target;
use throughline_tests::wait::timed;
use tokio::sync::Mutex;

const POLLING: [Transport; 2] = [LongPoll, Periodic];

async fn connect(target: &Target, on: Transport) -> Client {
    let plan = Plan::default().form(Form::Get);
    let client = Client::try_connect(target, on, plan).await;
    client.unwrap_or_else(|error| panic!("no session over {on}: {error:?}"))
}

// spec: GET-1, SEQ-3, SEQ-7
#[tokio::test]
async fn messages_come_once_and_in_order_through_cuts_and_moves() {
    const MESSAGES: usize = 300;
    let server = Server::echo(|builder| builder).await;
    let client = connect(&server.target, LongPoll).await;
    let sending = async {
        for number in 0..MESSAGES {
            let sent = client.send(number.to_string()).await;
            sent.expect("the session is open");
        }
    };
    let receiving = async {
        for number in 0..MESSAGES {
            assert_eq!(client.text().await, number.to_string());
            match number {
                50 | 250 => client.cut(),
                100 => client.switch(Periodic).await,
                150 => client.switch(WebSocket).await,
                200 => client.switch(LongPoll).await,
                _ => {}
            }
        }
    };
    tokio::join!(sending, receiving);
    client.close(1000, "");
    assert!(client.ended().await.clean);
}

// spec: GET-2, END-3, END-4
#[tokio::test]
async fn an_answer_is_text_that_nobody_may_keep_whatever_it_says() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await.form(Form::Get);
    let near = server.accept().await;
    near.send("a message").await.expect("the session is open");
    let poll = |poll| {
        let request = PollRequest {
            poll,
            token: None,
            items: Vec::new(),
            abort: None,
        };
        Request::Poll(request).encode()
    };
    let (mut stranger, mut stale, mut fenced) = (poller.clone(), poller.clone(), poller.clone());
    stranger.credentials.session = "main.0.nobody".to_owned();
    stale.generation += 9;
    fenced.generation -= 1;
    let mut foreign = hello();
    foreign.v = 2;
    let requests = [
        (Request::Hello(Box::new(hello())).encode(), "welcome"),
        (Request::Hello(Box::new(foreign)).encode(), "refuse"),
        (poll(Box::new(poller.head())), "answer"),
        (poll(Box::new(stranger.head())), "abort"),
        (poll(Box::new(stale.head())), "stale"),
        (poll(Box::new(fenced.head())), "fenced"),
    ];
    for (request, kind) in requests {
        let answer = poller.post(request).await;
        let said = match Form::Get.verdict(&answer) {
            Response::Welcome(_) => "welcome",
            Response::Refuse(_) => "refuse",
            Response::Answer(_) => "answer",
            Response::Abort(_) => "abort",
            Response::Stale(_) => "stale",
            Response::Fenced(_) => "fenced",
        };
        assert_eq!(said, kind);
        let headers = ["content-type", "cache-control", "content-length"];
        let length = answer.body.len().to_string();
        let expected = ["text/plain; charset=us-ascii", "no-store", length.as_str()];
        assert_eq!(headers.map(|name| answer.header(name)), expected, "{kind}");
    }
}

// spec: GET-1, POL-1, POL-3
#[tokio::test]
async fn a_get_is_held_while_another_brings_messages() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await.form(Form::Get);
    let mut near = server.accept().await;
    let held = poller.clone();
    poller.number += 1;
    let (held, ()) = tokio::join!(held.ask(held.held(), Vec::new()), async {
        poller.send(&["up"]).await;
        assert_eq!(near.text().await, "up");
        near.send("down").await.expect("the session is open");
    });
    assert_eq!(texts(&answered(held).items), ["down"]);
}

// spec: GET-1, POL-2, POL-4, SEQ-2
#[tokio::test]
async fn a_get_that_a_proxy_repeats_is_applied_once_and_answered_alike() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await.form(Form::Get);
    let mut near = server.accept().await;
    let items = vec![item("one"), item("two")];
    for _ in 0..3 {
        let batch = answered(poller.ask(poller.head(), items.clone()).await);
        assert_eq!(batch.answer.cursors.received, 2);
    }
    assert_eq!(near.text().await, "one");
    assert_eq!(near.text().await, "two");
    near.send("down").await.expect("the session is open");
    poller.number += 1;
    poller.first += 2;
    let first = poller.ask(poller.held(), Vec::new()).await;
    for _ in 0..2 {
        let (again, took) = timed(poller.ask(poller.held(), Vec::new())).await;
        assert_eq!(again, first);
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
    // One that comes late, after the next, does no harm.
    let late = poller.head();
    poller.number += 1;
    let next = poller.poll(0).await;
    assert_eq!(texts(&next.items), ["down"]);
    let late = answered(poller.ask(late, Vec::new()).await);
    assert!(late.items.is_empty() && late.answer.number == poller.number - 1);
    poller.send(&["three"]).await;
    assert_eq!(near.text().await, "three");
}

// spec: GET-1, ATT-13
#[tokio::test]
async fn both_forms_are_one_link() {
    let mut server = Server::start(|builder| builder).await;
    let mut post = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    for round in 0..4 {
        let form = if round % 2 == 0 {
            Form::Get
        } else {
            Form::Post
        };
        post = post.form(form);
        post.send(&["up"]).await;
        assert_eq!(near.text().await, "up");
        near.send("down").await.expect("the session is open");
        assert_eq!(texts(&post.poll(5000).await.items), ["down"]);
    }
    assert!(!server.has_begun_another());
}

// spec: GET-1, ABT-1
#[tokio::test]
async fn an_abort_in_a_get_ends_the_session() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await.form(Form::Get);
    let near = server.accept().await;
    let abort = Abort {
        code: Code::NORMAL,
        reason: String::new(),
        received: None,
        ack: None,
        retry_after: None,
    };
    let request = PollRequest {
        poll: Box::new(poller.head()),
        token: None,
        items: Vec::new(),
        abort: Some(Box::new(abort)),
    };
    let answer = poller.post(Request::Poll(request).encode()).await;
    assert_eq!(code(&Form::Get.verdict(&answer)), Code::NORMAL);
    assert_eq!(near.ended().await.code, Code::NORMAL);
}

// spec: GET-2, NET-2
#[tokio::test]
async fn max_bytes_counts_what_the_text_stands_for() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await.form(Form::Get);
    let near = server.accept().await;
    for _ in 0..5 {
        let sent = near.send("x".repeat(100)).await;
        sent.expect("the session is open");
    }
    for (max_bytes, messages) in [(0, 0), (1, 1), (204, 2), (300, 2), (100_000, 5)] {
        let poll = Poll {
            max_bytes,
            ..poller.head()
        };
        let batch = answered(poller.ask(poll, Vec::new()).await);
        assert_eq!(batch.items.len(), messages, "max_bytes {max_bytes}");
    }
}

/// A cache that heeds no query: every third request gets what the one before got.
#[derive(Default)]
struct Cache {
    asked: AtomicUsize,
    kept: Mutex<Bytes>,
}

impl Cache {
    async fn answer(&self, request: Extract, next: Next) -> Answer {
        if self.asked.fetch_add(1, Ordering::Relaxed) % 3 == 2 {
            return self.kept.lock().await.clone().into_response();
        }
        let (head, body) = next.run(request).await.into_parts();
        let body = to_bytes(body, usize::MAX).await;
        let body = body.expect("the server's answers are whole");
        *self.kept.lock().await = body.clone();
        Answer::from_parts(head, body.into())
    }
}

// spec: POL-2, NET-1
#[tokio::test]
async fn an_answer_out_of_a_cache_costs_time_alone() {
    let cache = Arc::new(Cache::default());
    let asked = Arc::clone(&cache);
    let layer = from_fn(move |request, next| {
        let cache = Arc::clone(&cache);
        async move { cache.answer(request, next).await }
    });
    let node = Throughline::builder().on_session(echo);
    let node = node.build().expect("it can be built");
    let router = Router::new().nest_service(MOUNT, node).layer(layer);
    let target = Target::new(listen(router).await.0, MOUNT);
    for on in POLLING {
        let client = connect(&target, on).await;
        for number in 0..30 {
            let sent = client.send(number.to_string()).await;
            sent.expect("the session is open");
            assert_eq!(client.text().await, number.to_string(), "over {on}");
        }
    }
    assert!(asked.asked.load(Ordering::Relaxed) > 60, "so 20 were kept");
}

// spec: GET-3
#[tokio::test]
async fn the_query_means_nothing_to_the_server() {
    let server = Server::echo(|builder| builder).await;
    let http = Http::new(&server.target);
    let batch = Request::Hello(Box::new(hello())).encode();
    let text = data_encoding::BASE64.encode(&batch);
    for address in ["poll", "poll?", "poll?x=1&token=2", "poll?%ff", "poll?x=1"] {
        let answer = http.get(address, &[("throughline", &text)]).await;
        let verdict = Form::Get.verdict(&answer.expect("an answer"));
        assert!(matches!(verdict, Response::Welcome(_)), "{address}");
    }
}
