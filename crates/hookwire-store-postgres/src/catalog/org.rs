//! Orgs: their profiles.

use std::sync::Arc;

use hookwire_core::{EventType, OrgId, ProfileName};

use super::event_type;
use crate::connection::{Link, params};
use crate::fault::{Done, Fault};
use crate::row::{get, key, read_app, read_profile};
use crate::sql::catalog as sql;
use crate::work::Work;

/// An org's key.
pub(crate) async fn key_of(link: &Link, org: &OrgId) -> Done<Option<i64>> {
    let row = link.one(sql::ORG_BY_ID, params![org.as_str()]).await?;
    row.map(|row| get(&row, 0)).transpose()
}

/// An org's key and profile.
pub(crate) async fn with_profile(link: &Link, org: &OrgId) -> Done<Option<(i64, ProfileName)>> {
    let row = link.one(sql::ORG_BY_ID, params![org.as_str()]).await?;
    row.map(|row| Ok((get(&row, 0)?, read_profile(&row, 1)?))).transpose()
}

/// An org's key and profile; the org comes to exist when it does not.
pub(crate) async fn or_new(work: &Work, org: &OrgId) -> Done<(i64, ProfileName)> {
    work.link().run(sql::ORG_INSERT, params![org.as_str()]).await?;
    let found = with_profile(work.link(), org).await?;
    found.ok_or_else(|| Fault::corrupt("an org that was written is not there"))
}

/// An org's key; the org comes to exist when it does not, and nobody else makes something of its own until the end.
pub(crate) async fn lock_or_new(work: &Work, org: &OrgId) -> Done<i64> {
    let (key, _) = or_new(work, org).await?;
    work.link().query(sql::ORG_LOCK, params![key]).await?;
    Ok(key)
}

pub(crate) async fn profile(link: &Link, org: &OrgId) -> Done<ProfileName> {
    let found = with_profile(link, org).await?;
    Ok(found.map_or_else(ProfileName::standard, |(_, profile)| profile))
}

pub(crate) async fn choose_profile(
    work: &mut Work,
    org: &OrgId,
    profile: &ProfileName,
    event_types: Vec<EventType>,
) -> Done<()> {
    let org_key = lock_or_new(work, org).await?;
    let name = (*profile != ProfileName::standard()).then(|| profile.as_str());
    work.link().run(sql::ORG_PROFILE, params![org_key, name]).await?;
    for row in work.link().query(sql::ORG_APPS_CHANGED, params![org_key]).await? {
        work.effects.outdated(key(&row, 0)?, get(&row, 1)?);
    }
    for row in work.link().query(sql::APPS_OF_ORG, params![org_key]).await? {
        work.effects.app_changed(Arc::new(read_app(&row, org, profile)?));
    }
    work.tally.touched_all = true;
    for event_type in event_types {
        event_type::create(work, org, event_type).await?;
    }
    Ok(())
}
