//! Rows turned into arrays, a column each, and the statements that write them.

use hookwire_store::copy::{Part, Row, Value};
use tokio_postgres::types::{ToSql, Type};

use crate::connection::Param;
use crate::fault::{Done, Fault};
use crate::sql::copy as sql;

/// A column of several rows.
enum Column {
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

/// Rows as columns.
pub(super) struct Columns {
    columns: Vec<Column>,
    rows: usize,
}

impl Columns {
    /// The rows of a part.
    pub(super) fn of(part: Part, rows: Vec<Row>) -> Done<Self> {
        let count = rows.len();
        let mut columns: Vec<Column> = kinds(part).chars().map(Column::of_kind).collect();
        for row in rows {
            if row.len() != columns.len() {
                return Err(Fault::corrupt(format!("a row of {part} has {} columns", row.len())));
            }
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value).map_err(|()| Fault::corrupt(format!("a row of {part} makes no sense")))?;
            }
        }
        Ok(Self { columns, rows: count })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// One array for each column.
    pub(super) fn params(&self) -> Vec<Param<'_>> {
        self.columns.iter().map(Column::param).collect()
    }

    /// Keys by which the rows' partitions are found; none of a part that has no partitions.
    pub(super) fn partition_keys(&self, part: Part) -> impl Iterator<Item = i64> {
        let column = match part {
            Part::Messages | Part::Deliveries => Some(0),
            Part::Attempts => Some(1),
            _ => None,
        };
        let keys = column.map_or(&[][..], |index| match &self.columns[index] {
            Column::Integers(keys) => keys.as_slice(),
            Column::Texts(_) | Column::Bytes(_) => &[],
        });
        keys.iter().flatten().copied()
    }
}

impl Column {
    fn of_kind(kind: char) -> Self {
        match kind {
            'i' => Self::Integers(Vec::new()),
            't' => Self::Texts(Vec::new()),
            _ => Self::Bytes(Vec::new()),
        }
    }

    fn push(&mut self, value: Value) -> Result<(), ()> {
        match (self, value) {
            (Self::Integers(column), Value::Integer(number)) => column.push(Some(number)),
            (Self::Integers(column), Value::Null) => column.push(None),
            (Self::Texts(column), Value::Text(text)) => column.push(Some(storable(text))),
            (Self::Texts(column), Value::Null) => column.push(None),
            (Self::Bytes(column), Value::Bytes(bytes)) => column.push(Some(bytes)),
            (Self::Bytes(column), Value::Text(text)) => column.push(Some(text.into_bytes())),
            (Self::Bytes(column), Value::Null) => column.push(None),
            _ => return Err(()),
        }
        Ok(())
    }

    fn param(&self) -> Param<'_> {
        match self {
            Self::Integers(column) => (column as &(dyn ToSql + Sync), Type::INT8_ARRAY),
            Self::Texts(column) => (column as &(dyn ToSql + Sync), Type::TEXT_ARRAY),
            Self::Bytes(column) => (column as &(dyn ToSql + Sync), Type::BYTEA_ARRAY),
        }
    }
}

/// PostgreSQL's texts hold no NUL, which a receiver may well have answered.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// What each column holds: i = a number, t = a text, b = bytes.
const fn kinds(part: Part) -> &'static str {
    match part {
        Part::Orgs => "tt",
        Part::EventTypes => "tttiitttii",
        Part::Apps => "itttitii",
        Part::Endpoints => "iitiiiiiitbii",
        Part::Clients => "ititbbiiiiiii",
        Part::Installs => "iiittttiii",
        Part::Codes => "biitiii",
        Part::Tokens => "biiitii",
        Part::Removals => "i",
        Part::Triggers => "ittbii",
        Part::Messages => "iittttiiiitbbt",
        Part::Deliveries => "iiiiiiiii",
        Part::Attempts => "iiiiitiiitttiiiii",
        Part::Hours => "iiiii",
        Part::Requests => "bbiiib",
        Part::Tasks => "itiitiitiii",
        Part::Heads | Part::LogFloors => "ii",
        Part::Invocations => "iititiiiiitit",
    }
}

/// The statements that write a batch of a part, each with all of its columns.
pub(super) const fn inserts(part: Part) -> &'static [&'static str] {
    match part {
        Part::Orgs => &[sql::ORGS],
        Part::EventTypes => &[sql::EVENT_TYPES],
        Part::Apps => &[sql::APPS],
        Part::Endpoints => &[sql::ENDPOINTS, sql::FAILING],
        Part::Clients => &[sql::CLIENTS],
        Part::Installs => &[sql::INSTALLS],
        Part::Codes => &[sql::CODES],
        Part::Tokens => &[sql::TOKENS],
        Part::Removals => &[sql::REMOVALS],
        Part::Triggers => &[sql::TRIGGERS],
        Part::Messages => &[sql::MESSAGES, sql::EVENT_IDS, sql::LABELS],
        Part::Deliveries => &[sql::QUEUE, sql::DELIVERIES],
        Part::Attempts => &[sql::ATTEMPTS],
        Part::Hours => &[sql::HOURS],
        Part::Requests => &[sql::REQUESTS],
        Part::Tasks => &[sql::TASKS],
        Part::Heads => &[sql::HEADS],
        Part::LogFloors => &[sql::LOG_FLOORS],
        Part::Invocations => &[sql::INVOCATIONS],
    }
}

/// The statement that counts a part.
pub(super) const fn count(part: Part) -> &'static str {
    match part {
        Part::Orgs => sql::COUNT_ORGS,
        Part::EventTypes => sql::COUNT_EVENT_TYPES,
        Part::Apps => sql::COUNT_APPS,
        Part::Endpoints => sql::COUNT_ENDPOINTS,
        Part::Clients => sql::COUNT_CLIENTS,
        Part::Installs => sql::COUNT_INSTALLS,
        Part::Codes => sql::COUNT_CODES,
        Part::Tokens => sql::COUNT_TOKENS,
        Part::Removals => sql::COUNT_REMOVALS,
        Part::Triggers => sql::COUNT_TRIGGERS,
        Part::Messages => sql::COUNT_MESSAGES,
        Part::Deliveries => sql::COUNT_DELIVERIES,
        Part::Attempts => sql::COUNT_ATTEMPTS,
        Part::Hours => sql::COUNT_HOURS,
        Part::Requests => sql::COUNT_REQUESTS,
        Part::Tasks => sql::COUNT_TASKS,
        Part::Heads => sql::COUNT_HEADS,
        Part::LogFloors => sql::COUNT_LOG_FLOORS,
        Part::Invocations => sql::COUNT_INVOCATIONS,
    }
}
