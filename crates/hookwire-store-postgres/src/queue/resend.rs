//! Queues deliveries again, by hand or by a task.

use hookwire_core::id::Key;
use hookwire_core::{App, AppKey, Endpoint, EndpointKey, MessageKey, Reference, Timestamp};
use hookwire_store::queue::Resend;

use super::deliver;
use crate::connection::params;
use crate::fault::Done;
use crate::row::{get, key, time};
use crate::sql::queue as sql;
use crate::upkeep::expire;
use crate::work::Work;

/// `resend`.
pub(crate) async fn resend(
    work: &mut Work,
    app: AppKey,
    message: &Reference<MessageKey>,
    endpoint: &Reference<EndpointKey>,
    now: Timestamp,
) -> Done<Resend> {
    expire::lock_shared(work).await?;
    let Some((message, has_payload)) = find(work, app, message).await? else { return Ok(Resend::NoMessage) };
    let state = work.app_locked(app).await?;
    let found = state.as_ref().and_then(|state| Some((state.endpoint(endpoint)?, &state.app)));
    let Some((endpoint, app)) = found else { return Ok(Resend::NoEndpoint) };
    if !has_payload {
        return Ok(Resend::NoPayload);
    }
    if endpoint.disabled {
        return Ok(Resend::Disabled);
    }
    again(work, message, (endpoint, app), now).await?;
    Ok(Resend::Queued)
}

/// A message of the app's, and whether it has a payload.
async fn find(work: &Work, app: AppKey, message: &Reference<MessageKey>) -> Done<Option<(MessageKey, bool)>> {
    let message = match message {
        Reference::Key(key) => *key,
        Reference::Uid(id) => {
            match work.link().one(sql::MESSAGE_BY_EVENT_ID, params![app.raw(), id]).await? {
                Some(row) => key(&row, 0)?,
                None => return Ok(None),
            }
        }
    };
    let Some(row) = work.link().one(sql::MESSAGE_STATE, params![message.raw()]).await? else {
        return Ok(None);
    };
    let owner: AppKey = key(&row, 0)?;
    Ok(if owner == app { Some((message, get(&row, 1)?)) } else { None })
}

/// Queues a message for an endpoint again: a settled delivery starts anew, one that waits for a retry is tried at once,
/// and one that never was is made.
pub(crate) async fn again(
    work: &mut Work,
    message: MessageKey,
    (endpoint, app): (&Endpoint, &App),
    now: Timestamp,
) -> Done<()> {
    let keys = (endpoint.key.raw(), message.raw());
    let Some(row) = work.link().one(sql::QUEUED_GET, params![keys.0, keys.1]).await? else {
        let settled = work.link().one(sql::SETTLED_TAKE, params![keys.0, keys.1]).await?;
        let fence = settled.map_or(Ok(None), |row| get(&row, 0).map(Some))?;
        return deliver::add(work, message, (endpoint, app), fence, now).await;
    };
    let (attempts, due, is_leased): (i32, _, bool) = (get(&row, 0)?, time(&row, 1)?, get(&row, 2)?);
    if is_leased {
        return Ok(());
    }
    let mut next = due;
    if attempts > 0 && due > now {
        let resume_at = get::<Option<i64>>(&row, 3)?.unwrap_or(due.micros());
        work.link().run(sql::DELIVERY_EXTRA, params![keys.0, keys.1, now.micros(), resume_at]).await?;
        next = now;
    }
    work.waiting(endpoint, next);
    Ok(())
}
