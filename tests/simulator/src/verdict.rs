//! What must hold after every step, and at the end.

use crate::application::Application;
use crate::driver::Driver;
use crate::node::Hosted;
use crate::scenario::{Ending, Injection, When};
use crate::world::{Failure, World, broken};
use throughline_client::Fate;
use throughline_core::message::OVERHEAD;
use throughline_core::{Code, Session, session};

/// More generations than this are not on offer at once.
const MOST_OFFERS: usize = 8;
/// More requests do not wait for their answer at once.
const MOST_HELD: usize = 4;

pub(crate) fn check(world: &World) -> Result<(), Failure> {
    check_client(world)?;
    for (id, hosted) in &world.node.sessions {
        if !hosted.forgotten {
            check_session(world, id, hosted)?;
        }
    }
    Ok(())
}

fn check_client(world: &World) -> Result<(), Failure> {
    let Driver {
        client,
        application,
        ..
    } = &world.driver;
    if let Some(wrong) = application.as_ref().and_then(|a| a.wrong) {
        return Err(Failure::Wrong(wrong));
    }
    let (inbox, log) = client.held_bytes();
    let window = world.scenario.window as usize;
    let honest = world.scenario.injection() != Some(Injection::WindowExceeded);
    if inbox > window || (honest && log > world.scenario.limits.window) {
        return broken(format!("the client holds {inbox} and {log} bytes"));
    }
    if !client.is_ended() && !world.driver.is_waiting_for_something() {
        return broken("the client waits for nothing".to_owned());
    }
    if client.deadline().is_some_and(|at| at <= world.cx.now) && !client.is_ended() {
        return broken("a deadline of the client passed without effect".to_owned());
    }
    Ok(())
}

fn check_session(world: &World, id: &str, hosted: &Hosted) -> Result<(), Failure> {
    let session = &hosted.session;
    if let Some(wrong) = hosted.application.as_ref().and_then(|a| a.wrong) {
        return Err(Failure::Wrong(wrong));
    }
    if hosted.starts > 1 || hosted.ends > 1 {
        let (starts, ends) = (hosted.starts, hosted.ends);
        return broken(format!(
            "{id} started {starts} times and ended {ends} times"
        ));
    }
    let (inbox, log) = session.held_bytes();
    let limits = session.limits();
    let granted = limits.log.min(world.scenario.window as usize);
    if inbox > limits.window || log > granted.max(limits.message + OVERHEAD) {
        return broken(format!("{id} holds {inbox} and {log} bytes"));
    }
    if session.offers() > MOST_OFFERS {
        return broken(format!("{id} offers {} generations", session.offers()));
    }
    if session.held_requests() > MOST_HELD {
        return broken(format!("{id} holds {} requests", session.held_requests()));
    }
    check_deadline(world, id, session)
}

/// No state waits without a deadline, and no deadline stays behind.
fn check_deadline(world: &World, id: &str, session: &Session) -> Result<(), Failure> {
    match (session.tombstone(), session.deadline()) {
        (None, None) => broken(format!("{id} waits without a deadline")),
        (_, Some(at)) if at <= world.cx.now => {
            broken(format!("a deadline of {id} passed without effect"))
        }
        _ => Ok(()),
    }
}

pub(crate) fn final_check(world: &World) -> Result<(), Failure> {
    let Driver { ends, opened, .. } = &world.driver;
    if ends.len() != 1 || *opened > 1 {
        return broken(format!(
            "the client opened {opened} times and ended: {ends:?}"
        ));
    }
    check_end(world)?;
    check_fates_up(world)?;
    check_fates_down(world)
}

/// Sessions end as the scenario wants, and not otherwise.
fn check_end(world: &World) -> Result<(), Failure> {
    let end = &world.driver.ends[0];
    let expected: &[Code] = match world.scenario.ending {
        Ending::Close(_, When::Done) => return check_orderly(world),
        Ending::Close(_, When::Early) if end.clean => return Ok(()),
        Ending::Close(_, When::Early) => &[],
        Ending::Injected(injection, _) => match injection {
            Injection::Forget => &[Code::UNKNOWN_SESSION],
            Injection::Expire => &[Code::EXPIRED],
            Injection::Overflow => &[Code::OVERFLOW],
            Injection::WindowExceeded => &[Code::WINDOW_EXCEEDED],
            Injection::TokenExpires => &[Code::TOKEN_EXPIRED],
            Injection::TakeOver => &[Code::TAKEN_OVER],
        },
    };
    if !expected.contains(&end.code) {
        return broken(format!("ended with {end:?}, expected {expected:?}"));
    }
    Ok(())
}

/// After an orderly close everything was delivered.
fn check_orderly(world: &World) -> Result<(), Failure> {
    let end = &world.driver.ends[0];
    let client = world.driver.application.as_ref();
    let server = world
        .hosted()
        .and_then(|hosted| hosted.application.as_ref());
    let (Some(client), Some(server)) = (client, server) else {
        return broken("an application is missing".to_owned());
    };
    if !end.clean || client.taken != server.total || server.taken != client.total {
        let (down, up) = (client.taken, server.taken);
        return lost(format!(
            "closed with {down} and {up} messages taken: {end:?}"
        ));
    }
    Ok(())
}

/// What the client was told of its messages is true, and leaves none out.
fn check_fates_up(world: &World) -> Result<(), Failure> {
    let Some(hosted) = world.hosted() else {
        return broken("the client ended without a session".to_owned());
    };
    let taken = taken(hosted.application.as_ref());
    let received = hosted.session.incoming().received;
    let fates = &world.driver.ends[0].fates;
    let named = fates.iter().map(|(seq, _)| *seq);
    let sent = sent(world.driver.application.as_ref());
    check_named("client", sent, taken, named)?;
    let last_word = has_last_word(world);
    for (seq, fate) in fates {
        let is_true = match fate {
            Fate::Taken => *seq <= taken,
            Fate::Received => *seq <= received && (!last_word || *seq > taken),
            Fate::Lost => *seq > received,
            Fate::Unknown => !last_word,
        };
        if !is_true {
            return broken(format!(
                "the client was told {fate:?} of {seq}, the server received {received} and took {taken}"
            ));
        }
    }
    Ok(())
}

/// Whether the client must have learned the server's final cursors.
fn has_last_word(world: &World) -> bool {
    !matches!(
        world.scenario.injection(),
        Some(Injection::Forget | Injection::TakeOver)
    )
}

/// The same for the server's messages.
fn check_fates_down(world: &World) -> Result<(), Failure> {
    let Some(hosted) = world.hosted() else {
        return broken("the client ended without a session".to_owned());
    };
    let Some(end) = &hosted.end else {
        return Ok(());
    };
    let received = world.driver.client.incoming().received;
    let taken = taken(world.driver.application.as_ref());
    let sent = sent(hosted.application.as_ref());
    let named = end.undelivered.iter().map(|undelivered| undelivered.seq);
    check_named("server", sent, taken, named)?;
    for undelivered in &end.undelivered {
        let seq = undelivered.seq;
        let is_true = match undelivered.fate {
            session::Fate::Received => seq <= received,
            session::Fate::Lost => seq > received,
            session::Fate::Unknown => true,
        };
        if !is_true {
            let fate = undelivered.fate;
            return broken(format!(
                "the server was told {fate:?} of {seq}, the client received {received}"
            ));
        }
    }
    Ok(())
}

fn taken(application: Option<&Application>) -> u64 {
    application.map_or(0, |application| application.taken)
}

fn sent(application: Option<&Application>) -> u64 {
    application.map_or(0, |application| application.sent)
}

/// A message that is not named was taken; each is named once, in order.
fn check_named(
    who: &str,
    sent: u64,
    taken: u64,
    named: impl Iterator<Item = u64>,
) -> Result<(), Failure> {
    let mut next = None;
    for seq in named {
        let in_order = next.is_none_or(|next| next == seq);
        if !in_order || seq > sent || (next.is_none() && seq > taken + 1) {
            return lost(format!(
                "the {who}'s end names {seq} after {next:?}, {taken} were taken"
            ));
        }
        next = Some(seq + 1);
    }
    let first_unnamed = next.unwrap_or(taken + 1);
    if first_unnamed <= sent {
        return lost(format!(
            "the {who}'s end does not name {first_unnamed}, {taken} were taken"
        ));
    }
    Ok(())
}

fn lost<T>(what: String) -> Result<T, Failure> {
    Err(Failure::Lost(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of five messages that were sent, two were taken.
    fn named(seqs: &[u64]) -> Result<(), Failure> {
        check_named("client", 5, 2, seqs.iter().copied())
    }

    #[test]
    fn whoever_was_not_taken_is_named_once_and_in_order() {
        assert_eq!(named(&[3, 4, 5]), Ok(()));
        // What was taken may be named as well: the last word about it may have been lost.
        assert_eq!(named(&[2, 3, 4, 5]), Ok(()));
        for wrong in [
            &[][..],
            &[3, 4],
            &[4, 5],
            &[3, 5],
            &[3, 3, 4, 5],
            &[4, 3, 5],
            &[3, 4, 5, 6],
        ] {
            let verdict = named(wrong);
            assert!(
                matches!(verdict, Err(Failure::Lost(_))),
                "{wrong:?}: {verdict:?}"
            );
        }
    }
}
