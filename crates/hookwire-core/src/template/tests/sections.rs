//! `{{#x}}..{{/x}}`.

use super::check;

#[test]
fn truthy_values_show_the_section_once() {
    for value in [
        "true",
        "\"text\"",
        "\" \"",
        "\"0\"",
        "\"false\"",
        "1",
        "-0.5",
        "1e-400",
        "{}",
        "{\"a\":1}",
        "[0]",
        "[null]",
    ] {
        check(&[("[{{#x}}on{{/x}}]", &format!(r#"{{"x":{value}}}"#), "[on]")]);
    }
}

#[test]
fn falsey_values_hide_it() {
    for value in ["false", "null", "[]", "[ \n ]", "\"\"", "0", "-0", "0.0", "0e9", "-0.00E+7"] {
        check(&[("[{{#x}}on{{/x}}]", &format!(r#"{{"x":{value}}}"#), "[]")]);
    }
    check(&[("[{{#x}}on{{/x}}]", "{}", "[]"), ("[{{#x}}on{{/x}}]", "[]", "[]")]);
}

#[test]
fn the_value_becomes_the_innermost_context() {
    check(&[
        (
            "{{#user}}{{name}}, {{.}}{{/user}}",
            r#"{"user":{"name":"Bo"},"name":"no"}"#,
            "Bo, {&quot;name&quot;:&quot;Bo&quot;}",
        ),
        ("{{#x}}{{.}}={{x}}{{/x}}", r#"{"x":"v"}"#, "v=v"),
        ("{{#x}}{{.}}{{/x}}", r#"{"x":7}"#, "7"),
        ("{{#x}}{{.}}{{/x}}", r#"{"x":true}"#, "true"),
    ]);
}

#[test]
fn what_it_lacks_comes_from_further_out() {
    let data = r#"{"a":1,"b":"outer","c":{"d":4},"s":{"b":"inner"},"t":{"e":5}}"#;
    check(&[
        ("{{#s}}{{a}} {{b}} {{c.d}}{{/s}} {{b}}", data, "1 inner 4 outer"),
        ("{{#s}}{{#t}}{{a}}{{b}}{{e}}{{/t}}{{e}}{{/s}}", data, "1inner5"),
        ("{{#a}}{{#b}}{{#c}}{{a}}{{b}}{{d}}{{#d}}{{.}}{{a}}{{/d}}{{/c}}{{/b}}{{/a}}", data, "1outer441"),
    ]);
}

#[test]
fn a_list_repeats_it() {
    check(&[
        ("{{#items}}<{{sku}}>{{/items}}", r#"{"items":[{"sku":"A"},{"sku":"B"},{"sku":"C"}]}"#, "<A><B><C>"),
        ("{{#n}}x{{/n}}", r#"{"n":[null,false,0,"",[]]}"#, "xxxxx"),
        ("{{#digits}}x{{/digits}}", r#"{"digits":"123"}"#, "x"),
        ("{{#a.b}}{{.}}{{/a.b}}", r#"{"a":{"b":[1,2]}}"#, "12"),
    ]);
}

#[test]
fn the_implicit_iterator_takes_every_kind_of_item() {
    check(&[
        ("{{#l}}({{.}}){{/l}}", r#"{"l":["a","b"]}"#, "(a)(b)"),
        ("{{#l}}({{.}}){{/l}}", r#"{"l":[1,22,3.50,1e400]}"#, "(1)(22)(3.50)(1e400)"),
        ("{{#l}}({{.}}){{/l}}", r#"{"l":[true,null,false]}"#, "(true)()(false)"),
        ("{{#l}}({{.}}){{/l}}", r#"{"l":["&","<"]}"#, "(&amp;)(&lt;)"),
        ("{{#l}}({{{.}}}{{&.}}){{/l}}", r#"{"l":["&","<"]}"#, "(&&)(<<)"),
        ("{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", r#"{"l":[[1,2],[],["c"]]}"#, "(12)()(c)"),
        ("{{#.}}{{v}};{{/.}}", r#"[{"v":1},{"v":2}]"#, "1;2;"),
        ("{{#.}}{{v}}{{/.}}", r#"{"v":1}"#, "1"),
    ]);
}

#[test]
fn lists_nest_and_see_outwards() {
    let data = r#"{"mark":"-","floors":[{"f":1,"rooms":[{"r":"a"},{"r":"b"}]},{"f":2,"rooms":[{"r":"c"}]}]}"#;
    check(&[(
        "{{#floors}}{{f}}:{{#rooms}}{{f}}{{r}}{{mark}}{{/rooms}};{{/floors}}{{mark}}",
        data,
        "1:1a-1b-;2:2c-;-",
    )]);
}

#[test]
fn sections_may_follow_and_nest() {
    check(&[
        ("{{#t}}1{{/t}}{{#f}}2{{/f}}{{#t}}3{{/t}}", r#"{"t":true,"f":false}"#, "13"),
        ("a{{#t}}b{{#t}}c{{/t}}d{{/t}}e", r#"{"t":true}"#, "abcde"),
        ("a{{#t}}b{{#t}}c{{/t}}d{{/t}}e", r#"{"t":false}"#, "ae"),
        ("a{{#t}}b{{#f}}c{{/f}}d{{/t}}e", r#"{"t":true,"f":false}"#, "abde"),
    ]);
}

#[test]
fn dotted_names_work_in_sections() {
    check(&[
        ("[{{#a.b.c}}on{{/a.b.c}}]", r#"{"a":{"b":{"c":true}}}"#, "[on]"),
        ("[{{#a.b.c}}on{{/a.b.c}}]", r#"{"a":{"b":{"c":false}}}"#, "[]"),
        ("[{{#a.b.c}}on{{/a.b.c}}]", r#"{"a":{}}"#, "[]"),
        ("[{{#x}}{{#a.b}}on{{/a.b}}{{/x}}]", r#"{"x":{"a":{}},"a":{"b":true}}"#, "[]"),
    ]);
}

#[test]
fn white_space_around_inline_sections_stays() {
    let data = r#"{"t":true}"#;
    check(&[
        (" | {{#t}}\t|\t{{/t}} | \n", data, " | \t|\t | \n"),
        (" {{#t}}A{{/t}}\n {{#t}}B{{/t}}\n", data, " A\n B\n"),
        // Two tags on a line: neither is alone.
        ("x {{#t}} {{! why }}\n {{/t}} y\n", data, "x  \n  y\n"),
        ("{{#t}}{{/t}}\n", data, "\n"),
        ("  {{#t}} {{/t}}\nx", data, "   \nx"),
    ]);
}

#[test]
fn a_tag_alone_on_its_line_takes_the_line_with_it() {
    let data = r#"{"t":true,"l":[1,2]}"#;
    check(&[
        ("a\n{{#t}}\nb\n{{/t}}\nc\n", data, "a\nb\nc\n"),
        ("a\n  {{#t}}\nb\n\t{{/t}} \t\nc\n", data, "a\nb\nc\n"),
        ("a\r\n{{#t}}\r\n{{/t}}\r\nb", data, "a\r\nb"),
        ("a\r\n {{#t}} \r\nb\r\n{{/t}}", data, "a\r\nb\r\n"),
        // No line before, no line after.
        ("  {{#t}}\nb{{/t}}\nc", data, "b\nc"),
        ("a{{#t}}\nb\n  {{/t}}", data, "a\nb\n"),
        ("{{#t}}{{/t}}", data, ""),
        ("{{#t}}\n{{#t}}\n{{/t}}\n{{/t}}\n", data, ""),
        ("{{#l}}\n- {{.}}\n{{/l}}\n", data, "- 1\n- 2\n"),
        // A tag may itself span lines.
        ("a\n {{#\n t\n}} \nb\n{{/t}}\nc", data, "a\nb\nc"),
        // A lone carriage return ends no line.
        ("a\r{{#t}}\rb{{/t}}", data, "a\r\rb"),
        // Only spaces and tabs may stand beside it.
        ("\u{a0}{{#t}}\nb{{/t}}", data, "\u{a0}\nb"),
    ]);
}
