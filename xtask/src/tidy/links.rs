//! Markdown links: a link to a file of the repository must lead to one.

use std::path::Path;

use super::Violation;

/// Checks the links of one Markdown file; `path` is relative to the root.
pub(super) fn check(root: &Path, path: &str, text: &str) -> Vec<Violation> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut violations = Vec::new();
    for (line, target) in targets(text) {
        let file = target.split(['#', '?']).next().unwrap_or_default();
        let leads_elsewhere = target.contains("://") || target.starts_with("mailto:");
        if file.is_empty() || leads_elsewhere {
            continue;
        }
        let found = match file.strip_prefix('/') {
            Some(from_root) => root.join(from_root),
            None => root.join(folder).join(file),
        };
        if !found.exists() {
            violations.push(Violation::new(
                format!("{path}:{line}"),
                format!("a link to a missing file: {target}"),
            ));
        }
    }
    violations
}

/// Line numbers (from 1) and targets of `[text](target)` and `[name]: target`, outside code.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut targets = Vec::new();
    let mut is_in_fence = false;
    for (index, line) in text.lines().enumerate() {
        let start = line.trim_start();
        if start.starts_with("```") || start.starts_with("~~~") {
            is_in_fence = !is_in_fence;
            continue;
        }
        if is_in_fence {
            continue;
        }
        let line = without_code(line);
        let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        let inline = line.match_indices("](").map(|(at, _)| &line[at + 2..]);
        let found = definition.map(|(_, target)| target).into_iter().chain(inline);
        let target = |text: &str| {
            text.split([')', ' ']).next().unwrap_or_default().trim_matches(['<', '>']).to_owned()
        };
        targets.extend(found.map(|text| (index + 1, target(text))));
    }
    targets
}

/// The line without its `code` spans.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_code() {
        let text = "[a](b.md) and ![c](d.png \"title\")\n`[no](x)`\n```\n[no](y)\n```\n[e]: <f.md>\n";
        let expected =
            [(1, "b.md"), (1, "d.png"), (6, "f.md")].map(|(line, target)| (line, target.to_owned()));
        assert_eq!(targets(text), expected);
    }

    #[test]
    fn only_links_to_missing_files_are_violations() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = "[a](main.rs#x) [b](../Cargo.toml) [c](/src/main.rs) [d](https://example.com/x) [e](#top) [f](gone.md)";
        let violations = check(root, "src/page.md", text);
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].rule, "a link to a missing file: gone.md");
    }
}
