//! Running other programs: printed before they start, an error when they fail.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// A command that will run in the root of the repository.
pub(crate) fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    command
}

/// Prints the command, runs it with our terminal, and fails when it does.
pub(crate) fn run(mut command: Command) -> anyhow::Result<()> {
    let line = shown(&command);
    eprintln!("$ {line}");
    let status = command.status().with_context(|| format!("can't start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// [`run`] of cargo.
pub(crate) fn cargo(args: &[&str]) -> anyhow::Result<()> {
    run(command("cargo", args))
}

/// Runs silently and returns standard output; standard error is passed through.
pub(crate) fn output(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let line = shown(&command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("can't start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed: {}", output.status);
    }
    Ok(output.stdout)
}

/// Whether the program exists and succeeds with these arguments; prints nothing.
pub(crate) fn succeeds(program: &str, args: &[&str]) -> bool {
    command(program, args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// `cargo metadata --no-deps`: the crates of this workspace and the target folder.
pub(crate) fn metadata() -> anyhow::Result<serde_json::Value> {
    let json = output(command("cargo", &["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_slice(&json).context("`cargo metadata` printed something that isn't JSON")
}

/// The path of a binary that cargo has built; `profile` is the folder's name (`debug`, `release`).
pub(crate) fn built(profile: &str, binary: &str) -> anyhow::Result<PathBuf> {
    let metadata = metadata()?;
    let target = metadata["target_directory"].as_str().context("`cargo metadata` named no target folder")?;
    Ok(Path::new(target).join(profile).join(binary))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
