//! Where the build put the `hookwire` binary.

use std::path::PathBuf;

/// The path of the built server. Panics, saying what to do, when it was not built.
pub fn binary() -> PathBuf {
    let path = profile_folder().join("hookwire");
    assert!(path.is_file(), "{} is missing: build it first, or run `cargo xtask test`", path.display());
    path
}

/// The build's target folder, for things that are worth keeping between runs.
pub fn target_folder() -> PathBuf {
    profile_folder().parent().expect("a profile's folder lies in the target folder").to_owned()
}

/// `target/debug`: the test executable runs from `target/debug/deps`.
fn profile_folder() -> PathBuf {
    let executable = std::env::current_exe().expect("a running test knows its own path");
    let deps = executable.parent().expect("an executable lies in a folder");
    deps.parent().expect("cargo puts test executables into target/<profile>/deps").to_owned()
}
