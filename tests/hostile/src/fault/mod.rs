//! A fault: one way in which networks break connections, with a name, parsed once from text.
//!
//! The text is the same on the command line, at the control endpoint and in Rust: `mute=down`, or with where
//! and how often, `upgrade-refused=403 path=/realtime odds=30% times=5`. Each family of faults is a file of
//! its own beside this one, and lists its kinds; a new fault is a new entry there and nothing anywhere else.

mod accept;
mod answer;
mod cache;
mod forward;
mod line;
pub(crate) mod points;
mod request;
mod response;
mod route;
mod scope;
mod set;
mod text;
mod tunnel;
mod upgrade;

pub(crate) use set::{Active, Faults, Place, Set, cut};

use points::Behaviour;
use scope::Scope;
use std::fmt;
use std::str::FromStr;

/// All families, in the order of a connection's life.
pub const FAMILIES: [&Family; 10] = [
    &accept::FAMILY,
    &line::FAMILY,
    &forward::FAMILY,
    &answer::FAMILY,
    &upgrade::FAMILY,
    &tunnel::FAMILY,
    &request::FAMILY,
    &route::FAMILY,
    &response::FAMILY,
    &cache::FAMILY,
];

/// Faults that strike at the same point of a connection's life.
#[derive(Debug)]
pub struct Family {
    /// A heading.
    pub title: &'static str,
    /// Which of `path`, `odds` and `times` its faults take.
    pub narrows: Narrows,
    /// Its faults.
    pub kinds: &'static [Kind],
}

/// How a fault can be narrowed to a part of what it could strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narrows {
    /// By nothing: it holds for the line as a whole.
    Not,
    /// By `odds` and `times`.
    ByChance,
    /// By `path`, `odds` and `times`.
    ByPathAndChance,
}

/// A kind of fault.
#[derive(Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What may follow the name and `=`; empty where nothing may.
    pub argument: &'static str,
    /// The argument where none is given; empty where one must be.
    pub default: &'static str,
    /// What it does, in one or two sentences.
    pub help: &'static str,
    parse: Parse,
}

/// `None` is an argument that is none.
type Parse = fn(&str) -> Option<Box<dyn Behaviour>>;

/// A fault that can be switched on.
///
/// ```
/// use throughline_hostile::Fault;
///
/// let fault: Fault = "upgrade-refused=403 path=/realtime odds=30%".parse()?;
/// assert_eq!(fault.kind().name, "upgrade-refused");
/// assert!("mute=sideways".parse::<Fault>().is_err());
/// # Ok::<(), throughline_hostile::Malformed>(())
/// ```
pub struct Fault {
    kind: &'static Kind,
    text: String,
    scope: Scope,
    behaviour: Box<dyn Behaviour>,
}

/// This text is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// No kind has this name; the list of them has all.
    #[error("there is no fault {0:?}; --list names all there are")]
    Unknown(String),
    /// The argument is not what this kind takes.
    #[error("{name} takes {expected}, not {given:?}")]
    Argument {
        /// The kind.
        name: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What was given.
        given: String,
    },
    /// What follows the fault does not narrow it.
    #[error("{name} takes {expected}, not {given:?}")]
    Narrowed {
        /// The kind.
        name: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What was given.
        given: String,
    },
}

impl Fault {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static Kind {
        self.kind
    }
}

impl FromStr for Fault {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut words = text.split_whitespace();
        let word = words.next().unwrap_or_default();
        let (name, argument) = match word.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (word, None),
        };
        let (family, kind) = find(name).ok_or_else(|| Malformed::Unknown(name.to_owned()))?;
        let behaviour = kind.behaviour(argument)?;
        let scope = Scope::parse(kind.name, family.narrows, words)?;
        let text: Vec<&str> = text.split_whitespace().collect();
        Ok(Self {
            kind,
            text: text.join(" "),
            scope,
            behaviour,
        })
    }
}

fn find(name: &str) -> Option<(&'static Family, &'static Kind)> {
    let mut all = FAMILIES
        .iter()
        .flat_map(|family| family.kinds.iter().map(move |kind| (*family, kind)));
    all.find(|(_, kind)| kind.name == name)
}

impl Kind {
    fn behaviour(&self, argument: Option<&str>) -> Result<Box<dyn Behaviour>, Malformed> {
        let given = argument.unwrap_or(self.default);
        let is_taken = argument.is_none() || !self.argument.is_empty();
        let parsed = is_taken.then(|| (self.parse)(given)).flatten();
        parsed.ok_or_else(|| Malformed::Argument {
            name: self.name,
            expected: match self.argument {
                "" => "no argument",
                argument => argument,
            },
            given: given.to_owned(),
        })
    }

    /// How it is written: `mute[=up|down|both]`.
    #[must_use]
    pub fn usage(&self) -> String {
        let Self { name, argument, .. } = self;
        match (argument.is_empty(), self.default.is_empty()) {
            (true, _) => (*name).to_owned(),
            (false, true) => format!("{name}={argument}"),
            (false, false) => format!("{name}[={argument}]"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static Kind> {
        FAMILIES.iter().flat_map(|family| family.kinds)
    }

    fn wrong(text: &str) -> Malformed {
        text.parse::<Fault>().expect_err(text)
    }

    #[test]
    fn no_two_kinds_share_a_name() {
        let mut names: Vec<&str> = all().map(|kind| kind.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_kind_has_a_help_text_of_whole_sentences() {
        for kind in all() {
            assert!(
                kind.help.len() > 20 && kind.help.ends_with('.'),
                "{}",
                kind.name
            );
            assert!(!kind.help.contains('\n'), "{}", kind.name);
        }
    }

    #[test]
    fn every_default_is_an_argument() {
        for kind in all().filter(|kind| !kind.default.is_empty()) {
            let fault: Fault = format!("{}={}", kind.name, kind.default).parse().unwrap();
            assert_eq!(fault.kind().name, kind.name);
            assert!(kind.name.parse::<Fault>().is_ok(), "{}", kind.name);
        }
    }

    #[test]
    fn a_fault_prints_as_it_was_written() {
        let fault: Fault = "  mute=up   path=/ws ".parse().unwrap();
        assert_eq!(fault.to_string(), "mute=up path=/ws");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(
            wrong("nonsense=1"),
            Malformed::Unknown("nonsense".to_owned())
        );
        assert!(matches!(
            wrong("mute=left"),
            Malformed::Argument { name: "mute", .. }
        ));
        assert!(matches!(
            wrong("latency"),
            Malformed::Argument {
                name: "latency",
                ..
            }
        ));
        assert!(matches!(
            wrong("upgrade-hung=now"),
            Malformed::Argument { .. }
        ));
        assert!(matches!(
            wrong("latency=1s path=/"),
            Malformed::Narrowed { .. }
        ));
        assert!(matches!(
            wrong("mute odds=101%"),
            Malformed::Narrowed { .. }
        ));
    }
}
