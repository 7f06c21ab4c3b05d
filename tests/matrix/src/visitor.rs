//! The handler of a session. It hears `join RUN`, `echo TEXT`, `start FIRST LAST`, and numbers, which it notes.

use crate::book::Book;
use std::sync::Arc;
use std::time::Duration;
use throughline::{SendError, Sender, Session};
use tokio::time::interval;

/// A hundred messages a second.
const PACE: Duration = Duration::from_millis(10);

/// Serves a session until it ends.
pub(crate) async fn visit(session: Session, book: Arc<Book>) {
    let (sender, mut receiver) = session.split();
    let mut run = String::new();
    while let Some(message) = receiver.recv().await {
        let text = message.as_text().unwrap_or_default();
        // An end of the session is what the loop ends with; there is nobody left to tell.
        let _ended = hear(&sender, &book, &mut run, text).await;
    }
}

async fn hear(
    sender: &Sender,
    book: &Arc<Book>,
    run: &mut String,
    text: &str,
) -> Result<(), SendError> {
    match *text.split(' ').collect::<Vec<_>>() {
        ["join", name] => {
            name.clone_into(run);
            book.join(name, sender.clone());
        }
        ["echo", _] => {
            sender.send(text.to_owned()).await?;
        }
        ["start", first, last] => {
            if let (Ok(first), Ok(last), true) = (first.parse(), last.parse(), book.starts(run)) {
                tokio::spawn(stream(book.clone(), run.clone(), first, last));
            }
        }
        [number] => {
            if let Ok(number) = number.parse() {
                book.note(run, number);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Sends the numbers to the run's session, whichever that is at the moment.
async fn stream(book: Arc<Book>, run: String, first: u64, last: u64) {
    let mut ticks = interval(PACE);
    for number in first..=last {
        ticks.tick().await;
        if let Some(session) = book.session(&run) {
            // To a session that has ended nothing can be sent: the number is lost, and is counted so.
            let _ended = session.send(number.to_string()).await;
        }
    }
}
