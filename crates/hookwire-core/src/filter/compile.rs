//! From a filter's JSON text to what it asks, or to the place of a fault.

use std::collections::HashSet;

use super::error::{FilterError, FilterProblem, OPERATORS};
use super::{Relation, Scalar, Test};
use crate::json::{Document, Kind, Node};
use crate::limits::{
    FILTER_BYTES_MAX, FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX, FILTER_TEXT_BYTES_MAX, FILTER_VALUES_MAX,
};

/// Characters of a name that an error shows.
const SHOWN_CHARS_MAX: usize = 64;

/// What a pattern is laid over.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// The whole payload, of which only fields can be asked.
    Payload,
    /// A field or an element.
    Value,
}

/// Reads the text of a whole filter.
pub(super) fn test(source: &str) -> Result<Test, FilterError> {
    let mut compiler = Compiler { path: Vec::new(), conditions: 0, values: 0 };
    if source.len() > FILTER_BYTES_MAX {
        return Err(compiler.fault(FilterProblem::TooLong));
    }
    let document = Document::index(source).map_err(|error| compiler.fault(FilterProblem::Json(error)))?;
    let root = document.root();
    if root.kind() == Kind::Object && root.members().next().is_none() {
        return Ok(Test::All(Box::default()));
    }
    compiler.pattern(root, Place::Payload)
}

struct Compiler {
    path: Vec<String>,
    conditions: usize,
    values: usize,
}

impl Compiler {
    /// An object of fields or operators, a list of values, or a value.
    fn pattern(&mut self, node: Node<'_>, place: Place) -> Result<Test, FilterError> {
        match node.kind() {
            Kind::Object => self.object(node, place),
            _ if place == Place::Payload => Err(self.fault(FilterProblem::NotAnObject)),
            Kind::Array => self.one_of(node),
            _ => self.equal(node),
        }
    }

    fn object(&mut self, node: Node<'_>, place: Place) -> Result<Test, FilterError> {
        let (mut tests, mut names) = (Vec::new(), HashSet::new());
        let (mut fields, mut operators) = (false, false);
        for (name, value) in node.members() {
            self.path.push(shown(&name));
            self.count(&name)?;
            if name.starts_with('$') {
                operators |= !matches!(&*name, "$and" | "$or" | "$not");
                tests.push(self.operator(&name, value, place)?);
            } else {
                fields = true;
                let test = self.pattern(value, Place::Value)?;
                tests.push(Test::Field((&*name).into(), Box::new(test)));
            }
            if !names.insert(name) {
                return Err(self.fault(FilterProblem::Repeated));
            }
            self.path.pop();
        }
        match tests.len() {
            0 => Err(self.fault(FilterProblem::EmptyObject)),
            _ if fields && operators => Err(self.fault(FilterProblem::Mixed)),
            1 => Ok(tests.remove(0)),
            _ => Ok(Test::All(tests.into())),
        }
    }

    fn operator(&mut self, name: &str, node: Node<'_>, place: Place) -> Result<Test, FilterError> {
        match name {
            "$and" => Ok(Test::All(self.patterns(node, place)?)),
            "$or" => Ok(Test::Any(self.patterns(node, place)?)),
            "$not" => Ok(not(self.pattern(node, place)?)),
            _ if place == Place::Payload && OPERATORS.contains(&name) => {
                Err(self.fault(FilterProblem::NeedsField))
            }
            "$in" => self.one_of(node),
            "$nin" => self.one_of(node).map(not),
            "$ne" => self.equal(node).map(not),
            "$gt" => self.compared(Relation::Above, node),
            "$gte" => self.compared(Relation::AtLeast, node),
            "$lt" => self.compared(Relation::Below, node),
            "$lte" => self.compared(Relation::AtMost, node),
            "$exists" => node.as_bool().map(Test::Exists).ok_or_else(|| self.fault(FilterProblem::NotABool)),
            "$startsWith" => self.text(node).map(Test::StartsWith),
            "$endsWith" => self.text(node).map(Test::EndsWith),
            "$elemMatch" => {
                let before = self.conditions;
                let test = self.pattern(node, Place::Value)?;
                Ok(Test::Element(Box::new(test), (self.conditions - before).max(1) as u32))
            }
            _ => Err(self.fault(FilterProblem::UnknownOperator)),
        }
    }

    fn patterns(&mut self, node: Node<'_>, place: Place) -> Result<Box<[Test]>, FilterError> {
        self.each(node, |compiler, item| {
            compiler.count("")?;
            compiler.pattern(item, place)
        })
        .map(Into::into)
    }

    fn one_of(&mut self, node: Node<'_>) -> Result<Test, FilterError> {
        let mut values = self.each(node, Self::value)?;
        values.sort_unstable();
        values.dedup();
        Ok(Test::OneOf(values.into()))
    }

    fn equal(&mut self, node: Node<'_>) -> Result<Test, FilterError> {
        Ok(Test::OneOf([self.value(node)?].into()))
    }

    fn compared(&mut self, relation: Relation, node: Node<'_>) -> Result<Test, FilterError> {
        match self.value(node) {
            Ok(bound @ (Scalar::Number(_) | Scalar::Text(_))) => Ok(Test::Compared(relation, bound)),
            Err(error) if error.problem != FilterProblem::NotAValue => Err(error),
            _ => Err(self.fault(FilterProblem::NotABound)),
        }
    }

    fn text(&mut self, node: Node<'_>) -> Result<Box<str>, FilterError> {
        match self.value(node) {
            Ok(Scalar::Text(text)) => Ok(text.into()),
            Err(error) if error.problem != FilterProblem::NotAValue => Err(error),
            _ => Err(self.fault(FilterProblem::NotAString)),
        }
    }

    fn value(&mut self, node: Node<'_>) -> Result<Scalar<'static>, FilterError> {
        self.values += 1;
        if self.values > FILTER_VALUES_MAX {
            return Err(self.fault(FilterProblem::TooManyValues));
        }
        let value = Scalar::read(node).ok_or_else(|| self.fault(FilterProblem::NotAValue))?;
        let long = match &value {
            Scalar::Text(text) => text.len() > FILTER_TEXT_BYTES_MAX,
            Scalar::Number(number) if !number.is_moderate() => {
                return Err(self.fault(FilterProblem::Exponent));
            }
            Scalar::Number(_) => node.text().len() > FILTER_TEXT_BYTES_MAX,
            Scalar::Null | Scalar::Bool(_) => false,
        };
        if long { Err(self.fault(FilterProblem::LongText)) } else { Ok(value.into_owned()) }
    }

    /// Reads each of a list that is not empty.
    fn each<T>(
        &mut self,
        node: Node<'_>,
        read: impl Fn(&mut Self, Node<'_>) -> Result<T, FilterError>,
    ) -> Result<Vec<T>, FilterError> {
        if node.kind() != Kind::Array {
            return Err(self.fault(FilterProblem::NotAList));
        }
        let mut found = Vec::new();
        for (position, item) in node.items().enumerate() {
            self.path.push(format!("[{position}]"));
            found.push(read(self, item)?);
            self.path.pop();
        }
        if found.is_empty() { Err(self.fault(FilterProblem::EmptyList)) } else { Ok(found) }
    }

    /// One more condition, under this name.
    fn count(&mut self, name: &str) -> Result<(), FilterError> {
        self.conditions += 1;
        if self.conditions > FILTER_CONDITIONS_MAX {
            Err(self.fault(FilterProblem::TooManyConditions))
        } else if self.path.len() > FILTER_DEPTH_MAX {
            Err(self.fault(FilterProblem::TooDeep))
        } else if name.len() > FILTER_TEXT_BYTES_MAX {
            Err(self.fault(FilterProblem::LongText))
        } else {
            Ok(())
        }
    }

    fn fault(&self, problem: FilterProblem) -> FilterError {
        FilterError { path: self.path.clone(), problem }
    }
}

fn not(test: Test) -> Test {
    Test::Not(Box::new(test))
}

/// A name as an error shows it.
fn shown(name: &str) -> String {
    match name.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}..", &name[..end]),
        None => name.to_owned(),
    }
}
