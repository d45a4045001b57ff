//! Reads a profile from its TOML file. What is wrong is told with its line.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use toml::Spanned;

use super::{Envelope, Profile, ProfileEventType};
use crate::limits::{LOG_LIMIT_MAX, RETRIES_MAX, RETRY_DELAY_MAX, TIMEOUT_MAX};
use crate::retry::{RetryOn, RetryPolicy};
use crate::rules::Signing;
use crate::status::StatusSet;
use crate::template::{Escape, Template};
use crate::{EventTypeName, ProfileName, header, span};

/// Why a profile can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ProfileError {
    /// The line of the file, from 1.
    pub line: usize,
    /// What is wrong there, and what is allowed.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Spanned<String>,
    #[serde(default)]
    https_only: bool,
    success_codes: Option<Spanned<Vec<Code>>>,
    retry: Option<Spanned<Retry>>,
    timeout: Option<Spanned<String>>,
    log_limit: Option<Spanned<u32>>,
    content_type: Option<Spanned<String>>,
    body_template: Option<Spanned<String>>,
    signing: Option<Spanned<String>>,
    #[serde(default)]
    event_types: Vec<Spanned<EventType>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Number(u16),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    delays: Vec<String>,
    jitter: Option<f64>,
    retry_on: Option<Vec<Code>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventType {
    name: Spanned<String>,
    alias: Option<Spanned<String>>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    deprecated: bool,
    example: Option<Spanned<String>>,
    body_template: Option<Spanned<String>>,
}

impl Code {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Profile {
    /// Reads the profile `name` from its file's text.
    pub fn parse(name: &str, text: &str) -> Result<Self, ProfileError> {
        let reader = Reader { text };
        let name =
            ProfileName::parse(name).map_err(|error| reader.at(0..0, format!("the file's name {error}")))?;
        let file: File = toml::from_str(text)
            .map_err(|error| reader.at(error.span().unwrap_or_default(), error.message().to_owned()))?;
        if file.title.get_ref().trim().is_empty() {
            return Err(reader.at(file.title.span(), "title must not be empty"));
        }
        let content_type = match &file.content_type {
            Some(given) => reader.take("content_type", given, |text| {
                header::check_content_type(text).map(|()| text.clone())
            })?,
            None => "application/json".to_owned(),
        };
        let escape = Escape::of_content_type(&content_type);
        let envelope = |given: &Option<Spanned<String>>| {
            given
                .as_ref()
                .map(|given| reader.take("body_template", given, |source| envelope(source, escape)))
                .transpose()
        };
        let event_types = file.event_types.iter().map(|one| reader.event_type(one.get_ref(), &envelope));
        let profile = Self {
            name,
            title: file.title.get_ref().clone(),
            https_only: file.https_only,
            success: reader.success(file.success_codes.as_ref())?,
            retry: file.retry.as_ref().map(|given| reader.take("retry", given, retry)).transpose()?,
            timeout: file
                .timeout
                .as_ref()
                .map(|given| reader.take("timeout", given, |text| timeout(text)))
                .transpose()?,
            log_limit: file
                .log_limit
                .as_ref()
                .map(|given| reader.take("log_limit", given, |limit| log_limit(*limit)))
                .transpose()?,
            content_type,
            body_template: envelope(&file.body_template)?,
            signing: reader.signing(file.signing.as_ref())?,
            event_types: event_types.collect::<Result<_, _>>()?,
        };
        reader.no_name_twice(&file.event_types)?;
        Ok(profile)
    }
}

/// The text, to find lines in.
struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn at(&self, span: Range<usize>, reason: impl Into<String>) -> ProfileError {
        let before = self.text.as_bytes().iter().take(span.start);
        ProfileError { line: before.filter(|byte| **byte == b'\n').count() + 1, reason: reason.into() }
    }

    /// Converts a value, or says where and why not.
    fn take<T, U, E: std::fmt::Display>(
        &self,
        key: &str,
        given: &Spanned<T>,
        convert: impl FnOnce(&T) -> Result<U, E>,
    ) -> Result<U, ProfileError> {
        convert(given.get_ref()).map_err(|error| self.at(given.span(), format!("{key}: {error}")))
    }

    fn success(&self, given: Option<&Spanned<Vec<Code>>>) -> Result<StatusSet, ProfileError> {
        let Some(given) = given else { return Ok(StatusSet::any_2xx()) };
        let texts: Vec<String> = given.get_ref().iter().map(Code::text).collect();
        self.take("success_codes", given, |_| StatusSet::parse(texts.iter().map(String::as_str)))
    }

    fn signing(&self, given: Option<&Spanned<String>>) -> Result<Signing, ProfileError> {
        let Some(given) = given else { return Ok(Signing::default()) };
        self.take("signing", given, |name| {
            Signing::from_name(name).ok_or_else(|| format!("{name:?} is neither standard nor none"))
        })
    }

    fn event_type(
        &self,
        given: &EventType,
        envelope: &impl Fn(&Option<Spanned<String>>) -> Result<Option<Envelope>, ProfileError>,
    ) -> Result<ProfileEventType, ProfileError> {
        let name = self.take("name", &given.name, |name| EventTypeName::parse(name))?;
        let alias = match &given.alias {
            Some(alias) if alias.get_ref().trim().is_empty() => {
                return Err(self.at(alias.span(), "alias must not be empty"));
            }
            Some(alias) => alias.get_ref().clone(),
            None => name.as_str().to_owned(),
        };
        let example = given.example.as_ref();
        let example = example.map(|text| self.take("example", text, |text| json(text))).transpose()?;
        Ok(ProfileEventType {
            name,
            alias,
            description: given.description.clone(),
            deprecated: given.deprecated,
            example,
            body_template: envelope(&given.body_template)?,
        })
    }

    fn no_name_twice(&self, event_types: &[Spanned<EventType>]) -> Result<(), ProfileError> {
        let mut seen = std::collections::HashSet::new();
        match event_types.iter().find(|one| !seen.insert(one.get_ref().name.get_ref())) {
            Some(twice) => {
                Err(self.at(twice.get_ref().name.span(), "an event type of that name is there already"))
            }
            None => Ok(()),
        }
    }
}

fn envelope(source: &str, escape: Escape) -> Result<Envelope, String> {
    let template = Template::compile(source, escape).map_err(|error| error.to_string())?;
    Ok(Envelope { source: source.to_owned(), template: Arc::new(template) })
}

fn json(text: &str) -> Result<String, String> {
    let value: &RawValue = serde_json::from_str(text).map_err(|error| format!("not valid JSON: {error}"))?;
    Ok(value.get().to_owned())
}

fn retry(given: &Retry) -> Result<RetryPolicy, String> {
    if given.delays.len() > RETRIES_MAX {
        return Err(format!("delays may hold at most {RETRIES_MAX} entries"));
    }
    let delays = given.delays.iter().map(|text| within(text, RETRY_DELAY_MAX)).collect::<Result<_, _>>()?;
    let jitter = given.jitter.unwrap_or(RetryPolicy::default().jitter);
    if !(0.0..=1.0).contains(&jitter) {
        return Err("jitter must be from 0 to 1".to_owned());
    }
    let entries: Option<Vec<String>> =
        given.retry_on.as_ref().map(|all| all.iter().map(Code::text).collect());
    let retry_on = entries.map(|all| RetryOn::parse(all.iter().map(String::as_str))).transpose();
    let retry_on = retry_on.map_err(|error| format!("retry_on: {error}"))?.unwrap_or_default();
    Ok(RetryPolicy { delays, jitter, retry_on })
}

fn timeout(text: &str) -> Result<Duration, String> {
    let given = within(text, TIMEOUT_MAX)?;
    if given.is_zero() { Err("must be longer than 0".to_owned()) } else { Ok(given) }
}

fn within(text: &str, longest: Duration) -> Result<Duration, String> {
    let given = span::parse(text).map_err(|error| format!("{text:?} {error}"))?;
    if given > longest {
        Err(format!("{text:?} is longer than {}", span::format(longest)))
    } else {
        Ok(given)
    }
}

fn log_limit(limit: u32) -> Result<u32, String> {
    if (1..=LOG_LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(format!("must be from 1 to {LOG_LIMIT_MAX}"))
    }
}
