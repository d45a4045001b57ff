//! `PUT /profile`: choose the org's profile.

use axum::Json;
use axum::extract::State;
use hookwire_core::{EventType, Profile, Timestamp};

use super::wire::{ProfileIn, ProfileOut};
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::problem::Problem;
use crate::v1::event_type::example;

pub(super) async fn choose(
    State(api): State<Api>,
    caller: OrgCaller,
    Body(body): Body<ProfileIn>,
) -> Result<Json<ProfileOut>, Problem> {
    let profile = api.profiles.get(&body.name).ok_or_else(|| {
        let known: Vec<&str> = api.profiles.iter().map(|profile| profile.name.as_str()).collect();
        Problem::invalid(&["body", "name"], format!("must be one of {}", known.join(", ")))
    })?;
    let event_types = event_types(profile, api.now());
    api.store.choose_profile(caller.org(), profile.name.clone(), event_types).await?;
    Ok(Json(ProfileOut::of(profile)))
}

fn event_types(profile: &Profile, now: Timestamp) -> Vec<EventType> {
    let made = profile.event_types.iter().map(|described| EventType {
        name: described.name.clone(),
        description: described.description.clone(),
        archived: false,
        deprecated: described.deprecated,
        schemas: described.example.as_deref().map(example::schemas_with),
        group_name: None,
        feature_flags: Vec::new(),
        created: now,
        updated: now,
    });
    made.collect()
}
