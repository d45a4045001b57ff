//! Checks a registration, field by field.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use hookwire_core::limits::{HEADERS_MAX, NEXT_MAX, PEM_BYTES_MAX, QUERY_PARAMS_MAX, TIMEOUT_MAX};
use hookwire_core::rules::{Method, Tls};
use hookwire_core::target::TargetUrl;
use hookwire_core::template::{Escape, Template};
use hookwire_core::trigger::{Next, On, PayloadEncoding};
use hookwire_core::{AppKey, Trigger, TriggerId, header, span};

use super::masked::Kept;
use super::wire::{TriggerIn, TriggerNext, TriggerTls};
use crate::api::Api;
use crate::problem::{Issues, Problem};
use crate::v1::endpoint::credentials;

const PARAM_BYTES_MAX: usize = 256;
const ID: &[&str] = &["path", "trigger_id"];

/// The trigger that these words make; `stored` is the one whose place it takes.
pub(super) fn vet(
    api: &Api,
    app: AppKey,
    id: TriggerId,
    body: TriggerIn,
    stored: Option<&Trigger>,
) -> Result<Trigger, Problem> {
    let mut issues = Issues::default();
    let encoding = word(&mut issues, "payloadEncoding", body.payload_encoding, PayloadEncoding::from_name);
    let payload_encoding = encoding.unwrap_or_default();
    let method = word(&mut issues, "method", Some(body.method), Method::from_name).unwrap_or_default();
    let url = url(&mut issues, api, &body.url, stored);
    let kept = Kept::of(stored, &url);
    if body.id.is_some_and(|given| given != id.as_str()) {
        issues.add(&["body", "id"], "must be the id in the path, or be left out");
    }
    if body.payload_schema.is_some() && payload_encoding != PayloadEncoding::Json {
        issues.add(&["body", "payloadSchema"], "is for the payload encoding json only");
    }
    let now = api.now();
    let trigger = Trigger {
        app,
        id,
        method,
        headers: headers(&mut issues, body.headers.unwrap_or_default(), &kept),
        query_params: query_params(&mut issues, body.query_params.unwrap_or_default()),
        payload_encoding,
        payload_schema: body.payload_schema.map(|schema| schema.get().to_owned()),
        timeout: body.timeout.and_then(|text| timeout(&mut issues, &text)),
        tls: body.tls.and_then(|given| tls(&mut issues, api, given, &kept)),
        hidden: body.hidden.unwrap_or_default(),
        next: next(&mut issues, &body.next.unwrap_or_default()),
        url,
        created: now,
        updated: now,
    };
    issues.done().map(|()| trigger)
}

/// The id of a trigger that is to be registered.
pub(super) fn id(text: &str) -> Result<TriggerId, Problem> {
    let id = TriggerId::parse(text).map_err(|error| Problem::invalid(ID, error))?;
    // An iterator with a hyphen before it leads backwards.
    if text.starts_with('-') { Err(Problem::invalid(ID, "must not begin with '-'")) } else { Ok(id) }
}

/// One of a few words; absent = the usual one.
fn word<T: Default>(
    issues: &mut Issues,
    field: &str,
    given: Option<String>,
    known: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let allowed = match field {
        "method" => "must be GET, POST, PUT, PATCH or DELETE",
        _ => "must be json, text or base64",
    };
    given.and_then(|text| issues.take(&["body", field], known(&text).ok_or(allowed)))
}

fn url(issues: &mut Issues, api: &Api, given: &str, stored: Option<&Trigger>) -> String {
    let at = ["body", "url"];
    let url = credentials::unmasked(given, stored.map(|stored| stored.url.as_str()));
    let Some(url) = issues.take(&at, url) else { return String::new() };
    issues.take(&at, TargetUrl::parse(&url, &api.address_policy, api.https_only));
    url
}

fn headers(
    issues: &mut Issues,
    given: BTreeMap<String, Option<String>>,
    kept: &Kept<'_>,
) -> Vec<(String, Option<String>)> {
    if given.len() > HEADERS_MAX {
        issues.add(&["body", "headers"], format!("may have at most {HEADERS_MAX} headers"));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut headers = Vec::with_capacity(given.len());
    for (name, value) in given {
        let at = ["body", "headers", name.as_str()];
        if !seen.insert(name.to_ascii_lowercase()) {
            issues.add(&at, "is given twice, in another case");
        }
        let value = value.map(|value| kept.header(issues, &name, value));
        // A name without a value is checked with one that any header may have.
        issues.take(&at, header::check_registered(&name, value.as_deref().unwrap_or("text/plain")));
        headers.push((name, value));
    }
    headers
}

fn query_params(issues: &mut Issues, names: Vec<String>) -> Vec<String> {
    if names.len() > QUERY_PARAMS_MAX {
        issues.add(&["body", "queryParams"], format!("may have at most {QUERY_PARAMS_MAX} names"));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    for (index, name) in names.iter().enumerate() {
        let index = format!("[{index}]");
        let at = ["body", "queryParams", index.as_str()];
        if name.is_empty() || name.len() > PARAM_BYTES_MAX || name.chars().any(char::is_control) {
            issues.add(&at, format!("must have 1 to {PARAM_BYTES_MAX} bytes, without control characters"));
        }
        if !seen.insert(name) {
            issues.add(&at, "is given twice");
        }
    }
    names
}

fn timeout(issues: &mut Issues, text: &str) -> Option<Duration> {
    let at = ["body", "timeout"];
    let timeout = issues.take(&at, span::parse(text))?;
    if timeout < Duration::from_millis(1) || timeout > TIMEOUT_MAX {
        issues.add(&at, format!("must lie between 1ms and {}", span::format(TIMEOUT_MAX)));
    }
    Some(timeout)
}

fn tls(issues: &mut Issues, api: &Api, given: TriggerTls, kept: &Kept<'_>) -> Option<Tls> {
    let mut fits = true;
    for (name, pem) in [
        ("caPem", &given.ca_pem),
        ("clientCertPem", &given.client_cert_pem),
        ("clientKeyPem", &given.client_key_pem),
    ] {
        if pem.as_ref().is_some_and(|pem| pem.len() > PEM_BYTES_MAX) {
            issues.add(&["body", "tls", name], format!("may have at most {PEM_BYTES_MAX} bytes"));
            fits = false;
        }
    }
    if given.client_cert_pem.is_some() != given.client_key_pem.is_some() {
        issues.add(&["body", "tls"], "clientCertPem and clientKeyPem belong together");
        fits = false;
    }
    let client_key_pem = given.client_key_pem.map(|key| kept.key(issues, key));
    fits &= client_key_pem.as_ref().is_none_or(|key| !key.is_empty());
    let tls = Tls { ca_pem: given.ca_pem, client_cert_pem: given.client_cert_pem, client_key_pem };
    if fits && !tls.is_empty() {
        issues.take(&["body", "tls"], (api.check_tls)(&tls));
    }
    Some(tls).filter(|tls| !tls.is_empty())
}

fn next(issues: &mut Issues, given: &[TriggerNext]) -> Vec<Next> {
    if given.len() > NEXT_MAX {
        issues.add(&["body", "next"], format!("may have at most {NEXT_MAX} calls"));
        return Vec::new();
    }
    let calls = given.iter().enumerate().map(|(index, call)| {
        let index = format!("[{index}]");
        let at = |field| ["body", "next", index.as_str(), field];
        let trigger = issues.take(&at("trigger"), TriggerId::parse(&call.trigger));
        let on = call.on.as_deref().map_or(Some(On::default()), On::from_name);
        let on = issues.take(&at("on"), on.ok_or("must be success, failure or always"));
        if let Some(source) = &call.data_template {
            let escape = Escape::of_content_type("application/json");
            issues.take(&at("dataTemplate"), Template::compile(source, escape));
        }
        Some(Next { trigger: trigger?, on: on?, data_template: call.data_template.clone() })
    });
    calls.collect::<Vec<_>>().into_iter().flatten().collect()
}
