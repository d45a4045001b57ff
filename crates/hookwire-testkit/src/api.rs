//! A small JSON client of Hookwire's HTTP API.

use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::PATIENCE;

/// A client of one server, with one token. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    headers: Vec<(String, String)>,
}

/// What the server answered.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
}

impl Api {
    /// A client of the server at `origin` (`http://127.0.0.1:8071`) that sends `token` as the bearer.
    pub fn new(origin: &str, token: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let base = format!("{}/api/v1", origin.trim_end_matches('/'));
        Self { client, base, headers: Vec::new() }
            .with_header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// The same client with another token.
    pub fn with_token(&self, token: &str) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(name, _)| name != AUTHORIZATION.as_str());
        other.with_header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// The same client without a token.
    pub fn without_token(&self) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(name, _)| name != AUTHORIZATION.as_str());
        other
    }

    /// The same client with one more header on every request.
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// The same client with connections of its own.
    pub fn on_own_connection(&self) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, ..self.clone() }
    }

    /// `GET`; `path` is relative to `/api/v1` and may hold a query.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Bytes::new()).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: impl Into<Value>) -> Answer {
        self.send(Method::POST, path, body.into().to_string().into()).await
    }

    /// `POST` with a body as HTML forms have it.
    pub async fn post_form(&self, path: &str, form: String) -> Answer {
        let form_type = "application/x-www-form-urlencoded";
        self.with_header(CONTENT_TYPE.as_str(), form_type).send(Method::POST, path, form.into()).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: impl Into<Value>) -> Answer {
        self.send(Method::PUT, path, body.into().to_string().into()).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: impl Into<Value>) -> Answer {
        self.send(Method::PATCH, path, body.into().to_string().into()).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Bytes::new()).await
    }

    /// Sends exactly these bytes. Panics when there is no whole answer.
    pub async fn send(&self, method: Method, path: &str, body: Bytes) -> Answer {
        match self.try_send(method.clone(), path, body).await {
            Ok(answer) => answer,
            Err(problem) => panic!("{method} {path}: {problem}"),
        }
    }

    /// Sends exactly these bytes; `Err` says why no whole answer came, in which case the server may or may not
    /// have acted on the request.
    pub async fn try_send(&self, method: Method, path: &str, body: Bytes) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        let has_type = self.headers.iter().any(|(name, _)| name == CONTENT_TYPE.as_str());
        if !body.is_empty() && !has_type {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| format!("{error:?}"))?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
            Ok(Answer { status: head.status, headers: head.headers, body })
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .map_err(|_| format!("no answer within {PATIENCE:?}"))?
    }
}

impl Answer {
    /// The body as JSON, or null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The first value of a header, or "" where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The body as JSON; panics, showing the answer, unless the status is this one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert!(self.status == status, "expected {status}, got {self:?}");
        self.json()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}
