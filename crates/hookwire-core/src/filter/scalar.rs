//! Strings, numbers, booleans and null as filters compare them.

use std::borrow::Cow;

use super::decimal::Decimal;
use crate::json::{Kind, Node};
use crate::limits::FILTER_TEXT_BYTES_MAX;

/// A value that is neither list nor object. Different types are never equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Number(Decimal<'a>),
    Text(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    /// Reads a value; `None` for lists and objects. Of a string that is longer than any in a filter, at least so much
    /// is read that it compares as the whole would.
    pub(crate) fn read(node: Node<'a>) -> Option<Self> {
        Some(match node.kind() {
            Kind::Null => Self::Null,
            Kind::Bool => Self::Bool(node.as_bool()?),
            Kind::Number => Self::Number(Decimal::read(node.text())),
            Kind::String => Self::Text(node.str_up_to(FILTER_TEXT_BYTES_MAX)?),
            Kind::Array | Kind::Object => return None,
        })
    }

    pub(super) fn into_owned(self) -> Scalar<'static> {
        match self {
            Self::Null => Scalar::Null,
            Self::Bool(value) => Scalar::Bool(value),
            Self::Number(number) => Scalar::Number(number.into_owned()),
            Self::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
        }
    }
}
