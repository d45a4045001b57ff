//! `{{^x}}..{{/x}}`.

use super::check;

#[test]
fn falsey_values_show_the_section() {
    for value in ["false", "null", "[]", "\"\"", "0", "0.0"] {
        check(&[("[{{^x}}off{{/x}}]", &format!(r#"{{"x":{value}}}"#), "[off]")]);
    }
    check(&[("[{{^x}}off{{/x}}]", "{}", "[off]")]);
}

#[test]
fn truthy_values_hide_it() {
    for value in ["true", "\"text\"", "1", "{}", "[0]", "[{\"n\":1},{\"n\":2}]"] {
        check(&[("[{{^x}}off{{/x}}]", &format!(r#"{{"x":{value}}}"#), "[]")]);
    }
}

#[test]
fn it_changes_no_context() {
    check(&[
        ("{{#o}}{{^x}}{{.}}{{/x}}{{/o}}", r#"{"o":7,"x":false}"#, "7"),
        ("{{#l}}{{^x}}{{.}}{{/x}},{{/l}}", r#"{"l":[1,2]}"#, "1,2,"),
    ]);
}

#[test]
fn it_is_the_else_of_a_section() {
    let source = "{{#x}}on{{/x}}{{^x}}off{{/x}}";
    check(&[(source, r#"{"x":1}"#, "on"), (source, r#"{"x":0}"#, "off"), (source, r#"{"x":[1,2]}"#, "onon")]);
}

#[test]
fn inverted_sections_may_follow_and_nest() {
    check(&[
        ("{{^f}}1{{/f}}{{^t}}2{{/t}}{{^f}}3{{/f}}", r#"{"t":true,"f":false}"#, "13"),
        ("a{{^f}}b{{^f}}c{{/f}}d{{/f}}e", r#"{"f":false}"#, "abcde"),
        ("a{{^t}}b{{^t}}c{{/t}}d{{/t}}e", r#"{"t":true}"#, "ae"),
        ("a{{^t}}b{{#t}}c{{/t}}d{{/t}}e", r#"{"t":true}"#, "ae"),
        ("{{#l}}{{^.}}none{{/.}}{{.}} {{/l}}", r#"{"l":[1,0,2]}"#, "1 none0 2 "),
    ]);
}

#[test]
fn dotted_names_work_in_inverted_sections() {
    check(&[
        ("[{{^a.b.c}}off{{/a.b.c}}]", r#"{"a":{"b":{"c":true}}}"#, "[]"),
        ("[{{^a.b.c}}off{{/a.b.c}}]", r#"{"a":{"b":{"c":false}}}"#, "[off]"),
        ("[{{^a.b.c}}off{{/a.b.c}}]", r#"{"a":{}}"#, "[off]"),
        ("[{{^a.b.c}}off{{/a.b.c}}]", r#"{"a":"text","b":{"c":1}}"#, "[off]"),
    ]);
}

#[test]
fn white_space_around_inline_inverted_sections_stays() {
    let data = r#"{"f":false}"#;
    check(&[
        (" | {{^f}}\t|\t{{/f}} | \n", data, " | \t|\t | \n"),
        (" {{^f}}A{{/f}}\n {{^f}}B{{/f}}\n", data, " A\n B\n"),
        ("x {{^f}} {{! why }}\n {{/f}} y\n", data, "x  \n  y\n"),
        ("|{{^ f }}={{/ f }}|", data, "|=|"),
    ]);
}

#[test]
fn an_inverted_tag_alone_on_its_line_takes_the_line_with_it() {
    let data = r#"{"f":false}"#;
    check(&[
        ("a\n{{^f}}\nb\n{{/f}}\nc\n", data, "a\nb\nc\n"),
        ("a\n  {{^f}}\nb\n  {{/f}}\nc\n", data, "a\nb\nc\n"),
        ("a\r\n{{^f}}\r\n{{/f}}\r\nb", data, "a\r\nb"),
        ("  {{^f}}\nb{{/f}}\nc", data, "b\nc"),
        ("a{{^f}}\nb\n  {{/f}}", data, "a\nb\n"),
    ]);
}
