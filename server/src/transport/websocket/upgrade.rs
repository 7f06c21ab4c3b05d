//! The handshake of a WebSocket (RFC 6455, section 4.2), and the upgrade that follows its answer.

use super::socket::Socket;
use crate::front_door::handshake::{self, NoHandshake};
use axum::body::Body;
use axum::response::Response;
use data_encoding::BASE64;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::request::Parts;
use http::{HeaderValue, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use sha1::{Digest, Sha1};

/// What every server adds to a client's key, so that nobody answers who does not know WebSocket (section 1.3).
const PROOF: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A handshake that can be accepted.
pub(crate) struct Upgrade {
    on_upgrade: OnUpgrade,
    /// Of an extended CONNECT (RFC 8441) there is none.
    accept: Option<HeaderValue>,
}

impl Upgrade {
    /// Takes the connection out of a request that is a handshake.
    pub(crate) fn take(parts: &mut Parts) -> Result<Self, NoHandshake> {
        handshake::check(&parts.method, parts.version, &parts.headers)?;
        let on_upgrade = parts.extensions.remove::<OnUpgrade>();
        let key = parts.headers.get(SEC_WEBSOCKET_KEY);
        Ok(Self {
            on_upgrade: on_upgrade.ok_or(NoHandshake::NoConnection)?,
            accept: key
                .filter(|_| parts.version <= Version::HTTP_11)
                .map(accept),
        })
    }

    /// The answer. Once it is sent, `carry` gets the connection, for messages of at most so many bytes.
    pub(crate) fn accept<F>(
        self,
        longest: usize,
        carry: impl FnOnce(Box<Socket>) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let Self { on_upgrade, accept } = self;
        tokio::spawn(async move {
            match on_upgrade.await {
                Ok(upgraded) => {
                    let socket = Socket::new(upgraded, longest);
                    carry(Box::new(socket)).await;
                }
                Err(error) => tracing::debug!(%error, "connection lost before its upgrade"),
            }
        });
        let mut response = Response::new(Body::empty());
        if let Some(accept) = accept {
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        response
    }
}

/// What proves that a handshake with this key was understood.
fn accept(key: &HeaderValue) -> HeaderValue {
    let digest = Sha1::new().chain_update(key).chain_update(PROOF).finalize();
    let accept = BASE64.encode(&digest);
    HeaderValue::try_from(accept).expect("Base64 is ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455, section 1.3.
    #[test]
    fn a_key_is_answered_as_in_the_specification() {
        let key = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept(&key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
