//! Filters against a plain evaluator that walks filter and payload as trees.

use std::cmp::Ordering;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::*;

fn holds(pattern: &Value, at: Option<&Value>) -> bool {
    match pattern {
        Value::Object(members) => members.iter().all(|(name, argument)| member_holds(name, argument, at)),
        Value::Array(values) => is_one_of(values, at),
        value => is_one_of(std::slice::from_ref(value), at),
    }
}

fn member_holds(name: &str, argument: &Value, at: Option<&Value>) -> bool {
    let list = || argument.as_array().unwrap();
    let compared = |wanted: fn(Ordering) -> bool| {
        elements(at).iter().any(|value| order(value, argument).is_some_and(wanted))
    };
    let string = |test: fn(&str, &str) -> bool| {
        let argument = argument.as_str().unwrap();
        elements(at).iter().any(|value| value.as_str().is_some_and(|text| test(text, argument)))
    };
    match name {
        "$and" => list().iter().all(|pattern| holds(pattern, at)),
        "$or" => list().iter().any(|pattern| holds(pattern, at)),
        "$not" => !holds(argument, at),
        "$in" => is_one_of(list(), at),
        "$nin" => !is_one_of(list(), at),
        "$ne" => !is_one_of(std::slice::from_ref(argument), at),
        "$gt" => compared(Ordering::is_gt),
        "$gte" => compared(Ordering::is_ge),
        "$lt" => compared(Ordering::is_lt),
        "$lte" => compared(Ordering::is_le),
        "$exists" => at.is_some() == argument.as_bool().unwrap(),
        "$startsWith" => string(|text, start| text.starts_with(start)),
        "$endsWith" => string(|text, end| text.ends_with(end)),
        "$elemMatch" => at
            .and_then(Value::as_array)
            .is_some_and(|elements| elements.iter().any(|element| holds(argument, Some(element)))),
        field => holds(argument, at.and_then(|object| object.get(field))),
    }
}

fn elements(at: Option<&Value>) -> &[Value] {
    match at {
        Some(Value::Array(elements)) => elements,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

fn is_one_of(values: &[Value], at: Option<&Value>) -> bool {
    if at.is_none() {
        return values.contains(&Value::Null);
    }
    let equal =
        |a: &Value, b: &Value| order(a, b).map_or(a == b && !a.is_object() && !a.is_array(), Ordering::is_eq);
    elements(at).iter().any(|element| values.iter().any(|value| equal(element, value)))
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.chars().cmp(b.chars())),
        _ => None,
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(1.0),
        json!(1.5),
        json!(-2),
        json!(10),
        json!(""),
        json!("a"),
        json!("ab"),
        json!("b\n"),
        json!("é"),
        json!("1"),
        json!("😀"),
        json!("\u{ff5e}"),
    ])
}

fn bound() -> impl Strategy<Value = Value> {
    scalar().prop_filter("has an order", |value| value.is_number() || value.is_string())
}

fn field() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "c", "é\""]).prop_map(str::to_owned)
}

fn object(
    name: impl Strategy<Value = String> + 'static,
    member: BoxedStrategy<Value>,
) -> BoxedStrategy<Value> {
    btree_map(name, member, 1..4).prop_map(|members| Value::Object(members.into_iter().collect())).boxed()
}

fn single(
    name: &'static str,
    argument: impl Strategy<Value = Value> + 'static,
) -> BoxedStrategy<(String, Value)> {
    argument.prop_map(move |argument| (name.to_owned(), argument)).boxed()
}

/// A payload, or a part of one.
fn payload() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            object(field(), inner.clone().boxed()),
            object(field(), inner.boxed()),
        ]
    })
}

/// A pattern for a field or an element.
fn pattern(depth: u32) -> BoxedStrategy<Value> {
    let values = vec(scalar(), 1..4).prop_map(Value::from).boxed();
    let operator = prop_oneof![
        single("$in", values.clone()),
        single("$nin", values.clone()),
        single("$ne", scalar()),
        single("$gt", bound()),
        single("$gte", bound()),
        single("$lt", bound()),
        single("$lte", bound()),
        single("$exists", any::<bool>().prop_map(Value::from)),
        single("$startsWith", select(vec!["", "a", "b\n"]).prop_map(Value::from)),
        single("$endsWith", select(vec!["", "b", "\n"]).prop_map(Value::from)),
    ];
    let operators = vec(operator.boxed(), 1..3).prop_map(|pairs| Value::Object(pairs.into_iter().collect()));
    if depth == 0 {
        return prop_oneof![scalar(), values, operators].boxed();
    }
    let element =
        single("$elemMatch", pattern(depth - 1)).prop_map(|pair| Value::Object(Map::from_iter([pair])));
    prop_oneof![scalar(), values, operators, element, fields(depth), logic(pattern(depth - 1))].boxed()
}

fn fields(depth: u32) -> BoxedStrategy<Value> {
    object(field(), pattern(depth - 1))
}

fn logic(inner: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let list = vec(inner.clone(), 1..4).prop_map(Value::from).boxed();
    let operator = prop_oneof![single("$and", list.clone()), single("$or", list), single("$not", inner)];
    vec(operator, 1..3).prop_map(|pairs| Value::Object(pairs.into_iter().collect())).boxed()
}

/// A whole filter.
pub(crate) fn filter() -> impl Strategy<Value = Value> {
    let plain = fields(3);
    prop_oneof![
        plain.clone(),
        logic(plain.clone()),
        (plain, logic(fields(2))).prop_map(|(mut fields, mut logic)| {
            fields.as_object_mut().unwrap().append(logic.as_object_mut().unwrap());
            fields
        })
    ]
}

/// JSON that looks like a filter here and there.
fn anything() -> impl Strategy<Value = Value> {
    let name = prop_oneof![field(), select(OPERATOR_LIKE.to_vec()).prop_map(str::to_owned), ".{0,3}"];
    scalar().prop_recursive(6, 60, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(name.clone(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

const OPERATOR_LIKE: [&str; 16] = [
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
    "$",
    "$eq",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn filters_mean_what_the_reference_says(filter in filter(), payloads in vec(payload(), 8)) {
        let compiled = Filter::compile(&filter.to_string()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for payload in payloads {
            let text = payload.to_string();
            prop_assert_eq!(
                compiled.matches(&Document::index(&text).unwrap()),
                holds(&filter, Some(&payload)),
                "{} over {}", filter, text
            );
        }
    }

    #[test]
    fn compiling_any_json_ends_in_a_filter_or_an_error(json in anything(), payload in payload()) {
        if let Ok(filter) = Filter::compile(&json.to_string()) {
            filter.matches(&Document::index(&payload.to_string()).unwrap());
        }
    }

    #[test]
    fn compiling_any_text_ends_in_a_filter_or_an_error(text in ".{0,60}") {
        let _ = Filter::compile(&text);
    }

    #[test]
    fn a_payload_without_what_is_required_is_not_matched(filter in filter(), payload in payload()) {
        let filter = Filter::compile(&filter.to_string()).unwrap();
        let text = payload.to_string();
        let document = Document::index(&text).unwrap();
        if filter.matches(&document) {
            for required in filter.requirements() {
                let at = required.path.iter().try_fold(document.root(), |object, name| object.get(name));
                let mut found = false;
                offered(at, &mut Steps::default(), |value| found |= required.values.contains(value)).unwrap();
                prop_assert!(found, "{:?} over {}", required, text);
            }
        }
    }
}
