//! The application of the suite of `socket.io-client`: small answers to what its tests ask.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use throughline::events::{
    Args, Auth, Binary, Data, Events, Handshake, Namespace, NamespaceError, Recovery, Refused,
    Reply, Socket, concurrent,
};
use throughline::{Admission, Attempt, Identity, Refusal};

const WORDS: [&str; 5] = [
    "てすと",
    "Я Б Г Д Ж Й",
    "Ä ä Ü ü ß",
    "utf8 — string",
    "utf8 — string",
];
const BYTES: &[u8] = b"asdfasdf";
const ANSWER: Duration = Duration::from_secs(10);

/// So that a client's own timeout can be tested.
pub(crate) async fn after_a_while(_: Attempt) -> Result<Admission, Refusal> {
    tokio::time::sleep(Duration::from_millis(10)).await;
    Ok(Identity::anonymous().into())
}

pub(crate) fn events() -> Result<Events, NamespaceError> {
    let with_id = Namespace::new().on("getId", id);
    let abc = Namespace::new().on_connect(|socket: Socket, auth: Auth<Value>| async move {
        let handshake = handshake(&socket, auth);
        let _gone = socket.emit("handshake", (handshake,)).await;
    });
    let no = Namespace::new()
        .guard(|| async { Err::<(), _>(Refused::new("Auth failed (custom namespace)")) });
    let mut events = Events::builder()
        .recovery(Recovery::default())
        .namespace("/", main())
        .namespace("/foo", with_id)
        .namespace("/abc", abc)
        .namespace("/no", no);
    for name in ["/timeout_socket", "/valid", "/asd"] {
        events = events.namespace(name, Namespace::new());
    }
    events.build()
}

async fn id(socket: Socket) -> Reply<(String,)> {
    Reply((socket.id().to_owned(),))
}

fn main() -> Namespace {
    let namespace = Namespace::new()
        .guard(|handshake: Handshake| async move {
            if query(&handshake).contains_key("fail") {
                return Err(Refused::new("Auth failed (main namespace)"));
            }
            Ok(())
        })
        .on("hi", |socket: Socket| say(socket, "hi", ()))
        .on("echo", |args: Args| async move { Reply(args) })
        .on("ack", concurrent(ask))
        .on("getAckDate", || async { Reply((now(),)) })
        .on("getDate", |socket: Socket| {
            say(socket, "takeDate", (now(),))
        })
        .on("getDateObj", |socket: Socket| {
            say(socket, "takeDateObj", (json!({ "date": now() }),))
        })
        .on("getUtf8", |socket: Socket| async move {
            for words in WORDS {
                say(socket.clone(), "takeUtf8", (words,)).await;
            }
        })
        .on("false", |socket: Socket| say(socket, "false", (false,)))
        .on(
            "getHandshake",
            |socket: Socket, auth: Auth<Value>| async move { Reply((handshake(&socket, auth),)) },
        )
        .on("getId", id);
    binary(namespace)
}

/// What it says about binary data, and in which order that came.
fn binary(namespace: Namespace) -> Namespace {
    let bytes = || (Binary::from(BYTES.to_vec()),);
    namespace
        .on("doge", move |socket: Socket| say(socket, "doge", bytes()))
        .on("getbin", move |socket: Socket| {
            say(socket, "takebin", bytes())
        })
        .on("buffa", |socket: Socket, _: Data<(Binary,)>| {
            say(socket, "buffack", ())
        })
        .on("blob", |socket: Socket, _: Data<(Binary,)>| {
            say(socket, "back", ())
        })
        .on(
            "jsonbuff",
            |socket: Socket, Data((mixed,)): Data<(Mixed,)>| {
                say_if(socket, mixed.is_as_expected(), "jsonbuff-ack")
            },
        )
        .on(
            "jsonblob",
            |socket: Socket, Data((mixed,)): Data<(Mixed,)>| {
                say_if(socket, mixed.is_as_expected(), "jsonblob-ack")
            },
        )
        .on("abuff1", |socket: Socket, _: Data<(Binary,)>| {
            remember(socket, 1)
        })
        .on("abuff2", |socket: Socket| {
            let is_next = came(&socket) == 1;
            say_if(socket, is_next, "abuff2-ack")
        })
        .on("blob1", |socket: Socket, _: Data<(Binary,)>| {
            remember(socket, 1)
        })
        .on(
            "blob2",
            |socket: Socket, Data((word,)): Data<(String,)>| async move {
                if came(&socket) == 1 && word == "second" {
                    remember(socket, 2).await;
                }
            },
        )
        .on("blob3", |socket: Socket, _: Data<(Binary,)>| {
            let is_next = came(&socket) == 2;
            say_if(socket, is_next, "blob3-ack")
        })
}

#[derive(Deserialize)]
struct Mixed {
    hello: String,
    goodbye: String,
    #[serde(rename = "message")]
    _message: Binary,
}

impl Mixed {
    fn is_as_expected(&self) -> bool {
        self.hello == "lol" && self.goodbye == "gotcha"
    }
}

/// How many of several events have come, in their order.
#[derive(Clone, Copy)]
struct Came(u8);

fn came(socket: &Socket) -> u8 {
    socket.state::<Came>().map_or(0, |came| came.0)
}

async fn remember(socket: Socket, came: u8) {
    socket.set_state(Came(came));
}

async fn say(socket: Socket, event: &'static str, args: impl throughline::events::IntoArgs + Send) {
    // A client that is gone misses nothing.
    let _gone = socket.emit(event, args).await;
}

async fn say_if(socket: Socket, condition: bool, event: &'static str) {
    if condition {
        say(socket, event, ()).await;
    }
}

/// The server asks, too. It asks again before it has its answer, so its runs do not wait for each other.
async fn ask(socket: Socket) {
    let Ok(answer) = socket.emit_with_ack("ack", (), ANSWER).await else {
        return;
    };
    if let Ok((5, object)) = answer.parse::<(i64, Value)>()
        && object["test"] == true
    {
        say(socket, "got it", ()).await;
    }
}

fn now() -> String {
    iso(SystemTime::now())
}

/// As `toISOString` in JavaScript.
fn iso(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

fn query(handshake: &Handshake) -> HashMap<String, String> {
    let query = handshake.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// What the reference calls a socket's handshake.
fn handshake(socket: &Socket, Auth(auth): Auth<Value>) -> Value {
    let handshake = socket.handshake();
    let headers = handshake.request().map(|request| &request.headers);
    let headers: HashMap<&str, &str> = headers
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let issued = handshake
        .opened()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    json!({
        "time": iso(handshake.opened()),
        "issued": u64::try_from(issued.as_millis()).unwrap_or_default(),
        "address": handshake.address(),
        "url": handshake.request().map(|request| request.uri.to_string()),
        "query": query(handshake),
        "xdomain": headers.contains_key("origin"),
        "secure": false,
        "headers": headers,
        "auth": auth,
    })
}
