//! A client's first words on a WebSocket, up to the session that it begins: hello, welcome, begin.

use crate::{NOW, setup};
use throughline_core::session::{Output, Transmit};
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Frame, Hello, websocket};
use throughline_core::{Input, Session};

/// The hello of a client without a session.
#[must_use]
pub fn hello() -> Hello {
    Hello {
        v: 1,
        ..Hello::default()
    }
}

/// The session that begins with these words. What is answered goes into `socket`.
///
/// # Panics
/// When these are not a hello and a begin.
pub fn attach(hello: Carried, begin: Carried, socket: &mut impl FnMut(Carried)) -> Session {
    let Ok(Frame::Hello(hello)) = websocket::decode(hello) else {
        panic!("it is a hello");
    };
    let mut setup = setup();
    setup.window = hello.window;
    let (mut session, welcome) = Session::open(NOW, setup);
    let generation = welcome.generation;
    socket(websocket::encode(&Frame::Welcome(Box::new(welcome))));
    let Ok(Frame::Begin(begin)) = websocket::decode(begin) else {
        panic!("it is a begin");
    };
    session.handle(NOW, Input::Begin(begin));
    while let Some(output) = session.poll() {
        if matches!(output, Output::Wake(_)) {
            while let Transmit::Frame(frame) = session.transmit(NOW, generation) {
                socket(websocket::encode(&frame));
            }
        }
    }
    session
}
