//! `cargo xtask bless`: what the code prints now becomes what is committed.

use std::fs;

use anyhow::Context;

use crate::generated::GENERATED;
use crate::run;

/// Writes the generated files, and with `snapshots` every changed test snapshot.
pub(crate) fn bless(snapshots: bool) -> anyhow::Result<()> {
    run::cargo(&["build", "--package", "hookwire"])?;
    for generated in GENERATED {
        let content = generated.content()?;
        fs::write(generated.path(), content).with_context(|| format!("can't write {}", generated.file))?;
        eprintln!("wrote {}", generated.file);
    }
    if snapshots {
        let mut tests = run::command("cargo", &["test", "--workspace"]);
        tests.env("INSTA_UPDATE", "always");
        run::run(tests)?;
    }
    Ok(())
}
