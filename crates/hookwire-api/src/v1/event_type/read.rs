//! `GET /event-type` and `GET /event-type/{event_type_name}`: an org's event types, and one of them.

use axum::Json;
use axum::extract::State;

use super::wire::EventTypeOut;
use crate::api::Api;
use crate::caller::Caller;
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    params: Params,
) -> Result<Json<ListOf<EventTypeOut>>, Problem> {
    let page = params.page_by_name()?;
    let include_archived = params.flag("include_archived", false)?;
    let with_schemas = params.flag("with_content", false)?;
    let visible_to = caller.feature_flags().map(<[String]>::to_vec);
    let found = api.store.event_types(caller.org(), page.clone(), include_archived, visible_to).await?;
    let show = |event_type| EventTypeOut::of(event_type, with_schemas);
    Ok(Json(ListOf::of_names(&page, found, |event_type| event_type.name.to_string(), show)))
}

pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<EventTypeOut>, Problem> {
    let found = super::visible(&api, &caller, &name).await?;
    found.map(|event_type| Json(EventTypeOut::of(event_type, true))).ok_or_else(Problem::absent)
}
