//! An index over JSON text: one pass finds where every value lies; nothing is copied or converted until it is asked for.

mod lookup;
mod scan;
mod string;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use lookup::Lookup;

/// Members of an object that are looked through one by one. Larger objects, and those with escapes in their names, get
/// a hash table at their first use.
const LINEAR_MEMBERS_MAX: usize = 32;

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid JSON at byte {offset}: {expected}")]
pub struct Error {
    /// Where, in bytes from the start.
    pub offset: usize,
    /// What should have been there.
    pub expected: &'static str,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list of values.
    Array,
    /// Names with values.
    Object,
}

/// A value or a member's name. They stand in the order of the text, so a container is followed by what it holds.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Where its text begins, quotes and brackets included.
    start: u32,
    /// Where its text ends.
    end: u32,
    /// The first entry after it and all that it holds.
    next: u32,
    kind: Kind,
    /// Whether a string holds a backslash; of an object, whether one of its names does.
    escaped: bool,
}

/// An indexed JSON text.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    entries: Vec<Entry>,
    lookups: RefCell<HashMap<u32, Lookup>>,
}

/// A value in a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document<'a>,
    index: u32,
}

impl<'a> Document<'a> {
    /// Indexes one JSON value with nothing but whitespace around it, of any depth. Accepts what RFC 8259 does, in
    /// texts shorter than 2 GiB.
    pub fn index(text: &'a str) -> Result<Self, Error> {
        Ok(Self { text, entries: scan::entries(text)?, lookups: RefCell::default() })
    }

    /// The outermost value.
    pub const fn root(&self) -> Node<'_> {
        Node { document: self, index: 0 }
    }

    fn span(&self, index: u32) -> &str {
        let entry = self.entries[index as usize];
        &self.text[entry.start as usize..entry.end as usize]
    }

    /// A string entry's text between its quotes.
    fn inside(&self, index: u32) -> &str {
        let entry = self.entries[index as usize];
        &self.text[entry.start as usize + 1..entry.end as usize - 1]
    }

    /// A string entry's meaning. One longer than `bytes` may be cut, somewhere behind that length.
    fn string(&self, index: u32, bytes: usize) -> Cow<'_, str> {
        let inside = self.inside(index);
        if self.entries[index as usize].escaped {
            Cow::Owned(string::unescape(inside, bytes))
        } else {
            Cow::Borrowed(inside)
        }
    }

    /// Whether a string entry means `text`.
    fn means(&self, index: u32, text: &str) -> bool {
        self.string(index, text.len()) == text
    }

    fn children(&self, index: u32) -> Children<'_> {
        Children { document: self, at: index + 1, end: self.entries[index as usize].next }
    }
}

impl<'a> Node<'a> {
    /// What it is.
    pub fn kind(self) -> Kind {
        self.entry().kind
    }

    /// Its exact text.
    pub fn text(self) -> &'a str {
        self.document.span(self.index)
    }

    /// A string's meaning. A half of a surrogate pair that stands alone (`"\ud800"`) reads as U+FFFD.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        self.str_up_to(usize::MAX)
    }

    /// A string's meaning, whole unless it is longer than `bytes`: then at least so much that this can be seen.
    /// For comparing with a short text at no more than its cost.
    pub fn str_up_to(self, bytes: usize) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| self.document.string(self.index, bytes))
    }

    /// Whether it is a string with escapes in its text, so that reading it costs a copy.
    pub fn is_escaped(self) -> bool {
        self.kind() == Kind::String && self.entry().escaped
    }

    /// A boolean's value.
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.text() == "true")
    }

    /// A number as it is written.
    pub fn number_text(self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then(|| self.text())
    }

    /// An object's member of this name. The last one, where a name is repeated.
    pub fn get(self, name: &str) -> Option<Node<'a>> {
        if self.kind() != Kind::Object {
            return None;
        }
        let (mut name_at, end, mut found) = (self.index + 1, self.entry().next, None);
        for _ in 0..=LINEAR_MEMBERS_MAX {
            if name_at >= end {
                return found;
            }
            if self.document.entries[name_at as usize].escaped {
                break;
            }
            let index = name_at + 1;
            if is_same(self.document.inside(name_at), name) {
                found = Some(Node { document: self.document, index });
            }
            name_at = self.document.entries[index as usize].next;
        }
        let mut lookups = self.document.lookups.borrow_mut();
        let lookup = lookups.entry(self.index).or_insert_with(|| Lookup::new(self.document, self.index));
        lookup.get(self.document, name).map(|index| Node { document: self.document, index })
    }

    /// An array's values, in order; nothing for other kinds.
    pub fn items(self) -> Items<'a> {
        let mut children = self.document.children(self.index);
        if self.kind() != Kind::Array {
            children.end = children.at;
        }
        Items(children)
    }

    /// An object's members as they are written, repeated names included; nothing for other kinds.
    pub fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Node<'a>)> + use<'a> {
        let children = (self.kind() == Kind::Object).then(|| self.document.children(self.index));
        let mut children = children.into_iter().flatten();
        std::iter::from_fn(move || {
            let name = children.next()?.as_str()?;
            Some((name, children.next()?))
        })
    }

    /// The work of [`Node::get`] at most, in comparisons of short names. Names with escapes cost more.
    pub fn get_cost(self, name: &str) -> usize {
        let Entry { next, escaped, kind, .. } = self.entry();
        let holds = if kind == Kind::Object { (next - self.index - 1) as usize } else { 0 };
        let each = if escaped { 8 + name.len() } else { 1 + name.len() / 16 };
        (holds / 2).min(LINEAR_MEMBERS_MAX + 1) * each
    }

    fn entry(self) -> Entry {
        self.document.entries[self.index as usize]
    }
}

/// Whether both texts are equal. Names of one length mostly differ in their first byte, which costs no call to see.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    one.len() == other.len() && one.first() == other.first() && one == other
}

/// An array's values that are still to come.
#[derive(Debug, Clone)]
pub struct Items<'a>(Children<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        self.0.next()
    }
}

/// The entries directly in a container; for an object, names and values in turn.
#[derive(Debug, Clone)]
struct Children<'a> {
    document: &'a Document<'a>,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Children<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        if self.at >= self.end {
            return None;
        }
        let node = Node { document: self.document, index: self.at };
        self.at = node.entry().next;
        Some(node)
    }
}
