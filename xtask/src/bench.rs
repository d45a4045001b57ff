//! `cargo xtask bench`: release builds of the server and of the load generator, then a scenario.

use crate::run;

/// Raises the limit of open files as far as allowed, then becomes the program named by the arguments.
const WITH_MANY_FILES: &str = r#"ulimit -n "$(ulimit -Hn)"; exec "$0" "$@""#;

/// Builds and runs `hookwire-bench`, which starts the server itself.
pub(crate) fn bench(args: &[String]) -> anyhow::Result<()> {
    run::cargo(&["build", "--release", "--package", "hookwire", "--package", "hookwire-bench"])?;
    let mut command = run::command("sh", &["-c", WITH_MANY_FILES]);
    command.arg(run::built("release", "hookwire-bench")?);
    command.arg("--server").arg(run::built("release", "hookwire")?);
    command.args(args);
    run::run(command)
}
