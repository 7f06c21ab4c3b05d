//! The id by which an Engine.IO client names its session: the session's own id, then its secret.
//!
//! In this protocol whoever knows the `sid` has the session, and the `sid` stands in URLs: that is what the wire
//! format can carry. The secret is compared in constant time, and only the id is ever logged.

use crate::node::Node;
use crate::registry::Found;
use crate::shared::Shared;
use std::sync::Arc;
use throughline_core::engineio::Engine;
use throughline_core::session::Setup;

/// How many hexadecimal digits a secret has.
const SECRET: usize = 32;

/// The `sid` of a session.
pub(super) fn new(setup: &Setup) -> String {
    [&setup.id, ".", &String::from(setup.secret)].concat()
}

/// The session that is meant. One that has ended, is another node's or speaks another dialect is not known here.
pub(super) fn find(node: &Node, sid: &str) -> Option<Arc<Shared>> {
    let (id, secret) = sid.split_at_checked(sid.len().checked_sub(SECRET)?)?;
    let (id, secret) = (id.strip_suffix('.')?, secret.parse().ok()?);
    match node.registry.find(id) {
        Found::Live(session) if session.proves::<Engine>(&secret) => Some(session),
        Found::Live(_) | Found::Ended(_) | Found::Unknown | Found::Elsewhere => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_sid_of_nobody_leads_nowhere() {
        let node = testing::node();
        testing::session_of(&node, "main.run.session");
        let native = "main.run.session.07070707070707070707070707070707";
        for sid in ["", "abc", "main.run.session", "a.b", native] {
            assert!(find(&node, sid).is_none(), "{sid}");
        }
    }
}
