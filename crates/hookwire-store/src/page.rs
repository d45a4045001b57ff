//! Keyset pages: how a list is walked without offsets, in both directions.

/// Which part of a list to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<C = i64> {
    /// Most items to return.
    pub limit: u16,
    /// The order of the list.
    pub order: Order,
    /// Where to start; `None` = at the list's beginning.
    pub cursor: Option<Cursor<C>>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest (or lowest name) first.
    Ascending,
    /// Newest first.
    Descending,
}

/// A place in a list, as the raw key (or the name) of one of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor<C = i64> {
    /// The page that follows this item in the list's order.
    After(C),
    /// The page that precedes this item; its items still come in the list's order.
    Before(C),
}

/// A page's items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T, C = i64> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Whether there is more in the direction of travel.
    pub more: bool,
    /// Set when the search stopped before the page was full, because it had looked at enough rows: go on after this.
    pub resume: Option<C>,
}

impl<T, C> Slice<T, C> {
    /// Cuts what was read (up to `limit + 1` items) to the page.
    pub fn cut(mut items: Vec<T>, limit: u16) -> Self {
        let more = items.len() > usize::from(limit);
        items.truncate(usize::from(limit));
        Self { items, more, resume: None }
    }

    /// The same page with other items.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Slice<U, C> {
        Slice { items: self.items.into_iter().map(convert).collect(), more: self.more, resume: self.resume }
    }
}
