//! The pass over the text. It needs no stack: an open container's entry remembers the one around it.

use super::string::{escape_length, special};
use super::{Entry, Error, Kind};

/// Instead of an entry's number.
const NONE: u32 = u32::MAX;
/// Texts are shorter than this, so that places and entries fit into 31 bits.
const BYTES_END: usize = 1 << 31;

/// All values and names of `text`, in its order.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, Error> {
    if text.len() >= BYTES_END {
        return Err(Error { offset: BYTES_END, expected: "the text is too long" });
    }
    let entries = Vec::with_capacity(text.len() / 8 + 4);
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, open: NONE, entries };
    while scan.value()? == Then::Value || scan.after_value()? == Then::Value {}
    Ok(scan.entries)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The innermost container that has not ended.
    open: u32,
    entries: Vec<Entry>,
}

#[derive(PartialEq)]
enum Then {
    Value,
    End,
}

impl Scan<'_> {
    /// A value. One follows if it opened a container that is not empty, whose first name is then read too.
    fn value(&mut self) -> Result<Then, Error> {
        self.skip_space();
        match self.peek() {
            b'{' => {
                self.begin(Kind::Object);
                return if self.peek() == b'}' { Ok(Then::End) } else { self.name() };
            }
            b'[' => {
                self.begin(Kind::Array);
                return Ok(if self.peek() == b']' { Then::End } else { Then::Value });
            }
            b'"' => {
                self.string()?;
            }
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word(b"true", Kind::Bool)?,
            b'f' => self.word(b"false", Kind::Bool)?,
            b'n' => self.word(b"null", Kind::Null)?,
            _ => return Err(self.expected("a value is missing")),
        }
        Ok(Then::End)
    }

    /// What stands behind a value: containers' ends, and a comma if another value follows.
    fn after_value(&mut self) -> Result<Then, Error> {
        loop {
            self.skip_space();
            if self.open == NONE {
                let whole = self.at == self.bytes.len();
                return if whole { Ok(Then::End) } else { Err(self.expected("the text should end here")) };
            }
            let entry = &mut self.entries[self.open as usize];
            match (entry.kind, self.bytes.get(self.at)) {
                (Kind::Object, Some(b'}')) | (Kind::Array, Some(b']')) => {
                    self.at += 1;
                    let around = entry.next;
                    entry.end = self.at as u32;
                    let next = self.entries.len() as u32;
                    self.entries[self.open as usize].next = next;
                    self.open = around;
                }
                (Kind::Object, Some(b',')) => {
                    self.at += 1;
                    self.skip_space();
                    return self.name();
                }
                (_, Some(b',')) => {
                    self.at += 1;
                    return Ok(Then::Value);
                }
                (Kind::Object, _) => return Err(self.expected("a comma or } is missing")),
                _ => return Err(self.expected("a comma or ] is missing")),
            }
        }
    }

    fn begin(&mut self, kind: Kind) {
        let index = self.entries.len() as u32;
        let start = self.at as u32;
        self.entries.push(Entry { start, end: start, next: self.open, kind, escaped: false });
        self.open = index;
        self.at += 1;
        self.skip_space();
    }

    /// A member's name and its colon; its value follows.
    fn name(&mut self) -> Result<Then, Error> {
        if self.peek() != b'"' {
            return Err(self.expected("a name in quotes is missing"));
        }
        let escaped = self.string()?;
        self.entries[self.open as usize].escaped |= escaped;
        self.skip_space();
        if self.peek() != b':' {
            return Err(self.expected("a colon is missing"));
        }
        self.at += 1;
        Ok(Then::Value)
    }

    /// Whether it holds an escape.
    fn string(&mut self) -> Result<bool, Error> {
        let start = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            self.at = special(self.bytes, self.at);
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let length = escape_length(&self.bytes[self.at + 1..]);
                    self.at += 1 + length.ok_or_else(|| self.expected("this is no escape"))?;
                    escaped = true;
                }
                Some(_) => return Err(self.expected("a control character must be escaped")),
                None => return Err(self.expected("a string does not end")),
            }
        }
        self.at += 1;
        self.push(start, Kind::String, escaped);
        Ok(escaped)
    }

    fn number(&mut self) -> Result<(), Error> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        if self.peek() == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        self.push(start, Kind::Number, false);
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Error> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit is missing")) } else { Ok(()) }
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<(), Error> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.expected("a value is missing"));
        }
        let start = self.at;
        self.at += word.len();
        self.push(start, kind, false);
        Ok(())
    }

    fn push(&mut self, start: usize, kind: Kind, escaped: bool) {
        let next = self.entries.len() as u32 + 1;
        self.entries.push(Entry { start: start as u32, end: self.at as u32, next, kind, escaped });
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// The byte here; 0, which JSON has nowhere, at the end.
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    const fn expected(&self, expected: &'static str) -> Error {
        Error { offset: self.at, expected }
    }
}
