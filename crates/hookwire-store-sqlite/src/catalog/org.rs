//! Orgs: their profiles.

use hookwire_core::{EventType, OrgId, ProfileName};
use rusqlite::params;

use super::event_type;
use crate::fault::Done;
use crate::reader::Reading;
use crate::row::run;
use crate::sql::catalog as sql;
use crate::writer::work::Work;

pub(crate) fn profile(reading: &Reading<'_>, org: &OrgId) -> Done<ProfileName> {
    Ok(reading.org_with_profile(org)?.map_or_else(ProfileName::standard, |(_, profile)| profile))
}

pub(crate) fn choose_profile(
    work: &mut Work<'_>,
    org: &OrgId,
    profile: &ProfileName,
    event_types: Vec<EventType>,
) -> Done<()> {
    let key = work.cache.org_or_new(work.db, org)?;
    let name = (*profile != ProfileName::standard()).then(|| profile.as_str());
    run(work.db, sql::ORG_PROFILE, params![key, name])?;
    for app in work.cache.put_profile(org, key, profile) {
        work.effects.app_changed(app);
    }
    work.tally.touched_all = true;
    for event_type in event_types {
        event_type::create(work, org, event_type)?;
    }
    Ok(())
}
