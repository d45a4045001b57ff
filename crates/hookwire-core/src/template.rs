//! `Template`: a Mustache template for the body of a webhook, compiled once and rendered for each delivery.
//!
//! Templates and data come from strangers. Nothing here recurses, and every loop spends from a budget, so that a
//! render ends soon or with an error. The language is Mustache's own core (interpolation, sections, inverted sections,
//! comments, delimiters) without partials and lambdas.

mod asked;
mod compile;
mod context;
mod escape;
mod output;
mod render;
mod syntax;
mod value;
mod writer;

use asked::Asked;
pub use context::Facts;
pub use escape::Escape;
pub use render::RenderError;
pub use syntax::{Fault, SyntaxError};
pub use value::Value;

/// A compiled template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: Box<str>,
    escape: Escape,
    /// Flat: sections know where they end, ends know where they began.
    steps: Box<[Step]>,
    /// The parts of all names, one after the other.
    parts: Box<[Span]>,
    /// The first parts of all names, sorted, each once.
    roots: Box<[Span]>,
    /// The fields beside the payload that names stand for.
    asked: Asked,
}

/// A piece of the source, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

/// A dotted name: some of [`Template::parts`]. Without parts it is `.`, the innermost value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name {
    first: u32,
    count: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Text of the template; `flips` = it holds an odd number of JSON's quotes.
    Text { span: Span, flips: bool },
    /// A value, escaped as the content type wants it.
    Escaped(Name),
    /// A value as it is.
    Raw(Name),
    /// Up to the step `end`, an [`Step::End`]: once for each item, or once if truthy.
    Section { name: Name, end: u32 },
    /// Up to before the step `end`: only if falsey.
    Inverted { name: Name, end: u32 },
    /// The end of the section that began with step `start`.
    End { start: u32 },
}

impl Template {
    /// Compiles `source`; `escape` says what becomes of `{{x}}`.
    pub fn compile(source: &str, escape: Escape) -> Result<Self, SyntaxError> {
        compile::compile(source, escape)
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How it escapes.
    pub fn escape(&self) -> Escape {
        self.escape
    }

    /// Whether any name begins with `root`: if not, a context need not have it.
    pub fn mentions(&self, root: &str) -> bool {
        self.roots.binary_search_by(|span| self.text(*span).cmp(root)).is_ok()
    }

    /// The body over `root`, at most `bytes_max` long.
    pub fn render(&self, root: Value<'_>, bytes_max: usize) -> Result<String, RenderError> {
        render::render(self, root, bytes_max)
    }

    fn text(&self, span: Span) -> &str {
        span.of(&self.source)
    }

    fn parts(&self, name: Name) -> impl Iterator<Item = &str> {
        let (first, count) = (name.first as usize, name.count as usize);
        self.parts[first..first + count].iter().map(|span| self.text(*span))
    }
}

impl Span {
    fn new(start: usize, end: usize) -> Self {
        let fits = |at: usize| u32::try_from(at).expect("sources are limited to far less than 4 GiB");
        Self { start: fits(start), end: fits(end) }
    }

    fn of(self, source: &str) -> &str {
        &source[self.start as usize..self.end as usize]
    }
}

#[cfg(test)]
mod tests;
