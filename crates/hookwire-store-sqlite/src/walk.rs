//! Walking an index in the order of keys: bounds, direction and where to stop, the same for every list.

use hookwire_store::{Cursor, Order, Page, Slice};
use rusqlite::{Connection, Row, ToSql};

use crate::fault::Done;
use crate::sql::Walk;

/// Most rows that a page looks at.
pub(crate) const ROWS_MAX: usize = 5_000;

/// What becomes of a row.
pub(crate) enum Pick<T> {
    Take(T),
    Skip,
}

/// Which keys to read, and in which direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    /// Keys above this,
    pub(crate) above: i64,
    /// and below this.
    pub(crate) below: i64,
    is_upwards: bool,
    is_backwards: bool,
    limit: u16,
}

impl Range {
    /// The page's part of a list.
    pub(crate) fn of(page: Page) -> Self {
        let (is_upwards, is_backwards) = direction(&page);
        let (above, below) = match page.cursor {
            None => (i64::MIN, i64::MAX),
            Some(Cursor::After(key) | Cursor::Before(key)) if is_upwards => (key, i64::MAX),
            Some(Cursor::After(key) | Cursor::Before(key)) => (i64::MIN, key),
        };
        Self { above, below, is_upwards, is_backwards, limit: page.limit }
    }

    /// Only keys above `above` and below `below`.
    pub(crate) fn within(mut self, above: Option<i64>, below: Option<i64>) -> Self {
        self.above = above.map_or(self.above, |bound| bound.max(self.above));
        self.below = below.map_or(self.below, |bound| bound.min(self.below));
        self
    }

    /// Items to find: one more than the page shows, to know whether there are more.
    pub(crate) fn wanted(&self) -> usize {
        usize::from(self.limit) + 1
    }

    pub(crate) const fn sql(&self, walk: Walk) -> &'static str {
        if self.is_upwards { walk.up } else { walk.down }
    }

    /// Puts keys in the order in which they are read, and cuts them to the range.
    pub(crate) fn arrange(&self, keys: &mut Vec<i64>) {
        keys.retain(|key| *key > self.above && *key < self.below);
        keys.sort_unstable();
        keys.dedup();
        if !self.is_upwards {
            keys.reverse();
        }
    }

    /// Starts collecting.
    pub(crate) fn collector<T>(&self) -> Collector<T> {
        Collector {
            items: Vec::new(),
            wanted: self.wanted(),
            rows: 0,
            last: None,
            is_backwards: self.is_backwards,
            limit: self.limit,
        }
    }

    /// Reads what `walk` finds; its first three parameters are `owner` and the range, then come those in `more`.
    pub(crate) fn read<T>(
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

/// Whether to read upwards, and whether that is against the list's order.
pub(crate) const fn direction<C>(page: &Page<C>) -> (bool, bool) {
    let is_backwards = matches!(page.cursor, Some(Cursor::Before(_)));
    let is_ascending = matches!(page.order, Order::Ascending);
    (is_ascending != is_backwards, is_backwards)
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

/// Collects a page's items, one row at a time.
pub(crate) struct Collector<T> {
    items: Vec<T>,
    wanted: usize,
    rows: usize,
    last: Option<i64>,
    is_backwards: bool,
    limit: u16,
}

impl<T> Collector<T> {
    /// Takes note of a row; `false` when enough was seen.
    pub(crate) fn add(&mut self, key: i64, picked: Pick<T>) -> bool {
        self.rows += 1;
        if let Pick::Take(item) = picked {
            self.items.push(item);
        }
        let is_full = self.items.len() >= self.wanted;
        let is_tired = self.rows >= ROWS_MAX;
        if is_tired && !is_full {
            self.last = Some(key);
        }
        !is_full && !is_tired
    }

    /// The page.
    pub(crate) fn finish(self) -> Slice<T> {
        let mut slice = Slice::cut(self.items, self.limit);
        slice.resume = self.last;
        if self.is_backwards {
            slice.items.reverse();
        }
        slice
    }
}
