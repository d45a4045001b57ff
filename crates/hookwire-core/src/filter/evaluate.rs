//! Whether a payload meets a filter, in bounded time.

use std::cmp::Ordering;

use super::{Relation, Scalar, Test};
use crate::json::{Kind, Node};
use crate::limits::{FILTER_STEPS_MAX, FILTER_TEXT_BYTES_MAX};

/// Bytes of a number or escaped string that are read in one step.
const STEP_BYTES: usize = 16;
/// Bytes in which a string can spell out one (`\u0041`).
const ESCAPE_BYTES_MAX: usize = 6;

/// Steps that may still be taken over a payload.
#[derive(Debug)]
pub(crate) struct Steps(pub(super) u32);

/// No steps are left.
#[derive(Debug)]
pub(crate) struct Exhausted;

impl Default for Steps {
    fn default() -> Self {
        Self(FILTER_STEPS_MAX)
    }
}

impl Steps {
    /// So many.
    pub(crate) const fn new(count: u32) -> Self {
        Self(count)
    }

    /// Whether not all of them were taken.
    pub(crate) const fn are_left(&self) -> bool {
        self.0 > 0
    }

    fn take(&mut self, count: u32) -> Result<(), Exhausted> {
        let left = self.0.checked_sub(count);
        self.0 = left.unwrap_or(0);
        left.map(drop).ok_or(Exhausted)
    }

    /// Pays for reading a value, or so much of a string, if that takes longer than a moment.
    fn read(&mut self, node: Node<'_>, bytes: usize) -> Result<(), Exhausted> {
        let bytes = match node.kind() {
            Kind::Number => node.text().len(),
            Kind::String if node.is_escaped() => {
                node.text().len().min(bytes.saturating_mul(ESCAPE_BYTES_MAX))
            }
            _ => 0,
        };
        self.take((bytes / STEP_BYTES) as u32)
    }
}

impl Test {
    /// Whether it holds for the value; `None` = there is none.
    pub(super) fn holds(&self, at: Option<Node<'_>>, steps: &mut Steps) -> Result<bool, Exhausted> {
        match self {
            Self::All(tests) => all(tests, at, steps),
            Self::Any(tests) => any(tests, at, steps),
            Self::Not(test) => test.holds(at, steps).map(|holds| !holds),
            Self::Field(name, test) => test.holds(at.and_then(|object| object.get(name)), steps),
            Self::OneOf(values) => match at {
                None => Ok(values.first() == Some(&Scalar::Null)),
                Some(node) => value_or_element(node, steps, FILTER_TEXT_BYTES_MAX, |value| {
                    Scalar::read(value).is_some_and(|value| values.binary_search(&value).is_ok())
                }),
            },
            Self::Compared(relation, bound) => {
                of_present(at, steps, FILTER_TEXT_BYTES_MAX, |value| stands(*relation, value, bound))
            }
            Self::Exists(wanted) => Ok(at.is_some() == *wanted),
            Self::StartsWith(start) => of_present(at, steps, start.len(), |value| {
                value.str_up_to(start.len()).is_some_and(|text| text.starts_with(&**start))
            }),
            Self::EndsWith(end) => of_present(at, steps, usize::MAX, |value| {
                value.as_str().is_some_and(|text| text.ends_with(&**end))
            }),
            Self::Element(test, conditions) => {
                for element in at.into_iter().flat_map(Node::items) {
                    steps.take(*conditions)?;
                    if test.holds(Some(element), steps)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }
}

fn all(tests: &[Test], at: Option<Node<'_>>, steps: &mut Steps) -> Result<bool, Exhausted> {
    for test in tests {
        if !test.holds(at, steps)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn any(tests: &[Test], at: Option<Node<'_>>, steps: &mut Steps) -> Result<bool, Exhausted> {
    for test in tests {
        if test.holds(at, steps)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn of_present(
    at: Option<Node<'_>>,
    steps: &mut Steps,
    bytes: usize,
    check: impl Fn(Node<'_>) -> bool,
) -> Result<bool, Exhausted> {
    at.map_or(Ok(false), |node| value_or_element(node, steps, bytes, check))
}

/// Whether the check, which reads so many bytes of a string, holds for the value or, if that is a list, for an element.
fn value_or_element(
    node: Node<'_>,
    steps: &mut Steps,
    bytes: usize,
    check: impl Fn(Node<'_>) -> bool,
) -> Result<bool, Exhausted> {
    if node.kind() != Kind::Array {
        steps.read(node, bytes)?;
        return Ok(check(node));
    }
    for element in node.items() {
        steps.take(1)?;
        steps.read(element, bytes)?;
        if check(element) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn stands(relation: Relation, value: Node<'_>, bound: &Scalar<'static>) -> bool {
    let order = match (Scalar::read(value), bound) {
        (Some(Scalar::Number(number)), Scalar::Number(bound)) => number.cmp(bound),
        (Some(Scalar::Text(text)), Scalar::Text(bound)) => text.cmp(bound),
        _ => return false,
    };
    match relation {
        Relation::Above => order == Ordering::Greater,
        Relation::AtLeast => order != Ordering::Less,
        Relation::Below => order == Ordering::Less,
        Relation::AtMost => order != Ordering::Greater,
    }
}

/// The values that a [`Requirement`](super::Requirement) can find here, to look them up among many.
pub(crate) fn offered<'a>(
    at: Option<Node<'a>>,
    steps: &mut Steps,
    mut each: impl FnMut(&Scalar<'a>),
) -> Result<(), Exhausted> {
    let Some(node) = at else {
        each(&Scalar::Null);
        return Ok(());
    };
    if node.kind() != Kind::Array {
        steps.read(node, FILTER_TEXT_BYTES_MAX)?;
        if let Some(value) = Scalar::read(node) {
            each(&value);
        }
        return Ok(());
    }
    for element in node.items() {
        steps.take(1)?;
        steps.read(element, FILTER_TEXT_BYTES_MAX)?;
        if let Some(value) = Scalar::read(element) {
            each(&value);
        }
    }
    Ok(())
}
