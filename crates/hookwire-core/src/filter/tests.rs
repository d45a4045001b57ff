//! What filters mean, value by value, and how faults in them are told.

mod reference;

use super::*;
use crate::limits::{
    FILTER_BYTES_MAX, FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX, FILTER_STEPS_MAX, FILTER_TEXT_BYTES_MAX,
    FILTER_VALUES_MAX,
};

fn matches(filter: &str, payload: &str) -> bool {
    let filter = Filter::compile(filter).unwrap_or_else(|error| panic!("{error}"));
    filter.matches(&Document::index(payload).unwrap())
}

/// Each filter with payloads that it matches and some that it does not.
fn check(cases: &[(&str, &[&str], &[&str])]) {
    for (filter, matched, others) in cases {
        for payload in *matched {
            assert!(matches(filter, payload), "{filter} should match {payload}");
        }
        for payload in *others {
            assert!(!matches(filter, payload), "{filter} should not match {payload}");
        }
    }
}

fn fault(filter: &str) -> String {
    Filter::compile(filter).unwrap_err().to_string()
}

#[test]
fn fields_are_compared_with_values_and_lists_of_them() {
    check(&[
        ("{}", &["{}", r#"{"a":1}"#, "1", "[]"], &[]),
        (
            r#"{"type":["product","page"],"data":{"price":{"$gte":100}},"action":{"$in":["Create","Update"]}}"#,
            &[r#"{"action":"Update","type":"page","data":{"price":100.0,"x":[]},"y":null}"#],
            &[
                r#"{"action":"Update","type":"page","data":{"price":99.9}}"#,
                r#"{"action":"Delete","type":"page","data":{"price":100}}"#,
                r#"{"type":"page","data":{"price":100}}"#,
                r#"{"action":"Update","type":"page","data":[{"price":100}]}"#,
                "[]",
            ],
        ),
        (r#"{"a":"x\u00e9"}"#, &[r#"{"a":"xé"}"#, r#"{"\u0061":"\u0078\u00e9"}"#], &[r#"{"a":"x"}"#]),
        (r#"{"a.b":1}"#, &[r#"{"a.b":1}"#], &[r#"{"a":{"b":1}}"#]),
        (r#"{"":{"":1}}"#, &[r#"{"":{"":1}}"#], &[r#"{"":1}"#]),
        (r#"{"a":1}"#, &[r#"{"a":2,"a":1}"#], &[r#"{"a":1,"a":2}"#]),
    ]);
}

#[test]
fn types_are_kept_apart_and_numbers_are_exact() {
    check(&[
        (
            r#"{"a":5}"#,
            &[r#"{"a":5}"#, r#"{"a":5.00}"#, r#"{"a":0.5e1}"#],
            &[r#"{"a":"5"}"#, r#"{"a":[[5]]}"#],
        ),
        (r#"{"a":"5"}"#, &[r#"{"a":"5"}"#], &[r#"{"a":5}"#]),
        (r#"{"a":true}"#, &[r#"{"a":true}"#], &[r#"{"a":false}"#, r#"{"a":1}"#, r#"{"a":"true"}"#]),
        (r#"{"a":0}"#, &[r#"{"a":-0}"#, r#"{"a":0e9}"#], &[r#"{"a":false}"#, r#"{"a":null}"#, r#"{"a":""}"#]),
        (r#"{"a":9007199254740993}"#, &[r#"{"a":9007199254740993}"#], &[r#"{"a":9007199254740992}"#]),
        (r#"{"a":{"$gt":9007199254740992}}"#, &[r#"{"a":9007199254740993}"#], &[r#"{"a":9007199254740992}"#]),
        (
            r#"{"a":{"$gt":1e400}}"#,
            &[r#"{"a":1e401}"#, r#"{"a":1e99999999999999999999}"#],
            &[r#"{"a":1e400}"#],
        ),
    ]);
}

#[test]
fn null_stands_for_what_is_null_or_missing() {
    check(&[
        (r#"{"a":null}"#, &["{}", r#"{"a":null}"#, r#"{"a":[1,null]}"#], &[r#"{"a":0}"#, r#"{"a":[]}"#]),
        (r#"{"a":{"b":null}}"#, &["{}", r#"{"a":1}"#, r#"{"a":{}}"#], &[r#"{"a":{"b":0}}"#]),
        (r#"{"a":{"$ne":null}}"#, &[r#"{"a":0}"#, r#"{"a":[]}"#], &["{}", r#"{"a":null}"#]),
        (r#"{"a":{"$in":[1,null]}}"#, &["{}", r#"{"a":1}"#], &[r#"{"a":2}"#]),
        (r#"{"a":{"$exists":true}}"#, &[r#"{"a":null}"#], &["{}", "1"]),
        (r#"{"a":{"b":{"$exists":false}}}"#, &["{}", r#"{"a":[{"b":1}]}"#], &[r#"{"a":{"b":1}}"#]),
        (r#"{"a":{"$exists":true,"$in":[null]}}"#, &[r#"{"a":null}"#], &["{}", r#"{"a":1}"#]),
    ]);
}

#[test]
fn denials_match_what_is_missing_and_comparisons_do_not() {
    check(&[
        (r#"{"a":{"$ne":1}}"#, &["{}", r#"{"a":2}"#, r#"{"a":"1"}"#, r#"{"a":{}}"#], &[r#"{"a":1}"#]),
        (r#"{"a":{"$nin":[1,"x"]}}"#, &["{}", r#"{"a":2}"#, "1"], &[r#"{"a":1}"#, r#"{"a":["y","x"]}"#]),
        (r#"{"a":{"$not":{"$gt":1}}}"#, &["{}", r#"{"a":1}"#, r#"{"a":"2"}"#], &[r#"{"a":2}"#]),
        (r#"{"a":{"$not":["x","y"]}}"#, &["{}", r#"{"a":"z"}"#], &[r#"{"a":"x"}"#]),
        (r#"{"$not":{"a":1,"b":1}}"#, &["{}", r#"{"a":1}"#], &[r#"{"a":1,"b":1}"#]),
        (
            r#"{"a":{"$gt":1}}"#,
            &[r#"{"a":1.5}"#],
            &["{}", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":"2"}"#, r#"{"a":{}}"#],
        ),
        (r#"{"a":{"$lte":1}}"#, &[r#"{"a":1}"#, r#"{"a":-3}"#], &["{}", r#"{"a":1.01}"#]),
        (r#"{"a":{"$lt":1,"$gte":0}}"#, &[r#"{"a":0}"#], &[r#"{"a":-1}"#, r#"{"a":1}"#]),
        (
            r#"{"a":{"$gte":"b"}}"#,
            &[r#"{"a":"b"}"#, r#"{"a":"ba"}"#, r#"{"a":"\uff5e"}"#],
            &[r#"{"a":"B"}"#, r#"{"a":9}"#],
        ),
        // By code points: UTF-16 would have it the other way round.
        (r#"{"a":{"$lt":"😀"}}"#, &[r#"{"a":"\uff5e"}"#], &[r#"{"a":"\ud83d\ude01"}"#]),
        (
            r#"{"a":{"$startsWith":"é\n"}}"#,
            &[r#"{"a":"\u00e9\nx"}"#, r#"{"a":"é\n"}"#],
            &["{}", r#"{"a":"é"}"#, r#"{"a":1}"#],
        ),
        (
            r#"{"a":{"$endsWith":".pdf"}}"#,
            &[r#"{"a":"x\u002epdf"}"#, r#"{"a":["a",".pdf"]}"#],
            &[r#"{"a":".pdf "}"#],
        ),
    ]);
}

#[test]
fn a_list_is_matched_by_any_of_its_elements() {
    check(&[
        (
            r#"{"a":"x"}"#,
            &[r#"{"a":["y","x"]}"#],
            &[r#"{"a":["y"]}"#, r#"{"a":[["x"]]}"#, r#"{"a":{"x":"x"}}"#],
        ),
        // Different elements may meet the two.
        (r#"{"a":{"$gt":5,"$lt":3}}"#, &[r#"{"a":[1,9]}"#], &[r#"{"a":[4]}"#, r#"{"a":[9]}"#]),
        (
            r#"{"a":{"$elemMatch":{"$gt":3,"$lt":5}}}"#,
            &[r#"{"a":[1,4]}"#],
            &[r#"{"a":[1,9]}"#, r#"{"a":4}"#, "{}"],
        ),
        (
            r#"{"lines":{"$elemMatch":{"sku":["A","B"],"$not":{"qty":{"$lt":2}},"tags":"new"}}}"#,
            &[r#"{"lines":[1,{"sku":"A","qty":1},{"sku":"B","qty":2,"tags":["new"]}]}"#],
            &[
                r#"{"lines":[{"sku":"A","qty":1,"tags":"new"},{"sku":"C","qty":2,"tags":"new"}]}"#,
                r#"{"lines":[]}"#,
            ],
        ),
        (r#"{"a":{"$elemMatch":"x"}}"#, &[r#"{"a":["x"]}"#, r#"{"a":[["x"]]}"#], &[r#"{"a":"x"}"#]),
        (r#"{"a":{"$elemMatch":{"$elemMatch":{"$gt":1}}}}"#, &[r#"{"a":[[1],[2]]}"#], &[r#"{"a":[2]}"#]),
        (r#"{"a":{"b":1}}"#, &[], &[r#"{"a":[{"b":1}]}"#]),
    ]);
}

#[test]
fn alternatives_stand_beside_fields_and_inside_them() {
    check(&[
        (
            r#"{"$or":[{"a":1},{"b":{"$gt":1}}],"c":1}"#,
            &[r#"{"a":1,"c":1}"#, r#"{"b":2,"c":1}"#],
            &[r#"{"a":1}"#, r#"{"c":1}"#],
        ),
        (r#"{"$and":[{"a":1},{"$or":[{"b":1},{"b":2}]}]}"#, &[r#"{"a":1,"b":2}"#], &[r#"{"a":1}"#]),
        (
            r#"{"a":{"$or":[{"$lt":1},{"$gt":5},"x"]}}"#,
            &[r#"{"a":0}"#, r#"{"a":6}"#, r#"{"a":"x"}"#],
            &[r#"{"a":3}"#],
        ),
        (
            r#"{"a":{"$gt":1,"$not":7,"$and":[{"$lt":9}]}}"#,
            &[r#"{"a":2}"#],
            &[r#"{"a":7}"#, r#"{"a":9}"#, r#"{"a":1}"#],
        ),
        (r#"{"a":{"b":1,"$or":[{"c":1},{"d":1}]}}"#, &[r#"{"a":{"b":1,"d":1}}"#], &[r#"{"a":{"b":1}}"#]),
    ]);
}

#[test]
fn faults_are_told_with_their_place() {
    let unknown = "is no operator; there are $in, $nin, $ne, $gt, $gte, $lt, $lte, $exists, $startsWith, $endsWith, \
                   $elemMatch, $not, $or, $and";
    for (filter, expected) in [
        (r#"{"payload":{"price":{"$gtt":1}}}"#, format!("filter.payload.price.$gtt: {unknown}")),
        (r#"{"$where":1}"#, format!("filter.$where: {unknown}")),
        (r#"{"$or":[{"a":1},{"b":{"$in":"x"}}]}"#, "filter.$or[1].b.$in: must be a list".to_owned()),
        (r#"{"$or":[1]}"#, "filter.$or[0]: must be an object".to_owned()),
        ("[]", "filter: must be an object".to_owned()),
        ("null", "filter: must be an object".to_owned()),
        ("{", "filter: invalid JSON at byte 1: a name in quotes is missing".to_owned()),
        (r#"{"a":[]}"#, "filter.a: an empty list matches nothing".to_owned()),
        (r#"{"$and":[]}"#, "filter.$and: an empty list matches nothing".to_owned()),
        (
            r#"{"a":{}}"#,
            r#"filter.a: an empty object asks nothing; leave it out, or ask for {"$exists": true}"#
                .to_owned(),
        ),
        (
            r#"{"$not":{}}"#,
            r#"filter.$not: an empty object asks nothing; leave it out, or ask for {"$exists": true}"#
                .to_owned(),
        ),
        (r#"{"a":[1,[2]]}"#, "filter.a[1]: must be a string, a number, true, false or null".to_owned()),
        (
            r#"{"a":{"$ne":{"b":1}}}"#,
            "filter.a.$ne: must be a string, a number, true, false or null".to_owned(),
        ),
        (
            r#"{"a":{"b":1,"$gt":1}}"#,
            "filter.a: field names can't stand beside operators other than $and, $or and $not".to_owned(),
        ),
        (
            r#"{"$gt":1}"#,
            "filter.$gt: belongs under a field's name; only $and, $or and $not may stand here".to_owned(),
        ),
        (
            r#"{"$not":{"$exists":true}}"#,
            "filter.$not.$exists: belongs under a field's name; only $and, $or and $not may stand here"
                .to_owned(),
        ),
        (r#"{"a":1,"b":2,"\u0061":1}"#, "filter.a: is given twice".to_owned()),
        (r#"{"a":{"$gt":true}}"#, "filter.a.$gt: must be a number or a string".to_owned()),
        (r#"{"a":{"$lt":[1]}}"#, "filter.a.$lt: must be a number or a string".to_owned()),
        (r#"{"a":{"$exists":1}}"#, "filter.a.$exists: must be true or false".to_owned()),
        (r#"{"a":{"$endsWith":1}}"#, "filter.a.$endsWith: must be a string".to_owned()),
        (r#"{"a":1e1000000001}"#, "filter.a: the number's exponent is out of range".to_owned()),
        (r#"{"a":-1e-99999999999999999999}"#, "filter.a: the number's exponent is out of range".to_owned()),
    ] {
        assert_eq!(fault(filter), expected, "{filter}");
    }
}

/// A problem, the limit that it speaks of, and a filter of that size.
type Case<'a> = (FilterProblem, usize, &'a dyn Fn(usize) -> String);

#[test]
fn every_limit_is_kept() {
    let list = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let fields = |count: usize| (0..count).map(|n| format!(r#""f{n}":1"#)).collect::<Vec<_>>().join(",");
    let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let text = |bytes: usize| "x".repeat(bytes);
    let cases: [Case<'_>; 8] = [
        (FilterProblem::TooManyValues, FILTER_VALUES_MAX, &|n| format!(r#"{{"a":[{}]}}"#, list(n))),
        (FilterProblem::TooManyConditions, FILTER_CONDITIONS_MAX, &|n| format!("{{{}}}", fields(n))),
        (FilterProblem::TooDeep, FILTER_DEPTH_MAX, &nested),
        (FilterProblem::LongText, FILTER_TEXT_BYTES_MAX, &|n| format!(r#"{{"a":"{}"}}"#, text(n))),
        (FilterProblem::LongText, FILTER_TEXT_BYTES_MAX, &|n| {
            format!(r#"{{"a":"{}"}}"#, "\\u0061".repeat(n))
        }),
        (FilterProblem::LongText, FILTER_TEXT_BYTES_MAX, &|n| format!(r#"{{"{}":1}}"#, text(n))),
        (FilterProblem::LongText, FILTER_TEXT_BYTES_MAX, &|n| format!(r#"{{"a":{}}}"#, "1".repeat(n))),
        (FilterProblem::TooLong, FILTER_BYTES_MAX, &|n| format!(r#"{{"a":1{}}}"#, " ".repeat(n - 7))),
    ];
    for (problem, limit, make) in cases {
        assert!(Filter::compile(&make(limit)).is_ok(), "{problem:?}");
        assert_eq!(Filter::compile(&make(limit + 1)).unwrap_err().problem, problem);
    }
    let error = fault(&format!(r#"{{"{}":{{"$x":1}}}}"#, "é".repeat(400)));
    assert!(error.starts_with(&format!("filter.{}...$x: ", "é".repeat(64))), "{error}");
}

#[test]
fn filters_are_equal_when_they_ask_the_same() {
    let compile = |text: &str| Filter::compile(text).unwrap();
    let filter = compile(r#" {"a": ["x", "y", "x"]} "#);
    assert_eq!(filter.source(), r#"{"a": ["x", "y", "x"]}"#);
    assert_eq!(filter, compile(r#"{"\u0061":{"$in":["y","x"]}}"#));
    assert_ne!(filter, compile(r#"{"a":["x"]}"#));
    assert_eq!(compile(r#"{"a":1.0}"#), compile(r#"{"a":10e-1}"#));
    assert_eq!(format!("{filter:?}"), r#"Filter("{\"a\": [\"x\", \"y\", \"x\"]}")"#);
}

#[test]
fn what_cannot_be_decided_in_time_counts_as_matched() {
    let numbers = |count: u32| format!(r#"{{"a":[{}0]}}"#, "1,".repeat(count as usize));
    let (few, many) = (numbers(FILTER_STEPS_MAX / 2 - 9), numbers(FILTER_STEPS_MAX + 1));
    for filter in [
        r#"{"a":2}"#,
        r#"{"a":{"$gt":2}}"#,
        r#"{"a":{"$elemMatch":{"$gt":2}}}"#,
        r#"{"a":{"$not":{"$ne":2}}}"#,
    ] {
        assert!(!matches(filter, &few), "{filter}");
        assert!(matches(filter, &many), "{filter}");
    }
    // Two conditions on each element take twice as long.
    let filter = r#"{"a":{"$elemMatch":{"$gt":2,"$lt":3}}}"#;
    assert!(!matches(filter, &few) && matches(filter, &numbers(FILTER_STEPS_MAX / 2)));
}

#[test]
fn long_numbers_and_escaped_strings_take_steps() {
    let decided = |filter: String, payload: &str| {
        let (filter, document) = (Filter::compile(&filter).unwrap(), Document::index(payload).unwrap());
        !filter.matches_within(&document, &mut Steps(1_000))
    };
    let digits = format!(r#"{{"a":{}}}"#, "1".repeat(1 << 12));
    let escaped = format!(r#"{{"a":"{}"}}"#, r"\n".repeat(1 << 11));
    let plain = format!(r#"{{"a":"{}"}}"#, "n".repeat(1 << 12));
    let repeated =
        |test: &str, count: usize| format!(r#"{{"a":{{"$or":[{}]}}}}"#, [test].repeat(count).join(","));
    assert!(decided(repeated("2", 3), &digits) && !decided(repeated("2", 4), &digits));
    let ends = r#"{"$endsWith":"x"}"#;
    assert!(decided(repeated(ends, 3), &escaped) && !decided(repeated(ends, 4), &escaped));
    assert!(decided(repeated(ends, 100), &plain));
    assert!(decided(repeated(r#"{"$startsWith":"x"}"#, 100), &escaped));
}
