//! Every vector keeps to its schema, and every schema is one.

use std::path::Path;

use serde_json::Value;
use throughline_tests::repository::{File, files};

const VECTORS: &str = "protocol-spec/vectors";

#[test]
fn schemas_are_valid() {
    for file in vectors().iter().filter(|file| is_schema(file)) {
        let schema = json(file);
        let result = jsonschema::meta::validate(&schema);
        assert!(result.is_ok(), "{}: {result:?}", file.path);
    }
}

#[test]
fn vectors_keep_to_their_schemas() {
    let mut findings = Vec::new();
    for file in vectors().iter().filter(|file| !is_schema(file)) {
        let schema = schema_for(file);
        let validator = jsonschema::validator_for(&json(&schema)).expect("the schema is valid");
        let value = json(file);
        let errors = validator.iter_errors(&value);
        findings.extend(
            errors.map(|error| format!("{}: {}: {error}", file.path, error.instance_path())),
        );
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

fn vectors() -> Vec<File> {
    files(&[".json"])
        .into_iter()
        .filter(|file| file.is_in(VECTORS))
        .collect()
}

fn is_schema(file: &File) -> bool {
    file.path.ends_with(".schema.json")
}

fn json(file: &File) -> Value {
    serde_json::from_str(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path))
}

/// Codec vectors lie in `codec/`; the folders of the two roles hold transcripts.
fn schema_for(file: &File) -> File {
    let folder = Path::new(&file.path)
        .parent()
        .and_then(Path::file_name)
        .and_then(|name| name.to_str());
    let schema = match folder {
        Some("codec") => "codec.schema.json",
        Some("client" | "server") => "transcript.schema.json",
        _ => panic!("{} lies in no folder of vectors", file.path),
    };
    let path = format!("{VECTORS}/{schema}");
    let mut found = files(&[path.as_str()]);
    found.pop().unwrap_or_else(|| panic!("{path} is missing"))
}
