//! Every SQL statement, as a named constant. A test prepares them all and looks at the plans of those that must be quick.

pub(crate) mod catalog;
pub(crate) mod history;
pub(crate) mod oauth;
pub(crate) mod queue;
pub(crate) mod triggers;
pub(crate) mod upkeep;

#[cfg(test)]
mod tests;

/// Names statements, and lists them for the tests.
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$meta])* pub(crate) const $name: &str = $sql;)*
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $sql)),*];
    };
}
pub(crate) use statements;

/// A statement that reads in the order of keys, in both directions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    pub(crate) up: &'static str,
    pub(crate) down: &'static str,
}

/// Names walks (`$sql` ends in `ORDER BY <column>`), and lists both directions of each for the tests.
macro_rules! walks {
    ($($(#[$meta:meta])* $name:ident = $sql:literal;)*) => {
        $($(#[$meta])* pub(crate) const $name: $crate::sql::Walk =
            $crate::sql::Walk { up: concat!($sql, " ASC"), down: concat!($sql, " DESC") };)*
        #[cfg(test)]
        pub(crate) const WALKS: &[(&str, &str)] =
            &[$((stringify!($name), concat!($sql, " ASC")), (stringify!($name), concat!($sql, " DESC"))),*];
    };
}
pub(crate) use walks;
