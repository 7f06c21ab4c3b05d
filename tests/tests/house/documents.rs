//! Prose that can be checked is checked: links, paths and examples.

use std::{
    fs,
    io::Write,
    path::{Component, Path, PathBuf},
    process::{Command, Stdio},
};

use throughline_tests::repository::{File, files, root};

use crate::assert_none;

#[test]
fn links_between_files_lead_somewhere() {
    let mut findings = Vec::new();
    for file in files(&[".md"]) {
        let broken = links(&file.text).filter(|link| !exists(&file, link));
        findings.extend(broken.map(|link| format!("{} links to {link}", file.path)));
    }
    assert_none("nothing is there", &findings);
}

#[test]
fn paths_named_in_documents_exist() {
    let top: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| name(&entry.unwrap().path()))
        .collect();
    let mut findings = Vec::new();
    for file in files(&["ARCHITECTURE.md", "CONTRIBUTING.md"]) {
        for path in quoted(&file.text).filter(|quoted| is_path(quoted, &top)) {
            if !root().join(path).exists() {
                findings.push(format!("{} names {path}", file.path));
            }
        }
    }
    assert_none("nothing is there", &findings);
}

#[test]
fn javascript_examples_parse() {
    let mut findings = Vec::new();
    for file in files(&[".md"]) {
        for code in blocks(&file.text, "js")
            .into_iter()
            .chain(scripts(&file.text))
        {
            if let Err(error) = parse(&code) {
                findings.push(format!("{}: {error}", file.path));
            }
        }
    }
    assert_none("not JavaScript", &findings);
}

#[test]
fn documents_with_rust_examples_are_compiled() {
    let including: Vec<File> = files(&[".rs"])
        .into_iter()
        .filter(|file| file.text.contains("include_str!"))
        .collect();
    let with_examples = files(&[".md"])
        .into_iter()
        .filter(|file| !blocks(&file.text, "rust").is_empty());
    let uncompiled =
        with_examples.filter(|document| !including.iter().any(|file| includes(file, document)));
    let uncompiled: Vec<String> = uncompiled.map(|file| file.path).collect();
    assert_none(
        "no Rust file takes these as documentation, so their examples are not compiled",
        &uncompiled,
    );
}

fn includes(file: &File, document: &File) -> bool {
    let named = file
        .text
        .split("include_str!(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let folder = Path::new(&file.path)
        .parent()
        .expect("a file lies in a folder");
    named
        .map(|path| normal(&folder.join(path)))
        .any(|path| path == Path::new(&document.path))
}

/// The path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// The targets of `[text](target)`, without those that lead out of the repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets.filter(|target| {
        !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:")
    })
}

fn exists(file: &File, link: &str) -> bool {
    let folder = root()
        .join(&file.path)
        .parent()
        .expect("a file lies in a folder")
        .to_owned();
    let path = link.split('#').next().unwrap_or(link);
    folder.join(path).exists()
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// `server/core/src/lib.rs` is a path of the repository; `GET /poll`, `a/b` and `target/…` are not.
fn is_path(quoted: &str, top: &[String]) -> bool {
    let Some((first, _)) = quoted.split_once('/') else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    quoted.chars().all(plain) && first != "target" && top.iter().any(|name| name == first)
}

fn name(path: &Path) -> String {
    path.file_name()
        .expect("an entry has a name")
        .to_string_lossy()
        .into_owned()
}

/// The fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line
            .trim_start()
            .strip_prefix("```")
            .is_some_and(|info| is_language(info, language))
        {
            let block: Vec<&str> = lines
                .by_ref()
                .take_while(|line| line.trim() != "```")
                .collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

/// Rust's info strings may go on: `rust,no_run`.
fn is_language(info: &str, language: &str) -> bool {
    info.split([',', ' ']).next() == Some(language)
}

/// The module scripts in HTML examples.
fn scripts(text: &str) -> Vec<String> {
    let pages = blocks(text, "html").join("\n");
    let scripts = pages.split("<script type=\"module\">").skip(1);
    scripts
        .filter_map(|rest| rest.split("</script>").next())
        .map(str::to_owned)
        .collect()
}

fn parse(code: &str) -> Result<(), String> {
    let mut node = Command::new("node")
        .args(["--input-type=module", "--check", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("node does not start: {error}"))?;
    let mut input = node.stdin.take().expect("stdin is piped");
    input
        .write_all(code.as_bytes())
        .map_err(|error| error.to_string())?;
    drop(input);
    let output = node.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
