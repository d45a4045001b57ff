//! `cargo xtask dev`: the server from the sources, with defaults for development.

use crate::run;

/// Builds in the dev profile and runs `hookwire dev`.
pub(crate) fn dev(args: &[String]) -> anyhow::Result<()> {
    let mut command = run::command("cargo", &["run", "--package", "hookwire", "--", "dev"]);
    command.args(args);
    run::run(command)
}
