//! Plays the timed transcripts of `protocol-spec/vectors/server` against the core.
//!
//! A transcript says what the peer, the network and the application do, and everything that the
//! server must do, in order; nothing else may happen. The format is in `transcript.schema.json`.

mod frames;
mod pattern;
mod player;

use player::Player;
use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;

#[derive(Deserialize)]
struct File {
    transcripts: Vec<Transcript>,
}

/// One transcript.
#[derive(Deserialize)]
pub(crate) struct Transcript {
    name: String,
    role: String,
    #[serde(default)]
    setup: Value,
    steps: Vec<Value>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../protocol-spec/vectors/server")
}

fn transcripts() -> Vec<(String, Transcript)> {
    let mut found = Vec::new();
    for entry in
        std::fs::read_dir(folder()).expect("the folder of vectors is part of the repository")
    {
        let path = entry.expect("a readable entry").path();
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let file: File = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{} is not a transcript: {error}", path.display()));
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        found.extend(
            file.transcripts
                .into_iter()
                .map(|transcript| (name.clone(), transcript)),
        );
    }
    found
}

#[test]
fn the_core_follows_every_transcript() {
    let transcripts = transcripts();
    assert!(!transcripts.is_empty(), "no transcripts found");
    let mut failures = Vec::new();
    for (file, transcript) in &transcripts {
        assert_eq!(transcript.role, "server", "{file}: {}", transcript.name);
        if let Err(failure) = Player::play(transcript) {
            failures.push(format!("{file}: {}\n{failure}", transcript.name));
        }
    }
    let (played, failed) = (transcripts.len(), failures.len());
    println!("{played} transcripts played, {failed} failed");
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}
