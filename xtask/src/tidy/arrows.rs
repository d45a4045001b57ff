//! Which crate may import which: the layers, read from `cargo metadata`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::Violation;

/// What one crate may import of ours, outside its tests.
struct Layer {
    name: &'static str,
    may_import: Imports,
}

enum Imports {
    Only(&'static [&'static str]),
    Anything,
}

/// One line per crate. A crate without a line is a violation, so a new one must take its place here.
const LAYERS: &[Layer] = &[
    Layer { name: "hookwire-core", may_import: Imports::Only(&[]) },
    Layer { name: "hookwire-store", may_import: Imports::Only(&["hookwire-core"]) },
    Layer { name: "hookwire-store-suite", may_import: Imports::Only(&["hookwire-core", "hookwire-store"]) },
    Layer { name: "hookwire-store-sqlite", may_import: Imports::Only(&["hookwire-core", "hookwire-store"]) },
    Layer {
        name: "hookwire-store-postgres",
        may_import: Imports::Only(&["hookwire-core", "hookwire-store"]),
    },
    Layer { name: "hookwire-outbound", may_import: Imports::Only(&["hookwire-core"]) },
    Layer {
        name: "hookwire-engine",
        may_import: Imports::Only(&["hookwire-core", "hookwire-store", "hookwire-outbound"]),
    },
    Layer { name: "hookwire-api", may_import: Imports::Only(&["hookwire-core", "hookwire-store"]) },
    Layer { name: "hookwire", may_import: Imports::Anything },
    Layer { name: "hookwire-testkit", may_import: Imports::Only(&["hookwire-core"]) },
    Layer { name: "hookwire-e2e", may_import: Imports::Only(&["hookwire-core", "hookwire-testkit"]) },
    Layer { name: "hookwire-bench", may_import: Imports::Only(&["hookwire-core"]) },
    Layer { name: "xtask", may_import: Imports::Only(&[]) },
];

/// Checks the output of `cargo metadata --no-deps`.
pub(super) fn check(metadata: &Value) -> Vec<Violation> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    packages.iter().flat_map(|package| check_package(package, &ours)).collect()
}

fn check_package(package: &Value, ours: &BTreeSet<&str>) -> Vec<Violation> {
    let name = package["name"].as_str().unwrap_or_default();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let mut violations = Vec::new();
    let folder = manifest.parent();
    let is_under_crates = folder.and_then(Path::parent).is_some_and(|parent| parent.ends_with("crates"));
    let folder_name = folder.and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    if is_under_crates && folder_name != name {
        violations.push(Violation::new(
            format!("crates/{folder_name}"),
            format!("the folder of a crate has its name: {name}"),
        ));
    }
    let place = format!("{name}: Cargo.toml");
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
        violations.push(Violation::new(place, "a new crate needs a line in xtask/src/tidy/arrows.rs"));
        return violations;
    };
    let Imports::Only(allowed) = layer.may_import else { return violations };
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let import = dependency["name"].as_str().unwrap_or_default();
        let is_for_tests = dependency["kind"].as_str() == Some("dev");
        if ours.contains(import) && !is_for_tests && !allowed.contains(&import) {
            violations.push(Violation::new(&place, format!("{name} may not import {import}")));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, folder: &str, dependencies: &[(&str, Option<&str>)]) -> Value {
        let dependencies: Vec<Value> =
            dependencies.iter().map(|(name, kind)| json!({"name": name, "kind": kind})).collect();
        json!({"name": name, "manifest_path": format!("/w/{folder}/Cargo.toml"), "dependencies": dependencies})
    }

    fn rules(packages: &[Value]) -> Vec<String> {
        check(&json!({ "packages": packages })).into_iter().map(|violation| violation.rule).collect()
    }

    #[test]
    fn an_allowed_arrow_passes() {
        let core = package("hookwire-core", "crates/hookwire-core", &[("serde", None)]);
        let store = package("hookwire-store", "crates/hookwire-store", &[("hookwire-core", None)]);
        assert_eq!(rules(&[core, store]), Vec::<String>::new());
    }

    #[test]
    fn a_forbidden_arrow_is_named_even_as_a_build_dependency() {
        let core = package("hookwire-core", "crates/hookwire-core", &[("hookwire-store", Some("build"))]);
        let store = package("hookwire-store", "crates/hookwire-store", &[]);
        assert_eq!(rules(&[core, store]), ["hookwire-core may not import hookwire-store"]);
    }

    #[test]
    fn tests_may_import_anything() {
        let core = package("hookwire-core", "crates/hookwire-core", &[("hookwire-testkit", Some("dev"))]);
        let testkit = package("hookwire-testkit", "crates/hookwire-testkit", &[]);
        assert_eq!(rules(&[core, testkit]), Vec::<String>::new());
    }

    #[test]
    fn a_folder_has_the_name_of_its_crate() {
        assert_eq!(rules(&[package("hookwire-core", "crates/core", &[])]).len(), 1);
        assert_eq!(rules(&[package("hookwire-bench", "bench", &[])]).len(), 0);
    }

    #[test]
    fn an_unknown_crate_needs_a_line() {
        assert_eq!(rules(&[package("hookwire-extra", "crates/hookwire-extra", &[])]).len(), 1);
    }
}
