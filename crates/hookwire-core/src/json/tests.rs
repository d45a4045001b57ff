//! The index agrees with serde_json on what is JSON and on what it means.

use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

use super::*;

/// What a node means, as serde_json has it.
fn value(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => Value::Bool(node.as_bool().unwrap()),
        Kind::Number => serde_json::from_str(node.number_text().unwrap()).unwrap(),
        Kind::String => Value::String(node.as_str().unwrap().into_owned()),
        Kind::Array => node.items().map(value).collect(),
        Kind::Object => node.members().map(|(name, member)| (name.into_owned(), value(member))).collect(),
    }
}

/// Every name and item is found from above too.
fn is_found(node: Node<'_>, expected: &Value) -> bool {
    match expected {
        Value::Object(members) => {
            members.iter().all(|(name, member)| node.get(name).is_some_and(|found| is_found(found, member)))
        }
        Value::Array(items) => node.items().zip(items).all(|(found, item)| is_found(found, item)),
        scalar => value(node) == *scalar,
    }
}

/// Compares with serde_json; answers whether it is JSON.
fn agrees(text: &str) -> bool {
    let accepted = serde_json::from_str::<&RawValue>(text).is_ok();
    let indexed = Document::index(text);
    assert_eq!(indexed.is_ok(), accepted, "{text:?}: {indexed:?}");
    if let (Ok(document), Ok(expected)) = (&indexed, serde_json::from_str::<Value>(text)) {
        assert_eq!(value(document.root()), expected, "{text:?}");
        assert!(is_found(document.root(), &expected), "{text:?}");
        let again = serde_json::from_str::<Value>(document.root().text());
        assert_eq!(again.unwrap(), expected, "{text:?}");
    }
    accepted
}

#[test]
fn texts_are_accepted_as_by_serde_json() {
    for text in [
        "{}",
        "[]",
        " \t\r\n[ ] ",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1.50",
        "-12e+3",
        "1E-2",
        r#""""#,
        r#""\u0000""#,
        r#"{"a":{"b":[1,{"c":null},[]],"d":{}},"e":"f"}"#,
        r#"{"a":1,"a":2,"\u0061":3}"#,
        r#""\ud83d\ude00\"\\\/\b\f\n\r\t""#,
        r#"[[[[]]],{"":{"":""}}]"#,
        "\"\u{7f}é😀 long enough for several words\"",
        "1e400",
        r#""\ud800 x""#,
    ] {
        assert!(agrees(text), "{text}");
    }
}

#[test]
fn texts_are_refused_as_by_serde_json() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1]",
        "[1}",
        "nul",
        "nulls",
        "tru",
        "True",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "--1",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u12",
        "\"\n\"",
        "\"\u{1f}12345678\"",
        "1 2",
        "[]]",
        "\u{feff}1",
        "{\"a\":1 \"b\":2}",
        "[1]x",
        "'a'",
        "\u{a0}1",
        "{,}",
    ] {
        assert!(!agrees(text), "{text}");
    }
}

#[test]
fn a_fault_is_placed() {
    let fault = |text| Document::index(text).unwrap_err().to_string();
    assert_eq!(fault("[1, }"), "invalid JSON at byte 4: a value is missing");
    assert_eq!(fault("{\"a\":1"), "invalid JSON at byte 6: a comma or } is missing");
}

#[test]
fn depth_costs_no_stack() {
    let depth = 500_000;
    let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let document = Document::index(&text).unwrap();
    let mut node = document.root();
    let mut levels = 1;
    while let Some(inner) = node.items().next() {
        node = inner;
        levels += 1;
    }
    assert_eq!(levels, depth);
    assert!(Document::index(&text[1..]).is_err());
}

#[test]
fn values_of_other_kinds_are_absent() {
    let document = Document::index(r#"{"a":[1],"b":"x"}"#).unwrap();
    let (root, list) = (document.root(), document.root().get("a").unwrap());
    assert!(root.as_str().is_none() && root.as_bool().is_none() && root.number_text().is_none());
    assert!(list.get("a").is_none() && list.members().next().is_none());
    assert!(root.items().next().is_none() && root.get("c").is_none());
    assert!(root.get("b").unwrap().get("x").is_none());
}

#[test]
fn the_last_of_repeated_names_wins_in_small_and_large_objects() {
    for members in [1, LINEAR_MEMBERS_MAX / 2, LINEAR_MEMBERS_MAX + 1, 5_000] {
        let members: Vec<_> = (0..members).flat_map(|n| [(n, "a"), (n, "b")]).collect();
        let members: Vec<_> =
            members.iter().map(|(n, word)| format!(r#""k\u002d{n}":{{"v":["{word}{n}"]}}"#)).collect();
        let text = format!("{{{}}}", members.join(","));
        assert!(agrees(&text));
        let document = Document::index(&text).unwrap();
        assert_eq!(document.root().get("k-0").unwrap().text(), r#"{"v":["b0"]}"#);
        assert!(document.root().get("k").is_none() && document.root().get(r"k\u002d0").is_none());
    }
}

#[test]
fn a_string_can_be_read_in_part() {
    let text = format!(r#"["{}","{}"]"#, r"\n".repeat(1_000), "x".repeat(1_000));
    let document = Document::index(&text).unwrap();
    let strings: Vec<_> = document.root().items().map(|item| item.str_up_to(10).unwrap()).collect();
    assert!((11..20).contains(&strings[0].len()) && strings[0].chars().all(|c| c == '\n'));
    assert!(strings[1].len() > 10);
    for (escape, meaning) in [(r"\ud83d\ude00", "😀"), (r"\u0061", "a"), ("x\\n", "x\n"), (r"\u00e9é", "éé")]
    {
        let text = format!("\"{}\"", escape.repeat(100));
        for bytes in 0..20 {
            let document = Document::index(&text).unwrap();
            let read = document.root().str_up_to(bytes).unwrap();
            assert_eq!(read.as_bytes()[..=bytes], meaning.repeat(100).as_bytes()[..=bytes]);
        }
    }
    let whole: Vec<_> = document.root().items().map(|item| item.as_str().unwrap().len()).collect();
    assert_eq!(whole, [1_000, 1_000]);
}

#[test]
fn half_a_surrogate_pair_reads_as_the_replacement_character() {
    let meaning = |text: &str| Document::index(text).unwrap().root().as_str().unwrap().into_owned();
    assert_eq!(meaning(r#""a\ud800b""#), "a\u{fffd}b");
    assert_eq!(meaning(r#""\ude00\ud83d""#), "\u{fffd}\u{fffd}");
    assert_eq!(meaning(r#""\ud83d\u0041""#), "\u{fffd}A");
    assert_eq!(meaning(r#""\ud83d\ud83d\ude00""#), "\u{fffd}😀");
}

#[test]
fn a_lookup_costs_what_it_compares() {
    let cost = |text: &str, name: &str| Document::index(text).unwrap().root().get_cost(name);
    let object = |members: usize, name: &str| {
        let members: Vec<_> = (0..members).map(|number| format!(r#""{name}{number}":0"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_eq!([cost("7", "a"), cost("[1,2]", "a"), cost("{}", "a"), cost(r#"{"a":1}"#, "a")], [0, 0, 0, 1]);
    assert_eq!(cost(&object(10, "k"), "a"), 10);
    assert_eq!(cost(&object(10, "k"), &"a".repeat(160)), 110);
    // A table is looked into once.
    assert_eq!(cost(&object(5_000, "k"), "a"), LINEAR_MEMBERS_MAX + 1);
    // Names with escapes are read, which costs their length.
    assert_eq!(cost(&object(10, r"\n"), "abc"), 110);
    assert_eq!(cost(&format!(r#"{{"a":{}}}"#, object(10, r"\n")), "abc"), 11);
    assert!(!Document::index(r#"{"\n":1}"#).unwrap().root().is_escaped());
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((".{0,3}", inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Pieces that make texts which are nearly JSON.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\"a\"", "\"a\":", "\\u00", "\\ud83d", "\\ude00", "\\n",
        "1", "-", "0", ".", "e", "+", "null", "true", "false", " ", "\n", "é", "\u{1}", "{}", "[]", "[1,",
        "]}",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_value_reads_as_it_was_written(value in json()) {
        prop_assert!(agrees(&serde_json::to_string(&value).unwrap()));
        prop_assert!(agrees(&serde_json::to_string_pretty(&value).unwrap()));
    }

    #[test]
    fn any_text_is_judged_as_by_serde_json(text in prop_oneof![pieces(), ".{0,40}".prop_map(|text| format!("\"{text}\""))]) {
        agrees(&text);
    }

    #[test]
    fn a_cut_text_is_refused_without_panic(value in json(), at in any::<prop::sample::Index>()) {
        let text = serde_json::to_string(&value).unwrap();
        let cut = text.get(..at.index(text.len())).unwrap_or_default();
        agrees(cut);
    }
}
