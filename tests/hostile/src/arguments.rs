//! The command's arguments.

use std::net::{Ipv4Addr, SocketAddr};
use throughline_hostile::Options;

pub(crate) const HELP: &str = "\
A proxy that breaks HTTP and WebSockets the way networks in the field do.

usage: hostile [--upstream HOST:PORT] [--listen ADDRESS] [--control ADDRESS]
               [--seed NUMBER] [--fault FAULT]...
       hostile --list

  --upstream HOST:PORT  where requests go that name no server themselves
  --listen ADDRESS      where the proxy listens; default 127.0.0.1:0, a free port
  --control ADDRESS     where faults are switched; default 127.0.0.1:0, a free port
  --seed NUMBER         makes random faults repeatable; default drawn
  --fault FAULT         switches a fault on, such as mute=both; may be repeated
  --list                explains all faults
  --help                prints this

On start it prints one line of JSON with its addresses and its seed.
";

/// What the command is to do.
#[derive(Debug)]
pub(crate) enum Arguments {
    Help,
    List,
    Run {
        options: Options,
        control: SocketAddr,
    },
}

impl Arguments {
    /// Each error is a sentence for the user.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options::default();
        let mut control = (Ipv4Addr::LOCALHOST, 0).into();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--help" => return Ok(Self::Help),
                "--list" => return Ok(Self::List),
                "--upstream" => options.upstream = Some(parsed(&value()?)?),
                "--listen" => options.listen = parsed(&value()?)?,
                "--control" => control = parsed(&value()?)?,
                "--seed" => options.seed = Some(parsed(&value()?)?),
                "--fault" => options.faults.push(parsed(&value()?)?),
                _ => return Err(format!("{word:?} is unknown; --help names all there is")),
            }
        }
        Ok(Self::Run { options, control })
    }
}

fn parsed<T>(value: &str) -> Result<T, String>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    value.parse().map_err(|error| format!("{value:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn arguments_become_options() {
        let line = "--upstream localhost:1 --seed 7 --fault mute --fault latency=1s";
        let Ok(Arguments::Run { options, .. }) = parse(line) else {
            panic!("the arguments are right")
        };
        assert_eq!(options.upstream, "localhost:1".parse().ok());
        assert_eq!(options.seed, Some(7));
        assert_eq!(options.faults.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, said) in [
            ("--seed", "needs a value"),
            ("--seed x", "invalid digit"),
            ("--fault mute=left", "up|down|both"),
            ("--nonsense", "is unknown"),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(said), "{error}");
        }
    }
}
