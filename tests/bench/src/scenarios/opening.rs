//! Opening many connections before a scenario starts, and what is said on them then.

use crate::Outcome;
use crate::load::connection::{Connection, Target};
use crate::load::message::{Template, room_of};
use crate::load::polling::Poller;
use futures_util::{StreamExt, TryStreamExt, stream};

/// How many are being opened at once.
pub(super) const AT_ONCE: usize = 64;

pub(super) async fn open(target: Target, count: usize) -> Outcome<Vec<Connection>> {
    stream::iter((0..count).map(|_| Connection::open(target)))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

pub(super) async fn open_pollers(target: Target, count: usize) -> Outcome<Vec<Poller>> {
    stream::iter((0..count).map(|_| Poller::open(target)))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// Joins these rooms, and waits until the server has said so for each.
pub(super) async fn join(member: &mut Connection, rooms: &[usize]) -> Outcome<()> {
    let mut joined = 0;
    for room in rooms {
        member.push(&Template::join(*room), 0);
    }
    member.flush().await?;
    while joined < rooms.len() {
        member
            .receive(|message| {
                joined += 1;
                Template::join(room_of(message)?).read(message).map(drop)
            })
            .await?;
    }
    member.flush().await
}

/// The same for one that polls.
pub(super) async fn join_by_polls(member: &mut Poller, room: usize) -> Outcome<()> {
    let template = Template::join(room);
    let mut each = |message: &[u8]| template.read(message).map(drop);
    member.send_and_poll(&template, 0, &mut each).await
}

/// Sends a message and waits until it has come back.
pub(super) async fn exchange(
    connection: &mut Connection,
    template: &Template,
    number: u32,
) -> Outcome<()> {
    connection.push(template, number);
    connection.flush().await?;
    let mut came = None;
    while came.is_none() {
        connection
            .receive(|message| {
                came = Some(template.read(message)?);
                Ok(())
            })
            .await?;
    }
    match came == Some(number) {
        true => connection.flush().await,
        false => Err("another message than was sent".into()),
    }
}
