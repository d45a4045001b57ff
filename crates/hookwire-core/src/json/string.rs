//! The inside of JSON strings: finding what is special in them, and reading escapes.

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// The first quote, backslash or control character at or after `at`; the length of `bytes` when there is none.
pub(super) fn special(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let found = special_bits(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)).unwrap_or(rest.len())
}

/// Eight bytes at once: the high bit of each special one. A borrow can mark bytes above a special one too, so only the
/// lowest mark counts.
fn special_bits(word: u64) -> u64 {
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let quote = below(word ^ (ONES * u64::from(b'"')), 1);
    let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
    (quote | backslash | below(word, 0x20)) & HIGHS
}

/// How long the escape at the start of `rest` (behind the backslash) is; `None` when it is none.
pub(super) fn escape_length(rest: &[u8]) -> Option<usize> {
    match rest.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(1),
        b'u' => rest.get(1..5)?.iter().all(u8::is_ascii_hexdigit).then_some(5),
        _ => None,
    }
}

/// What a valid string's inside means. May stop once there is more than `bytes`.
pub(super) fn unescape(inside: &str, bytes: usize) -> String {
    // Six bytes may spell out one. Of what stands at the cut, twelve at most, nothing is read any more.
    let enough = bytes.saturating_add(1).saturating_mul(6).saturating_add(12);
    let mut rest = &inside[..inside.floor_char_boundary(enough)];
    let mut meaning = String::with_capacity(rest.len());
    while let Some((plain, escape)) = rest.split_once('\\') {
        meaning.push_str(plain);
        if meaning.len() > bytes {
            return meaning;
        }
        let (character, length) = character(escape);
        meaning.push(character);
        rest = &escape[length..];
    }
    meaning.push_str(rest);
    meaning
}

/// The character of an escape behind its backslash, and the escape's length.
fn character(escape: &str) -> (char, usize) {
    let plain = match escape.as_bytes().first() {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(escape),
        Some(&other) => char::from(other),
        None => char::REPLACEMENT_CHARACTER,
    };
    (plain, 1)
}

/// `u` with four digits; two of them in a row may be the halves of one character (RFC 8259, section 7).
fn unicode(escape: &str) -> (char, usize) {
    let first = unit(escape, 1);
    if (0xD800..0xDC00).contains(&first) && escape.get(5..7) == Some("\\u") {
        let second = unit(escape, 7);
        if (0xDC00..0xE000).contains(&second) {
            let pair = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return (char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER), 11);
        }
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 5)
}

fn unit(escape: &str, at: usize) -> u32 {
    escape.get(at..at + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0)
}
