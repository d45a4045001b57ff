//! `{{x}}`, `{{{x}}}`, `{{&x}}`.

use super::check;

#[test]
fn text_without_tags_is_the_body() {
    check(&[
        ("", "{}", ""),
        (
            "{ single } braces { stay }\r\n\t\"as they are\"",
            "{}",
            "{ single } braces { stay }\r\n\t\"as they are\"",
        ),
        ("} }} }}}", "{}", "} }} }}}"),
    ]);
}

#[test]
fn a_tag_stands_for_its_value() {
    check(&[
        ("to {{city}}!", r#"{"city":"Graz"}"#, "to Graz!"),
        ("{{a}}{{b}}{{a}}", r#"{"a":"1","b":"2"}"#, "121"),
        ("{{größe}} {{名}}", r#"{"größe":"XL","名":"前"}"#, "XL 前"),
        ("{{a-b}} {{a_b}} {{a:b}} {{@id}} {{1}}", r#"{"a-b":1,"a_b":2,"a:b":3,"@id":4,"1":5}"#, "1 2 3 4 5"),
        ("{{x}}}", r#"{"x":1}"#, "1}"),
        ("{{{x}}}}", r#"{"x":1}"#, "1}"),
    ]);
}

#[test]
fn double_braces_escape_and_the_raw_forms_do_not() {
    let data = r#"{"x":"<a title=\"R&D\">"}"#;
    check(&[
        ("{{x}}", data, "&lt;a title=&quot;R&amp;D&quot;&gt;"),
        ("{{{x}}}", data, "<a title=\"R&D\">"),
        ("{{&x}}", data, "<a title=\"R&D\">"),
    ]);
}

#[test]
fn what_a_value_holds_is_not_a_template() {
    let data = r#"{"outer":"{{inner}} {{#inner}}","inner":"no"}"#;
    check(&[
        ("{{outer}}", data, "{{inner}} {{#inner}}"),
        ("{{{outer}}}", data, "{{inner}} {{#inner}}"),
        ("{{&outer}}", data, "{{inner}} {{#inner}}"),
    ]);
}

#[test]
fn numbers_keep_their_text() {
    for number in ["0", "-7", "12.50", "10.0", "1E+2", "1e400", "-0", "123456789012345678901234567890"] {
        let data = format!(r#"{{"n":{number}}}"#);
        for source in ["{{n}}", "{{{n}}}", "{{&n}}"] {
            check(&[(source, &data, number)]);
        }
    }
}

#[test]
fn booleans_are_words_and_null_is_nothing() {
    for source in ["[{{x}}]", "[{{{x}}}]", "[{{&x}}]"] {
        check(&[
            (source, r#"{"x":true}"#, "[true]"),
            (source, r#"{"x":false}"#, "[false]"),
            (source, r#"{"x":null}"#, "[]"),
            (source, r#"{"x":""}"#, "[]"),
            (source, "{}", "[]"),
            (source, r#""x""#, "[]"),
            (source, r#"["x"]"#, "[]"),
        ]);
    }
}

#[test]
fn a_dot_is_the_innermost_value() {
    check(&[
        ("{{.}}", r#""a < b""#, "a &lt; b"),
        ("{{{.}}}{{&.}}", r#""<>""#, "<><>"),
        ("{{.}}", "1.50", "1.50"),
        ("{{.}}", "null", ""),
        ("{{{.}}}", r#"{"a": [1]}"#, r#"{"a": [1]}"#),
    ]);
}

#[test]
fn dotted_names_descend() {
    let data = r#"{"order":{"buyer":{"name":"Ida & Co"}}}"#;
    check(&[
        ("{{order.buyer.name}}", data, "Ida &amp; Co"),
        ("{{{order.buyer.name}}}", data, "Ida & Co"),
        ("{{&order.buyer.name}}", data, "Ida & Co"),
        ("{{#order}}{{#buyer}}{{name}}{{/buyer}}{{/order}}", data, "Ida &amp; Co"),
        ("{{a.b.c.d.e.f.g}}", r#"{"a":{"b":{"c":{"d":{"e":{"f":{"g":"deep"}}}}}}}"#, "deep"),
    ]);
}

#[test]
fn a_broken_chain_is_nothing() {
    check(&[
        ("[{{a.b.c}}]", "{}", "[]"),
        ("[{{a.b.c}}]", r#"{"a":{}}"#, "[]"),
        ("[{{a.b.c}}]", r#"{"a":{"b":"text"}}"#, "[]"),
        ("[{{a.b.c}}]", r#"{"a":{"b":null}}"#, "[]"),
        ("[{{a.b.c}}]", r#"{"a":7}"#, "[]"),
        // Each part is looked for in the part before it, not in the stack.
        ("[{{a.b.name}}]", r#"{"a":{"b":{}},"name":"outer","b":{"name":"outer"}}"#, "[]"),
    ]);
}

#[test]
fn the_first_part_comes_from_the_innermost_context_that_has_it() {
    check(&[
        ("{{#a}}{{b.c}}{{/a}}", r#"{"a":{"b":{"c":"inner"}},"b":{"c":"outer"}}"#, "inner"),
        ("{{#a}}{{b.c}}{{/a}}", r#"{"a":{"x":1},"b":{"c":"outer"}}"#, "outer"),
        // Once found, it is not looked for further out, even if the rest is missing.
        ("[{{#a}}{{b.c}}{{/a}}]", r#"{"a":{"b":{}},"b":{"c":"outer"}}"#, "[]"),
        ("[{{#a}}{{b}}{{/a}}]", r#"{"a":{"b":null},"b":"outer"}"#, "[]"),
    ]);
}

#[test]
fn a_dotted_name_is_never_one_key() {
    check(&[
        ("[{{a.b}}]", r#"{"a.b":"key"}"#, "[]"),
        ("[{{a.b}}]", r#"{"a.b":"key","a":{"b":"path"}}"#, "[path]"),
    ]);
}

#[test]
fn lists_have_a_length_and_numbered_items() {
    let data = r#"{"list":["a","b",{"c":"d"}],"empty":[],"text":"abc"}"#;
    check(&[
        ("{{list.0}}{{list.1}}{{list.2.c}}", data, "abd"),
        ("[{{list.3}}{{list.01}}{{list.-1}}{{list.99999999999999999999}}{{list.x}}]", data, "[]"),
        ("{{list.length}} {{{empty.length}}}", data, "3 0"),
        ("[{{text.length}}{{text.0}}{{list.length.x}}]", data, "[]"),
        ("{{#list.length}}<{{#list}}.{{/list}}>{{/list.length}}", data, "<...>"),
        ("{{^empty.length}}none{{/empty.length}}", data, "none"),
        // A member of that name is a member.
        ("{{o.length}} {{o.0}}", r#"{"o":{"length":"long","0":"zero"}}"#, "long zero"),
    ]);
}

#[test]
fn white_space_around_a_tag_stays() {
    for tag in ["{{x}}", "{{{x}}}", "{{&x}}"] {
        let data = r#"{"x":"v"}"#;
        check(&[
            (&format!("| {tag} |"), data, "| v |"),
            // A value alone on its line keeps the line.
            (&format!("  {tag}\n"), data, "  v\n"),
            (&format!("a\r\n\t{tag} \r\nb"), data, "a\r\n\tv \r\nb"),
            (&format!("{tag}\n{tag}"), data, "v\nv"),
        ]);
    }
}

#[test]
fn white_space_in_a_tag_does_not_matter() {
    let data = r#"{"x":{"y":"v"}}"#;
    for tag in
        ["{{ x.y }}", "{{x.y  }}", "{{\tx.y\n}}", "{{{ x.y }}}", "{{& x.y }}", "{{ &x.y}}", "{{ { x.y }}}"]
    {
        check(&[(&format!("|{tag}|"), data, "|v|")]);
    }
    check(&[("{{# x }}{{ . }}{{/ x }}", r#"{"x":"v"}"#, "v")]);
}
