//! What the services do with a session: the same handlers would serve any other client.
//!
//! Pages of every origin may use them, as test suites and playgrounds need it; an application lists its own.

use throughline::{BuildError, Builder, Code, Session, Throughline};

const ROOM: &str = "everybody";

fn server() -> Builder {
    Throughline::builder().allow_any_origin()
}

/// Says everything back.
pub(crate) fn echo() -> Result<Throughline, BuildError> {
    let run = |mut session: Session| async move {
        while let Some(message) = session.recv().await {
            if session.send(message).await.is_err() {
                break;
            }
        }
    };
    server().on_session(run).build()
}

/// Closes each session as soon as it is there.
pub(crate) fn close() -> Result<Throughline, BuildError> {
    let run = |session: Session| async move {
        let code = Code::application(3000).expect("3000 is the application's");
        // The reason is short enough.
        let _ = session.close(code, "Go away!");
    };
    server().on_session(run).build()
}

/// Says to all others what one says.
pub(crate) fn broadcast() -> Result<Throughline, BuildError> {
    let run = |mut session: Session| async move {
        session.join(ROOM);
        let room = session.room(ROOM);
        while let Some(message) = session.recv().await {
            if let Err(error) = room.send(message) {
                eprintln!("a message was not said: {error}");
            }
        }
    };
    server().on_session(run).build()
}
