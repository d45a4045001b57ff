//! Foreign crates: everything comes from crates.io, and some crates are not used at all.

use std::path::Path;

use super::{Violation, read};
use crate::run;

/// TLS and cryptography have one implementation here, aws-lc; a second one would come in unnoticed.
const BANNED: &[&str] = &["native-tls", "openssl", "openssl-sys", "ring"];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks the lock file and the crates that are really compiled for this platform.
pub(super) fn check(root: &Path) -> anyhow::Result<Vec<Violation>> {
    let mut violations = check_lock(&read(&root.join("Cargo.lock"))?);
    // The lock file also lists optional crates that nothing enables, so the tree is asked for the rest.
    let tree = ["tree", "--workspace", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}"];
    let tree = run::output(run::command("cargo", &tree))?;
    violations.extend(check_tree(&String::from_utf8_lossy(&tree)));
    Ok(violations)
}

fn check_lock(lock: &str) -> Vec<Violation> {
    let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    let foreign = sources.map(|source| source.trim_matches('"')).filter(|source| *source != CRATES_IO);
    foreign.map(|source| Violation::new("Cargo.lock", format!("only crates.io, not {source}"))).collect()
}

/// `tree` has lines of the form `name v1.2.3 (notes)`.
fn check_tree(tree: &str) -> Vec<Violation> {
    let used = tree.lines().filter_map(|line| line.split(' ').next());
    let mut banned: Vec<&str> = used.filter(|name| BANNED.contains(name)).collect();
    banned.sort_unstable();
    banned.dedup();
    let rule =
        |name: &&str| format!("{name} is banned; `cargo tree --workspace -i {name}` shows who wants it");
    banned.iter().map(|name| Violation::new("Cargo.lock", rule(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_git_source_is_a_violation() {
        let lock = format!("[[package]]\nsource = \"{CRATES_IO}\"\nsource = \"git+https://example.com/x\"\n");
        assert_eq!(check_lock(&lock).len(), 1);
    }

    #[test]
    fn a_banned_crate_is_named_once() {
        let tree = "rustls v0.23.0\nring v0.17.14\nring v0.17.14 (*)\nstring v1.0.0\n";
        let violations = check_tree(tree);
        assert_eq!(violations.len(), 1);
        assert!(violations[0].rule.starts_with("ring is banned"), "{violations:?}");
    }
}
