//! Hostile templates and data end in errors, soon.

use super::*;
use crate::limits::{TEMPLATE_BYTES_MAX, TEMPLATE_DEPTH_MAX, TEMPLATE_TAGS_MAX};

fn fault(source: &str) -> Option<Fault> {
    Template::compile(source, Escape::Json).err().map(|error| error.fault)
}

#[test]
fn sources_have_a_longest_length() {
    assert_eq!(fault(&"x".repeat(TEMPLATE_BYTES_MAX)), None);
    assert_eq!(fault(&"x".repeat(TEMPLATE_BYTES_MAX + 1)), Some(Fault::TooLong));
}

#[test]
fn tags_are_counted() {
    assert_eq!(fault(&"{{x}}".repeat(TEMPLATE_TAGS_MAX)), None);
    assert_eq!(fault(&"{{!}}".repeat(TEMPLATE_TAGS_MAX + 1)), Some(Fault::TooManyTags));
}

#[test]
fn sections_have_a_greatest_depth() {
    let nested = |depth: usize| format!("{}{}", "{{#x}}".repeat(depth), "{{/x}}".repeat(depth));
    assert_eq!(fault(&nested(TEMPLATE_DEPTH_MAX)), None);
    assert_eq!(fault(&nested(TEMPLATE_DEPTH_MAX + 1)), Some(Fault::TooDeep));
    assert_eq!(fault(&"{{^x}}".repeat(TEMPLATE_TAGS_MAX)), Some(Fault::TooDeep));
}

#[test]
fn bodies_have_a_longest_length() {
    let document = Document::index(r#"{"x":"12345","l":[1,2,3]}"#).unwrap();
    let root = Value::Node(document.root());
    for (source, length) in [("12345678", 8), ("abc{{x}}", 8), ("{{{x}}}{{#l}}{{.}}{{/l}}", 8), ("{{l}}-", 8)]
    {
        let template = compile(source, Escape::Json);
        assert!(template.render(root, length).is_ok_and(|body| body.len() == length), "{source}");
        assert_eq!(
            template.render(root, length - 1),
            Err(RenderError::OutputTooLarge(length - 1)),
            "{source}"
        );
    }
}

#[test]
fn lists_in_lists_in_lists_end_in_an_error() {
    let data = format!("{{\"l\":[{}0]}}", "1,".repeat(2_000));
    let source = "{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}";
    assert_eq!(try_render(source, &data, Escape::None), Err(RenderError::TooManySteps));
}

#[test]
fn every_tag_counts_each_time_it_is_met() {
    let data = format!("[{}0]", "1,".repeat(2_000));
    let source = |tags: usize| format!("{{{{#.}}}}{}{{{{/.}}}}", "{{^.}}{{/.}}".repeat(tags));
    assert_eq!(try_render(&source(100), &data, Escape::None).as_deref(), Ok(""));
    assert_eq!(try_render(&source(1_000), &data, Escape::None), Err(RenderError::TooManySteps));
}

#[test]
fn looking_for_names_again_and_again_ends_in_an_error() {
    let members: Vec<_> = (0..40).map(|number| format!("\"k{number}\":0,")).collect();
    let data = format!("{{{}\"l\":[{}0]}}", members.concat(), "1,".repeat(20_000));
    let source = |names: usize| format!("{{{{#l}}}}{}{{{{/l}}}}", "{{x}}".repeat(names));
    assert_eq!(try_render(&source(1), &data, Escape::None).as_deref(), Ok(""));
    assert_eq!(try_render(&source(10), &data, Escape::None), Err(RenderError::TooManySteps));
}

#[test]
fn reading_long_numbers_again_and_again_ends_in_an_error() {
    let data = format!("{{\"n\":0.{}}}", "0".repeat(100_000));
    for source in ["{{#n}}{{/n}}", "{{^n}}{{/n}}"] {
        assert_eq!(try_render(&source.repeat(2_000), &data, Escape::None), Err(RenderError::TooManySteps));
    }
}

#[test]
fn looking_far_into_long_lists_ends_in_an_error() {
    let data = format!("{{\"l\":[{}0]}}", "1,".repeat(50_000));
    for name in ["l.50000", "l.length", "l.99999"] {
        let source = format!("{{{{#{name}}}}}{{{{/{name}}}}}").repeat(2_000);
        assert_eq!(try_render(&source, &data, Escape::None), Err(RenderError::TooManySteps), "{name}");
    }
}

#[test]
fn comparing_long_keys_with_escapes_ends_in_an_error() {
    let data = format!("{{\"{}\":0}}", "\\u0061".repeat(20_000));
    let source = format!("{{{{{}}}}}", "a".repeat(20_001));
    assert_eq!(try_render(&format!("{{{{#l}}}}{source}{{{{/l}}}}"), &data, Escape::None).as_deref(), Ok(""));
    let data = format!("{{\"l\":[{}0],{}", "1,".repeat(20_000), &data[1..]);
    assert_eq!(
        try_render(&format!("{{{{#l}}}}{source}{{{{/l}}}}"), &data, Escape::None),
        Err(RenderError::TooManySteps)
    );
}
