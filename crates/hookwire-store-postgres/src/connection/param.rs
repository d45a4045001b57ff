//! Parameters that say their types, so that statements need not be described by the server first.

use tokio_postgres::types::{ToSql, Type};

/// A parameter and its type.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A Rust type that is always the same SQL type.
pub(crate) trait Typed {
    const TYPE: Type;
}

/// One that arrays are made of.
pub(crate) trait Element {
    const ARRAY: Type;
}

macro_rules! types {
    ($($rust:ty => $single:ident, $array:ident;)*) => {$(
        impl Typed for $rust {
            const TYPE: Type = Type::$single;
        }
        impl Element for $rust {
            const ARRAY: Type = Type::$array;
        }
    )*};
}

types! {
    bool => BOOL, BOOL_ARRAY;
    i16 => INT2, INT2_ARRAY;
    i32 => INT4, INT4_ARRAY;
    i64 => INT8, INT8_ARRAY;
    f64 => FLOAT8, FLOAT8_ARRAY;
    str => TEXT, TEXT_ARRAY;
    String => TEXT, TEXT_ARRAY;
}

impl Typed for [u8] {
    const TYPE: Type = Type::BYTEA;
}

impl Element for [u8] {
    const ARRAY: Type = Type::BYTEA_ARRAY;
}

impl Typed for Vec<u8> {
    const TYPE: Type = Type::BYTEA;
}

impl Element for Vec<u8> {
    const ARRAY: Type = Type::BYTEA_ARRAY;
}

impl<T: Typed + ?Sized> Typed for &T {
    const TYPE: Type = T::TYPE;
}

impl<T: Element + ?Sized> Element for &T {
    const ARRAY: Type = T::ARRAY;
}

impl<T: Typed> Typed for Option<T> {
    const TYPE: Type = T::TYPE;
}

impl<T: Element> Element for Option<T> {
    const ARRAY: Type = T::ARRAY;
}

impl<T: Element> Typed for Vec<T> {
    const TYPE: Type = T::ARRAY;
}

impl<T: Element> Typed for [T] {
    const TYPE: Type = T::ARRAY;
}

/// A column with its values, or with none at all if each of them is NULL: where columns are unnested side by side, a
/// shorter one is filled up with NULLs, which costs less than to send and to read them.
pub(crate) fn sparse<T>(column: &[Option<T>]) -> &[Option<T>] {
    if column.iter().all(Option::is_none) { &[] } else { column }
}

/// The type of a value.
pub(crate) const fn type_of<T: Typed + ?Sized>(_: &T) -> Type {
    T::TYPE
}

/// Parameters of a statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$((
            &$value as &(dyn tokio_postgres::types::ToSql + Sync),
            $crate::connection::param::type_of(&$value),
        )),*] as &[$crate::connection::Param<'_>]
    };
}
pub(crate) use params;
