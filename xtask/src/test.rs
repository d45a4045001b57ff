//! `cargo xtask test`: installs what the tests need outside Rust, then runs all of them.

mod pooler;
mod postgres;

use anyhow::{Context as _, bail};

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
    Tool { name: "PgBouncer", works: pooler::is_installed, packages: &["pgbouncer"] },
];

/// How packages are installed. A file of settings that is there already stays as it is.
const INSTALL: &[&str] =
    &["install", "--yes", "--no-install-recommends", "--option", "Dpkg::Options::=--force-confold"];

/// Suites of the end-to-end tests that choose their stores themselves.
const ON_STORES_OF_THEIR_OWN: [&str; 4] = ["cluster::", "copy::", "database::", "disk_full::"];

/// Runs the tests whose name contains one of the filters; all without filters.
pub(crate) fn test(filters: &[String]) -> anyhow::Result<()> {
    install_missing_tools()?;
    // The end-to-end tests start the binary itself, which `cargo test` alone would not build.
    run::cargo(&["build", "--package", "hookwire"])?;
    let mut tests = run::command("cargo", &["test", "--workspace", "--"]);
    tests.args(filters);
    run::run(tests)?;
    end_to_end_on_postgres(filters)
}

/// The end-to-end tests once more, with servers that are on PostgreSQL instead of on a file. The built executable is run
/// itself: asking cargo for one package would build what they have in common anew.
fn end_to_end_on_postgres(filters: &[String]) -> anyhow::Result<()> {
    let build = ["test", "--workspace", "--no-run", "--quiet", "--message-format=json"];
    let executable = end_to_end(&run::output(run::command("cargo", &build))?)
        .context("`cargo test --no-run` named no executable of hookwire-e2e")?;
    let mut tests = run::command(&executable, &[]);
    tests.args(filters).current_dir(run::root().join("e2e")).env("HOOKWIRE_TEST_STORE", "postgres");
    for suite in ON_STORES_OF_THEIR_OWN {
        tests.args(["--skip", suite]);
    }
    run::run(tests)
}

/// The executable of the end-to-end tests, from what cargo says of each artifact, a line of JSON each.
fn end_to_end(messages: &[u8]) -> Option<String> {
    let messages = String::from_utf8_lossy(messages);
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut executables = artifacts.filter_map(|artifact| {
        let is_ours = artifact["package_id"].as_str()?.contains("#hookwire-e2e@");
        let executable = artifact["executable"].as_str()?.to_owned();
        (is_ours && artifact["target"]["name"] == "it").then_some(executable)
    });
    executables.next()
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
    if packages.contains(&"pgbouncer") {
        pooler::keep_quiet(elevation)?;
    }
    apt_get(elevation, &[INSTALL, packages.as_slice()].concat())?;
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
