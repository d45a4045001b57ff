//! A compiled template over a context: one loop, a stack of contexts, a budget.

use std::borrow::Cow;

use super::output::Output;
use super::value::{Budget, Value};
use super::{Escape, Name, Step, Template};
use crate::json;
use crate::limits::TEMPLATE_STEPS_MAX;

/// Why there is no body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The body would be longer than this.
    #[error("the rendered body is longer than {0} bytes")]
    OutputTooLarge(usize),
    /// Too much work: sections in sections over long lists, or names looked for in wide objects again and again.
    #[error(
        "rendering takes more than {TEMPLATE_STEPS_MAX} steps: the template repeats too much over this event"
    )]
    TooManySteps,
    /// The payload cannot be read.
    #[error("the payload cannot be read: {0}")]
    Payload(#[from] json::Error),
}

/// The body of `template` over `root`.
pub(super) fn render(template: &Template, root: Value<'_>, bytes_max: usize) -> Result<String, RenderError> {
    let mut stack = Vec::with_capacity(8);
    stack.push(Frame { value: root, items: None });
    let output = Output::new(template.source.len() + 128, bytes_max);
    let renderer =
        Renderer { template, stack, output, budget: Budget::new(TEMPLATE_STEPS_MAX), in_string: false };
    renderer.run()
}

/// A context, and the items that come after it when it is an item of a list.
struct Frame<'a> {
    value: Value<'a>,
    items: Option<json::Items<'a>>,
}

struct Renderer<'a> {
    template: &'a Template,
    /// The innermost context last; never empty.
    stack: Vec<Frame<'a>>,
    output: Output,
    budget: Budget,
    /// Whether the template's text so far leaves a JSON string open.
    in_string: bool,
}

impl<'a> Renderer<'a> {
    fn run(mut self) -> Result<String, RenderError> {
        let mut at = 0;
        while let Some(step) = self.template.steps.get(at) {
            self.budget.spend(1)?;
            at += 1;
            match *step {
                Step::Text { span, flips } => {
                    self.output.push(self.template.text(span))?;
                    self.in_string ^= flips;
                }
                Step::Escaped(name) => {
                    let value = self.resolve(name)?;
                    self.write(value, self.template.escape)?;
                }
                Step::Raw(name) => {
                    let value = self.resolve(name)?;
                    self.write(value, Escape::None)?;
                }
                Step::Section { name, end } => {
                    let value = self.resolve(name)?;
                    if !self.enter(value)? {
                        at = end as usize + 1;
                    }
                }
                Step::Inverted { name, end } => {
                    let value = self.resolve(name)?;
                    if self.is_truthy(value)? {
                        at = end as usize;
                    }
                }
                Step::End { start } => {
                    if self.next_item() {
                        at = start as usize + 1;
                    }
                }
            }
        }
        Ok(self.output.finish())
    }

    /// What a name means here: its first part is looked for from the innermost context outwards, each further part
    /// only in what the part before it named.
    fn resolve(&mut self, name: Name) -> Result<Option<Value<'a>>, RenderError> {
        let mut parts = self.template.parts(name);
        let Some(first) = parts.next() else {
            return Ok(self.stack.last().map(|frame| frame.value));
        };
        let mut found = None;
        for frame in self.stack.iter().rev() {
            found = frame.value.member(first, &mut self.budget)?;
            if found.is_some() {
                break;
            }
        }
        for part in parts {
            let Some(value) = found else { break };
            found = value.part(part, &mut self.budget)?;
        }
        Ok(found)
    }

    fn is_truthy(&mut self, value: Option<Value<'a>>) -> Result<bool, RenderError> {
        value.map_or(Ok(false), |value| value.is_truthy(&mut self.budget))
    }

    /// Begins a section; `false` = it is left out.
    fn enter(&mut self, value: Option<Value<'a>>) -> Result<bool, RenderError> {
        let Some(value) = value else { return Ok(false) };
        if !value.is_truthy(&mut self.budget)? {
            return Ok(false);
        }
        let mut items = value.items();
        let first = items.as_mut().and_then(Iterator::next).map_or(value, Value::Node);
        self.stack.push(Frame { value: first, items });
        Ok(true)
    }

    /// Goes on to the next item of the innermost section; `false` = there is none, and the section ends.
    fn next_item(&mut self) -> bool {
        let next = self.stack.last_mut().and_then(|frame| {
            frame.value = Value::Node(frame.items.as_mut()?.next()?);
            Some(())
        });
        if next.is_none() {
            self.stack.pop();
        }
        next.is_some()
    }

    fn write(&mut self, value: Option<Value<'a>>, escape: Escape) -> Result<(), RenderError> {
        let Some(value) = value else { return Ok(()) };
        if let Some(string) = value.string() {
            let quoted = string.text();
            return match escape {
                // Between its quotes stands just what is wanted, and it was found to be valid.
                Escape::Json => self.output.push(&quoted[1..quoted.len() - 1]),
                Escape::Html => self.output.push_html(&plain(string)),
                Escape::None => self.output.push(&plain(string)),
            };
        }
        value.pieces(|piece| match escape {
            Escape::Json if self.in_string => self.output.push_json(piece),
            Escape::Html => self.output.push_html(piece),
            Escape::Json | Escape::None => self.output.push(piece),
        })
    }
}

fn plain(string: json::Node<'_>) -> Cow<'_, str> {
    string.as_str().expect("a string has text")
}
