//! Checks a posted message, and turns it into what is stored.

use std::time::Duration;

use bytes::Bytes;
use hookwire_core::limits::{
    DELIVER_AT_AHEAD_MAX, MESSAGE_CHANNELS_MAX, MESSAGE_TAGS_MAX, PAYLOAD_RETENTION_DEFAULT,
};
use hookwire_core::message::RawBody;
use hookwire_core::{Channel, EventTypeName, NewApp, Payload, Tag, Timestamp, Uid};

use super::super::wire::{MessageIn, TransformationsParams};
use crate::problem::{Issues, Problem};
use crate::v1::check;
use crate::v1::message::app_to_make;

const DAY: Duration = Duration::from_hours(24);
const TAG_BYTES_MAX: usize = 128;

/// A message that is fit to be stored.
pub(super) struct Vetted {
    pub(super) create_app: Option<NewApp>,
    pub(super) event_type: EventTypeName,
    pub(super) event_id: Option<Uid>,
    pub(super) channels: Vec<Channel>,
    pub(super) tags: Vec<Tag>,
    pub(super) payload: Payload,
    pub(super) deliver_at: Option<Timestamp>,
    pub(super) payload_retention: Duration,
}

pub(super) fn vet(body: MessageIn<'_>, path: &str, now: Timestamp) -> Result<Vetted, Problem> {
    let create_app = body.application.map(|app| app_to_make(path, app)).transpose()?.flatten();
    let mut issues = Issues::default();
    let event_type = issues.take(&["body", "eventType"], EventTypeName::parse(&body.event_type));
    let id_at = ["body", "uid", "__all__"];
    let event_id = body.event_id.and_then(|id| issues.take(&id_at, Uid::for_message(&id)));
    let at = ["body", "channels"];
    let channels = body.channels.map(|names| check::channels(&mut issues, &at, &names, MESSAGE_CHANNELS_MAX));
    let tags = body.tags.filter(|tags| !tags.is_empty()).map(|tags| vet_tags(&mut issues, &tags));
    if !body.payload.get().starts_with('{') {
        issues.add(&["body", "payload"], "must be an object");
    }
    let deliver_at = body.deliver_at.and_then(|text| deliver_at(&mut issues, &text, now));
    let payload_retention =
        retention(&mut issues, body.payload_retention_period, body.payload_retention_hours);
    let raw = body.transformations_params.and_then(|params| raw_body(&mut issues, params));
    issues.done()?;
    let Some(event_type) = event_type else {
        return Err(Problem::invalid(&["body", "eventType"], "must be given"));
    };
    Ok(Vetted {
        create_app,
        event_type,
        event_id,
        channels: channels.unwrap_or_default(),
        tags: tags.unwrap_or_default(),
        // A copy: a slice would keep the whole read buffer of the connection in memory.
        payload: Payload { json: Bytes::copy_from_slice(body.payload.get().as_bytes()), raw },
        deliver_at,
        payload_retention,
    })
}

fn vet_tags(issues: &mut Issues, tags: &[String]) -> Vec<Tag> {
    if tags.iter().any(|tag| tag.len() > TAG_BYTES_MAX) {
        issues.add(&["body", "tags"], format!("each may have at most {TAG_BYTES_MAX} characters"));
    }
    check::names(issues, &["body", "tags"], tags, MESSAGE_TAGS_MAX, Tag::parse)
}

/// A time ahead; what lies in the past means at once.
fn deliver_at(issues: &mut Issues, text: &str, now: Timestamp) -> Option<Timestamp> {
    let loc = ["body", "deliverAt"];
    let at = Timestamp::parse(text).ok_or("must be a time as RFC 3339 writes it");
    let at = issues.take(&loc, at)?;
    if at > now.plus(DELIVER_AT_AHEAD_MAX) {
        issues.add(&loc, "may be at most 90 days ahead");
    }
    Some(at).filter(|at| *at > now)
}

fn retention(issues: &mut Issues, days: Option<u64>, hours: Option<u64>) -> Duration {
    if days.is_some_and(|days| !(5..=90).contains(&days)) {
        issues.add(&["body", "payload_retention_period"], "must lie between 5 and 90 days");
    }
    if hours.is_some_and(|hours| !(1..=2_160).contains(&hours)) {
        issues.add(&["body", "payload_retention_hours"], "must lie between 1 and 2160 hours");
    }
    let days = days.map_or(PAYLOAD_RETENTION_DEFAULT, |days| DAY * days.min(90) as u32);
    hours.map_or(days, |hours| Duration::from_hours(hours.min(2_160)))
}

fn raw_body(issues: &mut Issues, params: TransformationsParams) -> Option<RawBody> {
    let loc = ["body", "transformationsParams", "headers"];
    let mut content_type = None;
    for (name, value) in params.headers.unwrap_or_default() {
        if !name.eq_ignore_ascii_case("content-type") {
            issues.add(&loc, format!("only content-type can be set, not {name:?}"));
        } else if value.len() > 256 || http::HeaderValue::from_str(&value).is_err() {
            issues.add(&loc, "content-type must be a header value of at most 256 bytes");
        } else {
            content_type = Some(value);
        }
    }
    params.raw_payload.map(|text| RawBody { bytes: text.into(), content_type })
}
