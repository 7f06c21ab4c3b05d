//! Reads the requirements out of the protocol's text.

use throughline_tests::repository::files;

/// What the text calls a client, alone or together with the server.
const CLIENTS: [&str; 7] = [
    "client ",
    "ndpoint ",
    "ender ",
    "eceiver ",
    "eceivers ",
    "ecoders ",
    "each side ",
];

/// One item of the text that has an id.
pub(crate) struct Requirement {
    pub(crate) id: String,
    /// The whole item, on one line.
    pub(crate) text: String,
}

impl Requirement {
    /// What only explains, or says SHOULD or MAY, need not be held by a test.
    pub(crate) fn binds(&self) -> bool {
        says_must(&self.text)
    }

    /// Whether it says what a client must, by this name or by one that both ends share.
    pub(crate) fn binds_clients(&self) -> bool {
        clauses_before_must(&self.text)
            .any(|clause| CLIENTS.iter().any(|name| clause.contains(name)))
    }
}

pub(crate) fn protocol() -> String {
    let mut found = files(&["protocol-spec/README.md"]);
    found.pop().expect("the protocol has a text").text
}

pub(crate) fn all() -> Vec<Requirement> {
    paragraphs(&protocol())
        .iter()
        .filter_map(|paragraph| requirement(paragraph))
        .collect()
}

/// Paragraphs that say MUST and have no id.
pub(crate) fn without_id() -> Vec<String> {
    let mut nameless = paragraphs(&protocol());
    nameless.retain(|paragraph| says_must(paragraph) && requirement(paragraph).is_none());
    nameless.retain(|paragraph| !paragraph.contains("are those of RFC 2119"));
    nameless
}

/// Whether this looks like an id, such as `SEQ-1`.
pub(crate) fn is_id(word: &str) -> bool {
    let Some((letters, number)) = word.split_once('-') else {
        return false;
    };
    let upper = |c: char| c.is_ascii_uppercase();
    (2..=4).contains(&letters.len())
        && letters.chars().all(upper)
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit())
}

fn says_must(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphabetic())
        .any(|word| word == "MUST")
}

/// Who must: the words between the beginning of a sentence, or of a part of one, and each MUST.
fn clauses_before_must(text: &str) -> impl Iterator<Item = &str> {
    let pieces: Vec<&str> = text.split("MUST").collect();
    let before = pieces.len() - 1;
    pieces.into_iter().take(before).map(|piece| {
        let ends = [". ", "; ", ": "].map(|end| piece.rfind(end));
        let start = ends.into_iter().flatten().max();
        start.map_or(piece, |start| &piece[start..])
    })
}

fn requirement(paragraph: &str) -> Option<Requirement> {
    let (id, _) = paragraph.strip_prefix("- `[")?.split_once("]`")?;
    assert!(is_id(id), "{id} is not an id such as SEQ-1");
    Some(Requirement {
        id: id.to_owned(),
        text: paragraph.to_owned(),
    })
}

/// List items, table rows and paragraphs, each on one line.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let starts = ["- ", "|", "#"].iter().any(|mark| line.starts_with(mark));
        match paragraphs.last_mut() {
            Some(last) if open && !starts && !line.is_empty() => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => paragraphs.push(line.to_owned()),
        }
        open = !line.is_empty() && !line.starts_with('#');
    }
    paragraphs
}

#[test]
fn who_must_is_understood() {
    let binds_clients = |text: &str| {
        let requirement = Requirement {
            id: "ABC-1".to_owned(),
            text: text.to_owned(),
        };
        requirement.binds_clients()
    };
    for text in [
        "A client MUST wait.",
        "A server MUST wait. After a loss the client MUST NOT.",
        "It waits; a client that heard nothing MUST ask.",
        "An endpoint that heard nothing for `limits.timeout` MUST go.",
        "A client MUST discard it, and MUST retry.",
    ] {
        assert!(binds_clients(text), "{text}");
    }
    for text in [
        "A server MUST NOT wait for a client.",
        "The client asks. The server MUST answer.",
        "A client waits.",
    ] {
        assert!(!binds_clients(text), "{text}");
    }
}
