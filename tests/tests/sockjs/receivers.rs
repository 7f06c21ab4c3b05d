//! One receiver at a time: a second one, and one whose connection is gone.

use crate::client::Site;
use crate::patient;
use std::sync::Arc;
use std::time::Duration;
use throughline::Builder;
use throughline_tests::server::{Near, Server};
use throughline_tests::wait::{timed, until};
use tokio::sync::Mutex;

const ANOTHER: &str = "c[2010,\"Another connection still open\"]";
/// Far more than the moment that the first may take to be gone, and far less than anything else here.
const MOMENT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_second_one_is_turned_away_after_a_moment_and_the_first_goes_on() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.visitor();
    let mut stream = visitor.stream_open().await;
    let near = site.server.accept().await;
    let (second, took) = timed(visitor.poll()).await;
    assert_eq!(second, format!("{ANOTHER}\n"));
    assert!(took < MOMENT, "{took:?}");
    let (mut second, _) = visitor.stream("eventsource").await;
    assert_eq!(
        second.chunk().await,
        Some(format!("data: {ANOTHER}\r\n\r\n"))
    );
    assert_eq!(second.chunk().await, None);
    near.send("later").await.expect("it is open");
    assert_eq!(stream.chunk().await.as_deref(), Some("a[\"later\"]\n"));
}

#[tokio::test]
async fn a_second_poll_is_turned_away_and_the_first_goes_on() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    let mut parked = visitor.park("xhr").await;
    until("the poll waits", || near.is_writable()).await;
    assert_eq!(visitor.poll().await, format!("{ANOTHER}\n"));
    assert_eq!(
        visitor.get("jsonp?c=x").await.text(),
        format!("/**/x({ANOTHER:?});\r\n")
    );
    near.send("later").await.expect("it is open");
    assert_eq!(parked.head().await.status, 200);
    assert_eq!(parked.take(11).await, b"a[\"later\"]\n");
}

#[tokio::test]
async fn many_rivals_are_all_turned_away() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.visitor();
    let mut stream = visitor.stream_open().await;
    let near = site.server.accept().await;
    let rivals: Vec<_> = (0..20)
        .map(|_| {
            let visitor = visitor.clone();
            tokio::spawn(async move { visitor.poll().await })
        })
        .collect();
    for rival in rivals {
        assert_eq!(rival.await.expect("it ran"), format!("{ANOTHER}\n"));
    }
    near.send("later").await.expect("it is open");
    assert_eq!(stream.chunk().await.as_deref(), Some("a[\"later\"]\n"));
}

/// Opens sessions one after the other, loses what receives, and asks again at once.
async fn lose_and_return(site: Arc<Site>, accepted: Arc<Mutex<Vec<Near>>>, transport: &str) {
    for _ in 0..125 {
        let visitor = site.visitor();
        let mut waited_for = None;
        if transport == "xhr_streaming" {
            let stream = visitor.stream_open().await;
            drop(stream);
        } else {
            visitor.open().await;
            let parked = visitor.park(transport).await;
            let near = find(&accepted, &visitor.name).await;
            until("the poll waits", || near.is_writable()).await;
            waited_for = Some(near);
            drop(parked);
        }
        assert_eq!(visitor.poll().await, "o\n", "{}", visitor.name);
        // Its handler has run until now, so that nothing but the loss has ended it.
        drop(waited_for);
    }
}

/// The session that was opened by a request for this name.
async fn find(accepted: &Mutex<Vec<Near>>, name: &str) -> Near {
    let is_of = |near: &Near| {
        near.request()
            .is_some_and(|head| head.uri.path().contains(&format!("/{name}/")))
    };
    loop {
        let mut near = accepted.lock().await;
        if let Some(index) = near.iter().position(is_of) {
            return near.swap_remove(index);
        }
        drop(near);
        tokio::task::yield_now().await;
    }
}

/// A thousand times on each: no client may be told that another connection is open, when it is its own that is gone.
async fn race(transport: &'static str) {
    let configure = |builder: Builder| builder.allow_any_origin().keep_requests();
    let mut site = Site::new(Server::start(configure).await, patient()).await;
    let (none, accepted) = (Server::echo(|builder| builder).await, Arc::default());
    let mut server = std::mem::replace(&mut site.server, none);
    let sink: Arc<Mutex<Vec<Near>>> = Arc::clone(&accepted);
    let accepting = tokio::spawn(async move {
        loop {
            let near = server.accept().await;
            sink.lock().await.push(near);
        }
    });
    let site = Arc::new(site);
    let clients: Vec<_> = (0..8)
        .map(|_| tokio::spawn(lose_and_return(site.clone(), accepted.clone(), transport)))
        .collect();
    for client in clients {
        client.await.expect("no client is turned away");
    }
    accepting.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_loses_a_poll_and_asks_at_once_gets_a_new_session() {
    race("xhr").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_loses_a_stream_and_asks_at_once_gets_a_new_session() {
    race("xhr_streaming").await;
}

/// As the official client stamps its polls: a browser may send one again, so it is waited for, but not by another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_loses_a_stamped_poll_and_asks_at_once_gets_a_new_session() {
    race("xhr?t=1700000000001").await;
}

#[tokio::test]
async fn a_poll_that_is_lost_takes_its_session_along() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    let parked = visitor.park("xhr").await;
    until("the poll waits", || near.is_writable()).await;
    drop(parked);
    crate::end_of(near).await;
    assert_eq!(visitor.post("xhr_send", "[\"x\"]").await.status, 404);
    assert_eq!(visitor.poll().await, "o\n");
}
