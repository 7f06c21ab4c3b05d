//! A chat: one room, names, and the last lines for whoever comes later.
//!
//! `cargo run -p throughline-chat`, then open the printed address in two tabs. The first line that a visitor
//! sends is a name; every further one is said to the room.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::json;
use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use throughline::{Room, Session, SlowMember, Throughline};
use tokio::net::TcpListener;

const USAGE: &str = "usage: throughline-chat [--listen ADDR]    (default: --listen 127.0.0.1:8082)";
const ROOM: &str = "lobby";
const REMEMBERED: usize = 20;
/// In characters. All that is remembered fits into the room that a new session has.
const LONGEST_LINE: usize = 2000;
const LONGEST_NAME: usize = 24;

/// The last lines. A line is remembered and sent in one step, and a visitor is shown them and let in in
/// one step, so nobody misses a line or sees one twice.
#[derive(Clone, Default)]
struct History(Arc<Mutex<VecDeque<String>>>);

impl History {
    fn say(&self, room: &Room, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == REMEMBERED {
            lines.pop_front();
        }
        lines.push_back(line.clone());
        if let Err(error) = room.send(line) {
            eprintln!("a line was not said: {error}");
        }
    }

    fn enter(&self, visitor: &Session) {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in &*lines {
            // A visitor who is gone already sees nothing, and the handler is about to find out.
            let _gone = visitor.try_send(line.clone());
        }
        visitor.join(ROOM);
    }
}

async fn chat(mut session: Session, history: History) {
    let Some(name) = next_line(&mut session).await else {
        return;
    };
    let name: String = name.chars().take(LONGEST_NAME).collect();
    let room = session.room(ROOM);
    history.enter(&session);
    history.say(&room, news(&format!("{name} is here")));
    while let Some(text) = next_line(&mut session).await {
        history.say(&room, json!({ "name": name, "text": text }).to_string());
    }
    session.leave(ROOM);
    history.say(&room, news(&format!("{name} has left")));
}

fn news(text: &str) -> String {
    json!({ "text": text }).to_string()
}

/// The next text that is not empty; this chat has no use for bytes.
async fn next_line(session: &mut Session) -> Option<String> {
    loop {
        let message = session.recv().await?;
        if let Some(text) = message
            .as_text()
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            return Some(text.chars().take(LONGEST_LINE).collect());
        }
    }
}

async fn listener() -> Result<TcpListener, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address = match &arguments[..] {
        [] => "127.0.0.1:8082",
        [option, address] if option == "--listen" => address,
        _ => return Err(USAGE.to_owned()),
    };
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}\n{USAGE}"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = listener().await.unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    let history = History::default();
    let realtime = Throughline::builder()
        // A line is worth waiting for: whoever is too slow for it comes back and reads the history.
        .slow_members(|_| SlowMember::Abort)
        .on_session(move |session| chat(session, history.clone()))
        .build()?;
    let app = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .nest_service("/realtime", realtime.clone());

    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    throughline::serve(listener, app)
        .until(interrupted)
        .drain(realtime)
        .await?;
    Ok(())
}
