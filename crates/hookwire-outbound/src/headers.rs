//! The headers of a request: their order, their values and the case of their names.

use std::sync::Arc;

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderValue};

use crate::field::{FieldError, FieldName};
use crate::spelling;

/// Headers in sending order with the case their names are sent in. Values of one name stay together.
///
/// Cheap to clone. Build one per endpoint with [`HeaderList::declaring`] and the names that each message sets, clone it
/// per message and [`HeaderList::set`] the values: a known spelling costs nothing, a new one some microseconds, and a
/// lower-case name never needs to be declared. (On the way out `host` and `content-length` are added at the end.)
#[derive(Clone)]
pub struct HeaderList {
    map: HeaderMap,
    spellings: Arc<Spellings>,
}

/// The spelling of each value's name; a value without one has its name in lower case.
struct Spellings {
    known: HeaderMap<Bytes>,
    compiled: Extensions,
}

impl HeaderList {
    /// No headers.
    pub fn new() -> Self {
        Self::declaring(&[])
    }

    /// No headers yet, but the names that will be set.
    pub fn declaring(names: &[FieldName]) -> Self {
        let mut known = HeaderMap::with_capacity(names.len());
        for name in names {
            known.append(name.name(), name.spelling().clone());
        }
        // Only names that hyper would send otherwise are worth telling it.
        if known.iter().all(|(name, spelling)| name.as_str().as_bytes() == spelling) {
            known.clear();
        }
        Self { map: HeaderMap::with_capacity(names.len()), spellings: Arc::new(Spellings::compile(known)) }
    }

    /// Headers from names and values.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, FieldError> {
        let fields = pairs
            .into_iter()
            .map(|(name, value)| {
                let value = HeaderValue::from_str(value).map_err(|_| FieldError::Value)?;
                Ok((FieldName::new(name)?, value))
            })
            .collect::<Result<Vec<_>, FieldError>>()?;
        let names: Vec<FieldName> = fields.iter().map(|(name, _)| name.clone()).collect();
        let mut list = Self::declaring(&names);
        for (name, value) in fields {
            list.append(&name, value);
        }
        Ok(list)
    }

    /// The same headers, with room for so many more.
    pub fn with_room(&self, more: usize) -> Self {
        let mut map = HeaderMap::with_capacity(self.map.len() + more);
        for (name, value) in &self.map {
            map.append(name, value.clone());
        }
        Self { map, spellings: Arc::clone(&self.spellings) }
    }

    /// Adds a value; the name may have others.
    pub fn append(&mut self, name: &FieldName, value: HeaderValue) {
        let index = self.map.get_all(name.name()).iter().count();
        self.spell(name, index);
        self.map.append(name.name(), value);
    }

    /// Makes this the only value of the name, at the name's place if it has one.
    pub fn set(&mut self, name: &FieldName, value: HeaderValue) {
        self.spell(name, 0);
        self.map.insert(name.name(), value);
    }

    /// The first value of a name in any case.
    pub fn get(&self, name: &str) -> Option<&HeaderValue> {
        self.map.get(name)
    }

    /// Names as sent, and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HeaderValue)> {
        self.map.keys().flat_map(|name| {
            let mut spelled = self.spellings.known.get_all(name).iter();
            self.map.get_all(name).iter().map(move |value| {
                let spelling = spelled.next().and_then(|bytes| std::str::from_utf8(bytes).ok());
                (spelling.unwrap_or(name.as_str()), value)
            })
        })
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The values, and the extensions that tell hyper the case of the names.
    pub(crate) fn into_parts(self) -> (HeaderMap, Extensions) {
        (self.map, self.spellings.compiled.clone())
    }

    /// Makes sure that the name's value at `index` will be sent in this spelling.
    fn spell(&mut self, name: &FieldName, index: usize) {
        let lower = name.name().as_str().as_bytes();
        match self.spellings.known.get_all(name.name()).iter().nth(index) {
            Some(known) if known == name.spelling() => return,
            None if lower == name.spelling().as_ref() => return,
            _ => {}
        }
        let mut known = self.spellings.known.clone();
        let mut spelled: Vec<Bytes> = known.get_all(name.name()).iter().cloned().collect();
        spelled.resize(spelled.len().max(index + 1), Bytes::copy_from_slice(lower));
        spelled[index] = name.spelling().clone();
        known.remove(name.name());
        for spelling in spelled {
            known.append(name.name(), spelling);
        }
        self.spellings = Arc::new(Spellings::compile(known));
    }
}

impl Spellings {
    fn compile(known: HeaderMap<Bytes>) -> Self {
        let compiled = if known.is_empty() {
            Extensions::new()
        } else {
            spelling::compile(known.values().map(AsRef::as_ref))
        };
        Self { known, compiled }
    }
}

impl Default for HeaderList {
    fn default() -> Self {
        Self::new()
    }
}

/// The names only: values may be signatures or credentials.
impl std::fmt::Debug for HeaderList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
