//! The command line.

use std::time::Duration;
use throughline::EngineIo;

const USAGE: &str = "usage: throughline-socketio [--listen ADDR] [--ping-interval MS] [--ping-timeout MS] [--max-payload BYTES]
                           [--eio3] [--profile conformance|engine-client|socket-client]
(default: --listen 127.0.0.1:3000 --ping-interval 25000 --ping-timeout 20000 --max-payload 1000000 --profile conformance)";

pub(crate) struct Options {
    pub(crate) listen: String,
    pub(crate) engine_io: EngineIo,
    pub(crate) profile: Profile,
}

/// Whose suite is run against the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Those of the protocols, for Engine.IO and for Socket.IO.
    Conformance,
    /// That of the client `engine.io-client`.
    EngineClient,
    /// That of the client `socket.io-client`.
    SocketClient,
}

impl Options {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            listen: "127.0.0.1:3000".to_owned(),
            engine_io: EngineIo::default(),
            profile: Profile::Conformance,
        };
        while let Some(name) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or(format!("{name} needs a value\n{USAGE}"))
            };
            match name.as_str() {
                "--listen" => options.listen = value()?,
                "--ping-interval" => options.engine_io.ping_interval = millis(&name, &value()?)?,
                "--ping-timeout" => options.engine_io.ping_timeout = millis(&name, &value()?)?,
                "--max-payload" => options.engine_io.max_payload = number(&name, &value()?)?,
                "--eio3" => options.engine_io.allow_eio3 = true,
                "--profile" => options.profile = profile(&value()?)?,
                _ => return Err(format!("unknown option {name}\n{USAGE}")),
            }
        }
        Ok(options)
    }
}

fn millis(name: &str, text: &str) -> Result<Duration, String> {
    let millis = number(name, text)?;
    Ok(Duration::from_millis(millis as u64))
}

fn number(name: &str, text: &str) -> Result<usize, String> {
    let number = text.parse();
    number.map_err(|_| format!("{name} takes a number, not `{text}`\n{USAGE}"))
}

fn profile(text: &str) -> Result<Profile, String> {
    match text {
        "conformance" => Ok(Profile::Conformance),
        "engine-client" => Ok(Profile::EngineClient),
        "socket-client" => Ok(Profile::SocketClient),
        _ => Err(format!("there is no profile `{text}`\n{USAGE}")),
    }
}
