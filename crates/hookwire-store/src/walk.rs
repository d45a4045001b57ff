//! Walking an index in the order of keys: bounds, direction and where to stop, the same for every list.

use crate::{Cursor, Order, Page, Slice};

/// Most rows that a page looks at.
pub const ROWS_MAX: usize = 5_000;

/// What becomes of a row.
#[derive(Debug)]
pub enum Pick<T> {
    /// It is on the page.
    Take(T),
    /// It is not.
    Skip,
}

/// Which keys to read, and in which direction.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// Keys above this,
    pub above: i64,
    /// and below this.
    pub below: i64,
    is_upwards: bool,
    is_backwards: bool,
    limit: u16,
}

impl Range {
    /// The page's part of a list.
    pub fn of(page: Page) -> Self {
        let (is_upwards, is_backwards) = direction(&page);
        let (above, below) = match page.cursor {
            None => (i64::MIN, i64::MAX),
            Some(Cursor::After(key) | Cursor::Before(key)) if is_upwards => (key, i64::MAX),
            Some(Cursor::After(key) | Cursor::Before(key)) => (i64::MIN, key),
        };
        Self { above, below, is_upwards, is_backwards, limit: page.limit }
    }

    /// Only keys above `above` and below `below`.
    pub fn within(mut self, above: Option<i64>, below: Option<i64>) -> Self {
        self.above = above.map_or(self.above, |bound| bound.max(self.above));
        self.below = below.map_or(self.below, |bound| bound.min(self.below));
        self
    }

    /// Items to find: one more than the page shows, to know whether there are more.
    pub fn wanted(&self) -> usize {
        usize::from(self.limit) + 1
    }

    /// Whether keys are read in ascending order.
    pub const fn is_upwards(&self) -> bool {
        self.is_upwards
    }

    /// Puts keys in the order in which they are read, and cuts them to the range.
    pub fn arrange(&self, keys: &mut Vec<i64>) {
        keys.retain(|key| *key > self.above && *key < self.below);
        keys.sort_unstable();
        keys.dedup();
        if !self.is_upwards {
            keys.reverse();
        }
    }

    /// Starts collecting.
    pub fn collector<T>(&self) -> Collector<T> {
        Collector {
            items: Vec::new(),
            wanted: self.wanted(),
            rows: 0,
            last: None,
            is_backwards: self.is_backwards,
            limit: self.limit,
        }
    }
}

/// Whether to read upwards, and whether that is against the list's order.
pub const fn direction<C>(page: &Page<C>) -> (bool, bool) {
    let is_backwards = matches!(page.cursor, Some(Cursor::Before(_)));
    let is_ascending = matches!(page.order, Order::Ascending);
    (is_ascending != is_backwards, is_backwards)
}

/// Collects a page's items, one row at a time.
#[derive(Debug)]
pub struct Collector<T> {
    items: Vec<T>,
    wanted: usize,
    rows: usize,
    last: Option<i64>,
    is_backwards: bool,
    limit: u16,
}

impl<T> Collector<T> {
    /// Takes note of a row; `false` when enough was seen.
    pub fn add(&mut self, key: i64, picked: Pick<T>) -> bool {
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
    pub fn finish(self) -> Slice<T> {
        let mut slice = Slice::cut(self.items, self.limit);
        slice.resume = self.last;
        if self.is_backwards {
            slice.items.reverse();
        }
        slice
    }
}
