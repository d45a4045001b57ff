//! Splits Rust source into code and comments, so that rules about one are not misled by the other.

/// Both texts have the lines of the source; what belongs to the other, and all literals, are blank.
pub(super) struct Split {
    /// Code without comments, string literals and character literals.
    pub(super) code: String,
    /// Comments only, documentation included.
    pub(super) comments: String,
}

/// Where a piece of the source goes.
#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Code,
    Comment,
    Literal,
}

/// Reads the source once. Broken source gives some split, never a panic.
pub(super) fn split(source: &str) -> Split {
    let mut split = Split { code: String::new(), comments: String::new() };
    let mut rest = source;
    let mut previous = ' ';
    while let Some(first) = rest.chars().next() {
        let (piece, length) = next(rest, previous);
        let length = length.max(first.len_utf8());
        let (taken, after) = rest.split_at(length);
        previous = taken.chars().next_back().unwrap_or(' ');
        put(&mut split.code, taken, piece == Piece::Code);
        put(&mut split.comments, taken, piece == Piece::Comment);
        rest = after;
    }
    split
}

fn put(text: &mut String, piece: &str, is_kept: bool) {
    text.extend(piece.chars().map(|c| if is_kept || c == '\n' { c } else { ' ' }));
}

/// The kind and the length in bytes of the piece that `rest` starts with.
fn next(rest: &str, previous: char) -> (Piece, usize) {
    if rest.starts_with("//") {
        return (Piece::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Piece::Comment, block_comment(rest));
    }
    let starts_word = !(previous.is_alphanumeric() || previous == '_');
    if let Some(length) = raw_string(rest).filter(|_| starts_word) {
        return (Piece::Literal, length);
    }
    if rest.starts_with('"') {
        return (Piece::Literal, quoted(rest, '"'));
    }
    if let Some(length) = character(rest) {
        return (Piece::Literal, length);
    }
    (Piece::Code, 0)
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// `r"..."`, `r#"..."#`, `br"..."`, `cr"..."`.
fn raw_string(rest: &str) -> Option<usize> {
    let after_r = ["r", "br", "cr"].iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    let hashes = after_r.len() - after_r.trim_start_matches('#').len();
    let body = after_r[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let body_length = body.find(&end).map_or(body.len(), |found| found + end.len());
    Some(rest.len() - body.len() + body_length)
}

/// A literal with escapes, from its opening quote to its closing one.
fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// A character literal, told apart from a lifetime by its closing quote.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let first = body.chars().next()?;
    if first == '\\' {
        return Some(quoted(rest, '\''));
    }
    body[first.len_utf8()..].starts_with('\'').then_some(first.len_utf8() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_are_blank_in_the_code() {
        let source =
            "let a = \"{\\\"\"; // b {\nlet c = '{'; let d: &'a str = r#\"}\"}\"#; /* { /* */ } */ e";
        let split = split(source);
        assert!(!split.code.contains(['{', '}', '"']), "{}", split.code);
        for kept in ["let a =", "let c =", "&'a str", " e"] {
            assert!(split.code.contains(kept), "{kept} in {}", split.code);
        }
        assert_eq!(split.code.lines().count(), 2);
        assert!(split.comments.contains("// b {") && split.comments.contains("/* { /* */ } */"));
    }

    #[test]
    fn a_word_that_ends_in_r_does_not_start_a_raw_string() {
        assert_eq!(split("for\"x\" y").code, "for    y");
        assert_eq!(split("'\\'' z '\\u{7d}' é").code.trim(), "z          é");
    }

    #[test]
    fn unfinished_source_does_not_panic() {
        for source in ["\"abc", "r#\"abc", "/* abc", "'", "'\\", "é'é"] {
            assert_eq!(split(source).code.chars().count(), source.chars().count());
        }
    }
}
