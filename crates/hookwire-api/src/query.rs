//! Query parameters: read by name, unknown ones ignored; a wrong type is a 400, a value out of bounds a 422.

use axum::extract::{FromRequestParts, Query};
use hookwire_core::id::Key;
use hookwire_core::limits::{PAGE_DEFAULT, PAGE_MAX};
use hookwire_core::{Channel, EventTypeName, Tag, Timestamp};
use hookwire_store::history::MessageFilter;
use hookwire_store::{Cursor, Order, Page};
use http::request::Parts;

use crate::api::Api;
use crate::problem::Problem;

/// A request's query.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl FromRequestParts<Api> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        Self::of(&parts.uri)
    }
}

impl Params {
    /// Reads the query of a URI.
    pub(crate) fn of(uri: &http::Uri) -> Result<Self, Problem> {
        if uri.query().is_none() {
            return Ok(Self::default());
        }
        let Query(pairs) = Query::try_from_uri(uri).map_err(|_| bad("The query can't be read."))?;
        Ok(Self(pairs))
    }

    /// The last value under this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The names that are none of these, each once.
    pub(crate) fn unknown(&self, known: &[&str]) -> Vec<String> {
        let plain = |name: &str| name.split_once('[').map_or(name, |(name, _)| name).to_owned();
        let mut names: Vec<String> = self.0.iter().map(|(name, _)| plain(name)).collect();
        names.retain(|name| !known.contains(&name.as_str()));
        names.sort();
        names.dedup();
        names
    }

    /// A switch.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, Problem> {
        match self.get(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(bad(&format!("Query parameter {name} must be true or false."))),
        }
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let wrong = |_| bad(&format!("Query parameter {name} must be a whole number."));
        self.get(name).map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// An RFC 3339 time.
    pub(crate) fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let read = |text: &str| {
            // A plus that was not percent-encoded arrives as a blank.
            Timestamp::parse(&text.replace(' ', "+"))
                .ok_or_else(|| Problem::invalid(&["query", name], "must be a time as RFC 3339 writes it"))
        };
        self.get(name).map(read).transpose()
    }

    /// The values under a name that may come several times: `n=a,b`, `n=a&n=b`, `n[]=a` or `n[0]=a`.
    fn list(&self, name: &str) -> Vec<&str> {
        let named = |key: &str| {
            key.strip_prefix(name).is_some_and(|rest| {
                rest.is_empty()
                    || rest
                        .strip_prefix('[')
                        .and_then(|rest| rest.strip_suffix(']'))
                        .is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
            })
        };
        let values = self.0.iter().filter(|(key, _)| named(key)).flat_map(|(_, value)| value.split(','));
        values.filter(|value| !value.is_empty()).collect()
    }

    /// The filters that every list of messages knows.
    pub(crate) fn message_filter(&self, with_payload: bool) -> Result<MessageFilter, Problem> {
        let types = self.list("event_types");
        let parse = |name: &str| {
            EventTypeName::parse(name).map_err(|error| Problem::invalid(&["query", "event_types"], error))
        };
        let types = types.into_iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let channel = self
            .get("channel")
            .map(|text| Channel::parse(text).map_err(|error| Problem::invalid(&["query", "channel"], error)));
        let tag = self
            .get("tag")
            .map(|text| Tag::parse(text).map_err(|error| Problem::invalid(&["query", "tag"], error)));
        Ok(MessageFilter {
            event_types: if types.is_empty() { None } else { Some(types) },
            channel: channel.transpose()?,
            tag: tag.transpose()?,
            after: self.time("after")?,
            before: self.time("before")?,
            with_payload,
        })
    }

    /// Items of a page.
    fn limit(&self) -> Result<u16, Problem> {
        match self.number("limit")? {
            None => Ok(PAGE_DEFAULT),
            Some(0) => Err(Problem::invalid(&["query", "limit", "limit"], "Given limit must be at least 1")),
            Some(number) => u16::try_from(number).ok().filter(|limit| *limit <= PAGE_MAX).ok_or_else(|| {
                Problem::invalid(
                    &["query", "limit", "limit"],
                    format!("Given limit must not exceed {PAGE_MAX}"),
                )
            }),
        }
    }

    /// The order asked for.
    fn order(&self, default: Order) -> Result<Order, Problem> {
        match self.get("order") {
            None => Ok(default),
            Some("ascending") => Ok(Order::Ascending),
            Some("descending") => Ok(Order::Descending),
            Some(_) => Err(bad("Query parameter order must be ascending or descending.")),
        }
    }

    /// The page of a list whose items have ids.
    pub(crate) fn page<K: Key>(&self, default: Order) -> Result<Page, Problem> {
        self.page_by(self.order(default)?, |text| K::parse(text).map(Key::raw))
    }

    /// The page of a list that knows one order only.
    pub(crate) fn page_newest_first<K: Key>(&self) -> Result<Page, Problem> {
        self.page_by(Order::Descending, |text| K::parse(text).map(Key::raw))
    }

    /// The page of a list that `before` and `after` cut. `after` alone asks for the page next to that time; the later
    /// ones are the pages before it.
    pub(crate) fn page_in_time<K: Key>(&self) -> Result<Page, Problem> {
        let mut page = self.page_newest_first::<K>()?;
        let after = self.time("after")?;
        if page.cursor.is_none() && self.time("before")?.is_none() {
            // What was made within the first millisecond is left to the filter.
            page.cursor = after.map(|after| Cursor::Before(K::floor(after).raw() - 1));
        }
        Ok(page)
    }

    /// The page of a list whose items have names.
    pub(crate) fn page_by_name(&self) -> Result<Page<String>, Problem> {
        let name = |text: &str| EventTypeName::parse(text).ok().map(|name| name.as_str().to_owned());
        self.page_by(self.order(Order::Ascending)?, name)
    }

    fn page_by<C>(&self, order: Order, parse: impl Fn(&str) -> Option<C>) -> Result<Page<C>, Problem> {
        let limit = self.limit()?;
        let read = |text: &str| {
            let cursor = match text.strip_prefix('-') {
                Some(rest) => parse(rest).map(Cursor::Before),
                None => parse(text).map(Cursor::After),
            };
            cursor.ok_or_else(|| {
                Problem::invalid(&["query", "iterator"], "must be an iterator that an earlier page gave")
            })
        };
        let iterator = self.get("iterator").filter(|text| !text.is_empty() && *text != "null");
        Ok(Page { limit, order, cursor: iterator.map(read).transpose()? })
    }
}

fn bad(detail: &str) -> Problem {
    Problem::Bad("generic_error", detail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params::of(&format!("/x?{query}").parse().unwrap()).unwrap()
    }

    #[test]
    fn a_list_is_read_in_every_form_that_clients_use() {
        for query in
            ["t=a,b", "t=a&t=b", "t[]=a&t[]=b", "t[0]=a&t[1]=b", "t%5B%5D=a%2Cb", "tt=c&t[x]=d&t=a,b"]
        {
            assert_eq!(params(query).list("t"), ["a", "b"], "{query}");
        }
    }

    #[test]
    fn a_plus_in_a_time_survives() {
        let at = params("before=2026-08-21T20:24:36+02:00").time("before").unwrap();
        assert_eq!(at, Timestamp::parse("2026-08-21T18:24:36Z"));
        assert!(params("before=yesterday").time("before").is_err());
    }
}
