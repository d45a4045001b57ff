//! What the log keeps of a body.

/// The first bytes of a body as text, with a mark where it was cut; `truncated` = some of it was lost before.
pub(crate) fn kept(body: &[u8], truncated: bool, bytes_max: usize) -> String {
    let cut = truncated || body.len() > bytes_max;
    let mut text = String::from_utf8_lossy(&body[..body.len().min(bytes_max)]).into_owned();
    if cut {
        text.push_str("… [cut]");
    }
    text
}

#[test]
fn a_long_body_is_cut_and_says_so() {
    assert_eq!(kept(b"ok", false, 2), "ok");
    assert_eq!(kept(b"ok", true, 2), "ok… [cut]");
    assert_eq!(kept(b"okay", false, 2), "ok… [cut]");
    assert_eq!(kept(&[0xff, b'a'], false, 2), "\u{fffd}a");
}
