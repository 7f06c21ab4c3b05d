//! Faults of a forward proxy.

use crate::lab::{Lab, Socket, rest};
use crate::plain::connect_through;
use tokio_tungstenite::tungstenite::Error;

async fn connect_status(lab: &Lab, port: u16) -> String {
    let mut stream = lab
        .raw(&format!(
            "CONNECT 127.0.0.1:{port} HTTP/1.1\r\nconnection: close\r\n\r\n"
        ))
        .await;
    let (text, _) = rest(&mut stream).await;
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}

// fault: connect-refused
#[tokio::test]
async fn a_tunnel_to_a_port_is_refused() {
    let lab = Lab::with(&["connect-refused=407:9"]).await;
    assert_eq!(connect_status(&lab, 9).await, "407");
    connect_through(&lab, lab.server.address.port()).await;
    lab.add("connect-refused=403");
    assert_eq!(connect_status(&lab, lab.server.address.port()).await, "403");
}

// fault: connect-inspected
#[tokio::test]
async fn what_is_inside_a_tunnel_suffers_as_in_the_open() {
    let lab = Lab::with(&["connect-inspected"]).await;
    let port = lab.server.address.port();
    let stream = connect_through(&lab, port).await;
    let mut socket = Socket::open(stream).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), "welcome");

    lab.add("upgrade-refused=403");
    let stream = connect_through(&lab, port).await;
    let refused = Socket::open(stream).await.unwrap_err();
    assert!(matches!(refused, Error::Http(response) if response.status() == 403));
}
