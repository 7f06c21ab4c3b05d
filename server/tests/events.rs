//! The events layer against the clock, which is paused here: every wait has a deadline.

mod common;

use axum::response::Response;
use common::{Server, Ws, text};
use http::Request;
use http::header::HOST;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use throughline::events::{
    AckError, Auth, DisconnectReason, EmitError, Events, EventsBuilder, Namespace, Recovery,
    Socket, concurrent,
};
use throughline::{EngineIo, Report, Throughline};
use throughline_core::wire::native::{Frame, Item};
use tokio::sync::mpsc;
use tokio::task::coop::consume_budget;
use tokio::time::Instant;

struct Node {
    events: Events,
    server: Server,
}

fn start(events: EventsBuilder) -> Node {
    let events = events.build().expect("the names are names");
    let builder = Throughline::builder().engine_io(EngineIo::default());
    let server = Server::new(builder.events(events.clone()));
    Node { events, server }
}

impl Node {
    /// A session that says these, one after the other.
    async fn session(&self, texts: &[&str]) -> Ws {
        let (mut ws, _) = self.server.open().await;
        for (seq, words) in (1..).zip(texts) {
            ws.send(text(seq, words)).await;
        }
        ws
    }
}

impl Node {
    /// A client of Socket.IO that polls and has joined nothing.
    async fn foreign_session(&self) -> Foreign<'_> {
        let url = "/realtime/?EIO=4&transport=polling";
        let opening = body(self.server.get(url).await).await;
        let handshake: serde_json::Value =
            serde_json::from_str(&opening[1..]).expect("the handshake is JSON");
        let sid = handshake["sid"].as_str().expect("it has a sid");
        Foreign {
            server: &self.server,
            url: format!("{url}&sid={sid}"),
        }
    }

    /// One that says this first, and what it hears then. More may come with it, which it misses.
    async fn foreign(&self, connect: &str) -> (Foreign<'_>, String) {
        let foreign = self.foreign_session().await;
        foreign.post(&format!("4{connect}")).await;
        let heard = foreign.poll().await;
        let first = heard.split('\u{1e}').next();
        let first = first.and_then(|packet| packet.strip_prefix('4'));
        (foreign, first.expect("it is a message").to_owned())
    }
}

struct Foreign<'a> {
    server: &'a Server,
    url: String,
}

impl Foreign<'_> {
    async fn post(&self, packet: &str) {
        let post = Request::post(&self.url).header(HOST, "here");
        let post = post.body(packet.to_owned().into());
        let taken = self.server.request(post.expect("it is a request")).await;
        assert_eq!(body(taken).await, "ok");
    }

    async fn poll(&self) -> String {
        body(self.server.get(&self.url).await).await
    }

    /// Ends the session as a page does that goes away.
    async fn close(self) {
        self.post("1").await;
    }
}

async fn body(response: Response) -> String {
    let body = response.into_body().collect().await;
    let bytes = body.expect("the answer arrives whole").to_bytes();
    String::from_utf8(bytes.into()).expect("it is text")
}

/// The next message or close, as text.
async fn next(ws: &mut Ws) -> String {
    loop {
        match ws.next().await.expect("the connection is open") {
            Frame::Sequenced(_, Item::Message(message)) => {
                return message.as_text().expect("it is text").to_owned();
            }
            Frame::Sequenced(_, Item::Close(close)) => return format!("close: {}", close.reason),
            Frame::Abort(abort) => return format!("abort: {}", abort.reason),
            Frame::Ping(..) => panic!("nothing came for a long time"),
            _ => {}
        }
    }
}

/// A namespace whose guard does not come to an end for some.
fn slow() -> Namespace {
    Namespace::new().guard(|Auth(auth): Auth<serde_json::Value>| async move {
        if auth.get("slow").is_some() {
            std::future::pending::<()>().await;
        }
    })
}

#[tokio::test(start_paused = true)]
async fn who_joins_nothing_in_time_is_sent_away() {
    let timeout = Duration::from_secs(5);
    let node = start(
        Events::builder()
            .namespace("/", slow())
            .connect_timeout(timeout),
    );
    let start = Instant::now();
    let mut idle = node.session(&["0/unknown,"]).await;
    assert!(next(&mut idle).await.starts_with("4/unknown,"));
    assert_eq!(next(&mut idle).await, "close: forced server close");
    assert!(start.elapsed() >= timeout);
    // Who has joined once may stay, also in no namespace.
    let mut joined = node.session(&["0"]).await;
    assert!(next(&mut joined).await.starts_with("0{"));
    joined.send(text(2, "1")).await;
    tokio::time::sleep(timeout * 2).await;
    joined.send(text(3, "0")).await;
    assert!(next(&mut joined).await.starts_with("0{"));
}

#[tokio::test(start_paused = true)]
async fn guards_do_not_think_for_ever() {
    let timeout = Duration::from_secs(5);
    let events = Events::builder()
        .namespace("/", slow())
        .namespace("/other", slow());
    let node = start(events.connect_timeout(timeout));
    let mut ws = node.session(&["0/other,", r#"0{"slow":1}"#]).await;
    assert!(next(&mut ws).await.starts_with("0/other,"));
    assert_eq!(
        next(&mut ws).await,
        r#"4{"message":"the guards took too long"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_awaited_as_long_as_was_said() {
    let node = start(Events::builder().namespace("/", Namespace::new()));
    let mut ws = node.session(&["0"]).await;
    next(&mut ws).await;
    let socket = node.events.of("/").sockets().remove(0);
    let start = Instant::now();
    let timeout = Duration::from_secs(3);
    let answer = socket.emit_with_ack("q", (), timeout).await;
    assert_eq!(answer.unwrap_err(), AckError::Timeout);
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_socket_is_forgotten_after_a_while() {
    let (told, mut reasons) = mpsc::unbounded_channel();
    let namespace = Namespace::new().on_disconnect(move |reason: DisconnectReason| {
        let told = told.clone();
        async move { told.send(reason).expect("the test listens") }
    });
    let duration = Duration::from_secs(60);
    let recovery = Recovery {
        duration,
        ..Recovery::default()
    };
    let node = start(
        Events::builder()
            .namespace("/", namespace)
            .recovery(recovery),
    );
    let mut connect = "0".to_owned();
    for (away, is_same) in [(59, true), (59, true), (61, false)] {
        let (client, welcome) = node.foreign(&connect).await;
        client.close().await;
        assert_eq!(reasons.recv().await, Some(DisconnectReason::TransportClose));
        tokio::time::sleep(Duration::from_secs(away)).await;
        connect = welcome;
        let (client, again) = node.foreign(&connect).await;
        assert_eq!(again == connect, is_same, "after {away} s");
        client.close().await;
        reasons.recv().await;
    }
}

/// Namespaces that patterns make, which go after a minute.
fn matching() -> Node {
    let recovery = Recovery {
        duration: Duration::from_secs(60),
        ..Recovery::default()
    };
    start(
        Events::builder()
            .namespaces_matching(|_| true, Namespace::new())
            .recovery(recovery),
    )
}

impl Node {
    /// As many namespaces are there that patterns have made.
    fn made(&self, count: usize) {
        let told = format!("{:?}", self.events);
        assert!(told.contains(&format!("made: {count},")), "{told}");
    }

    /// Ends a client's session, and waits until the server has seen off the socket in that namespace.
    async fn lose(&self, client: Foreign<'_>, namespace: &str) {
        client.close().await;
        let socket = self.events.of(namespace).sockets().remove(0);
        socket.session().closed().await;
        while socket.disconnected().is_none() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_namespace_goes_when_nobody_can_come_back_to_it() {
    let node = matching();
    let (client, _) = node.foreign("0/a,").await;
    node.lose(client, "/a").await;
    let (client, welcome) = node.foreign("0/b,").await;
    node.lose(client, "/b").await;
    tokio::time::sleep(Duration::from_secs(59)).await;
    node.made(2);
    let (client, again) = node.foreign(&welcome).await;
    assert_eq!(again, welcome);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (other, _) = node.foreign("0/c,").await;
    node.made(2);
    node.lose(client, "/b").await;
    node.lose(other, "/c").await;
    node.made(2);
    tokio::time::sleep(Duration::from_secs(61)).await;
    let (_other, _) = node.foreign("0/d,").await;
    node.made(1);
}

/// Names that come once and never again keep nobody out.
#[tokio::test(start_paused = true)]
async fn who_joins_ever_new_namespaces_keeps_nobody_out() {
    const MOST: usize = 10_000;
    let node = matching();
    let names: Vec<_> = (0..MOST).map(|name| format!("40/{name},")).collect();
    for names in names.chunks(50) {
        let client = node.foreign_session().await;
        client.post(&names.join("\u{1e}")).await;
        let mut joined = 0;
        while joined < names.len() {
            joined += client.poll().await.matches("40/").count();
        }
        let last = names[names.len() - 1].as_str();
        node.lose(client, last[2..].trim_end_matches(',')).await;
    }
    node.made(MOST);
    let (_client, heard) = node.foreign("0/another,").await;
    assert!(heard.starts_with("0/another,{"), "{heard}");
    node.made(MOST);
}

/// Who is still getting what it missed refuses what it could not take from there either.
#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_refused_also_by_who_catches_up() {
    let node = start(
        Events::builder()
            .namespace("/", Namespace::new())
            .recovery(Recovery::default()),
    );
    let (client, welcome) = node.foreign("0").await;
    node.lose(client, "/").await;
    let all = node.events.of("/");
    let long = "x".repeat(600_000);
    for number in 0..5 {
        let report = all.emit("m", (number, &long)).expect("it is kept");
        assert_eq!(report, Report::default());
    }
    let (client, again) = node.foreign(&welcome).await;
    assert_eq!(again, welcome);
    let report = all.emit("behind", ()).expect("it is kept");
    assert_eq!(report.sent, 1);
    let report = all
        .clone()
        .volatile()
        .emit("m", ())
        .expect("it can be sent");
    assert_eq!(report.skipped, 1);
    let too_long = "x".repeat(2_000_000);
    let refused = all.emit("m", (&too_long,));
    assert!(matches!(refused, Err(EmitError::TooLarge { .. })));
    let mut heard = String::new();
    while !heard.contains("behind") {
        heard = client.poll().await;
    }
    assert_eq!(all.emit("now", ()).expect("it can be sent").sent, 1);
    assert!(client.poll().await.contains("now"));
}

/// All that was told by a channel so far, once nothing is left to do.
async fn told(heard: &mut mpsc::UnboundedReceiver<&'static str>) -> Vec<&'static str> {
    tokio::time::sleep(Duration::from_secs(10)).await;
    std::iter::from_fn(|| heard.try_recv().ok()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_idled_is_seen_off_to_the_end() {
    let (tell, mut heard) = mpsc::unbounded_channel();
    let slow = concurrent(|| tokio::time::sleep(Duration::from_secs(1)));
    let namespace = Namespace::new().on("slow", slow).on_disconnect(move || {
        let tell = tell.clone();
        async move {
            tell.send("begins").unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
            tell.send("ends").unwrap();
        }
    });
    let node = start(Events::builder().namespace("/", namespace));
    let client = node.foreign_session().await;
    client.post("40").await;
    client.poll().await;
    client.post(r#"42["slow"]"#).await;
    assert!(told(&mut heard).await.is_empty());
    client.post(r#"42["slow"]"#).await;
    node.events.of("/").sockets()[0].disconnect();
    assert_eq!(told(&mut heard).await, ["begins", "ends"]);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_and_joins_at_once_is_seen_off_before() {
    let (tell, mut heard) = mpsc::unbounded_channel();
    let teller = |word| {
        let tell = tell.clone();
        move || {
            let tell = tell.clone();
            async move { tell.send(word).unwrap() }
        }
    };
    let namespace = Namespace::new()
        .on_connect(teller("comes"))
        .on_disconnect(teller("goes"));
    let node = start(Events::builder().namespace("/", namespace));
    let client = node.foreign_session().await;
    client.post("40").await;
    client.poll().await;
    client.post("41\u{1e}40").await;
    assert_eq!(told(&mut heard).await, ["comes", "goes", "comes"]);
}

/// Each event uses up a part of what a task may do at a time.
#[tokio::test]
async fn a_namespace_with_much_to_do_leaves_others_their_turns() {
    const EVENTS: usize = 10_000;
    let handled = Arc::new(AtomicUsize::new(0));
    let (tell, mut heard) = mpsc::unbounded_channel();
    let counted = handled.clone();
    let busy = Namespace::new().on("busy", move || {
        counted.fetch_add(1, Ordering::Relaxed);
        consume_budget()
    });
    let patient = Namespace::new().on("work", move || {
        let (tell, handled) = (tell.clone(), handled.clone());
        async move {
            for _ in 0..10 {
                tokio::task::yield_now().await;
                consume_budget().await;
            }
            tell.send(handled.load(Ordering::Relaxed)).unwrap();
        }
    });
    let node = start(
        Events::builder()
            .namespace("/", busy)
            .namespace("/b", patient),
    );
    let client = node.foreign_session().await;
    client.post("40\u{1e}40/b,").await;
    client.poll().await;
    let events = std::iter::repeat_n(r#"42["busy"]"#, EVENTS);
    let packets = std::iter::once(r#"42/b,["work"]"#).chain(events);
    client
        .post(&packets.collect::<Vec<_>>().join("\u{1e}"))
        .await;
    assert!(heard.recv().await.unwrap() < EVENTS / 2);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_panics_when_it_is_dropped_ends_its_socket_alone() {
    #[derive(Clone)]
    struct Kept(#[expect(dead_code, reason = "it is there to be dropped")] Arc<Panics>);
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("a state of the application");
        }
    }
    let keeps = Namespace::new().on_connect(|socket: Socket| async move {
        socket.set_state(Kept(Arc::new(Panics)));
    });
    let builder = Events::builder().namespace("/", Namespace::new());
    let node = start(builder.namespace("/b", keeps));
    let client = node.foreign_session().await;
    client.post("40\u{1e}40/b,").await;
    client.poll().await;
    client.post("41/b,").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(node.events.of("/").sockets().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_socket_keeps_is_let_go_when_the_server_ends_it() {
    let builder = Events::builder().namespace("/", Namespace::new());
    let node = start(builder.namespace("/b", Namespace::new()));
    let client = node.foreign_session().await;
    client.post("40\u{1e}40/b,").await;
    client.poll().await;
    let kept = Arc::new(());
    let looked = Arc::downgrade(&kept);
    let socket = node.events.of("/b").sockets().remove(0);
    socket.set_state(kept);
    socket.disconnect();
    drop(socket);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(looked.upgrade().is_none());
}
