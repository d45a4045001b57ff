//! Base62 of exactly 20 bytes in 27 characters, in the alphabet and order of KSUID (so text order is byte order).

/// Characters of an encoded id.
pub(super) const LENGTH: usize = 27;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^5, the largest power of 62 that fits a 32-bit limb.
const CHUNK: u64 = 916_132_832;
const CHUNK_CHARS: usize = 5;

/// Appends the 27 characters of `bytes`.
pub(super) fn encode_into(bytes: &[u8; 20], text: &mut String) {
    let mut limbs = [0_u32; 5];
    for (limb, four) in limbs.iter_mut().zip(bytes.chunks_exact(4)) {
        *limb = u32::from_be_bytes(four.try_into().expect("four bytes"));
    }
    let mut characters = [b'0'; 30];
    for chunk in characters.chunks_exact_mut(CHUNK_CHARS).rev() {
        let mut rest = divide(&mut limbs);
        for character in chunk.iter_mut().rev() {
            *character = ALPHABET[(rest % 62) as usize];
            rest /= 62;
        }
    }
    text.push_str(std::str::from_utf8(&characters[30 - LENGTH..]).expect("the alphabet is ASCII"));
}

/// Divides the big-endian number by 62^5 in place and returns the remainder.
fn divide(limbs: &mut [u32; 5]) -> u64 {
    limbs.iter_mut().fold(0, |rest, limb| {
        let value = (rest << 32) | u64::from(*limb);
        *limb = (value / CHUNK) as u32;
        value % CHUNK
    })
}

/// The 20 bytes behind 27 characters; `None` for other lengths, other characters or a number that is too large.
pub(super) fn decode(text: &str) -> Option<[u8; 20]> {
    if text.len() != LENGTH {
        return None;
    }
    let mut limbs = [0_u32; 5];
    for byte in text.bytes() {
        let mut carry = u64::from(digit(byte)?);
        for limb in limbs.iter_mut().rev() {
            let value = u64::from(*limb) * 62 + carry;
            *limb = value as u32;
            carry = value >> 32;
        }
        if carry != 0 {
            return None;
        }
    }
    let mut bytes = [0; 20];
    for (four, limb) in bytes.chunks_exact_mut(4).zip(limbs) {
        four.copy_from_slice(&limb.to_be_bytes());
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'Z' => Some(byte - b'A' + 10),
        b'a'..=b'z' => Some(byte - b'a' + 36),
        _ => None,
    }
}
