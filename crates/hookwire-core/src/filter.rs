//! Payload filters of endpoints: patterns over JSON, compiled when an endpoint is saved, that always come to an end.

mod compile;
mod decimal;
mod error;
mod evaluate;
mod scalar;
#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

pub use error::{FilterError, FilterProblem};
pub(crate) use evaluate::{Steps, offered};
pub(crate) use scalar::Scalar;

use crate::json::Document;

/// Requirements of one filter that are worth a look.
const REQUIREMENTS_MAX: usize = 4;

/// A compiled filter and the text that it was made of. Filters are equal when they ask the same in the same order,
/// however they are written.
#[derive(Clone)]
pub struct Filter {
    source: Box<str>,
    test: Test,
    /// Equal for equal tests, and next to never for others.
    fingerprint: u64,
    requirements: Box<[Requirement]>,
}

/// What a filter asks of a value, or of a place where no value is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Test {
    /// Each of these holds.
    All(Box<[Test]>),
    /// One of these holds.
    Any(Box<[Test]>),
    /// This does not hold.
    Not(Box<Test>),
    /// This holds for the object's member of that name.
    Field(Box<str>, Box<Test>),
    /// It is one of these, which are in order; so is an element, if it is a list. What is missing counts as null.
    OneOf(Arc<[Scalar<'static>]>),
    /// It, or an element, is of the bound's type and stands so to it.
    Compared(Relation, Scalar<'static>),
    /// Whether there is a value.
    Exists(bool),
    /// It, or an element, is a string that begins so.
    StartsWith(Box<str>),
    /// It, or an element, is a string that ends so.
    EndsWith(Box<str>),
    /// It is a list, and this holds for one of its elements. The number says how many conditions `test` has.
    Element(Box<Test>, u32),
}

/// How a value stands to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Relation {
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// Names from a payload's root to a value.
pub(crate) type Path = Arc<[Box<str>]>;

/// A condition without which a filter matches nothing: one of `values` lies at `path`, or in the list there.
#[derive(Debug, Clone)]
pub(crate) struct Requirement {
    pub(crate) path: Path,
    pub(crate) values: Arc<[Scalar<'static>]>,
}

impl Filter {
    /// Compiles the JSON text of a filter. Takes less than a millisecond for any text.
    pub fn compile(source: &str) -> Result<Self, FilterError> {
        let source = source.trim_ascii();
        let test = compile::test(source)?;
        let mut hasher = DefaultHasher::new();
        test.hash(&mut hasher);
        let mut requirements = Vec::new();
        test.require(&mut Vec::new(), &mut requirements);
        Ok(Self {
            source: source.into(),
            test,
            fingerprint: hasher.finish(),
            requirements: requirements.into(),
        })
    }

    /// The text that it was made of.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it lets `payload` through. So it does when that can't be found out within
    /// [`FILTER_STEPS_MAX`](crate::limits::FILTER_STEPS_MAX): a delivery too many does less harm than a lost one.
    pub fn matches(&self, payload: &Document<'_>) -> bool {
        self.matches_within(payload, &mut Steps::default())
    }

    /// The same, with what others left of the steps.
    pub(crate) fn matches_within(&self, payload: &Document<'_>, steps: &mut Steps) -> bool {
        self.test.holds(Some(payload.root()), steps).unwrap_or(true)
    }

    /// Conditions without which it matches nothing; not all when there are many.
    pub(crate) fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }
}

impl Test {
    fn require(&self, path: &mut Vec<Box<str>>, found: &mut Vec<Requirement>) {
        match self {
            _ if found.len() == REQUIREMENTS_MAX => {}
            Self::All(tests) => tests.iter().for_each(|test| test.require(path, found)),
            Self::Field(name, test) => {
                path.push(name.clone());
                test.require(path, found);
                path.pop();
            }
            Self::OneOf(values) => {
                found.push(Requirement { path: path.as_slice().into(), values: Arc::clone(values) });
            }
            _ => {}
        }
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.test == other.test
    }
}

impl Eq for Filter {}

impl Hash for Filter {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint.hash(state);
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Filter").field(&self.source).finish()
    }
}
