//! Pings and silence on a WebSocket link: found by the simulator.

use std::time::Duration;
use throughline_core::session::{Setup, Transmit};
use throughline_core::wire::native::{Begin, Cursors, Frame, Secret};
use throughline_core::{Input, Limits, Session, Time};

fn link(limits: Limits) -> (Session, u64) {
    let setup = Setup {
        id: "node-1-live".to_owned(),
        secret: Secret::new([7; 16]),
        limits,
        window: None,
        protocol: None,
        token_expires: None,
    };
    let (mut session, welcome) = Session::open(Time::ZERO, setup);
    let begin = Begin {
        generation: welcome.generation,
        cursors: Cursors::default(),
        first: 1,
    };
    session.handle(Time::ZERO, Input::Begin(begin));
    (session, welcome.generation)
}

/// Lets deadlines pass and gives the times of the pings, each of them answered after 10 ms.
fn pings(session: &mut Session, generation: u64, until: Time) -> Vec<u64> {
    let mut pings = Vec::new();
    while let Some(at) = session.deadline().filter(|at| *at <= until) {
        session.handle(at, Input::Timeout);
        while let Transmit::Frame(frame) = session.transmit(at, generation) {
            if let Frame::Ping(nonce) = frame {
                pings.push(at.as_millis());
                let later = at + Duration::from_millis(10);
                session.handle(later, Input::Frame(generation, Frame::Pong(nonce)));
            }
        }
    }
    pings
}

// spec: LIV-1
#[test]
fn a_silent_link_is_pinged_each_heartbeat_however_long_the_timeout() {
    let (mut session, generation) = link(Limits {
        heartbeat: Duration::from_secs(2),
        timeout: Duration::from_secs(9),
        ..Limits::default()
    });
    let times = pings(&mut session, generation, Time::from_millis(9000));
    assert_eq!(times, [2000, 4010, 6020, 8030]);
}
