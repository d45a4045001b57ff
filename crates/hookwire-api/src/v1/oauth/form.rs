//! A request's form: each parameter at most once, an empty one as if it were absent (RFC 6749, 3.2).

use axum::extract::{FromRequest, Request};
use hookwire_core::oauth::form_pairs;
use http::header;

use super::error::OauthError;
use crate::api::Api;
use crate::json::BodyBytes;

/// The type of a form's body.
const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters of a request.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter that may come several times.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&str, OauthError> {
        self.get(name).ok_or_else(|| OauthError::request(format!("{name} is missing")))
    }

    /// Refuses a parameter that comes twice, whichever it is.
    pub(super) fn each_once(&self) -> Result<(), OauthError> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            if self.0[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(OauthError::request("a parameter is there twice"));
            }
        }
        Ok(())
    }
}

impl FromRequest<Api> for Form {
    type Rejection = OauthError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, OauthError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case(FORM) {
            return Err(OauthError::request(format!("the body must be {FORM}")));
        }
        let BodyBytes(bytes) = BodyBytes::from_request(request, api).await?;
        let mut pairs = form_pairs(&bytes);
        pairs.retain(|(_, value)| !value.is_empty());
        if pairs.len() > PARAMETERS_MAX {
            return Err(OauthError::request("there are too many parameters"));
        }
        Ok(Self(pairs))
    }
}

/// Parameters of one request: a decision names each granted event.
const PARAMETERS_MAX: usize = 1_100;
