//! `GET /profile` and `GET /profiles`: the org's profile, and all that there are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hookwire_core::{Profile, Profiles};
use hookwire_store::{Cursor, Order, Page, Slice};

use super::wire::ProfileOut;
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::page::ListOf;
use crate::problem::Problem;
use crate::query::Params;

/// One that the server does not know any more is shown as what it counts as.
pub(super) async fn get(State(api): State<Api>, caller: OrgCaller) -> Result<Json<ProfileOut>, Problem> {
    let name = api.store.profile(caller.org()).await?;
    Ok(Json(ProfileOut::of(api.profiles.get_or_standard(name.as_str()))))
}

pub(super) async fn list(
    State(api): State<Api>,
    _: OrgCaller,
    params: Params,
) -> Result<Json<ListOf<ProfileOut>>, Problem> {
    let page = params.page_by_name()?;
    let found = slice(&api.profiles, &page);
    Ok(Json(ListOf::of_names(&page, found, |profile| profile.name.to_string(), |one| ProfileOut::of(&one))))
}

fn slice(profiles: &Profiles, page: &Page<String>) -> Slice<Arc<Profile>, String> {
    let mut all: Vec<_> = profiles.iter().cloned().collect();
    if page.order == Order::Descending {
        all.reverse();
    }
    let forwards = page.order == Order::Ascending;
    let comes_before = |name: &str, cursor: &str| if forwards { name < cursor } else { name > cursor };
    let limit = usize::from(page.limit);
    match &page.cursor {
        Some(Cursor::Before(cursor)) => {
            all.retain(|profile| comes_before(profile.name.as_str(), cursor));
            let more = all.len() > limit;
            Slice { items: all.split_off(all.len().saturating_sub(limit)), more, resume: None }
        }
        Some(Cursor::After(cursor)) => {
            all.retain(|profile| comes_before(cursor, profile.name.as_str()));
            Slice::cut(all, page.limit)
        }
        None => Slice::cut(all, page.limit),
    }
}
