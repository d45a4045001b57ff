//! What a person is told about a template that cannot be compiled.

use super::*;

#[track_caller]
fn refused(source: &str, expected: &str) {
    match Template::compile(source, Escape::Json) {
        Ok(_) => panic!("{source:?} compiles"),
        Err(error) => assert_eq!(error.to_string(), expected, "{source:?}"),
    }
}

#[test]
fn an_unclosed_tag_is_found_where_it_opens() {
    refused("{{", "line 1, column 1: this tag is not closed: \"}}\" is missing");
    refused("a\nb {{x}", "line 2, column 3: this tag is not closed: \"}}\" is missing");
    refused("{{x {{y}}", "line 1, column 1: this tag is not closed: \"}}\" is missing");
    refused("{{{x}}", "line 1, column 1: this tag is not closed: \"}}}\" is missing");
    refused("{{{x}} {{{y}}}", "line 1, column 1: this tag is not closed: \"}}}\" is missing");
    refused("{{!x", "line 1, column 1: this tag is not closed: \"}}\" is missing");
    refused("{{=<% %>}}", "line 1, column 1: this tag is not closed: \"=}}\" is missing");
    refused("{{=<% %>=}}<%x}}", "line 1, column 12: this tag is not closed: \"%>\" is missing");
}

#[test]
fn columns_count_characters_and_lines_end_with_a_line_feed() {
    refused("größe 名前 {{", "line 1, column 10: this tag is not closed: \"}}\" is missing");
    refused("1\r\n2\r\n\r\n  {{", "line 4, column 3: this tag is not closed: \"}}\" is missing");
    refused("1\r2 {{", "line 1, column 5: this tag is not closed: \"}}\" is missing");
}

#[test]
fn names_are_checked() {
    for source in ["{{}}", "{{ }}", "{{{ }}}", "{{&}}", "{{#}}", "{{^ }}", "{{/}}"] {
        refused(source, "line 1, column 1: this tag has no name");
    }
    refused("{{=<< >>=}}<<>>", "line 1, column 12: this tag has no name");
    let spaces = "names have no spaces, and Mustache has no helpers or expressions";
    refused("{{#if event.ok}}", &format!("line 1, column 1: \"if event.ok\" is not a name: {spaces}"));
    refused("\n{{first name}}", &format!("line 2, column 1: \"first name\" is not a name: {spaces}"));
    for name in ["a..b", ".a", "a.", "..", "../a"] {
        let sentence = "something is missing before or after a dot";
        refused(
            &format!("{{{{{name}}}}}"),
            &format!("line 1, column 1: \"{name}\" is not a name: {sentence}"),
        );
    }
}

#[test]
fn sections_must_match() {
    refused("a {{#b.c}}d", "line 1, column 3: section \"b.c\" is never closed");
    refused("{{#a}}\n {{^b}}\n{{/b}}", "line 1, column 1: section \"a\" is never closed");
    refused("{{#a}}\n {{^b}}", "line 2, column 2: section \"b\" is never closed");
    refused("a{{/b}}", "line 1, column 2: this tag closes \"b\", but no section is open here");
    refused("{{#a}}{{/a}}{{/a}}", "line 1, column 13: this tag closes \"a\", but no section is open here");
    refused(
        "x\n  {{#a}}\n{{/b}}",
        "line 3, column 1: this tag closes \"b\", but section \"a\", opened at line 2, column 3, comes first",
    );
    refused(
        "{{#a}}{{#b}}{{/a}}{{/b}}",
        "line 1, column 13: this tag closes \"a\", but section \"b\", opened at line 1, column 7, comes first",
    );
}

#[test]
fn what_is_not_supported_says_so() {
    refused("a {{> b}}", "line 1, column 3: partials (tags that begin with \">\") are not supported");
    refused("{{>*b}}", "line 1, column 1: partials (tags that begin with \">\") are not supported");
    refused("{{$b}}{{/b}}", "line 1, column 1: blocks (tags that begin with \"$\") are not supported");
    refused("{{<b}}{{/b}}", "line 1, column 1: parents (tags that begin with \"<\") are not supported");
}

#[test]
fn delimiters_come_in_pairs() {
    for content in ["", " ", "|", "| | |", "="] {
        let sentence = "does not set delimiters: two are needed, with a space between";
        let shown = content.trim();
        refused(&format!("{{{{={content}=}}}}"), &format!("line 1, column 1: \"{shown}\" {sentence}"));
    }
}

#[test]
fn long_names_are_cut_in_errors() {
    let error = Template::compile(&format!("{{{{#{}}}}}", "ü".repeat(10_000)), Escape::None).unwrap_err();
    assert_eq!(error.fault, Fault::UnclosedSection(format!("{}..", "ü".repeat(60))));
}
