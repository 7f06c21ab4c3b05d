//! One suite for every transport, over real sockets: what an application sees must not depend on what
//! carries its session.

mod attach;
mod basics;
mod closing;
mod expiry;
mod flow;
mod hold;
mod moving;
mod polling;
mod rooms;
mod shutdown;
mod strangers;
mod text;
mod tokens;

/// Instantiates tests once for each transport, so that a failing test names it.
macro_rules! on_each_transport {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            use throughline_core::session::Transport;

            #[tokio::test]
            async fn over_websocket() {
                super::$test(Transport::WebSocket).await;
            }

            #[tokio::test]
            async fn over_long_poll() {
                super::$test(Transport::LongPoll).await;
            }

            #[tokio::test]
            async fn over_periodic() {
                super::$test(Transport::Periodic).await;
            }
        }
    )*};
}

pub(crate) use on_each_transport;
