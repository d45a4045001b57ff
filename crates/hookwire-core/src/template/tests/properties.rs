//! What holds for every template and every value.

use std::fmt::Write as _;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

/// Pieces that templates are made of, whole and broken.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        4 => proptest::sample::select(vec![
            "{{", "}}", "{{{", "}}}", "{{#a}}", "{{/a}}", "{{^b}}", "{{/b}}", "{{.}}", "{{#.}}", "{{/.}}", "{{a.b}}",
            "{{&a}}", "{{{b}}}", "{{! c }}", "{{=| |=}}", "|={{ }}=|", "|a|", "|/a|", "{{>p}}", "{{", "=", "\n", "\r\n",
            " ", "\t", "\"", "\\", "é", "{{ a }}", "{{a b}}", "{{a..b}}", "{{#a.length}}", "{{/a.length}}", "{{a.0}}",
        ]).prop_map(str::to_owned),
        1 => ".{0,3}",
    ];
    vec(fragment, 0..40).prop_map(|fragments| fragments.concat())
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3_i64..3).prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "[a\"\\\\<\n\u{e9}]{0,4}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            btree_map("[a-d]", inner, 0..4).prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn escape() -> impl Strategy<Value = Escape> {
    proptest::sample::select(vec![Escape::Json, Escape::Html, Escape::None])
}

/// A template as a tree, and what it means said as simply as can be.
#[derive(Debug, Clone)]
enum Tree {
    Text(String),
    Escaped(&'static str),
    Raw(&'static str),
    Section(&'static str, Vec<Tree>),
    Inverted(&'static str, Vec<Tree>),
}

fn tree() -> impl Strategy<Value = Vec<Tree>> {
    let name = || proptest::sample::select(vec![".", "a", "b", "c", "a.b", "b.a.c", "d.d"]);
    let leaf = prop_oneof![
        "[x<\"\n ]{0,3}".prop_map(Tree::Text),
        name().prop_map(Tree::Escaped),
        name().prop_map(Tree::Raw),
    ];
    let node = leaf.prop_recursive(4, 30, 4, move |inner| {
        prop_oneof![
            (name(), vec(inner.clone(), 0..4)).prop_map(|(name, body)| Tree::Section(name, body)),
            (name(), vec(inner, 0..4)).prop_map(|(name, body)| Tree::Inverted(name, body)),
        ]
    });
    vec(node, 0..5)
}

fn source_of(trees: &[Tree], source: &mut String) {
    for tree in trees {
        match tree {
            // The mark keeps every tag from being alone on its line: such lines have tests of their own.
            Tree::Text(text) => write!(source, "-{text}-").unwrap(),
            Tree::Escaped(name) => write!(source, "{{{{{name}}}}}-").unwrap(),
            Tree::Raw(name) => write!(source, "{{{{&{name}}}}}-").unwrap(),
            Tree::Section(name, body) | Tree::Inverted(name, body) => {
                let mark = if matches!(tree, Tree::Section(..)) { '#' } else { '^' };
                write!(source, "-{{{{{mark}{name}}}}}-").unwrap();
                source_of(body, source);
                write!(source, "-{{{{/{name}}}}}-").unwrap();
            }
        }
    }
}

fn lookup<'v>(name: &str, stack: &[&'v Json]) -> Option<&'v Json> {
    if name == "." {
        return stack.last().copied();
    }
    let mut parts = name.split('.');
    let first = parts.next()?;
    let found = stack.iter().rev().find_map(|context| context.get(first))?;
    parts.try_fold(found, |value, part| value.get(part))
}

fn is_truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(truth) => *truth,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(_) => true,
    }
}

fn reference(trees: &[Tree], stack: &mut Vec<&Json>, body: &mut String) {
    for tree in trees {
        match tree {
            Tree::Text(text) => write!(body, "-{text}-").unwrap(),
            Tree::Escaped(name) | Tree::Raw(name) => {
                let text = match lookup(name, stack) {
                    None | Some(Json::Null) => String::new(),
                    Some(Json::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                };
                let is_raw = matches!(tree, Tree::Raw(_));
                let text = if is_raw { text } else { text.replace('<', "&lt;").replace('"', "&quot;") };
                write!(body, "{text}-").unwrap();
            }
            Tree::Section(name, inner) => {
                body.push('-');
                let value = lookup(name, stack).filter(|value| is_truthy(value));
                let items = match value {
                    None => Vec::new(),
                    Some(Json::Array(items)) => items.iter().collect(),
                    Some(other) => vec![other],
                };
                for item in items {
                    stack.push(item);
                    body.push('-');
                    reference(inner, stack, body);
                    body.push('-');
                    stack.pop();
                }
                body.push('-');
            }
            Tree::Inverted(name, inner) => {
                body.push('-');
                if !lookup(name, stack).is_some_and(is_truthy) {
                    body.push('-');
                    reference(inner, stack, body);
                    body.push('-');
                }
                body.push('-');
            }
        }
    }
}

proptest! {
    #[test]
    fn any_source_compiles_or_is_refused_at_a_place_inside_it(source in "(?s).{0,200}", escape in escape()) {
        if let Err(error) = Template::compile(&source, escape) {
            let line = source.split('\n').nth(error.line - 1).expect("the line is there");
            prop_assert!(error.column <= line.chars().count() + 1);
        }
    }

    #[test]
    fn whatever_compiles_renders_within_its_limit(
        source in fragments(), data in json(), escape in escape(), bytes_max in 0_usize..200,
    ) {
        let Ok(template) = Template::compile(&source, escape) else { return Ok(()) };
        let data = data.to_string();
        let document = Document::index(&data).unwrap();
        match template.render(Value::Node(document.root()), bytes_max) {
            Ok(body) => prop_assert!(body.len() <= bytes_max),
            Err(error) => prop_assert_eq!(error, RenderError::OutputTooLarge(bytes_max)),
        }
    }

    #[test]
    fn bodies_are_what_a_plain_reading_of_the_template_gives(trees in tree(), data in json()) {
        let mut source = String::new();
        source_of(&trees, &mut source);
        let mut expected = String::new();
        reference(&trees, &mut vec![&data], &mut expected);
        prop_assert_eq!(try_render(&source, &data.to_string(), Escape::Html), Ok(expected));
    }

    #[test]
    fn text_without_tags_renders_as_itself(source in "(?s)([^{]|\\{[^{])*", escape in escape()) {
        prop_assume!(!source.contains("{{"));
        prop_assert_eq!(try_render(&source, "{}", escape), Ok(source));
    }

    #[test]
    fn any_string_stands_safely_in_html(text in "(?s).*") {
        let body = try_render("{{.}}", &Json::from(text.clone()).to_string(), Escape::Html).unwrap();
        prop_assert!(!body.contains(['<', '>', '"', '\'']));
        let back = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        prop_assert_eq!(back.iter().fold(body, |body, (from, to)| body.replace(from, to)), text);
    }

    #[test]
    fn any_string_stands_safely_in_a_json_string(text in "(?s).*") {
        let body = try_render("\"{{.}}\"", &Json::from(text.clone()).to_string(), Escape::Json).unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&body).unwrap(), text);
    }

    #[test]
    fn any_object_or_list_stands_safely_in_json(data in json()) {
        prop_assume!(data.is_object() || data.is_array());
        for text in [data.to_string(), serde_json::to_string_pretty(&data).unwrap()] {
            let body = try_render(r#"{"text":"{{.}}","value":{{.}}}"#, &text, Escape::Json).unwrap();
            let body: Json = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(&body["value"], &serde_json::from_str::<Json>(&text).unwrap());
            prop_assert_eq!(&body["text"], &Json::from(text));
        }
    }
}
