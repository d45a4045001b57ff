//! How values look in bodies of each content type.

use super::*;

#[test]
fn the_content_type_decides() {
    for (content_type, expected) in [
        ("application/json", Escape::Json),
        ("Application/JSON; charset=utf-8", Escape::Json),
        ("text/json", Escape::Json),
        ("application/cloudevents+json;x=y", Escape::Json),
        ("application/vnd.api+JSON", Escape::Json),
        ("text/html", Escape::Html),
        ("text/html;charset=utf-8", Escape::Html),
        ("text/xml", Escape::Html),
        (" application/xml ", Escape::Html),
        ("application/xhtml+xml", Escape::Html),
        ("image/svg+xml", Escape::Html),
        ("text/plain", Escape::None),
        ("application/x-www-form-urlencoded", Escape::None),
        ("application/jsonish", Escape::None),
        ("application/json+zip", Escape::None),
        ("json", Escape::None),
        ("", Escape::None),
    ] {
        assert_eq!(Escape::of_content_type(content_type), expected, "{content_type}");
    }
}

#[test]
fn json_bodies_get_strings_as_they_stand_in_json() {
    let data = r#"{"x":"a \"b\" \\ \/ \n \u0007 é 💥"}"#;
    check_as(
        Escape::Json,
        &[
            ("\"{{x}}\"", data, r#""a \"b\" \\ \/ \n \u0007 é 💥""#),
            ("{{{x}}}", data, "a \"b\" \\ / \n \u{7} é 💥"),
            ("{{&x}}", data, "a \"b\" \\ / \n \u{7} é 💥"),
            // Not HTML.
            ("{{x}}", r#"{"x":"<a href='&'>"}"#, "<a href='&'>"),
        ],
    );
}

#[test]
fn html_bodies_get_entities() {
    let data = r#"{"x":"\u003cb\u003e & \"c\" 'd' \/ `e`"}"#;
    check(&[
        ("{{x}}", data, "&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; / `e`"),
        ("{{{x}}}", data, "<b> & \"c\" 'd' / `e`"),
        ("{{x}}", r#"{"x":{"a":"<"}}"#, "{&quot;a&quot;:&quot;&lt;&quot;}"),
    ]);
}

#[test]
fn other_bodies_get_text_as_it_is() {
    let data = r#"{"x":"<\"\n\\","o":{"a": "\n"}}"#;
    check_as(Escape::None, &[("{{x}}|{{{x}}}|{{o}}", data, "<\"\n\\|<\"\n\\|{\"a\": \"\\n\"}")]);
}

#[test]
fn objects_and_lists_are_json_outside_of_strings() {
    let data = r#"{"o":{ "a": 1.0,"b":"\"" },"l":[1, "x"]}"#;
    check_as(
        Escape::Json,
        &[
            (r#"{"o":{{o}},"l":{{l}}}"#, data, r#"{"o":{ "a": 1.0,"b":"\"" },"l":[1, "x"]}"#),
            (r#"{"o":{{{o}}},"l":{{&l}}}"#, data, r#"{"o":{ "a": 1.0,"b":"\"" },"l":[1, "x"]}"#),
        ],
    );
}

#[test]
fn objects_and_lists_are_text_inside_of_strings() {
    let data = "{\"o\":{\"a\":\n\"\\\"\"},\"l\":[\"x\"],\"t\":true}";
    check_as(
        Escape::Json,
        &[
            (r#"{"o":"{{o}}","l":"= {{l}}"}"#, data, r#"{"o":"{\"a\":\n\"\\\"\"}","l":"= [\"x\"]"}"#),
            // An escaped quote of the template neither opens nor closes a string; a backslash may escape itself.
            (r#""a\"{{l}}""#, data, r#""a\"[\"x\"]""#),
            (r#"["a\\",{{l}}]"#, data, r#"["a\\",["x"]]"#),
            // Sections that are left out do not count.
            (r#"{{^t}}"{{/t}}{{l}}"#, data, r#"["x"]"#),
            (r#"{{#t}}"{{/t}}{{l}}""#, data, r#""[\"x\"]""#),
            (r#"[{{#l}}"{{l}}"{{/l}},{{l}}]"#, data, r#"["[\"x\"]",["x"]]"#),
            // What values hold does not count either.
            (r#"{"q":"{{q}}","l":{{l}}}"#, r#"{"q":"\"","l":[1]}"#, r#"{"q":"\"","l":[1]}"#),
        ],
    );
}

#[test]
fn an_unpaired_surrogate_does_no_harm() {
    let data = r#"{"x":"\ud800","k\udc00":1}"#;
    check_as(Escape::Json, &[("\"{{x}}\"", data, r#""\ud800""#), ("{{{x}}}", data, "\u{fffd}")]);
    check(&[("{{x}}", data, "\u{fffd}")]);
}

#[test]
fn names_find_keys_that_are_written_with_escapes() {
    check(&[("{{a.ü}}", r#"{"\u0061":{"\u00fc":"found"}}"#, "found")]);
}

#[test]
fn the_last_of_equal_keys_counts() {
    check(&[("{{a}}", r#"{"a":1,"b":0,"a":2}"#, "2")]);
}
