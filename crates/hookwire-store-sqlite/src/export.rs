//! Reading a whole store, for a move to another one.

mod tables;

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use hookwire_core::Timestamp;
use hookwire_store::copy::{Batch, Facts, Part, Row, Source, Value};
use hookwire_store::{Error, Result, Vault};
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

use crate::fault::{Done, Fault};
use crate::open::{self, OpenError};
use crate::sql::catalog;
use crate::{connection, migrate};

/// A store in one file that is read from beginning to end. No process can open it as long as this lives.
pub struct SqliteSource {
    db: Mutex<Connection>,
    facts: Facts,
    _lock: File,
}

impl SqliteSource {
    /// Opens a store of the present schema under this main secret. Changes nothing in it.
    pub fn open(path: &Path, vault: &Vault) -> std::result::Result<Self, OpenError> {
        if !path.is_file() {
            let error = std::io::ErrorKind::NotFound.into();
            return Err(OpenError::Io { path: path.to_owned(), error });
        }
        let db = connection::reader(path)?;
        // A file that is none of ours gets no lock beside it. Under the lock the schema can't change any more.
        check_schema(&db)?;
        let lock = open::lock(path)?;
        check_schema(&db)?;
        open::check_secret(&db, vault)?;
        let canary: Option<Vec<u8>> =
            db.query_row(catalog::META_GET, ["canary"], |row| row.get(0)).optional()?;
        let (epoch, key_floor) = (open::number(&db, "epoch")?.unwrap_or(0), open::key_floor(&db)?);
        let facts = Facts {
            identity: hex(&canary.ok_or(OpenError::NotOurs)?),
            // Each opening has an epoch of its own. The keys tell apart what grew from the same backup twice.
            mark: format!("{epoch}/{key_floor}"),
            key_floor,
            payload_retention: open::number(&db, "payload_retention")?,
            sweep_barrier: Timestamp::from_micros(open::number(&db, "sweep_barrier")?.unwrap_or(0)),
        };
        Ok(Self { db: Mutex::new(db), facts, _lock: lock })
    }

    fn with<T>(&self, read: impl FnOnce(&Connection) -> Done<T>) -> Result<T> {
        let db = self.db.lock().map_err(|_| Error::Internal("a reader of the source panicked".to_owned()))?;
        read(&db).map_err(Fault::into_error)
    }
}

#[async_trait]
impl Source for SqliteSource {
    fn facts(&self) -> Facts {
        self.facts.clone()
    }

    async fn count(&self, part: Part) -> Result<u64> {
        self.with(|db| {
            let sql = tables::table(part).count();
            Ok(db.query_row(&sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
        })
    }

    async fn read(&self, part: Part, from: Option<String>, limit: u32, bytes_max: usize) -> Result<Batch> {
        self.with(|db| read(db, part, from.as_deref(), limit as usize, bytes_max))
    }
}

fn check_schema(db: &Connection) -> std::result::Result<(), OpenError> {
    match migrate::check(db)? {
        migrate::SCHEMA => Ok(()),
        found => Err(OpenError::TooOld { found, needed: migrate::SCHEMA }),
    }
}

fn read(db: &Connection, part: Part, from: Option<&str>, limit: usize, bytes_max: usize) -> Done<Batch> {
    let table = tables::table(part);
    let place = from.map(|text| table.place(text)).transpose()?;
    let mut statement = db.prepare_cached(&table.select(place.is_some()))?;
    let mut found = statement.query(params_from_iter(place.unwrap_or_default()))?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    let mut last = None;
    while let Some(row) = found.next()? {
        if rows.len() == limit || bytes > bytes_max {
            return Ok(Batch { rows, next: last });
        }
        let columns = table.columns();
        let values = (0..columns).map(|index| Ok(value(row.get_ref(index)?))).collect::<Done<Row>>()?;
        bytes += values.iter().map(size).sum::<usize>();
        let key = (columns..columns + table.key.len()).map(|index| row.get::<_, Sql>(index));
        last = Some(tables::Table::text(&key.collect::<rusqlite::Result<Vec<_>>>()?));
        rows.push(values);
    }
    Ok(Batch { rows, next: None })
}

fn value(found: ValueRef<'_>) -> Value {
    match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        // The store writes no fractions.
        ValueRef::Real(number) => Value::Integer(number as i64),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Integer(_) => 8,
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
