//! A list's page on the wire: its items, and how to get the pages before and after it.

use hookwire_core::id::Key;
use hookwire_store::{Cursor, Page, Slice};
use serde::Serialize;

/// A page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListOf<T> {
    data: Vec<T>,
    iterator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_iterator: Option<String>,
    done: bool,
}

impl<T> ListOf<T> {
    /// A page without items, and without others beside it.
    pub(crate) const fn empty() -> Self {
        Self { data: Vec::new(), iterator: None, prev_iterator: None, done: true }
    }

    /// The page that a store's answer makes. `id` gives the iterator of an item; `show` its wire form.
    pub(crate) fn of_keys<S, K: Key>(
        page: Page,
        slice: Slice<S>,
        id: impl Fn(&S) -> K,
        show: impl FnMut(S) -> T,
    ) -> Self {
        Self::new(&page, slice, |item| id(item).public(), |raw| K::from_raw(*raw).public(), show)
    }

    /// The same for a list whose items go by name.
    pub(crate) fn of_names<S>(
        page: &Page<String>,
        slice: Slice<S, String>,
        name: impl Fn(&S) -> String,
        show: impl FnMut(S) -> T,
    ) -> Self {
        Self::new(page, slice, name, Clone::clone, show)
    }

    fn new<S, C>(
        page: &Page<C>,
        slice: Slice<S, C>,
        id: impl Fn(&S) -> String,
        resume_id: impl Fn(&C) -> String,
        show: impl FnMut(S) -> T,
    ) -> Self {
        let mut iterator = slice.items.last().map(&id);
        let mut prev_iterator = slice.items.first().map(|first| format!("-{}", id(first)));
        if let Some(place) = &slice.resume {
            let place = resume_id(place);
            match page.cursor {
                Some(Cursor::Before(_)) => {
                    iterator = iterator.or_else(|| Some(place.clone()));
                    prev_iterator = Some(format!("-{place}"));
                }
                Some(Cursor::After(_)) | None => iterator = Some(place),
            }
        }
        let done = !slice.more && slice.resume.is_none();
        Self { data: slice.items.into_iter().map(show).collect(), iterator, prev_iterator, done }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookwire_core::MessageKey;
    use hookwire_store::Order;

    fn page(cursor: Option<Cursor<i64>>, items: Vec<i64>, resume: Option<i64>) -> serde_json::Value {
        let page = Page { limit: 2, order: Order::Descending, cursor };
        let slice = Slice { items, more: false, resume };
        let list = ListOf::of_keys(page, slice, |raw| MessageKey::from_raw(*raw), |raw| raw);
        serde_json::to_value(list).expect("plain data")
    }

    fn id(raw: i64) -> String {
        MessageKey::from_raw(raw).public()
    }

    #[test]
    fn a_search_that_stopped_early_goes_on_where_it_stopped() {
        let forth = page(None, vec![9, 8], Some(3));
        assert_eq!((&forth["iterator"], &forth["done"]), (&id(3).into(), &false.into()));
        let nothing_yet = page(Some(Cursor::After(9)), Vec::new(), Some(3));
        assert_eq!((&nothing_yet["iterator"], &nothing_yet["done"]), (&id(3).into(), &false.into()));
        let back = page(Some(Cursor::Before(1)), vec![3, 2], Some(7));
        assert_eq!(
            (&back["iterator"], &back["prevIterator"]),
            (&id(2).into(), &format!("-{}", id(7)).into())
        );
        assert_eq!(back["done"], false);
    }
}
