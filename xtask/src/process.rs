//! Runs one command: shows its output as it comes, keeps it, and ends it when it hangs.
//!
//! Every command has a deadline. When it passes, the command and all its descendants are killed, so a
//! hanging test costs its deadline and never the run.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

/// For what may have to compile everything on a slow machine.
pub(crate) const LONG: Duration = Duration::from_secs(30 * 60);

/// What a command said, and whether it succeeded.
pub(crate) struct Finished {
    pub(crate) lines: Vec<String>,
    pub(crate) result: Result<(), String>,
}

/// A command from its words: `command(["cargo", "fmt", "--check"])`.
pub(crate) fn command<const N: usize>(words: [&str; N]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

pub(crate) fn run(command: &mut Command, deadline: Duration) -> Finished {
    println!("$ {}", shown(command));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match command.spawn() {
        Ok(child) => watch(child, deadline),
        Err(error) => Finished {
            lines: Vec::new(),
            result: Err(format!("cannot start {}: {error}", shown(command))),
        },
    }
}

/// What a command prints, in silence; `None` when it cannot run or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn watch(mut child: Child, limit: Duration) -> Finished {
    let end = Instant::now() + limit;
    let (sender, receiver) = mpsc::channel();
    forward(child.stdout.take(), sender.clone());
    forward(child.stderr.take(), sender);
    let mut lines = Vec::new();
    loop {
        match receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                println!("{line}");
                lines.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                kill_tree(child.id());
                let _status = child.wait();
                let result = Err(format!("hung: killed after {} s", limit.as_secs()));
                return Finished { lines, result };
            }
        }
    }
    Finished {
        lines,
        result: status(&mut child),
    }
}

fn status(child: &mut Child) -> Result<(), String> {
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn forward(stream: Option<impl Read + Send + 'static>, lines: Sender<String>) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if lines.send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// Children first, so that none of them is adopted by init before it is found.
fn kill_tree(id: u32) {
    for child in children(id) {
        kill_tree(child);
    }
    let _status = Command::new("kill")
        .args(["-KILL", &id.to_string()])
        .status();
}

fn children(parent: u32) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id| parent_of(*id) == Some(parent))
        .collect()
}

fn parent_of(id: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_kept_and_success_is_seen() {
        let finished = run(&mut command(["sh", "-c", "echo one; echo two >&2"]), LONG);
        assert_eq!(finished.result, Ok(()));
        assert_eq!(finished.lines.len(), 2);
    }

    #[test]
    fn a_failing_command_is_an_error() {
        assert!(run(&mut command(["false"]), LONG).result.is_err());
    }

    #[test]
    fn a_missing_program_is_named() {
        let finished = run(&mut command(["throughline-has-no-such-program"]), LONG);
        assert!(
            finished
                .result
                .unwrap_err()
                .contains("throughline-has-no-such-program")
        );
    }

    #[test]
    fn a_hanging_command_is_killed_with_its_children() {
        let finished = run(
            &mut command(["sh", "-c", "sh -c 'sleep 60'; true"]),
            Duration::from_millis(50),
        );
        assert!(finished.result.unwrap_err().starts_with("hung"));
    }
}
