//! What names stand for: parts of JSON documents, and values laid over and beside them.

use super::RenderError;
use crate::json::{Items, Kind, Node, is_same};

/// A value that a template can name.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A value of a document.
    Node(Node<'a>),
    /// JSON text that is inserted whole; names do not look into it.
    Json(&'a str),
    /// Values by name. It has no text of its own.
    Record(&'a [(&'a str, Value<'a>)]),
    /// An object with further members, which the first one must lack.
    Extended(Node<'a>, Node<'a>),
    /// The length of a list.
    Length(usize),
}

/// Bytes that are gone through in the time of a step.
const BYTES_PER_STEP: usize = 16;

/// How much more work a render may be.
pub(super) struct Budget(usize);

impl Budget {
    /// So many steps.
    pub(super) const fn new(steps: usize) -> Self {
        Self(steps)
    }

    /// Takes `steps` away.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), RenderError> {
        self.0 = self.0.checked_sub(steps).ok_or(RenderError::TooManySteps)?;
        Ok(())
    }

    /// Takes away what going through that many bytes costs; few bytes cost nothing.
    fn spend_bytes(&mut self, bytes: usize) -> Result<(), RenderError> {
        self.spend(bytes / BYTES_PER_STEP)
    }
}

impl<'a> Value<'a> {
    /// Whether a section is shown for it. As in mustache.js, empty strings and zero are falsey.
    pub(super) fn is_truthy(self, budget: &mut Budget) -> Result<bool, RenderError> {
        let Self::Node(node) = self else {
            return Ok(!matches!(self, Self::Length(0)));
        };
        Ok(match node.kind() {
            Kind::Null => false,
            Kind::Bool => node.text() == "true",
            Kind::Number => {
                budget.spend_bytes(node.text().len())?;
                !is_zero(node.text())
            }
            Kind::String => node.text() != "\"\"",
            Kind::Array => node.items().next().is_some(),
            Kind::Object => true,
        })
    }

    /// The items, if it is a list.
    pub(super) fn items(self) -> Option<Items<'a>> {
        match self {
            Self::Node(node) if node.kind() == Kind::Array => Some(node.items()),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub(super) fn string(self) -> Option<Node<'a>> {
        match self {
            Self::Node(node) if node.kind() == Kind::String => Some(node),
            _ => None,
        }
    }

    /// The member of that name.
    pub(super) fn member(self, name: &str, budget: &mut Budget) -> Result<Option<Self>, RenderError> {
        let found = match self {
            Self::Node(node) => member(node, name, budget)?.map(Self::Node),
            Self::Extended(node, more) => match member(node, name, budget)? {
                Some(node) => Some(Self::Node(node)),
                None => member(more, name, budget)?.map(Self::Node),
            },
            Self::Record(members) => {
                members.iter().find(|(key, _)| is_same(key, name)).map(|(_, value)| *value)
            }
            Self::Json(_) | Self::Length(_) => None,
        };
        Ok(found)
    }

    /// What a name's further part stands for: a member; for a list, an item by its number, or `length`.
    pub(super) fn part(self, name: &str, budget: &mut Budget) -> Result<Option<Self>, RenderError> {
        let Some(items) = self.items() else { return self.member(name, budget) };
        let wanted = item_number(name);
        if wanted.is_none() && name != "length" {
            return Ok(None);
        }
        let mut length = 0;
        for item in items {
            budget.spend(1)?;
            if wanted == Some(length) {
                return Ok(Some(Self::Node(item)));
            }
            length += 1;
        }
        Ok(wanted.is_none().then_some(Self::Length(length)))
    }

    /// Hands the text of a value that is no string to `put`, in pieces.
    pub(super) fn pieces<E>(self, mut put: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Node(node) if node.kind() == Kind::Null => Ok(()),
            Self::Node(node) => put(node.text()),
            Self::Json(text) => put(text),
            Self::Record(_) => Ok(()),
            Self::Length(length) => put(&length.to_string()),
            Self::Extended(node, more) => {
                let is_empty = |object: Node<'_>| object.members().next().is_none();
                let comma = if is_empty(node) || is_empty(more) { "" } else { "," };
                ["{", inside(node), comma, inside(more), "}"].into_iter().try_for_each(put)
            }
        }
    }
}

fn member<'a>(node: Node<'a>, name: &str, budget: &mut Budget) -> Result<Option<Node<'a>>, RenderError> {
    budget.spend(node.get_cost(name))?;
    Ok(node.get(name))
}

/// A number of an item: digits without a zero before them.
fn item_number(name: &str) -> Option<usize> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    if is_plain { name.parse().ok() } else { None }
}

/// Whether a JSON number is zero: no digit before the exponent is another.
fn is_zero(number: &str) -> bool {
    number.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).all(|byte| !matches!(byte, b'1'..=b'9'))
}

/// The members of an object, without its braces.
fn inside(object: Node<'_>) -> &str {
    let text = object.text();
    &text[1..text.len() - 1]
}
