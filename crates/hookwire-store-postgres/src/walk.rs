//! Walking an index in the order of keys, a piece at a time.

use hookwire_store::walk::{Collector, Pick, ROWS_MAX, Range, direction};
use hookwire_store::{Cursor, Page, Slice};
use tokio_postgres::Row;

use crate::connection::{Link, Param, params};
use crate::fault::Done;
use crate::row::get;
use crate::sql::Walk;

/// Rows of the pieces after the first, which is as long as the page.
const PIECE: usize = 500;

/// A way through a list.
pub(crate) struct Walking<'a> {
    link: &'a Link,
    walk: Walk,
    owner: i64,
    range: Range,
    more: &'a [Param<'a>],
    /// Where the key is in a row.
    key_at: usize,
    piece: usize,
    seen: usize,
    is_over: bool,
}

impl<'a> Walking<'a> {
    /// What `walk` finds of `owner` in the range. `more`: parameters that follow.
    pub(crate) fn new(link: &'a Link, walk: Walk, owner: i64, range: Range, more: &'a [Param<'a>]) -> Self {
        let piece = range.wanted();
        Self { link, walk, owner, range, more, key_at: 0, piece, seen: 0, is_over: false }
    }

    /// The key is in another column than the first.
    pub(crate) fn keyed_by(mut self, column: usize) -> Self {
        self.key_at = column;
        self
    }

    /// The next rows; none at the end.
    pub(crate) async fn next(&mut self) -> Done<Vec<Row>> {
        if self.is_over || self.seen >= ROWS_MAX {
            return Ok(Vec::new());
        }
        let limit = self.piece.min(ROWS_MAX - self.seen);
        let sql = if self.range.is_upwards() { self.walk.up } else { self.walk.down };
        let (above, below, count) = (self.range.above, self.range.below, limit as i64);
        let bounds = params![self.owner, above, below, count];
        let rows = self.link.query(sql, &[bounds, self.more].concat()).await?;
        self.seen += rows.len();
        self.is_over = rows.len() < limit;
        self.piece = PIECE;
        if let Some(last) = rows.last() {
            let key = get(last, self.key_at)?;
            self.range = if self.range.is_upwards() {
                self.range.within(Some(key), None)
            } else {
                self.range.within(None, Some(key))
            };
        }
        Ok(rows)
    }

    /// Reads a page, each row by itself.
    pub(crate) async fn page<T>(mut self, mut pick: impl FnMut(&Row) -> Done<Pick<T>>) -> Done<Slice<T>> {
        let mut collector: Collector<T> = self.range.collector();
        loop {
            let rows = self.next().await?;
            if rows.is_empty() {
                return Ok(collector.finish());
            }
            for row in &rows {
                if !collector.add(get(row, self.key_at)?, pick(row)?) {
                    return Ok(collector.finish());
                }
            }
        }
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
