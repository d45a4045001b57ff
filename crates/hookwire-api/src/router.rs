//! Puts the operations behind their paths, and the layers around them.

use std::any::Any;
use std::collections::BTreeMap;
use std::time::Duration;

use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};
use axum::{Router, middleware};
use http::HeaderValue;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use crate::api::Api;
use crate::observed::{Observed, observe};
use crate::openapi::BASE;
use crate::problem::Problem;
use crate::{docs, v1};

/// Every route and the layers around them.
pub(crate) fn router(api: Api) -> Router {
    let mut routes: BTreeMap<&str, MethodRouter<Api>> = BTreeMap::new();
    for operation in v1::operations() {
        let observed = Observed {
            api: api.clone(),
            operation: operation.id,
            repeats: operation.repeats,
            takes_body: operation.body.is_some(),
            params: operation.params.iter().map(|param| param.name).collect(),
        };
        let handler = operation.handler.layer(middleware::from_fn_with_state(observed, observe));
        let known = routes.remove(operation.path).unwrap_or_default();
        routes.insert(operation.path, known.merge(handler));
    }
    let mut router = Router::new();
    for (path, methods) in routes {
        let methods = methods.fallback(wrong_method);
        // Older clients end paths with a slash.
        router = router.route(&format!("{BASE}{path}/"), methods.clone());
        if path.starts_with("/oauth/") {
            // Where OAuth's own documents and libraries expect it.
            router = router.route(path, methods.clone());
        }
        router = router.route(&format!("{BASE}{path}"), methods);
    }
    let document = docs::document();
    let router = router
        .route(&format!("{BASE}/openapi.json"), get(move || async move { docs::json(document) }))
        .route("/docs", get(docs::page))
        .route("/docs/docs.js", get(docs::script))
        .route("/docs/docs.css", get(docs::style))
        .route("/", get(|| async { Redirect::temporary("/docs") }))
        .fallback(unknown_path)
        .layer(CatchPanicLayer::custom(|cause: Box<dyn Any + Send>| panicked(&*cause)));
    let origins = api.settings.cors_origins.clone();
    let router = router.with_state(api);
    if origins.is_empty() { router } else { router.layer(cors(&origins)) }
}

fn cors(origins: &[String]) -> CorsLayer {
    let origins =
        origins.iter().filter_map(|origin| HeaderValue::from_str(origin.trim_end_matches('/')).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(Duration::from_mins(10))
}

async fn unknown_path() -> Problem {
    Problem::NotFound("There is no such path.")
}

async fn wrong_method() -> Problem {
    Problem::MethodNotAllowed
}

/// The answer when a handler panicked for that cause.
pub(crate) fn panicked(cause: &(dyn Any + Send)) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("no message");
    Problem::internal(&format_args!("a handler panicked: {text}")).into_response()
}
