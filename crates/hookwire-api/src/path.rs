//! Ids and names in the path, with the rejection that clients expect.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::api::Api;
use crate::problem::Problem;

/// What stands in the path's places. Text that is no valid UTF-8 names nothing.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let found = axum::extract::Path::<T>::from_request_parts(parts, api).await;
        found.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::absent())
    }
}
