//! How many bytes apps and endpoints take in memory, roughly and never far too few.

use std::mem::size_of;

use hookwire_core::{App, Channel, Endpoint, EventTypeName, Metadata};

/// What maps and counters need for each thing that is kept.
const KEEPING: usize = 200;
/// A compiled filter takes up to so many times the bytes of its text.
const FILTER_TIMES: usize = 8;

/// An app without its endpoints.
pub(super) fn of_app(app: &App) -> usize {
    let uid = app.uid.as_ref().map_or(0, |uid| 2 * uid.as_str().len());
    size_of::<App>() + KEEPING + uid + app.name.len() + of_labels(&app.metadata)
}

/// An endpoint, with what is kept of its wishes.
pub(super) fn of_endpoint(endpoint: &Endpoint) -> usize {
    let rules = &endpoint.rules;
    let texts = [&endpoint.name, &endpoint.url, &endpoint.description].into_iter();
    let optional = [&rules.content_type, &rules.body_template].into_iter().flatten();
    let tls = rules.tls.iter().flat_map(|tls| [tls.ca_pem.as_deref(), tls.client_cert_pem.as_deref()]);
    let key = rules.tls.as_ref().and_then(|tls| tls.client_key_pem.as_ref()).map_or(0, |key| key.len());
    let names = endpoint.event_types.iter().flatten().map(EventTypeName::as_str);
    let names = names.chain(endpoint.channels.iter().flatten().map(Channel::as_str));
    let headers = endpoint.headers.iter().map(|(name, value)| KEEPING + name.len() + value.len());
    size_of::<Endpoint>()
        + KEEPING
        + endpoint.uid.as_ref().map_or(0, |uid| uid.as_str().len())
        + texts.chain(optional).map(String::len).sum::<usize>()
        + tls.flatten().map(str::len).sum::<usize>()
        + key
        // Once in the endpoint, and once where wishes are looked up.
        + names.map(|name| 2 * (KEEPING / 2 + name.len())).sum::<usize>()
        + headers.sum::<usize>()
        + of_labels(&endpoint.metadata)
        + rules.filter.as_ref().map_or(0, |filter| FILTER_TIMES * filter.source().len())
        + KEEPING * endpoint.secrets.old.len()
}

fn of_labels(labels: &Metadata) -> usize {
    labels.iter().map(|(name, value)| KEEPING / 2 + name.len() + value.len()).sum()
}
