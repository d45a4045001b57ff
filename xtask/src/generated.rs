//! The files that the server prints about itself and that are committed: which they are, and their content now.

use std::path::PathBuf;

use anyhow::bail;

use crate::run;

/// A committed file and the arguments with which `hookwire` prints it.
pub(crate) struct Generated {
    /// Name in the root of the repository.
    pub(crate) file: &'static str,
    /// Arguments of the binary.
    pub(crate) args: &'static [&'static str],
}

/// Every generated file.
pub(crate) const GENERATED: &[Generated] = &[
    Generated { file: "openapi.json", args: &["openapi"] },
    Generated { file: "config.default.toml", args: &["config", "default"] },
];

impl Generated {
    /// Where the committed file is.
    pub(crate) fn path(&self) -> PathBuf {
        run::root().join(self.file)
    }

    /// What the binary built last prints.
    pub(crate) fn content(&self) -> anyhow::Result<Vec<u8>> {
        let binary = run::built("debug", "hookwire")?;
        let content = run::output(run::command(&binary.to_string_lossy(), self.args))?;
        if content.is_empty() {
            bail!("`hookwire {}` printed nothing", self.args.join(" "));
        }
        Ok(content)
    }
}
