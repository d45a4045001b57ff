//! Request bodies: bounded in size and depth, then parsed, with faults located in the way that clients expect.

use std::pin::{Pin, pin};

use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::api::Api;
use crate::ignored::{Ignored, Watched};
use crate::problem::{Issue, Problem};
use crate::within::within;

/// How much of a body that is too long is read to its end nevertheless.
const DISCARDED_BYTES_MAX: usize = 16 << 20;

/// A request's body as bytes; longer ones than the settings allow are refused with 413, slower ones with 408.
pub(crate) struct BodyBytes(pub(crate) Bytes);

impl FromRequest<Api> for BodyBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        read(request.into_body(), api).await.map(Self)
    }
}

/// Reads a body, as long and as slow as the settings allow.
pub(crate) async fn read<B>(body: B, api: &Api) -> Result<Bytes, Problem>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<axum::BoxError>,
{
    let (limit, bytes_max) = (api.settings.body_timeout, api.settings.body_bytes_max);
    let mut body = pin!(body);
    let read = within(limit, whole(Limited::new(body.as_mut(), bytes_max))).await;
    match read.ok_or(Problem::BodyTimeout(limit))? {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.is::<LengthLimitError>() => {
            let _ = tokio::time::timeout(limit, discard(body)).await;
            Err(Problem::TooLarge(bytes_max))
        }
        Err(_) => Err(Problem::Bad("generic_error", "The request's body could not be read.".to_owned())),
    }
}

/// All of a body. A short one comes in one piece, which is taken as it is.
async fn whole<B: HttpBody<Data = Bytes> + Unpin>(mut body: B) -> Result<Bytes, B::Error> {
    let first = body.frame().await.transpose()?.and_then(|frame| frame.into_data().ok()).unwrap_or_default();
    if body.is_end_stream() {
        return Ok(first);
    }
    let rest = body.collect().await?.to_bytes();
    Ok(if rest.is_empty() { first } else { [first, rest].concat().into() })
}

/// Lets the rest of a body come in, within bounds. A client that still writes when the connection is closed would learn
/// of that, and not of the answer.
async fn discard<B: HttpBody<Data = Bytes>>(mut body: Pin<&mut B>) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > DISCARDED_BYTES_MAX {
            return;
        }
    }
}

/// A request's JSON body. An absent one counts as `{}`.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let ignored = request.extensions().get::<Ignored>().cloned();
        let BodyBytes(bytes) = BodyBytes::from_request(request, api).await?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let (value, names) = parse(text, api.settings.json_depth_max)?;
        if let Some(ignored) = ignored {
            ignored.note(names);
        }
        Ok(Self(value))
    }
}

/// Parses an object, and names those of its fields that have no effect.
pub(crate) fn parse<'a, T: Deserialize<'a>>(
    text: &'a [u8],
    depth_max: usize,
) -> Result<(T, Vec<String>), Problem> {
    if depth(text) > depth_max {
        let msg = format!("The JSON is nested deeper than {depth_max} levels.");
        return Err(Problem::Invalid(vec![Issue::new(&["body"], msg, "value_error.jsondecode")]));
    }
    let mut ignored = Vec::new();
    let mut inner = serde_json::Deserializer::from_slice(text);
    let parsed = T::deserialize(Watched { inner: &mut inner, ignored: &mut ignored });
    match parsed.and_then(|value| inner.end().map(|()| value)) {
        Ok(value) => Ok((value, ignored)),
        Err(error) => Err(located::<T>(text, &error)),
    }
}

/// Reads once more, this time keeping track of the place, and says where the fault is.
fn located<'a, T: Deserialize<'a>>(text: &'a [u8], error: &serde_json::Error) -> Problem {
    use serde_path_to_error::Segment;
    let mut loc = vec!["body".to_owned()];
    if error.is_data() {
        let mut inner = serde_json::Deserializer::from_slice(text);
        if let Err(placed) = serde_path_to_error::deserialize::<_, T>(&mut inner) {
            for segment in placed.path() {
                match segment {
                    Segment::Seq { index } => loc.push(format!("[{index}]")),
                    Segment::Map { key } => loc.push(key.clone()),
                    Segment::Enum { .. } | Segment::Unknown => {}
                }
            }
        }
    }
    let loc: Vec<&str> = loc.iter().map(String::as_str).collect();
    Problem::Invalid(vec![Issue::new(&loc, error, "value_error.jsondecode")])
}

/// How deep objects and lists are nested, counted on the text, so that no depth can exhaust a stack.
pub(crate) fn depth(text: &[u8]) -> usize {
    let (mut now, mut deepest) = (0_usize, 0_usize);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sample {
        first_name: String,
        #[serde(default)]
        tags: Vec<String>,
    }

    #[test]
    fn depth_is_counted_outside_strings_only() {
        assert_eq!(depth(b"1"), 0);
        assert_eq!(depth(br#"{"a":[{"b":"[[[[\"[["}]}"#), 3);
        assert_eq!(depth("[".repeat(100_000).as_bytes()), 100_000);
    }

    #[test]
    fn unknown_fields_are_named_and_known_ones_are_not() {
        let text = br#"{"firstName":"a","tags":[],"firstname":1,"x":{"y":2}}"#;
        let (sample, ignored) = parse::<Sample>(text, 10).unwrap();
        assert_eq!((sample.first_name.as_str(), sample.tags.len()), ("a", 0));
        assert_eq!(ignored, ["firstname", "x"]);
    }

    #[test]
    fn faults_are_located_by_the_names_of_the_wire() {
        for (text, place) in [
            (r#"{"firstName":1}"#, r#"["body", "firstName"]"#),
            (r#"{"firstName":"a","tags":["a",2]}"#, r#"["body", "tags", "[1]"]"#),
            (r#"{"firstName":"#, r#"["body"]"#),
            (r#"{"firstName":"a"} x"#, r#"["body"]"#),
            ("[]", r#"["body"]"#),
        ] {
            let problem = format!("{:?}", parse::<Sample>(text.as_bytes(), 10).unwrap_err());
            assert!(problem.contains(place) && problem.contains("value_error.jsondecode"), "{problem}");
        }
    }
}
