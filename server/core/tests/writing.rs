//! Two ways lead to a WebSocket: a driver takes frame by frame, or has them written many at a time. Whatever happens to a
//! session, both say the same, byte for byte, and leave the same behind.

use proptest::prelude::*;
use throughline_core::session::{Setup, Transmit};
use throughline_core::wire::native::{Begin, Cursors, Frame, Item, Secret, websocket};
use throughline_core::{Code, Input, Limits, Message, Session, Time};

const WINDOW: usize = 400;

/// What can happen.
#[derive(Clone, Debug)]
enum Operation {
    Send(usize),
    Take,
    /// The client sends a message of that length, where there is room for it.
    Receive(usize),
    Ping(u64),
    Token,
    Close,
    Abort,
    /// The client attaches anew.
    Attach,
    /// The link of the present generation has room for so many bytes; or that of the one before.
    Leave(bool, usize),
    Wait(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        20 => (0..100_usize).prop_map(Operation::Send),
        12 => Just(Operation::Take),
        12 => (0..100_usize).prop_map(Operation::Receive),
        5 => (0..9_u64).prop_map(Operation::Ping),
        5 => Just(Operation::Token),
        1 => Just(Operation::Close),
        1 => Just(Operation::Abort),
        5 => Just(Operation::Attach),
        25 => (prop::bool::weighted(0.9), 1..300_usize).prop_map(|(is_current, most)| Operation::Leave(is_current, most)),
        5 => (0..30_000_u64).prop_map(Operation::Wait),
    ]
}

#[derive(Clone, Copy)]
enum Way {
    Handed,
    Written,
}

/// A session, and the one way in which its frames leave.
struct Side {
    way: Way,
    now: Time,
    session: Session,
    /// The number of the client's next message on this link.
    next: u64,
}

impl Side {
    fn new(way: Way) -> Self {
        let setup = Setup {
            id: "node-1-write".to_owned(),
            secret: Secret::new([7; 16]),
            limits: Limits {
                message: 100,
                window: WINDOW,
                log: WINDOW,
                ..Limits::default()
            },
            window: None,
            protocol: None,
            token_expires: None,
        };
        let (session, _) = Session::open(Time::ZERO, setup);
        let mut side = Self {
            way,
            now: Time::ZERO,
            session,
            next: 1,
        };
        side.begin(1);
        side
    }

    fn begin(&mut self, generation: u64) {
        self.next = self.session.incoming().received + 1;
        // The client has taken what was sent before.
        let (last, _) = self.session.outgoing();
        let begin = Begin {
            generation,
            cursors: Cursors {
                received: last,
                ack: last,
            },
            first: self.next,
        };
        self.handle(Input::Begin(begin));
    }

    fn handle(&mut self, input: Input) {
        self.session.handle(self.now, input);
    }

    /// What it leads to, as far as others can see it.
    fn play(&mut self, operation: &Operation) -> String {
        let mut said = String::new();
        match *operation {
            Operation::Send(len) => {
                let message = Message::from("m".repeat(len));
                said = format!("{:?}", self.session.send(self.now, &message));
            }
            Operation::Take => said = format!("{:?}", self.session.take(self.now)),
            Operation::Receive(len) => self.receive(len),
            Operation::Ping(nonce) => {
                let generation = self.session.generation();
                self.handle(Input::Frame(generation, Frame::Ping(nonce)));
            }
            Operation::Token => self.handle(Input::TokenAccepted(None)),
            Operation::Close => {
                said = format!("{:?}", self.session.close(self.now, Code::NORMAL, ""));
            }
            Operation::Abort => self.session.abort(Code::SHUTDOWN, "", None),
            Operation::Attach => {
                if let Ok(welcome) = self.session.hello(self.now) {
                    self.begin(welcome.generation);
                }
            }
            Operation::Leave(is_current, most) => {
                let generation = self.session.generation() - u64::from(!is_current);
                said = self.leave(generation, most);
            }
            Operation::Wait(ms) => {
                self.now = Time::from_millis(self.now.as_millis() + ms);
                self.handle(Input::Timeout);
            }
        }
        let outputs: Vec<_> = std::iter::from_fn(|| self.session.poll()).collect();
        let session = &self.session;
        let left = (session.deadline(), session.outgoing(), session.incoming());
        format!("{said} {outputs:?} {left:?}")
    }

    fn receive(&mut self, len: usize) {
        let Cursors { received, .. } = self.session.incoming();
        if self.session.held_bytes().0 + len + 16 > WINDOW {
            return;
        }
        let item = Item::Message("c".repeat(len).into());
        let number = u8::try_from(self.next % 32).expect("it is less than 32");
        let generation = self.session.generation();
        self.handle(Input::Frame(generation, Frame::Sequenced(number, item)));
        self.next += self.session.incoming().received - received;
    }

    fn leave(&mut self, generation: u64, most: usize) -> String {
        let (mut out, mut last) = (Vec::new(), None);
        while out.len() < most && last.is_none() {
            let left = match self.way {
                Way::Written => self.session.write(self.now, generation, most, &mut out),
                Way::Handed => {
                    let next = self.session.transmit(self.now, generation);
                    next.map(|frame| websocket::write(&frame, &mut out))
                }
            };
            last = (left != Transmit::Frame(())).then_some(left);
        }
        format!("{last:?} {out:?}")
    }
}

proptest! {
    #[test]
    fn what_is_written_at_once_is_what_is_handed_out(operations in prop::collection::vec(operation(), 1..120)) {
        let (mut handed, mut written) = (Side::new(Way::Handed), Side::new(Way::Written));
        for operation in &operations {
            prop_assert_eq!(handed.play(operation), written.play(operation));
        }
    }
}
