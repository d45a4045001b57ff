//! What a request says and the server does not know: accepted, as clients of other versions need, but named in the answer.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

/// The header that names the fields which had no effect.
pub(crate) const HEADER: &str = "hookwire-ignored-fields";
/// The header that names the query parameters which had no effect.
pub(crate) const PARAMETERS_HEADER: &str = "hookwire-ignored-parameters";
const NAMES_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 64;

/// Where a request's unknown fields are noted while it is handled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ignored(Arc<Mutex<Vec<String>>>);

impl Ignored {
    pub(crate) fn note(&self, names: Vec<String>) {
        if !names.is_empty() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
        }
    }

    /// The header's value; `None` when every field was understood.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        header(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The header's value for these names. What could not stand in a header is shown as `?`.
pub(crate) fn header(names: &[String]) -> Option<HeaderValue> {
    let shown = |name: &String| -> String {
        let safe = |c: char| if c.is_ascii_graphic() && c != ',' { c } else { '?' };
        name.chars().take(NAME_CHARS_MAX).map(safe).collect()
    };
    let text = names.iter().take(NAMES_MAX).map(shown).collect::<Vec<_>>().join(", ");
    if text.is_empty() { None } else { HeaderValue::from_str(&text).ok() }
}

/// A deserializer that notes the keys of the outermost object which its struct does not know.
pub(crate) struct Watched<'i, D> {
    pub(crate) inner: D,
    pub(crate) ignored: &'i mut Vec<String>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Watched<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = StructVisitor { inner: visitor, fields, ignored: self.ignored };
        self.inner.deserialize_struct(name, fields, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct StructVisitor<'i, V> {
    inner: V,
    fields: &'static [&'static str],
    ignored: &'i mut Vec<String>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for StructVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let Self { inner, fields, ignored } = self;
        inner.visit_map(Fields { map, fields, ignored })
    }
}

struct Fields<'i, A> {
    map: A,
    fields: &'static [&'static str],
    ignored: &'i mut Vec<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(FieldName(name)) = self.map.next_key::<FieldName<'de>>()? else { return Ok(None) };
        if !self.fields.contains(&name.as_ref()) && self.ignored.len() < NAMES_MAX {
            self.ignored.push(name.clone().into_owned());
        }
        seed.deserialize(StrDeserializer::new(&name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// An object's key, copied only when it holds escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct FieldName<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);
