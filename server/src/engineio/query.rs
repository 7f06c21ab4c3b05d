//! The URL's query, in which an Engine.IO client says all that is not data.

use super::EngineIo;
use crate::transport::query::members;
use bytestring::ByteString;
use std::borrow::Cow;
use throughline_core::engineio::Stamp;
use throughline_core::wire::engineio::{Refusal, Version};

/// What a request says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query<'a> {
    version: Option<Cow<'a, str>>,
    transport: Option<Cow<'a, str>>,
    pub(super) sid: Option<Cow<'a, str>>,
    /// `t`: no two requests of a client have the same.
    pub(super) stamp: Option<Stamp>,
    /// `b64`: no binary WebSocket messages, please.
    pub(super) text_only: bool,
}

/// How the client wants to talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Polling,
    WebSocket,
}

/// Stamps are short; what is longer is none.
const LONGEST_STAMP: usize = 64;

impl<'a> Query<'a> {
    /// Reads a query. Of a member that comes twice the last one counts.
    pub(super) fn read(query: Option<&'a str>) -> Self {
        let mut read = Self::default();
        for (name, value) in members(query) {
            match &*name {
                "EIO" => read.version = Some(value),
                "transport" => read.transport = Some(value),
                "sid" => read.sid = Some(value),
                "t" if value.len() <= LONGEST_STAMP => {
                    read.stamp = Some(ByteString::from(&*value)).filter(|stamp| !stamp.is_empty());
                }
                "b64" => read.text_only = value == "1" || value == "true",
                _ => {}
            }
        }
        read
    }

    pub(super) fn transport(&self) -> Result<Transport, Refusal> {
        match self.transport.as_deref() {
            Some("polling") => Ok(Transport::Polling),
            Some("websocket") => Ok(Transport::WebSocket),
            _ => Err(Refusal::UnknownTransport),
        }
    }

    /// The version, if it is one that is spoken here.
    pub(super) fn version(&self, settings: &EngineIo) -> Result<Version, Refusal> {
        match self.version.as_deref() {
            Some("4") => Ok(Version::V4),
            Some("3") if settings.allow_eio3 => Ok(Version::V3),
            _ => Err(Refusal::UnsupportedVersion),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_are_read_and_others_are_ignored() {
        let query = Query::read(Some("EIO=4&transport=polling&t=abc&sid=a.b%2Ec&b64=1&x=y"));
        assert_eq!(query.version(&EngineIo::default()), Ok(Version::V4));
        assert_eq!(query.transport(), Ok(Transport::Polling));
        assert_eq!(query.sid.as_deref(), Some("a.b.c"));
        assert_eq!(query.stamp.as_deref(), Some("abc"));
        assert!(query.text_only);
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        for query in [
            None,
            Some(""),
            Some("EIO=5&transport=jsonp"),
            Some("EIO=abc"),
        ] {
            let query = Query::read(query);
            let version = query.version(&EngineIo::default());
            assert_eq!(version, Err(Refusal::UnsupportedVersion));
            assert_eq!(query.transport(), Err(Refusal::UnknownTransport));
        }
    }

    #[test]
    fn version_3_is_spoken_where_that_is_wanted() {
        let settings = EngineIo {
            allow_eio3: true,
            ..EngineIo::default()
        };
        let query = Query::read(Some("EIO=3"));
        assert_eq!(query.version(&settings), Ok(Version::V3));
        let version = query.version(&EngineIo::default());
        assert_eq!(version, Err(Refusal::UnsupportedVersion));
    }

    #[test]
    fn a_stamp_that_is_empty_or_long_is_none() {
        let long = format!("t={}", "x".repeat(LONGEST_STAMP + 1));
        for query in ["t=", &long] {
            assert_eq!(Query::read(Some(query)).stamp, None);
        }
    }
}
