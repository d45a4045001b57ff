//! `{{=<% %>=}}`.

use super::check;

#[test]
fn delimiters_can_be_set() {
    let data = r#"{"x":"<v>"}"#;
    check(&[
        ("{{=<% %>=}}(<%x%>)", data, "(&lt;v&gt;)"),
        ("({{=[ ]=}}[x])", data, "(&lt;v&gt;)"),
        ("{{=| |=}}|x||&x|{{x}}", data, "&lt;v&gt;<v>{{x}}"),
        ("{{=<% %>=}}<%{x}%><%&x%><%{ x }%>", data, "<v><v><v>"),
        ("{{=$$ $$=}}$$x$$", data, "&lt;v&gt;"),
        ("{{=« »=}}«&x»", data, "<v>"),
        ("{{=.* +=}}.*&x+", data, "<v>"),
        ("{{=<= =>=}}<=&x=>", data, "<v>"),
    ]);
}

#[test]
fn they_can_be_set_again_and_back() {
    check(&[
        ("{{=<% %>=}}<%x%><%={{ }}=%>{{x}}<%x%>", r#"{"x":1}"#, "11<%x%>"),
        ("{{={{ }}=}}{{x}}", r#"{"x":1}"#, "1"),
    ]);
}

#[test]
fn they_hold_across_sections() {
    let data = r#"{"s":true,"f":false,"x":"v"}"#;
    check(&[
        (
            "[\n{{#s}}\n  {{x}} |x|\n{{/s}}\n{{= | | =}}\n|#s|\n  {{x}} |x|\n|/s|\n]\n",
            data,
            "[\n  v |x|\n  {{x}} v\n]\n",
        ),
        ("{{^f}}{{x}}{{/f}}{{=| |=}}|^f||x||/f|", data, "vv"),
        // A section may be closed with other delimiters than it was opened with.
        ("{{#s}}{{=| |=}}|x||/s||x|", data, "vv"),
    ]);
}

#[test]
fn white_space_beside_the_tag_stays() {
    check(&[
        ("| {{=@ @=}} |", "{}", "|  |"),
        (" | {{=@ @=}}\n", "{}", " | \n"),
        ("|{{= @   @ =}}|", "{}", "||"),
        ("|{{=\t@\n@ =}}|", "{}", "||"),
    ]);
}

#[test]
fn a_delimiter_tag_alone_on_its_line_takes_the_line_with_it() {
    check(&[
        ("a\n{{=@ @=}}\nb\n", "{}", "a\nb\n"),
        ("a\n  {{=@ @=}}\nb\n", "{}", "a\nb\n"),
        ("a\r\n{{= @ @ =}}\r\nb", "{}", "a\r\nb"),
        ("  {{=@ @=}}\nb", "{}", "b"),
        ("a\n  {{=@ @=}}", "{}", "a\n"),
    ]);
}
