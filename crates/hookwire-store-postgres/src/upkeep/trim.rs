//! Log limits: of each endpoint that has one, the settled deliveries beyond its latest ones go, with their attempts.

use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::{Endpoint, EndpointKey, ProfileName};
use hookwire_store::Result;
use hookwire_store::touched::{self, Limits, Turn, limit_of};
use hookwire_store::upkeep::TrimStep;

use crate::catalog::endpoint;
use crate::connection::{Link, params};
use crate::fault::{Done, Fault};
use crate::row::{get, key, read_profile};
use crate::shared::Shared;
use crate::sql::upkeep as sql;
use crate::work::Work;

/// Deliveries that one transaction removes.
const REMOVED_AT_ONCE: u64 = 500;
/// Endpoints that one read looks at, in the look at all of them.
const ENDPOINTS_AT_ONCE: i64 = 200;

/// `trim_logs`.
pub(crate) async fn trim(shared: &Arc<Shared>, step: TrimStep) -> Result<u64> {
    let limits: Arc<Limits> = step.profiles.into();
    {
        let mut touched = touched::lock(&shared.touched);
        if **touched.limits() != *limits {
            touched.adopt(Arc::clone(&limits));
        }
    }
    let trimmed = trim_all(shared, &limits, u64::from(step.limit)).await;
    trimmed.map_err(Fault::into_error)
}

async fn trim_all(shared: &Arc<Shared>, limits: &Limits, limit: u64) -> Done<u64> {
    let (mut left, mut queue) = (limit, touched::lock(&shared.touched).queue());
    while left > 0 {
        if let Some(endpoint) = queue.pop_front() {
            if let Some(turn) = Turn::take(&shared.touched, endpoint) {
                left -= trim_one(shared, turn, limits, left).await?.min(left);
            }
        } else if !look_at_more(shared, limits).await? {
            break;
        } else {
            queue = touched::lock(&shared.touched).queue();
        }
    }
    Ok(limit - left)
}

/// Goes on with the look at all endpoints; `false` at its end.
async fn look_at_more(shared: &Shared, limits: &Limits) -> Done<bool> {
    let Some(after) = touched::lock(&shared.touched).next() else { return Ok(false) };
    let link = shared.pool.take().await?;
    let rows = link.query(sql::ENDPOINTS_ABOVE, params![after.raw(), ENDPOINTS_AT_ONCE]).await?;
    let keys = rows.iter().map(|row| key(row, 0)).collect::<Done<Vec<EndpointKey>>>()?;
    let mut limited = Vec::new();
    for key in &keys {
        if stored_limit(shared, &link, *key, limits).await?.is_some() {
            limited.push(*key);
        }
    }
    touched::lock(&shared.touched).advance(after, keys.last().copied(), &limited);
    Ok(true)
}

async fn stored_limit(shared: &Shared, link: &Link, key: EndpointKey, limits: &Limits) -> Done<Option<u32>> {
    let stored = match endpoint::stored(link, &shared.vault, key).await {
        // Its log stays as it is; others' logs are cut.
        Err(fault) if fault.is_corrupt() => None,
        stored => stored?,
    };
    let live: Option<Endpoint> = stored.filter(|(_, is_deleted)| !is_deleted).map(|(endpoint, _)| endpoint);
    let Some(endpoint) = live else { return Ok(None) };
    let row = link.one(sql::PROFILE_OF_APP, params![endpoint.app.raw()]).await?;
    let profile: Option<ProfileName> = row.map(|row| read_profile(&row, 0)).transpose()?;
    Ok(profile.and_then(|profile| limit_of(&endpoint, &profile, limits)))
}

/// One endpoint's turn: removes at most `most` deliveries, and answers how many.
async fn trim_one(shared: &Arc<Shared>, mut turn: Turn<'_>, limits: &Limits, most: u64) -> Done<u64> {
    let endpoint = turn.endpoint;
    let cut = {
        let link = shared.pool.take().await?;
        match stored_limit(shared, &link, endpoint, limits).await? {
            Some(limit) => Some((limit, cut(&link, endpoint, limit).await?)),
            None => None,
        }
    };
    let Some((limit, cut)) = cut else {
        turn.forget();
        return Ok(0);
    };
    let mut removed = 0;
    while turn.from < cut && removed < most {
        let wanted = REMOVED_AT_ONCE.min(most - removed);
        let mut work = Work::begin(shared).await?;
        let outcome = remove(&mut work, endpoint, (limit, limits), (turn.from, cut, wanted)).await;
        // A limit that changed meanwhile has touched the endpoint again.
        let Some((gone, latest)) = work.end_uncounted(outcome).await? else { return Ok(removed) };
        removed += gone;
        turn.from = if gone < wanted { cut } else { latest };
    }
    let is_all = turn.from >= cut;
    turn.end(is_all);
    Ok(removed)
}

/// The oldest of the messages whose deliveries stay.
async fn cut(link: &Link, endpoint: EndpointKey, limit: u32) -> Done<i64> {
    let newer = i64::from(limit.saturating_sub(1));
    let row = link.one(sql::LOG_CUT, params![endpoint.raw(), newer]).await?;
    // There are fewer than that: all of them stay.
    row.map_or(Ok(i64::MIN), |row| get(&row, 0))
}

/// Removes settled deliveries from one message on and before another, if the endpoint's limit is still that; answers how
/// many, and the latest of their messages.
async fn remove(
    work: &mut Work,
    endpoint: EndpointKey,
    (limit, limits): (u32, &Limits),
    (from, cut, wanted): (i64, i64, u64),
) -> Done<Option<(u64, i64)>> {
    let shared = Arc::clone(&work.shared);
    if stored_limit(&shared, work.link(), endpoint, limits).await? != Some(limit) {
        return Ok(None);
    }
    let bounds = params![endpoint.raw(), from, cut, wanted as i64];
    let rows = work.link().query(sql::LOGGED_REMOVE, bounds).await?;
    let messages = rows.iter().map(|row| get(row, 0)).collect::<Done<Vec<i64>>>()?;
    let Some(latest) = messages.iter().max().copied() else { return Ok(Some((0, from))) };
    work.link().run(sql::LOG_FLOOR_RAISE, params![endpoint.raw(), latest]).await?;
    Ok(Some((messages.len() as u64, latest)))
}
