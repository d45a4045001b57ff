//! Why a filter is refused, and where in it.

use std::fmt;

use crate::json;
use crate::limits::{
    FILTER_BYTES_MAX, FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX, FILTER_TEXT_BYTES_MAX, FILTER_VALUES_MAX,
};

/// Every operator there is.
pub(super) const OPERATORS: [&str; 14] = [
    "$in",
    "$nin",
    "$ne",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$exists",
    "$startsWith",
    "$endsWith",
    "$elemMatch",
    "$not",
    "$or",
    "$and",
];

/// A fault in a filter, and the place. `Display` writes both: `filter.price.$gtt: is no operator; ..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The way to the fault: names, cut when long, and positions in lists as `[0]`.
    pub path: Vec<String>,
    /// The fault.
    pub problem: FilterProblem,
}

/// What is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterProblem {
    /// The text is not JSON.
    #[error("{0}")]
    Json(json::Error),
    /// The text is too long.
    #[error("a filter may have at most {FILTER_BYTES_MAX} bytes")]
    TooLong,
    /// Nested too deeply.
    #[error("a filter may be nested at most {FILTER_DEPTH_MAX} levels deep")]
    TooDeep,
    /// Too many names and operators.
    #[error("a filter may have at most {FILTER_CONDITIONS_MAX} fields and operators")]
    TooManyConditions,
    /// Too many values.
    #[error("a filter may compare with at most {FILTER_VALUES_MAX} values")]
    TooManyValues,
    /// A long name, string or number.
    #[error("names, strings and numbers may have at most {FILTER_TEXT_BYTES_MAX} bytes")]
    LongText,
    /// A number beyond all measure.
    #[error("the number's exponent is out of range")]
    Exponent,
    /// A name that is there already.
    #[error("is given twice")]
    Repeated,
    /// Begins with a dollar sign, but nothing of that name exists.
    #[error("is no operator; there are {}", OPERATORS.join(", "))]
    UnknownOperator,
    /// An operator that needs a value, where only fields are.
    #[error("belongs under a field's name; only $and, $or and $not may stand here")]
    NeedsField,
    /// Fields and operators side by side.
    #[error("field names can't stand beside operators other than $and, $or and $not")]
    Mixed,
    /// `{}` in a filter.
    #[error("an empty object asks nothing; leave it out, or ask for {{\"$exists\": true}}")]
    EmptyObject,
    /// `[]`.
    #[error("an empty list matches nothing")]
    EmptyList,
    /// Something else where fields are.
    #[error("must be an object")]
    NotAnObject,
    /// Something else where alternatives are.
    #[error("must be a list")]
    NotAList,
    /// A list or object among values.
    #[error("must be a string, a number, true, false or null")]
    NotAValue,
    /// A bound without order.
    #[error("must be a number or a string")]
    NotABound,
    /// `$exists` of something else.
    #[error("must be true or false")]
    NotABool,
    /// `$startsWith` of something else.
    #[error("must be a string")]
    NotAString,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("filter")?;
        for step in &self.path {
            let separator = if step.starts_with('[') { "" } else { "." };
            write!(f, "{separator}{step}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for FilterError {}
