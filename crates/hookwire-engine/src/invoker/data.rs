//! The data of a call that follows another: what a template makes of request and answer, or the answer's body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookwire_core::json::Document;
use hookwire_core::limits::TEMPLATE_OUTPUT_BYTES_MAX;
use hookwire_core::template::{Escape, Template, Value};
use hookwire_core::trigger::PayloadEncoding;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::call::Answer;

/// What a template may speak of.
#[derive(Serialize)]
struct Context<'a> {
    request: RequestContext<'a>,
    response: ResponseContext<'a>,
}

#[derive(Serialize)]
struct RequestContext<'a> {
    data: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct ResponseContext<'a> {
    status: u16,
    body: &'a RawValue,
    ok: bool,
}

/// The data that makes this body by this encoding: JSON as it is, other bytes as a string.
pub(super) fn of_body(encoding: PayloadEncoding, body: &[u8]) -> Box<RawValue> {
    let text = String::from_utf8_lossy(body);
    let data = match encoding {
        PayloadEncoding::Base64 => to_raw_value(&STANDARD.encode(body)),
        PayloadEncoding::Text => to_raw_value(&text),
        PayloadEncoding::Json if body.is_empty() => to_raw_value(&()),
        PayloadEncoding::Json => serde_json::from_str(&text).or_else(|_| to_raw_value(&text)),
    };
    data.expect("strings can be written as JSON")
}

/// The data that the template makes for a call of this encoding, or why it makes none: JSON, or the string itself.
pub(super) fn rendered(
    encoding: PayloadEncoding,
    source: &str,
    request: Option<&RawValue>,
    answer: &Answer,
) -> Result<Box<RawValue>, String> {
    let template = Template::compile(source, Escape::of_content_type("application/json"))
        .map_err(|error| format!("The data template is not valid: {error}."))?;
    let body = of_body(PayloadEncoding::Json, &answer.body);
    let response = ResponseContext { status: answer.status, body: &body, ok: answer.succeeded };
    let context = Context { request: RequestContext { data: request }, response };
    let context = serde_json::to_string(&context).expect("JSON can be written");
    let context = Document::index(&context).map_err(|error| format!("The answer can't be read: {error}."))?;
    let text = template
        .render(Value::Node(context.root()), TEMPLATE_OUTPUT_BYTES_MAX)
        .map_err(|error| format!("The data could not be made: {error}."))?;
    let data = match encoding {
        PayloadEncoding::Json => serde_json::from_str(&text),
        PayloadEncoding::Text | PayloadEncoding::Base64 => to_raw_value(&text),
    };
    data.map_err(|error| format!("What the data template made is not JSON: {error}."))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { succeeded: status == 200, body: Bytes::from(body.to_owned()), ..Answer::none(status) }
    }

    #[test]
    fn a_body_becomes_the_data_that_would_make_it() {
        for encoding in PayloadEncoding::ALL {
            for body in ["{\"a\": 1.0}", "[]"] {
                let data = of_body(*encoding, body.as_bytes());
                assert_eq!(encoding.body(Some(&data)).unwrap(), body, "{encoding:?}");
            }
        }
        let data = of_body(PayloadEncoding::Base64, &[0xff, 0]);
        assert_eq!(PayloadEncoding::Base64.body(Some(&data)).unwrap(), [0xff, 0].as_slice());
        let words = of_body(PayloadEncoding::Json, b"plain words");
        assert_eq!(words.get(), "\"plain words\"");
        assert!(PayloadEncoding::Json.body(Some(&words)).is_err());
        assert_eq!(of_body(PayloadEncoding::Json, b"").get(), "null");
    }

    #[test]
    fn a_template_speaks_of_request_and_answer() {
        let request = of_body(PayloadEncoding::Json, br#"{"id": 7}"#);
        let source = r#"{"id":{{request.data.id}},"ok":{{response.ok}},"was":{{response.status}},"said":"{{response.body.word}}"}"#;
        let made =
            rendered(PayloadEncoding::Json, source, Some(&request), &answer(200, r#"{"word":"a \"b\""}"#))
                .unwrap();
        assert_eq!(made.get(), r#"{"id":7,"ok":true,"was":200,"said":"a \"b\""}"#);
        let source = r#"{"said":"{{response.body}}"}"#;
        let words = rendered(PayloadEncoding::Json, source, None, &answer(500, "oh \"no\"")).unwrap();
        assert_eq!(words.get(), r#"{"said":"oh \"no\""}"#);
    }

    #[test]
    fn text_and_base64_are_made_without_quotes() {
        for encoding in [PayloadEncoding::Text, PayloadEncoding::Base64] {
            let made = rendered(encoding, "b2s={{!}}", None, &answer(200, "")).unwrap();
            assert_eq!(made.get(), "\"b2s=\"", "{encoding:?}");
        }
    }

    #[test]
    fn what_is_no_template_or_no_json_is_told() {
        let problem = |source| rendered(PayloadEncoding::Json, source, None, &answer(200, "")).unwrap_err();
        assert!(problem("{{#a}}").starts_with("The data template is not valid: line 1"));
        assert!(problem("plain words").starts_with("What the data template made is not JSON: "));
    }
}
