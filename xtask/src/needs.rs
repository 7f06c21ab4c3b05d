//! What a part needs on the machine, and how it is installed where it is missing.
//!
//! A need that cannot be met fails its part with a sentence that says what to do. It never skips it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::process::{self, LONG, command, output, shown};

/// Something that a part cannot run without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A program from the distribution's package of the given name.
    Package {
        program: &'static str,
        package: &'static str,
    },
    /// A component of the Rust toolchain, known by the cargo subcommand that it provides.
    Component {
        name: &'static str,
        subcommand: &'static str,
    },
    /// A cargo subcommand, built from its published source. Any installed version will do. It is built
    /// without optimisation: that takes less than half the time, and the tools have little to do.
    CargoTool {
        name: &'static str,
        version: &'static str,
    },
    /// A program that must have this very version, built likewise from the published source of its name.
    CargoProgram {
        name: &'static str,
        version: &'static str,
    },
    /// The packages of the lock file in this folder.
    Npm(&'static str),
    /// The Python packages of this list, as wheels, in [`PYTHON`].
    Pip(&'static str),
}

/// Where Python's packages lie: apart from the machine's own.
pub(crate) const PYTHON: &str = "target/python";

impl Need {
    /// Installs what is missing. Packages are only looked for: [`install_packages`] installs them.
    pub(crate) fn provide(self) -> Result<(), String> {
        if self.is_met() {
            return Ok(());
        }
        match self {
            Self::Package { program, package } => Err(format!(
                "{program} is missing; run: sudo {}",
                shown(&apt_get(&[package]))
            )),
            Self::Component { name, .. } => {
                install(&mut command(["rustup", "component", "add", name]))
            }
            Self::CargoTool { name, version } => install_crate(&format!("cargo-{name}@{version}")),
            Self::CargoProgram { name, version } => install_crate(&format!("{name}@{version}")),
            Self::Npm(folder) => install(command(["npm", "ci"]).current_dir(folder)),
            Self::Pip(list) => install_wheels(list),
        }
    }

    fn is_met(self) -> bool {
        match self {
            Self::Package { program, .. } => has_program(program),
            Self::Component { subcommand, .. } => has_subcommand(subcommand),
            Self::CargoTool { name, .. } => has_subcommand(name),
            Self::CargoProgram { name, version } => has_version(name, version),
            Self::Npm(folder) => is_npm_fresh(Path::new(folder)),
            Self::Pip(list) => is_pip_fresh(list),
        }
    }
}

/// Installs all missing packages of the distribution in one go: as root, or through sudo where that
/// asks for no password. Otherwise it prints the one command to run, and the parts will fail.
pub(crate) fn install_packages<'a>(needs: impl Iterator<Item = &'a Need>) {
    let mut missing = Vec::new();
    for need in needs.filter(|need| !need.is_met()) {
        match need {
            Need::Package { package, .. } if !missing.contains(package) => missing.push(package),
            _ => {}
        }
    }
    if missing.is_empty() {
        return;
    }
    let install = apt_get(&missing);
    let Some(prefix) = root_prefix() else {
        println!(
            "packages are missing; run: sudo apt-get update && sudo {}",
            shown(&install)
        );
        return;
    };
    for step in [command(["apt-get", "update"]), install] {
        let mut step = as_root(prefix, &step);
        // A machine that has just started often updates itself at this moment.
        step.args(["-o", "DPkg::Lock::Timeout=300"])
            .env("DEBIAN_FRONTEND", "noninteractive");
        let _shown = process::run(&mut step, LONG);
    }
}

/// Whether nextest can run the tests; where it cannot, `cargo test` does.
pub(crate) fn has_nextest() -> bool {
    has_subcommand("nextest")
}

fn install(command: &mut Command) -> Result<(), String> {
    let finished = process::run(command, LONG);
    finished
        .result
        .map_err(|error| format!("{}: {error}", shown(command)))
}

fn install_crate(package: &str) -> Result<(), String> {
    let words = ["cargo", "install", "--debug", "--locked", package];
    install(command(words).env("CARGO_PROFILE_DEV_DEBUG", "0"))
}

/// Afresh, since pip does not take away what an older list had. The list is copied last, so that a copy means that all is there.
fn install_wheels(list: &str) -> Result<(), String> {
    let _absent = fs::remove_dir_all(PYTHON);
    let pip = ["python3", "-m", "pip", "install", "--quiet"];
    install(command(pip).args([
        "--only-binary",
        ":all:",
        "--target",
        PYTHON,
        "--requirement",
        list,
    ]))?;
    let copied = fs::copy(list, installed_list());
    copied.map(drop).map_err(|error| error.to_string())
}

fn installed_list() -> PathBuf {
    Path::new(PYTHON).join("requirements.txt")
}

fn is_pip_fresh(list: &str) -> bool {
    let installed = fs::read(installed_list()).ok();
    installed.is_some() && installed == fs::read(list).ok()
}

fn apt_get(packages: &[&str]) -> Command {
    let mut install = command(["apt-get", "install", "-y", "--no-install-recommends"]);
    install.args(packages);
    install
}

/// What to put before a command that needs root; `None` where root cannot be had.
fn root_prefix() -> Option<&'static [&'static str]> {
    if output(&mut command(["id", "-u"]))?.trim() == "0" {
        return Some(&[]);
    }
    output(&mut command(["sudo", "-n", "true"]))
        .map(|_| ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"].as_slice())
}

fn as_root(prefix: &[&str], step: &Command) -> Command {
    let mut words = prefix.iter().map(|word| (*word).into()).collect::<Vec<_>>();
    words.push(step.get_program().to_owned());
    words.extend(step.get_args().map(ToOwned::to_owned));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

fn has_subcommand(name: &str) -> bool {
    output(&mut command(["cargo", name, "--version"])).is_some()
}

/// A program tells its version as the last word of its answer.
fn has_version(name: &str, version: &str) -> bool {
    output(&mut command([name, "--version"]))
        .is_some_and(|told| told.split_whitespace().last() == Some(version))
}

/// Servers lie in `/usr/sbin`, which is not in every user's `PATH`.
fn has_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.any(|folder| folder.join(name).is_file())
}

/// npm writes its own copy of the lock file last, so an older copy means an unfinished or outdated install.
fn is_npm_fresh(folder: &Path) -> bool {
    let modified = |path: &str| {
        fs::metadata(folder.join(path))
            .and_then(|file| file.modified())
            .ok()
    };
    let (installed, wanted) = (
        modified("node_modules/.package-lock.json"),
        modified("package-lock.json"),
    );
    installed.is_some() && installed >= wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found() {
        assert!(
            Need::Package {
                program: "sh",
                package: "dash"
            }
            .is_met()
        );
    }

    #[test]
    fn a_missing_package_names_the_command_to_run() {
        let need = Need::Package {
            program: "throughline-has-no-such-program",
            package: "nginx",
        };
        assert_eq!(
            need.provide().unwrap_err(),
            "throughline-has-no-such-program is missing; \
             run: sudo apt-get install -y --no-install-recommends nginx"
        );
    }

    #[test]
    fn another_version_of_a_program_is_not_it() {
        let clippy = |version| Need::CargoProgram {
            name: "cargo-clippy",
            version,
        };
        assert!(!clippy("0.0.0").is_met());
    }

    #[test]
    fn sudo_goes_before_the_command() {
        let step = as_root(&["sudo", "-n"], &apt_get(&["squid"]));
        assert_eq!(
            shown(&step),
            "sudo -n apt-get install -y --no-install-recommends squid"
        );
    }
}
