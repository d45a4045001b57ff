//! How long functions are: a wall at 70 lines, and a list of older ones that may only shrink.

/// The most lines from `fn` to its closing brace.
pub(super) const LINES_MAX: usize = 70;

/// Functions that may be longer: file, name, lines. Entries are only ever lowered or removed.
const KNOWN: &[(&str, &str, usize)] = &[];

/// A function with a body.
#[derive(Debug, PartialEq)]
pub(super) struct Function {
    pub(super) name: String,
    /// The line of its `fn`, from 1.
    pub(super) line: usize,
    /// From `fn` to the closing brace, both included.
    pub(super) lines: usize,
}

/// The functions of one file that are too long; `code` has no comments and no literals.
pub(super) fn too_long(file: &str, code: &str) -> Vec<Function> {
    let allowed = |function: &Function| {
        let known = KNOWN.iter().find(|(known_file, name, _)| *known_file == file && *name == function.name);
        known.map_or(LINES_MAX, |(_, _, lines)| *lines)
    };
    functions(code).into_iter().filter(|function| function.lines > allowed(function)).collect()
}

fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let signature = &code[at + 3..];
        let name: String =
            signature.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if name.is_empty() {
            continue;
        }
        if let Some(length) = body_end(signature) {
            let line = 1 + code[..at].matches('\n').count();
            let lines = 1 + signature[..length].matches('\n').count();
            found.push(Function { name, line, lines });
        }
    }
    found
}

/// The offset of the brace that closes the body; none for a declaration, which ends in `;`.
fn body_end(signature: &str) -> Option<usize> {
    let (mut braces, mut nesting) = (0_usize, 0_usize);
    for (at, byte) in signature.bytes().enumerate() {
        match byte {
            b'(' | b'[' => nesting += 1,
            b')' | b']' => nesting = nesting.saturating_sub(1),
            b';' if braces == 0 && nesting == 0 => return None,
            b'{' => braces += 1,
            b'}' => {
                braces = braces.checked_sub(1)?;
                if braces == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_measured_from_fn_to_its_brace() {
        let code = "trait T {\n    fn declared(a: [u8; 4]);\n    fn one() {}\n}\n\nfn two(f: fn (u8) -> u8) -> u8 {\n    if x {\n    }\n}\n";
        let expected = [
            Function { name: "one".into(), line: 3, lines: 1 },
            Function { name: "two".into(), line: 6, lines: 4 },
        ];
        assert_eq!(functions(code), expected);
    }

    #[test]
    fn one_line_more_than_the_wall_is_too_long() {
        let of_lines = |lines: usize| format!("fn f() {{{}}}", "\n".repeat(lines - 1));
        assert_eq!(too_long("a.rs", &of_lines(LINES_MAX)), []);
        assert_eq!(too_long("a.rs", &of_lines(LINES_MAX + 1)).len(), 1);
    }
}
