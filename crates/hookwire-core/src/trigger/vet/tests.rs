//! Invocations and the registration that they must fit.

use super::*;
use crate::id::Key;
use crate::rules::Method;
use crate::trigger::PayloadEncoding;
use crate::{AppKey, Timestamp, TriggerId};

fn trigger() -> Trigger {
    Trigger {
        app: AppKey::from_raw(1),
        id: TriggerId::stored("get-page"),
        url: "https://user:pw@example.com/v1?fixed=1".to_owned(),
        method: Method::Get,
        headers: vec![
            ("Authorization".to_owned(), Some("Bearer hidden".to_owned())),
            ("X-Trace".to_owned(), None),
        ],
        query_params: vec!["pageNum".to_owned()],
        payload_encoding: PayloadEncoding::Json,
        payload_schema: None,
        timeout: None,
        tls: None,
        hidden: false,
        next: Vec::new(),
        created: Timestamp::from_seconds(0),
        updated: Timestamp::from_seconds(0),
    }
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn outgoing(headers: &[(&str, &str)], query: &[(&str, &str)]) -> Result<Outgoing, Vec<Misfit>> {
    trigger().outgoing(Given { data: None, headers: &map(headers), query_params: &map(query) })
}

#[test]
fn declared_headers_and_listed_parameters_are_added_to_the_fixed_ones() {
    let made = outgoing(&[("x-trace", "7")], &[("pageNum", "a b&c")]).unwrap();
    assert_eq!(made.url, "https://user:pw@example.com/v1?fixed=1&pageNum=a+b%26c");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("Authorization", "Bearer hidden"),
        pair("x-trace", "7"),
        pair("content-type", "application/json"),
    ];
    assert_eq!(made.headers, expected);
}

#[test]
fn what_is_not_declared_is_refused_by_name() {
    let at = |result: Result<Outgoing, Vec<Misfit>>| -> Vec<Vec<String>> {
        result.unwrap_err().into_iter().map(|misfit| misfit.at).collect()
    };
    assert_eq!(at(outgoing(&[("X-Other", "1")], &[])), [["headers", "X-Other"]]);
    assert_eq!(at(outgoing(&[("authorization", "mine")], &[])), [["headers", "authorization"]]);
    assert_eq!(at(outgoing(&[("X-Trace", "a\r\nb: c")], &[])), [["headers", "X-Trace"]]);
    assert_eq!(at(outgoing(&[("X-Trace", "1"), ("x-trace", "2")], &[])), [["headers", "x-trace"]]);
    assert_eq!(at(outgoing(&[], &[("fixed", "2")])), [["queryParams", "fixed"]]);
}

#[test]
fn a_registered_content_type_stands() {
    let jpeg = Trigger {
        headers: vec![("Content-Type".to_owned(), Some("image/jpeg".to_owned()))],
        payload_encoding: PayloadEncoding::Base64,
        ..trigger()
    };
    let nothing = BTreeMap::new();
    let made = jpeg.outgoing(Given { data: None, headers: &nothing, query_params: &nothing }).unwrap();
    assert_eq!(made.headers, [("Content-Type".to_owned(), "image/jpeg".to_owned())]);
}

#[test]
fn misfits_name_the_place_but_never_a_fixed_value() {
    let misfits = outgoing(&[("Authorization", "mine")], &[]).unwrap_err();
    assert!(!format!("{misfits:?}").contains("hidden"));
}
