//! What can be wrong with a template, where, and in which words.

use crate::limits::{TEMPLATE_BYTES_MAX, TEMPLATE_DEPTH_MAX, TEMPLATE_TAGS_MAX};

/// Characters of a name or delimiter that an error repeats.
const QUOTED_CHARS_MAX: usize = 60;

/// A template that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {fault}")]
pub struct SyntaxError {
    /// The line, from 1. Lines end with a line feed.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The source is longer than [`TEMPLATE_BYTES_MAX`].
    #[error("the template is longer than {TEMPLATE_BYTES_MAX} bytes")]
    TooLong,
    /// More than [`TEMPLATE_TAGS_MAX`] tags.
    #[error("the template has more than {TEMPLATE_TAGS_MAX} tags")]
    TooManyTags,
    /// More than [`TEMPLATE_DEPTH_MAX`] sections in each other.
    #[error("sections are nested more than {TEMPLATE_DEPTH_MAX} deep")]
    TooDeep,
    /// A tag without its end.
    #[error("this tag is not closed: \"{0}\" is missing")]
    UnclosedTag(String),
    /// A tag without a name.
    #[error("this tag has no name")]
    NoName,
    /// A name with white space in it.
    #[error("\"{0}\" is not a name: names have no spaces, and Mustache has no helpers or expressions")]
    Spaces(String),
    /// A name with a dot too many.
    #[error("\"{0}\" is not a name: something is missing before or after a dot")]
    Dots(String),
    /// `{{> x}}`
    #[error("partials (tags that begin with \">\") are not supported")]
    Partial,
    /// `{{$ x}}`
    #[error("blocks (tags that begin with \"$\") are not supported")]
    Block,
    /// `{{< x}}`
    #[error("parents (tags that begin with \"<\") are not supported")]
    Parent,
    /// `{{=| |=}}` with something else in it.
    #[error("\"{0}\" does not set delimiters: two are needed, with a space between")]
    Delimiters(String),
    /// A section that goes on to the end of the source.
    #[error("section \"{0}\" is never closed")]
    UnclosedSection(String),
    /// A closing tag where no section is open.
    #[error("this tag closes \"{0}\", but no section is open here")]
    Unopened(String),
    /// A closing tag for another section than the innermost.
    #[error(
        "this tag closes \"{found}\", but section \"{open}\", opened at line {line}, column {column}, comes first"
    )]
    Mismatch {
        /// What the tag names.
        found: String,
        /// The innermost open section.
        open: String,
        /// Its line, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
    },
}

impl Fault {
    /// This fault at byte `at` of `source`.
    pub(super) fn at(self, source: &str, at: usize) -> SyntaxError {
        let (line, column) = position(source, at);
        SyntaxError { line, column, fault: self }
    }
}

/// Line and column of byte `at`, both from 1.
pub(super) fn position(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// A piece of the template, short enough to stand in an error.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((cut, _)) => format!("{}..", &text[..cut]),
        None => text.to_owned(),
    }
}
