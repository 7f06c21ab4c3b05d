//! The server's side: one connection for each request, so that nothing an exchange suffers comes from another.

use crate::body::{self, Body, BoxError};
use crate::shared::Shared;
use crate::target::Target;
use http::{Request, Response, Version, request};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::{TcpSocket, TcpStream, lookup_host};

/// Connects to a server, from this address or from any.
pub(crate) async fn dial(target: &Target, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let mut failure = io::ErrorKind::AddrNotAvailable.into();
    for address in lookup_host(target.to_string()).await? {
        match dial_address(address, source).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn dial_address(address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(source) = source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.connect(address).await
}

/// Sends a request; the answer's head has come when this is done. When it is dropped, so is the connection.
pub(crate) async fn send(
    shared: &Shared,
    stream: TcpStream,
    head: request::Parts,
    body: Body,
) -> Result<Response<Incoming>, BoxError> {
    let body = match head.version {
        // Without chunks the length must be known at first.
        Version::HTTP_10 if body.size_hint().exact().is_none() => {
            body::full(body::collect(body).await?)
        }
        _ => body,
    };
    let (mut requests, connection) = handshake(TokioIo::new(stream)).await?;
    shared.tasks.spawn(async move {
        // How it ended is told by the answer or its body.
        drop(connection.with_upgrades().await);
    });
    Ok(requests
        .send_request(Request::from_parts(head, body))
        .await?)
}
