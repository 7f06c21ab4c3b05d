//! The server that the matrix measures: one process with two listeners, each with the session endpoint at
//! `/realtime`, an empty page, and at `/runs/NAME` what a run received.
//!
//! It prints its two addresses as JSON. A second start of it is a foreign process; `--node` names its node.

mod book;
mod visitor;

use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use book::Book;
use serde_json::json;
use std::error::Error;
use std::sync::Arc;
use throughline::{Config, Throughline};
use tokio::net::TcpListener;

const USAGE: &str = "usage: throughline-lab [--node NAME]";

/// Without an icon, for which browsers would ask.
const PAGE: &str =
    r#"<!doctype html><meta charset="utf-8"><title>Matrix</title><link rel="icon" href="data:,">"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let book = Arc::new(Book::default());
    let noted = book.clone();
    let realtime = Throughline::builder()
        .config(config(std::env::args().skip(1))?)
        .on_session(move |session| visitor::visit(session, noted.clone()))
        .build()?;
    let app = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route(
            "/runs/{run}",
            get(move |run: Path<String>| async move { book.read(&run).to_string() }),
        )
        .nest_service("/realtime", realtime);
    let first = TcpListener::bind("127.0.0.1:0").await?;
    let second = TcpListener::bind("127.0.0.1:0").await?;
    println!(
        "{}",
        json!({ "listen": first.local_addr()?, "second": second.local_addr()? })
    );
    tokio::try_join!(
        throughline::serve(first, app.clone()),
        throughline::serve(second, app)
    )?;
    Ok(())
}

fn config(mut arguments: impl Iterator<Item = String>) -> Result<Config, String> {
    let mut config = Config::default();
    while let Some(argument) = arguments.next() {
        config.node = match (argument.as_str(), arguments.next()) {
            ("--node", Some(name)) => name,
            _ => return Err(USAGE.to_owned()),
        };
    }
    Ok(config)
}
