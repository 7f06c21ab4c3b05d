//! Which revision of Socket.IO's protocol a client speaks, and all in which they differ.
//!
//! Clients of Socket.IO 2 speak revision 4. They are in `/` without asking, and say in a namespace's query what others send along
//! with CONNECT. They know no ids, no recovery, and no errors but strings or data.

use super::error::Refused;
use crate::dialect::Dialect;
use serde_json::{Map, Value, json};
use throughline_core::wire::socketio::{Body, Packet};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revision {
    Four,
    Five,
}

/// Whether clients of this dialect can come back to their sockets: those of Socket.IO that know how. Sessions of our own
/// protocol outlive their connections, so there is nothing to come back for, and no offset in anybody's arguments.
pub(super) fn recovers(dialect: Dialect) -> bool {
    dialect == Dialect::EngineIo4
}

impl Revision {
    /// What goes with Engine.IO 3 is revision 4. Our own clients speak 5.
    pub(super) fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::EngineIo3 => Self::Four,
            Dialect::EngineIo4 | Dialect::SockJs | Dialect::Throughline => Self::Five,
        }
    }

    /// Makes a packet what revision 5 would have said.
    pub(super) fn read(self, packet: &mut Packet) {
        if self == Self::Five {
            return;
        }
        let Some((namespace, query)) = packet.namespace.split_once('?') else {
            return;
        };
        if let Body::Connect(auth) = &mut packet.body {
            *auth = Some(object(query).into());
        }
        packet.namespace = namespace.into();
    }

    /// The answer to CONNECT.
    pub(super) fn welcome(self, sid: &str, pid: Option<&str>) -> Body {
        let body = match (self, pid) {
            (Self::Four, _) => return Body::Connect(None),
            (Self::Five, Some(pid)) => json!({"sid": sid, "pid": pid}),
            (Self::Five, None) => json!({"sid": sid}),
        };
        Body::Connect(Some(body.to_string().into()))
    }

    /// The answer to a CONNECT that is refused.
    pub(super) fn refusal(self, refused: &Refused) -> Body {
        let json = match self {
            Self::Four => refused.data_or_message().to_string(),
            Self::Five => refused.json(),
        };
        Body::ConnectError(json.into())
    }
}

/// The members of a query as a JSON object of strings.
fn object(query: &str) -> String {
    let members = form_urlencoded::parse(query.as_bytes()).into_owned();
    let object: Map<_, _> = members
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_what_was_sent_along() {
        let connect = |revision: Revision| {
            let namespace = "/a?token=x%20y&n=1".into();
            let body = Body::Connect(None);
            let mut packet = Packet { namespace, body };
            revision.read(&mut packet);
            packet
        };
        let packet = connect(Revision::Four);
        assert_eq!(packet.namespace, "/a");
        let auth = r#"{"n":"1","token":"x y"}"#;
        assert_eq!(packet.body, Body::Connect(Some(auth.into())));
        let packet = connect(Revision::Five);
        assert_eq!(packet.namespace, "/a?token=x%20y&n=1");
    }

    #[test]
    fn an_error_is_its_data_or_its_words() {
        let error = |refused: Refused| match Revision::Four.refusal(&refused) {
            Body::ConnectError(json) => json.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(error(Refused::new("no")), "\"no\"");
        assert_eq!(
            error(Refused::new("no").data(json!({"a": 1}))),
            r#"{"a":1}"#
        );
    }
}
