//! How long a payload filter takes, and how long it takes to choose the endpoints of a message among many with filters.

use std::sync::Arc;

use anyhow::ensure;
use hookwire_core::id::Key;
use hookwire_core::json::Document;
use hookwire_core::subscription::{Subscription, Subscriptions};
use hookwire_core::{EndpointKey, Filter};
use serde_json::json;

use crate::Place;
use crate::report::Report;
use crate::sample::EVENT;
use crate::timing::ns_per_call;

/// Filters that match [`EVENT`], from a simple to a large one.
const FILTERS: [(&str, &str); 4] = [
    ("one_value", r#"{"project":"my-project"}"#),
    (
        "three_conditions",
        r#"{"environment":["production","staging"],"data":{"type":"release","stale":false}}"#,
    ),
    ("range", r#"{"id":{"$gte":100,"$lt":1000},"createdBy":{"$endsWith":"@company.com"}}"#),
    (
        "ten_conditions",
        r#"{"$or":[{"type":"feature-archived"},{"type":{"$startsWith":"feature-"},"preData":null}],
            "tags":{"$elemMatch":{"type":"team","value":{"$in":["payments","billing"]}}},
            "data":{"variants":{"$elemMatch":{"weight":{"$gt":400}}},"lastSeenAt":{"$exists":true}},
            "environment":{"$nin":["development","test"]},"project":{"$ne":"other"}}"#,
    ),
];

/// Arguments of the scenario.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Endpoints with filters in one application.
    #[arg(long, default_value_t = 10_000)]
    endpoints: usize,
    /// How many of them match.
    #[arg(long, default_value_t = 5)]
    matching: usize,
}

/// Runs the scenario and reports it.
pub(crate) fn run(place: &Place, args: &Args) -> anyhow::Result<()> {
    let settings = json!({
        "endpoints": args.endpoints, "matching": args.matching, "event_bytes": EVENT.len(),
    });
    let mut report = Report::new("filter", settings);
    let document = Document::index(EVENT)?;
    report.number("index_event_us", ns_per_call(|| Document::index(EVENT)) / 1_000.0);
    for (name, source) in FILTERS {
        let filter = Filter::compile(source)?;
        ensure!(filter.matches(&document), "{name} does not match the event");
        report.number(&format!("match_{name}_ns"), ns_per_call(|| filter.matches(&document)));
        report.number(&format!("compile_{name}_us"), ns_per_call(|| Filter::compile(source)) / 1_000.0);
    }
    for (name, of) in [("values", of_value as fn(usize, bool) -> String), ("ranges", of_range)] {
        let all = subscriptions(args.endpoints, args.matching, of)?;
        let few = subscriptions(args.matching, args.matching, of)?;
        for (name, subscriptions) in [(name.to_owned(), &all), (format!("{name}_of_those_that_match"), &few)]
        {
            let choose = || subscriptions.wanted_by("feature-created", &[], Some(EVENT.as_bytes()));
            ensure!(choose().len() == args.matching, "{name}: {} endpoints match", choose().len());
            report.number(&format!("choose_by_{name}_us"), ns_per_call(choose) / 1_000.0);
        }
    }
    report.finish(place)
}

/// Each endpoint wants another value of a field.
fn of_value(number: usize, matches: bool) -> String {
    if matches {
        FILTERS[0].1.to_owned()
    } else {
        json!({ "project": format!("project-{number}") }).to_string()
    }
}

/// Each endpoint wants another range of a number: nothing can be looked up.
fn of_range(number: usize, matches: bool) -> String {
    let low = if matches { 100 } else { 1_000 + number };
    json!({ "id": { "$gte": low } }).to_string()
}

fn subscriptions(
    endpoints: usize,
    matching: usize,
    source: fn(usize, bool) -> String,
) -> anyhow::Result<Subscriptions> {
    let filters: Vec<Arc<Filter>> = (0..endpoints)
        .map(|number| Ok(Arc::new(Filter::compile(&source(number, number < matching))?)))
        .collect::<anyhow::Result<_>>()?;
    let wanted = filters.iter().enumerate().map(|(number, filter)| Subscription {
        endpoint: EndpointKey::from_raw(number as i64 + 1),
        event_types: None,
        channels: None,
        filter: Some(filter),
    });
    Ok(Subscriptions::new(wanted))
}
