//! Rules about a file of ours: its name, its first line, its length, and what it may not leave undone.

use super::{Violation, functions, lexer};

/// The most lines of a Rust file.
const LINES_MAX: usize = 500;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

/// Words in a comment that mean "not finished".
const UNDONE_WORDS: &[&str] = &["TODO", "FIXME", "XXX"];

/// Macros that mean "not finished".
const UNDONE_MACROS: &[&str] = &["todo!", "unimplemented!"];

/// Checks the path of any file, relative to the root.
pub(super) fn check_name(path: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for part in path.split('/') {
        let stem = part.split('.').next().unwrap_or_default();
        if EMPTY_NAMES.contains(&stem) {
            violations.push(Violation::new(path, format!("`{stem}` names nothing: say what is inside")));
        }
    }
    if path.rsplit('/').next() == Some("mod.rs") {
        violations.push(Violation::new(path, "use `foo.rs` beside `foo/` instead of `foo/mod.rs`"));
    }
    violations
}

/// Checks the text of a Rust file.
pub(super) fn check(path: &str, source: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !source.starts_with("//! ") {
        violations.push(Violation::new(path, "a file starts with a `//!` sentence about what it is for"));
    }
    let lines = source.lines().count();
    if lines > LINES_MAX {
        violations.push(Violation::new(path, format!("{lines} lines, more than {LINES_MAX}: split it")));
    }
    let split = lexer::split(source);
    for function in functions::too_long(path, &split.code) {
        let rule =
            format!("fn {}: {} lines, more than {}", function.name, function.lines, functions::LINES_MAX);
        violations.push(Violation::new(format!("{path}:{}", function.line), rule));
    }
    for (text, words) in [(&split.comments, UNDONE_WORDS), (&split.code, UNDONE_MACROS)] {
        for (index, line) in text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| has_word(line, word)) {
                let rule = format!("{word}: finish it, or open an issue");
                violations.push(Violation::new(format!("{path}:{}", index + 1), rule));
            }
        }
    }
    violations
}

/// Whether `word` stands in the line and is not the tail or the head of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(source: &str) -> Vec<String> {
        check("a.rs", source).into_iter().map(|violation| violation.place).collect()
    }

    #[test]
    fn a_plain_file_passes() {
        assert_eq!(places("//! What it is for.\n\nfn f() {}\n"), Vec::<String>::new());
    }

    #[test]
    fn a_file_starts_with_a_sentence() {
        assert_eq!(places("use a;\n"), ["a.rs"]);
        assert_eq!(places(""), ["a.rs"]);
    }

    #[test]
    fn a_file_has_a_longest_length() {
        let of_lines = |lines: usize| format!("//! A.\n{}", "\n".repeat(lines - 1));
        assert_eq!(places(&of_lines(LINES_MAX)), Vec::<String>::new());
        assert_eq!(places(&of_lines(LINES_MAX + 1)), ["a.rs"]);
    }

    #[test]
    fn unfinished_work_is_named_with_its_line() {
        assert_eq!(places("//! A.\n// TODO: more\n"), ["a.rs:2"]);
        assert_eq!(places("//! A.\nfn f() { todo!() }\n"), ["a.rs:2"]);
        assert_eq!(places("//! A.\nfn f() -> &str { \"TODO\" }\n// NOT_TODO\n"), Vec::<String>::new());
    }

    #[test]
    fn a_long_function_is_named_with_its_line() {
        let source = format!("//! A.\n\nfn f() {{{}}}\n", "\n".repeat(80));
        assert_eq!(places(&source), ["a.rs:3"]);
    }

    #[test]
    fn empty_names_and_mod_rs_are_refused() {
        for path in ["src/utils.rs", "src/helpers/a.rs", "docs/common.md", "src/a/mod.rs"] {
            assert_eq!(check_name(path).len(), 1, "{path}");
        }
        assert_eq!(check_name("src/common_names.rs"), []);
    }
}
