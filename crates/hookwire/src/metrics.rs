//! `GET /metrics`: what the node counts, in Prometheus' text format.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hookwire_api::ApiMetrics;
use hookwire_core::ErrorClass;
use hookwire_engine::Engine;
use hookwire_engine::metrics::Histogram;
use hookwire_store::SharedStore;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram as OwnHistogram;
use prometheus_client::registry::Registry;

use crate::probe::Probe;

const CONTENT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const SECONDS: [f64; 12] = [0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// An answer's labels: never a tenant's id, so their number is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    operation: &'static str,
    status: u16,
}

/// A failure's label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClassLabels {
    class: &'static str,
}

/// Counts the API's answers.
#[derive(Clone)]
pub(crate) struct Answers {
    answers: Family<AnswerLabels, Counter>,
    took: OwnHistogram,
}

impl Default for Answers {
    fn default() -> Self {
        Self { answers: Family::default(), took: OwnHistogram::new(SECONDS) }
    }
}

impl ApiMetrics for Answers {
    fn answered(&self, operation: &'static str, status: u16, took: Duration) {
        self.answers.get_or_create(&AnswerLabels { operation, status }).inc();
        self.took.observe(took.as_secs_f64());
    }
}

/// What is shown.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) answers: Answers,
    pub(crate) store: SharedStore,
    pub(crate) engine: Option<Arc<Engine>>,
    pub(crate) probe: Arc<Probe>,
}

/// The route.
pub(crate) fn router(shown: Shown) -> Router {
    Router::new().route("/metrics", get(move || async move { page(&shown).await }))
}

async fn page(shown: &Shown) -> Response {
    let mut registry = Registry::with_prefix("hookwire");
    registry.register(
        "api_answers",
        "Answers of the API by operation and status",
        shown.answers.answers.clone(),
    );
    registry.register("api_duration_seconds", "Time to answer", shown.answers.took.clone());
    let pending = shown.store.depth().await.map_or(0, |depth| depth.pending);
    gauge(&mut registry, "queue_pending", "Deliveries that are not settled", pending.cast_signed());
    let writes = shown.store.write_stats();
    counter(&mut registry, "store_commits", "Transactions committed by the writer", writes.commits);
    counter(&mut registry, "store_operations", "Operations in those transactions", writes.operations);
    counter(&mut registry, "store_busy_microseconds", "Time the writer spent in them", writes.busy_us);
    if let Some(engine) = &shown.engine {
        of_engine(&mut registry, engine);
    }
    if let Some(lag) = shown.probe.lag().await {
        registry.register(
            "oldest_due_age_seconds",
            "Age of the oldest delivery that could start but has not",
            ConstGauge::new(lag.as_secs_f64()),
        );
    }
    let mut text = String::new();
    let histograms = shown.engine.as_ref().map_or_else(String::new, |engine| {
        let metrics = engine.metrics();
        histogram("hookwire_attempt_duration_seconds", "Duration of attempts", &metrics.attempt_duration)
            + &histogram(
                "hookwire_delivery_latency_seconds",
                "From acceptance to delivery",
                &metrics.delivery_latency,
            )
    });
    match encode(&mut text, &registry) {
        Ok(()) => {
            let text = text.replace("# EOF\n", &format!("{histograms}# EOF\n"));
            ([(CONTENT_TYPE, CONTENT)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn of_engine(registry: &mut Registry, engine: &Engine) {
    let metrics = engine.metrics();
    counter(registry, "delivered", "Deliveries that the receiver took", metrics.delivered.get());
    counter(registry, "retries", "Retries scheduled", metrics.retries.get());
    counter(registry, "exhausted", "Deliveries without attempts left", metrics.exhausted.get());
    counter(registry, "canceled", "Deliveries cancelled", metrics.canceled.get());
    counter(registry, "released", "Deliveries put back untried", metrics.released.get());
    counter(registry, "faults", "Attempts not made because of a fault of this node", metrics.faults.get());
    counter(registry, "stale_settlements", "Settlements that came too late to count", metrics.stale.get());
    counter(
        registry,
        "settle_errors",
        "Settle batches that the store refused at first",
        metrics.settle_errors.get(),
    );
    counter(
        registry,
        "given_up_settlements",
        "Results that the store refused for good",
        metrics.given_up.get(),
    );
    let failed = Family::<ClassLabels, Counter>::default();
    for class in ErrorClass::ALL {
        failed.get_or_create(&ClassLabels { class: class.name() }).inc_by(metrics.failed_of(class).get());
    }
    registry.register("failed_attempts", "Failed attempts by class", failed);
    gauge(registry, "attempts_in_flight", "Attempts under way", metrics.in_flight.get());
    gauge(registry, "deliveries_held", "Deliveries in memory", metrics.held.get());
    gauge(registry, "lanes", "Lanes in memory", metrics.lanes.get());
    gauge(registry, "suspect_lanes", "Lanes whose receiver fails or hangs", metrics.suspect_lanes.get());
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    registry.register(name, help, ConstCounter::new(value));
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: i64) {
    registry.register(name, help, ConstGauge::new(value));
}

/// A histogram in the text format; the library has no constant ones.
fn histogram(name: &str, help: &str, histogram: &Histogram) -> String {
    use std::fmt::Write as _;
    let (buckets, count, sum) = histogram.read();
    let mut text =
        format!("# HELP {name} {help}.\n# TYPE {name} histogram\n{name}_sum {sum}\n{name}_count {count}\n");
    for (bound, upto) in buckets {
        let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {upto}");
    }
    let _ = writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {count}");
    text
}
