//! Walking an index in the order of keys.

pub(crate) use hookwire_store::walk::direction;
use hookwire_store::{Cursor, Page, Slice};
use rusqlite::{Connection, Row, ToSql};

use crate::fault::Done;
use crate::sql::Walk;

pub(crate) use hookwire_store::walk::{Collector, Pick, ROWS_MAX, Range};

/// Reading a part of a list.
pub(crate) trait Read {
    /// The statement that reads in the range's direction.
    fn sql(&self, walk: Walk) -> &'static str;

    /// Reads what `walk` finds; its first three parameters are `owner` and the range, then come those in `more`.
    fn read<T>(
        &self,
        db: &Connection,
        walk: Walk,
        owner: i64,
        more: &[&dyn ToSql],
        pick: impl FnMut(&Row<'_>) -> Done<(i64, Pick<T>)>,
    ) -> Done<Slice<T>>;
}

impl Read for Range {
    fn sql(&self, walk: Walk) -> &'static str {
        if self.is_upwards() { walk.up } else { walk.down }
    }

    fn read<T>(
        &self,
        db: &Connection,
        walk: Walk,
        owner: i64,
        more: &[&dyn ToSql],
        mut pick: impl FnMut(&Row<'_>) -> Done<(i64, Pick<T>)>,
    ) -> Done<Slice<T>> {
        let mut params: Vec<&dyn ToSql> = vec![&owner, &self.above, &self.below];
        params.extend_from_slice(more);
        let mut statement = db.prepare_cached(self.sql(walk))?;
        let mut rows = statement.query(params.as_slice())?;
        let mut collector = self.collector();
        while let Some(row) = rows.next()? {
            let (key, picked) = pick(row)?;
            if !collector.add(key, picked) {
                break;
            }
        }
        Ok(collector.finish())
    }
}

/// The statement that reads a page of a list by name, and the name from which it reads.
pub(crate) fn from_name(page: &Page<String>, after: Walk, before: Walk) -> (&'static str, &str) {
    match (&page.cursor, direction(page).0) {
        (None, true) => (after.up, ""),
        // No name holds a character above '~'.
        (None, false) => (before.down, "~"),
        (Some(Cursor::After(name) | Cursor::Before(name)), true) => (after.up, name),
        (Some(Cursor::After(name) | Cursor::Before(name)), false) => (before.down, name),
    }
}
