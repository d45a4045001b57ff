//! What follows a call: which triggers, and with which data.

use std::collections::BTreeMap;

use hookwire_core::Trigger;
use hookwire_core::json::Document;
use hookwire_core::limits::TEMPLATE_OUTPUT_BYTES_MAX;
use hookwire_core::template::{Escape, Template, Value};
use hookwire_core::trigger::{Given, Next, Outgoing, PayloadEncoding};
use hookwire_store::{Result, SharedStore};
use serde_json::value::RawValue;

use super::{Answer, Call};

/// The calls that follow `call` after this answer, at most `room`. One whose trigger is gone is left out.
pub(super) async fn following(
    store: &SharedStore,
    call: &Call,
    answer: &Answer,
    room: usize,
) -> Result<Vec<Call>> {
    let steps = call.trigger.next.iter().filter(|next| next.on.follows(answer.succeeded));
    let mut calls = Vec::new();
    for next in steps.take(room) {
        let Some(trigger) = store.trigger(call.trigger.app, &next.trigger).await? else { continue };
        let sent = call.outgoing.as_ref().map(|outgoing| &*outgoing.body).unwrap_or_default();
        let outgoing = outgoing(&trigger, next, sent, answer);
        calls.push(Call { trigger, outgoing });
    }
    Ok(calls)
}

/// What the next trigger sends; headers and query parameters that a client could give stay empty.
fn outgoing(
    trigger: &Trigger,
    next: &Next,
    sent: &[u8],
    answer: &Answer,
) -> std::result::Result<Outgoing, String> {
    let data = match &next.data_template {
        Some(source) => rendered(source, sent, answer)?,
        None => String::from_utf8_lossy(&answer.body).into_owned(),
    };
    let data = match trigger.payload_encoding {
        PayloadEncoding::Json => as_json(data.as_bytes()),
        PayloadEncoding::Text | PayloadEncoding::Base64 => as_string(&data),
    };
    let data = RawValue::from_string(data).expect("it was just made of JSON");
    let nothing = BTreeMap::new();
    let given = Given { data: Some(&data), headers: &nothing, query_params: &nothing };
    trigger.outgoing(given).map_err(|misfits| {
        let reasons: Vec<String> =
            misfits.iter().map(|misfit| format!("{} {}", misfit.at.join("."), misfit.reason)).collect();
        format!("The call could not be made: {}.", reasons.join("; "))
    })
}

fn rendered(source: &str, sent: &[u8], answer: &Answer) -> std::result::Result<String, String> {
    let failed = |error: &dyn std::fmt::Display| format!("The data template could not be rendered: {error}.");
    let template = Template::compile(source, Escape::Json).map_err(|error| failed(&error))?;
    let context = format!(
        r#"{{"request":{{"data":{}}},"response":{{"status":{},"ok":{},"body":{}}}}}"#,
        as_json(sent),
        answer.status,
        answer.succeeded,
        as_json(&answer.body),
    );
    let document = Document::index(&context).map_err(|error| failed(&error))?;
    let roots: Vec<(&str, Value<'_>)> = ["request", "response"]
        .into_iter()
        .filter_map(|name| Some((name, Value::Node(document.root().get(name)?))))
        .collect();
    template.render(Value::Record(&roots), TEMPLATE_OUTPUT_BYTES_MAX).map_err(|error| failed(&error))
}

/// Bytes as JSON: their own text when they are JSON, null when there are none, else a string.
fn as_json(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "null".to_owned();
    }
    match serde_json::from_slice::<&RawValue>(bytes) {
        Ok(value) => value.get().to_owned(),
        Err(_) => as_string(&String::from_utf8_lossy(bytes)),
    }
}

fn as_string(text: &str) -> String {
    serde_json::to_string(text).expect("a string can be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &'static str) -> Answer {
        Answer {
            status: 200,
            succeeded: true,
            content_type: None,
            body: body.into(),
            truncated: false,
            error: None,
        }
    }

    #[test]
    fn a_data_template_sees_the_request_and_the_answer() {
        let source = r#"{"of":{{response.body.id}},"was":{{request.data}},"ok":{{response.ok}}}"#;
        let data = rendered(source, br#"{"a":1}"#, &answer(r#"{"id":7}"#)).unwrap();
        assert_eq!(data, r#"{"of":7,"was":{"a":1},"ok":true}"#);
    }

    #[test]
    fn an_answer_that_is_no_json_is_a_string() {
        assert_eq!(as_json(b"plain \"words\""), r#""plain \"words\"""#);
        assert_eq!(as_json(b""), "null");
        assert_eq!(as_json(b" {\"a\": 1} "), "{\"a\": 1}");
    }
}
