//! Whether an invocation fits its registration, and the request that it makes.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::Trigger;
use crate::header;

/// What a client gives.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The data, a JSON value.
    pub data: Option<&'a RawValue>,
    /// Headers by name.
    pub headers: &'a BTreeMap<String, String>,
    /// Query parameters by name.
    pub query_params: &'a BTreeMap<String, String>,
}

/// What follows from a fitting invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The registered URL with the given query parameters added.
    pub url: String,
    /// All headers, `Content-Type` among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// What does not fit, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where: `data`, or `headers` or `queryParams` and a name.
    pub at: Vec<String>,
    /// Why.
    pub reason: String,
}

impl Misfit {
    /// Something that does not fit at this place.
    pub fn new(at: &[&str], reason: impl Into<String>) -> Self {
        Self { at: at.iter().map(|&part| part.to_owned()).collect(), reason: reason.into() }
    }
}

impl Trigger {
    /// Checks what a client gives against the registration (all but the schema), and makes the request of it.
    pub fn outgoing(&self, given: Given<'_>) -> Result<Outgoing, Vec<Misfit>> {
        let mut misfits = Vec::new();
        let body = self.payload_encoding.body(given.data);
        let body =
            body.map_err(|error| misfits.push(Misfit::new(&["data"], error.to_string()))).unwrap_or_default();
        let headers = self.outgoing_headers(given.headers, &mut misfits);
        let url = self.outgoing_url(given.query_params, &mut misfits);
        if misfits.is_empty() { Ok(Outgoing { url, headers, body }) } else { Err(misfits) }
    }

    fn outgoing_headers(
        &self,
        given: &BTreeMap<String, String>,
        misfits: &mut Vec<Misfit>,
    ) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = Vec::with_capacity(self.headers.len() + 1);
        let prefilled = self.headers.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        headers.extend(prefilled);
        let fixed = headers.len();
        for (name, value) in given {
            let is_twice = headers[fixed..].iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            let declared = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            let reason = match declared {
                None => Some("is not one of the headers that this trigger takes".to_owned()),
                Some((_, Some(_))) => Some("has a fixed value in this trigger".to_owned()),
                Some((_, None)) if is_twice => Some("is given twice, in another case".to_owned()),
                Some((_, None)) => header::check_registered(name, value).err().map(|error| error.to_string()),
            };
            match reason {
                Some(reason) => misfits.push(Misfit::new(&["headers", name], reason)),
                None => headers.push((name.clone(), value.clone())),
            }
        }
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".to_owned(), self.payload_encoding.content_type().to_owned()));
        }
        headers
    }

    fn outgoing_url(&self, given: &BTreeMap<String, String>, misfits: &mut Vec<Misfit>) -> String {
        let unlisted = given.keys().filter(|name| !self.query_params.contains(name));
        let reason = "is not one of the query parameters that this trigger takes";
        misfits.extend(unlisted.map(|name| Misfit::new(&["queryParams", name], reason)));
        match url::Url::parse(&self.url) {
            Ok(mut url) if !given.is_empty() => {
                url.query_pairs_mut().extend_pairs(given);
                url.to_string()
            }
            _ => self.url.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
