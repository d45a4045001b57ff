//! Whose word holds: the endpoint's own, its org's profile's, or the server's.

use std::time::Duration;

use super::*;
use crate::samples::{app_with, endpoint_at, prepare, prepare_by};

fn prepared(profile: &str, url: &str, change: impl FnOnce(&mut Endpoint)) -> Prepared {
    let mut endpoint = endpoint_at(url);
    change(&mut endpoint);
    prepare(Arc::new(endpoint), &app_with(profile))
}

#[test]
fn an_endpoint_goes_before_its_profile_and_that_before_the_server() {
    let settings = Settings::default();
    let plain = prepared("standard", "https://a.example/", |_| {});
    assert_eq!(plain.retry(&settings), &settings.retry);
    assert_eq!((plain.timeout, plain.method()), (settings.timeout, http::Method::POST));

    let featured = prepared("featureos", "https://a.example/", |_| {});
    assert_eq!(featured.retry(&settings).delays.len(), 3);
    assert!(featured.success().contains(200) && !featured.success().contains(201));

    let own = prepared("featureos", "https://a.example/", |endpoint| {
        endpoint.rules.retry = Some(RetryPolicy { delays: Vec::new(), ..RetryPolicy::default() });
        endpoint.rules.success = Some(StatusSet::any_2xx());
        endpoint.rules.timeout = Some(Duration::from_secs(2));
        endpoint.rules.content_type = Some("text/plain".to_owned());
        endpoint.rules.method = Method::Delete;
        endpoint.rules.signing = Some(Signing::None);
    });
    assert!(own.retry(&settings).delays.is_empty() && own.success().contains(201));
    assert_eq!((own.timeout, own.method()), (Duration::from_secs(2), http::Method::DELETE));
    assert_eq!((own.content_type.to_str().unwrap(), own.is_signed()), ("text/plain", false));
}

#[test]
fn a_profile_or_the_server_can_refuse_http() {
    assert!(prepared("standard", "http://a.example/", |_| {}).target.is_ok());
    assert!(prepared("featureos", "http://a.example/", |_| {}).target.is_err());
    let strict = Settings { https_only: true, ..Settings::default() };
    let endpoint = Arc::new(endpoint_at("http://a.example/"));
    assert!(prepare_by(&strict, endpoint, &app_with("standard")).target.is_err());
}

#[test]
fn the_log_has_the_url_of_an_endpoint_that_cannot_be_called() {
    let url = |url: &str, change: fn(&mut Endpoint)| prepared("standard", url, change).url;
    assert_eq!(url("https://u:p@a.example/x?y=1", |_| {}), "https://a.example/x?y=1");
    assert_eq!(url("https://u:p@10.0.0.1/x", |_| {}), "https://10.0.0.1/x");
    let unsendable = url("https://u:p@a.example/x", |endpoint| {
        endpoint.rules.content_type = Some("a\nb".to_owned());
    });
    assert_eq!(unsendable, "https://a.example/x");
}

#[test]
fn a_profile_that_this_server_does_not_know_counts_as_standard() {
    let unknown = prepared("of-another-time", "https://a.example/", |_| {});
    assert_eq!(unknown.profile.name, ProfileName::standard());
    assert_eq!(unknown.profile_name.as_str(), "of-another-time");
}

#[test]
fn the_template_is_the_endpoints_or_the_event_types_or_the_profiles() {
    fn source(prepared: &Prepared, event_type: &str) -> Option<Result<String, String>> {
        let template = prepared.template(event_type)?;
        Some(template.map(|one| one.source().to_owned()).map_err(str::to_owned))
    }
    assert_eq!(source(&prepared("standard", "https://a.example/", |_| {}), "t"), None);
    let profile = prepared("flotiq", "https://a.example/", |_| {});
    let [usual, special] =
        ["content_object.create", "content_object.delete"].map(|name| source(&profile, name).unwrap());
    assert_ne!(usual, special);
    let own = prepared("flotiq", "https://a.example/", |endpoint| {
        endpoint.rules.body_template = Some("{{message.id}}".to_owned());
    });
    assert_eq!(source(&own, "content_object.delete"), Some(Ok("{{message.id}}".to_owned())));
    let broken = prepared("standard", "https://a.example/", |endpoint| {
        endpoint.rules.body_template = Some("{{#a}}".to_owned());
    });
    assert!(source(&broken, "t").unwrap().is_err());
}

#[test]
fn an_endpoints_template_escapes_for_the_content_type_that_is_sent() {
    let escape = |content_type: Option<&str>| {
        let prepared = prepared("standard", "https://a.example/", |endpoint| {
            endpoint.rules.body_template = Some("{{a}}".to_owned());
            endpoint.rules.content_type = content_type.map(str::to_owned);
        });
        prepared.template("t").unwrap().unwrap().escape()
    };
    assert_eq!(escape(None), Escape::of_content_type("application/json"));
    assert_eq!(escape(Some("text/html")), Escape::of_content_type("text/html"));
    assert_ne!(escape(None), escape(Some("text/html")));
}
