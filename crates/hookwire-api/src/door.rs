//! The door: a posted message goes straight to its handler, every other request through the router.
//!
//! Routing, layers and boxed futures cost about as much as accepting a message does, so what is asked most often passes
//! them by. What is answered is the same either way.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use http::{Method, Request};
use tower::ServiceExt as _;

use crate::api::{Api, ApiParts, Peer};
use crate::caller::OrgCaller;
use crate::idempotency::IdempotencyKey;
use crate::json;
use crate::openapi::BASE;
use crate::problem::Problem;
use crate::router;
use crate::v1::message::accept;

/// Answers requests. Cheap to clone.
#[derive(Clone)]
pub struct Door {
    router: Router,
    /// `None`: there are layers around the router that no request may pass by.
    api: Option<Api>,
}

impl Door {
    /// A door to the whole API: everything under `/api/v1`, its description and its documentation page.
    pub fn new(parts: ApiParts) -> Self {
        let api = Api::new(parts);
        let has_layers = !api.settings.cors_origins.is_empty();
        Self { router: router::router(api.clone()), api: (!has_layers).then_some(api) }
    }

    /// The same door with more routes.
    pub fn with_routes(self, routes: Router) -> Self {
        Self { router: self.router.merge(routes), ..self }
    }

    /// The same door with something around it that sees every request.
    pub fn behind(self, layer: impl FnOnce(Router) -> Router) -> Self {
        Self { router: layer(self.router), api: None }
    }

    /// Answers a request of that peer.
    pub async fn answer<B>(&self, mut request: Request<B>, peer: Peer) -> Response
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        if let Some(api) = &self.api
            && posts_message(&request)
        {
            return message(api, request).await;
        }
        request.extensions_mut().insert(peer);
        match self.router.clone().oneshot(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Whether it is `POST /app/{app_id}/msg` in its usual form. One with a query or an escaped id is the router's.
fn posts_message<B>(request: &Request<B>) -> bool {
    let uri = request.uri();
    request.method() == Method::POST && uri.query().is_none() && app_of(uri.path()).is_some()
}

/// The app in the path of a posted message.
fn app_of(path: &str) -> Option<&str> {
    let app = path.strip_prefix(BASE)?.strip_prefix("/app/")?.strip_suffix("/msg")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (!app.is_empty() && app.bytes().all(is_plain)).then_some(app)
}

async fn message<B>(api: &Api, request: Request<B>) -> Response
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<axum::BoxError>,
{
    let began = Instant::now();
    let accepted = AssertUnwindSafe(post(api, request)).catch_unwind().await;
    let response = match accepted {
        Ok(accepted) => accepted.unwrap_or_else(IntoResponse::into_response),
        Err(cause) => router::panicked(&*cause),
    };
    api.metrics.answered("message.create", response.status().as_u16(), began.elapsed());
    response
}

async fn post<B>(api: &Api, request: Request<B>) -> Result<Response, Problem>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<axum::BoxError>,
{
    let (parts, body) = request.into_parts();
    let caller = OrgCaller::of(&parts.headers, api).await?;
    let key = IdempotencyKey::of(&parts.headers)?;
    let app = app_of(parts.uri.path()).ok_or(Problem::NotFound("There is no such path."))?;
    let bytes = json::read(body, api).await?;
    accept(api, &caller, key, app, &parts.uri, &bytes).await
}

#[cfg(test)]
mod tests {
    use super::app_of;

    #[test]
    fn only_plain_ids_pass_the_router_by() {
        assert_eq!(app_of("/api/v1/app/app_2x/msg"), Some("app_2x"));
        assert_eq!(app_of("/api/v1/app/a-b.C_1/msg"), Some("a-b.C_1"));
        for other in [
            "/api/v1/app//msg",
            "/api/v1/app/a%20b/msg",
            "/api/v1/app/a/msg/",
            "/api/v1/app/a/b/msg",
            "/app/a/msg",
        ] {
            assert_eq!(app_of(other), None, "{other}");
        }
    }
}
