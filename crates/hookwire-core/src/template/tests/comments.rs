//! `{{! .. }}`.

use super::check;

#[test]
fn comments_leave_nothing() {
    check(&[
        ("a{{! why }}b", "{}", "ab"),
        ("a{{!}}b{{!}}", "{}", "ab"),
        ("a{{!\n several\n lines\n}}b\n", "{}", "ab\n"),
        ("a{{!# ^ / & { = > < $ }}b", "{}", "ab"),
        ("a{{! {{ x }}b", "{}", "ab"),
        ("a{{ ! padded }}b", "{}", "ab"),
        ("a{{!-- ends at the first }} --}}b", "{}", "a --}}b"),
    ]);
}

#[test]
fn a_comment_is_never_a_name() {
    let data = r#"{"! x":1,"!x":2,"!":3,"x":4}"#;
    check(&[("[{{! x}}{{!x}}{{!}}]", data, "[]")]);
}

#[test]
fn a_comment_alone_on_its_line_takes_the_line_with_it() {
    check(&[
        ("a\n{{! x }}\nb\n", "{}", "a\nb\n"),
        ("a\n  {{! x }}\nb\n", "{}", "a\nb\n"),
        ("a\r\n{{! x }}\r\nb", "{}", "a\r\nb"),
        ("  {{! x }}\nb", "{}", "b"),
        ("a\n  {{! x }}", "{}", "a\n"),
        ("a\n{{!\n  x\n}}\nb\n", "{}", "a\nb\n"),
        ("a\n  {{!\n    x\n  }}\nb\n", "{}", "a\nb\n"),
    ]);
}

#[test]
fn a_comment_beside_text_takes_nothing_else() {
    check(&[
        ("  a {{! x }}\n", "{}", "  a \n"),
        ("a {{! x }} b", "{}", "a  b"),
        (" {{! x }} {{! y }} \n", "{}", "   \n"),
        ("{{!\n}}{{! x }}\nb", "{}", "\nb"),
    ]);
}
