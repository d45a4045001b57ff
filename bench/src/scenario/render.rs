//! How long it takes to make a body of about 1 KiB from a template of about 1 KiB and an event of about 1 KiB.

use anyhow::ensure;
use hookwire_core::json::Document;
use hookwire_core::limits::TEMPLATE_OUTPUT_BYTES_MAX;
use hookwire_core::template::{Escape, Template};
use serde_json::json;

use crate::Place;
use crate::report::Report;
use crate::sample::{Delivery, EVENT, OF_ALL, OF_EVENT};
use crate::timing::ns_per_call;

/// Arguments of the scenario.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {}

/// Runs the scenario and reports it.
pub(crate) fn run(place: &Place, _: &Args) -> anyhow::Result<()> {
    let settings = json!({
        "event_bytes": EVENT.len(), "of_event_bytes": OF_EVENT.len(), "of_all_bytes": OF_ALL.len(),
    });
    let mut report = Report::new("render", settings);
    report.number("index_event_us", ns_per_call(|| Document::index(EVENT)) / 1_000.0);
    let delivery = Delivery::new();
    for (name, source) in [("of_event", OF_EVENT), ("of_all", OF_ALL)] {
        let template = Template::compile(source, Escape::Json)?;
        let body = delivery.facts().render(&template, TEMPLATE_OUTPUT_BYTES_MAX)?;
        ensure!(serde_json::from_str::<serde_json::Value>(&body).is_ok(), "not JSON: {body}");
        let compile_ns = ns_per_call(|| Template::compile(source, Escape::Json));
        let render_ns = ns_per_call(|| delivery.facts().render(&template, TEMPLATE_OUTPUT_BYTES_MAX));
        report.number(&format!("compile_{name}_us"), compile_ns / 1_000.0);
        report.number(&format!("render_{name}_us"), render_ns / 1_000.0);
    }
    report.finish(place)
}
