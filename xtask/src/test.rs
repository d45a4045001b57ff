//! `cargo xtask test`: installs what the tests need outside Rust, then runs all of them.

mod postgres;

use anyhow::bail;

use crate::run;

/// Something the tests use that rustup doesn't bring.
struct Tool {
    name: &'static str,
    /// Whether the tool is usable.
    works: fn() -> bool,
    /// The Debian packages that bring it.
    packages: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    // The end-to-end tests run an unmodified Python SDK in a virtual environment.
    Tool {
        name: "Python 3 with venv and pip",
        works: || run::succeeds("python3", &["-c", "import venv, ensurepip"]),
        packages: &["python3", "python3-venv", "python3-pip"],
    },
    // Tests start servers of their own from the installed programs.
    Tool { name: "PostgreSQL", works: postgres::is_installed, packages: &["postgresql"] },
];

/// Runs the tests whose name contains one of the filters; all without filters.
pub(crate) fn test(filters: &[String]) -> anyhow::Result<()> {
    install_missing_tools()?;
    // The end-to-end tests start the binary itself, which `cargo test` alone would not build.
    run::cargo(&["build", "--package", "hookwire"])?;
    let mut tests = run::command("cargo", &["test", "--workspace", "--"]);
    tests.args(filters);
    run::run(tests)
}

fn install_missing_tools() -> anyhow::Result<()> {
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !(tool.works)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.iter().map(|tool| tool.name).collect::<Vec<_>>().join(", ");
    let packages: Vec<&str> = missing.iter().flat_map(|tool| tool.packages).copied().collect();
    if !run::succeeds("apt-get", &["--version"]) {
        bail!("the tests need {names}; install it and run again");
    }
    let Some(elevation) = elevation() else {
        bail!("the tests need {names}; run: sudo apt-get install --yes {}", packages.join(" "));
    };
    eprintln!("the tests need {names}: installing");
    apt_get(elevation, &["update"])?;
    if packages.contains(&"postgresql") {
        postgres::keep_quiet(elevation)?;
    }
    apt_get(elevation, &[&["install", "--yes", "--no-install-recommends"], packages.as_slice()].concat())?;
    match missing.iter().find(|tool| !(tool.works)()) {
        Some(tool) => bail!("{} is still not usable after the installation", tool.name),
        None => Ok(()),
    }
}

/// The words before a command that make it run as root: none for root, `sudo` where it asks for no password.
fn elevation() -> Option<&'static [&'static str]> {
    let user = run::output(run::command("id", &["-u"])).unwrap_or_default();
    if user.trim_ascii() == b"0" {
        return Some(&[]);
    }
    run::succeeds("sudo", &["-n", "true"]).then_some(&["sudo", "-n"])
}

fn apt_get(elevation: &[&str], args: &[&str]) -> anyhow::Result<()> {
    elevated(elevation, &[&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], args].concat())
}

fn elevated(elevation: &[&str], words: &[&str]) -> anyhow::Result<()> {
    let words = [elevation, words].concat();
    run::run(run::command(words[0], &words[1..]))
}
