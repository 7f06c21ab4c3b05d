//! What unit tests need: a node, and sessions that nobody carries.

use crate::builder::Builder;
use crate::dialect::Core;
use crate::front_door::capacity::Kind;
use crate::front_door::identity::Identity;
use crate::node::Node;
use crate::shared::{Birth, Shared};
use std::sync::Arc;
use throughline_core::session::{Setup, Tombstone};
use throughline_core::wire::native::Secret;
use throughline_core::{Code, Limits, Session, Time};

pub(crate) fn node() -> Arc<Node> {
    let realtime = Builder::new().on_session(|_| async {}).build().unwrap();
    realtime.node().clone()
}

fn core(id: &str) -> Session {
    let setup = Setup {
        id: id.to_owned(),
        secret: Secret::new([7; 16]),
        limits: Limits::default(),
        window: None,
        protocol: None,
        token_expires: None,
    };
    Session::open(Time::ZERO, setup).0
}

pub(crate) fn session(id: &str) -> Arc<Shared> {
    session_of(&node(), id)
}

pub(crate) fn session_of(node: &Arc<Node>, id: &str) -> Arc<Shared> {
    let birth = Birth {
        identity: Identity::anonymous(),
        address: None,
        request: None,
        place: node.enter(Kind::Session, None).unwrap(),
        attach: node.enter(Kind::Attach, None).unwrap(),
        head: None,
    };
    Shared::new(node.clone(), Core::Native(Box::new(core(id))), birth)
}

pub(crate) fn tombstone() -> Tombstone {
    let mut core = core("a.0.0");
    core.abort(Code::ABORTED, "", None);
    core.tombstone().unwrap().clone()
}
