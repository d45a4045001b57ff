//! From a template's source to its steps, in one pass without recursion.

use super::asked::Asked;
use super::syntax::{position, quoted};
use super::{Escape, Fault, Name, Span, Step, SyntaxError, Template};
use crate::limits::{TEMPLATE_BYTES_MAX, TEMPLATE_DEPTH_MAX, TEMPLATE_TAGS_MAX};

/// Compiles `source`.
pub(super) fn compile(source: &str, escape: Escape) -> Result<Template, SyntaxError> {
    if source.len() > TEMPLATE_BYTES_MAX {
        return Err(Fault::TooLong.at(source, 0));
    }
    let mut compiler = Compiler::new(source, escape);
    let mut tags = 0;
    while let Some(tag) = compiler.next_tag()? {
        tags += 1;
        if tags > TEMPLATE_TAGS_MAX {
            return Err(compiler.error(Fault::TooManyTags, &tag));
        }
        compiler.take(&tag)?;
    }
    compiler.finish()
}

struct Compiler<'s> {
    source: &'s str,
    escape: Escape,
    /// Everything before this byte is compiled.
    at: usize,
    open: &'s str,
    close: &'s str,
    steps: Vec<Step>,
    parts: Vec<Span>,
    sections: Vec<Section<'s>>,
}

/// A section that is open.
struct Section<'s> {
    kind: Kind,
    text: &'s str,
    name: Name,
    /// The byte at which its tag begins.
    at: usize,
    /// The index of its step.
    step: usize,
}

/// A tag, cut out of the source.
struct Tag<'s> {
    kind: Kind,
    /// What is between the mark and the closing delimiter, without white space around it.
    content: &'s str,
    content_start: usize,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Escaped,
    Raw,
    Section,
    Inverted,
    Close,
    Comment,
    Delimiters,
    Unsupported(char),
}

impl<'s> Compiler<'s> {
    fn new(source: &'s str, escape: Escape) -> Self {
        let (steps, parts, sections) = (Vec::new(), Vec::new(), Vec::new());
        Self { source, escape, at: 0, open: "{{", close: "}}", steps, parts, sections }
    }

    fn error(&self, fault: Fault, tag: &Tag<'_>) -> SyntaxError {
        fault.at(self.source, tag.start)
    }

    /// Finds the next tag; `None` = there is only text from here on.
    fn next_tag(&self) -> Result<Option<Tag<'s>>, SyntaxError> {
        let Some(distance) = self.source[self.at..].find(self.open) else { return Ok(None) };
        let start = self.at + distance;
        let inside = self.source[start + self.open.len()..].trim_start();
        let mark = inside.chars().next().filter(|_| !inside.starts_with(self.close));
        let (kind, marks) = match mark {
            Some('#') => (Kind::Section, 1),
            Some('^') => (Kind::Inverted, 1),
            Some('/') => (Kind::Close, 1),
            Some('!') => (Kind::Comment, 1),
            Some('&' | '{') => (Kind::Raw, 1),
            Some('=') => (Kind::Delimiters, 1),
            Some(mark @ ('>' | '$' | '<')) => (Kind::Unsupported(mark), 1),
            _ => (Kind::Escaped, 0),
        };
        let close = match mark {
            Some('{') => format!("}}{}", self.close),
            Some('=') => format!("={}", self.close),
            _ => self.close.to_owned(),
        };
        let inner_start = self.source.len() - inside.len() + marks;
        let length = self.source[inner_start..].find(&close);
        let inner = length.map(|length| &self.source[inner_start..inner_start + length]);
        let may_hold_open = matches!(kind, Kind::Comment | Kind::Delimiters);
        match inner {
            Some(inner) if may_hold_open || !inner.contains(self.open) => {
                let end = inner_start + inner.len() + close.len();
                let content = inner.trim_start();
                let content_start = inner_start + inner.len() - content.len();
                Ok(Some(Tag { kind, content: content.trim_end(), content_start, start, end }))
            }
            _ => Err(Fault::UnclosedTag(quoted(&close)).at(self.source, start)),
        }
    }

    fn take(&mut self, tag: &Tag<'s>) -> Result<(), SyntaxError> {
        let (mut text_end, mut next) = (tag.start, tag.end);
        if !matches!(tag.kind, Kind::Escaped | Kind::Raw)
            && let Some(line) = standalone(self.source, tag)
        {
            (text_end, next) = line;
        }
        self.push_text(text_end);
        self.at = next;
        match tag.kind {
            Kind::Escaped => {
                let name = self.name(tag)?;
                self.steps.push(Step::Escaped(name));
            }
            Kind::Raw => {
                let name = self.name(tag)?;
                self.steps.push(Step::Raw(name));
            }
            Kind::Section | Kind::Inverted => self.open_section(tag)?,
            Kind::Close => self.close_section(tag)?,
            Kind::Comment => {}
            Kind::Delimiters => self.set_delimiters(tag)?,
            Kind::Unsupported('>') => return Err(self.error(Fault::Partial, tag)),
            Kind::Unsupported('$') => return Err(self.error(Fault::Block, tag)),
            Kind::Unsupported(_) => return Err(self.error(Fault::Parent, tag)),
        }
        Ok(())
    }

    fn push_text(&mut self, end: usize) {
        if end > self.at {
            let span = Span::new(self.at, end);
            let flips = self.escape == Escape::Json && has_odd_quotes(span.of(self.source));
            self.steps.push(Step::Text { span, flips });
        }
    }

    /// The tag's name, split at its dots.
    fn name(&mut self, tag: &Tag<'s>) -> Result<Name, SyntaxError> {
        self.check_name(tag)?;
        let first = self.parts.len();
        if tag.content != "." {
            let mut start = tag.content_start;
            for part in tag.content.split('.') {
                self.parts.push(Span::new(start, start + part.len()));
                start += part.len() + 1;
            }
        }
        Ok(Name { first: small(first), count: small(self.parts.len() - first) })
    }

    fn check_name(&self, tag: &Tag<'s>) -> Result<(), SyntaxError> {
        let name = tag.content;
        let fault = if name.is_empty() {
            Fault::NoName
        } else if name.contains(char::is_whitespace) {
            Fault::Spaces(quoted(name))
        } else if name != "." && name.split('.').any(str::is_empty) {
            Fault::Dots(quoted(name))
        } else {
            return Ok(());
        };
        Err(self.error(fault, tag))
    }

    fn open_section(&mut self, tag: &Tag<'s>) -> Result<(), SyntaxError> {
        let name = self.name(tag)?;
        if self.sections.len() == TEMPLATE_DEPTH_MAX {
            return Err(self.error(Fault::TooDeep, tag));
        }
        let (kind, text, at, step) = (tag.kind, tag.content, tag.start, self.steps.len());
        self.sections.push(Section { kind, text, name, at, step });
        self.steps.push(begin(kind, name, 0));
        Ok(())
    }

    fn close_section(&mut self, tag: &Tag<'s>) -> Result<(), SyntaxError> {
        self.check_name(tag)?;
        let Some(section) = self.sections.pop() else {
            return Err(self.error(Fault::Unopened(quoted(tag.content)), tag));
        };
        if section.text != tag.content {
            let (line, column) = position(self.source, section.at);
            let (found, open) = (quoted(tag.content), quoted(section.text));
            return Err(self.error(Fault::Mismatch { found, open, line, column }, tag));
        }
        self.steps[section.step] = begin(section.kind, section.name, small(self.steps.len()));
        if section.kind == Kind::Section {
            self.steps.push(Step::End { start: small(section.step) });
        }
        Ok(())
    }

    fn set_delimiters(&mut self, tag: &Tag<'s>) -> Result<(), SyntaxError> {
        let mut words = tag.content.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(open), Some(close), None) => {
                (self.open, self.close) = (open, close);
                Ok(())
            }
            _ => Err(self.error(Fault::Delimiters(quoted(tag.content)), tag)),
        }
    }

    fn finish(mut self) -> Result<Template, SyntaxError> {
        self.push_text(self.source.len());
        if let Some(section) = self.sections.last() {
            return Err(Fault::UnclosedSection(quoted(section.text)).at(self.source, section.at));
        }
        let (mut roots, mut asked) = (Vec::new(), Asked::default());
        for step in &self.steps {
            let (Step::Escaped(name)
            | Step::Raw(name)
            | Step::Section { name, .. }
            | Step::Inverted { name, .. }) = step
            else {
                continue;
            };
            let parts = &self.parts[name.first as usize..(name.first + name.count) as usize];
            let Some((root, further)) = parts.split_first() else { continue };
            roots.push(*root);
            asked.add(root.of(self.source), further.first().map(|part| part.of(self.source)));
        }
        roots.sort_unstable_by_key(|span| span.of(self.source));
        roots.dedup_by_key(|span| span.of(self.source));
        Ok(Template {
            source: self.source.into(),
            escape: self.escape,
            steps: self.steps.into(),
            parts: self.parts.into(),
            roots: roots.into(),
            asked,
        })
    }
}

/// The step that begins a section.
fn begin(kind: Kind, name: Name, end: u32) -> Step {
    match kind {
        Kind::Inverted => Step::Inverted { name, end },
        _ => Step::Section { name, end },
    }
}

fn small(index: usize) -> u32 {
    u32::try_from(index).expect("there are fewer steps and parts than bytes of the source")
}

/// If the tag is alone on its line: where the text before that line ends, and where the next line begins.
fn standalone(source: &str, tag: &Tag<'_>) -> Option<(usize, usize)> {
    const BLANKS: [char; 2] = [' ', '\t'];
    let before = source[..tag.start].trim_end_matches(BLANKS);
    if !before.is_empty() && !before.ends_with('\n') {
        return None;
    }
    let after = source[tag.end..].trim_start_matches(BLANKS);
    let rest = after.strip_prefix('\n').or_else(|| after.strip_prefix("\r\n"));
    match rest {
        Some(rest) => Some((before.len(), source.len() - rest.len())),
        None if after.is_empty() => Some((before.len(), source.len())),
        None => None,
    }
}

/// Whether an odd number of quotes in `text` is not escaped by a backslash: then JSON's strings and the rest of it
/// change places.
fn has_odd_quotes(text: &str) -> bool {
    let (mut odd, mut escaped) = (false, false);
    for byte in text.bytes() {
        odd ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
    }
    odd
}
