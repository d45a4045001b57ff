//! Writes a message and its deliveries inside a transaction of something else.

use std::collections::BTreeSet;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::{
    App, AppKey, Delivery, Endpoint, EndpointKey, Message, MessageKey, Payload, Timestamp, TriggerType,
};

use hookwire_store::dispatch::Claim;
use hookwire_store::lease::{Lease, Origin};

use super::fifo::is_fifo;
use crate::cache::AppState;
use crate::connection::params;
use crate::fault::{Done, Fault};
use crate::migrate::LOCK_SPACE;
use crate::sql::{catalog, queue as sql};
use crate::work::{Work, node_lock};

/// Keys as they are stored in a row: eight bytes each.
pub(crate) fn pack(endpoints: impl Iterator<Item = EndpointKey>) -> Vec<u8> {
    endpoints.flat_map(|endpoint| endpoint.raw().to_be_bytes()).collect()
}

/// The keys that [`pack`] made.
pub(crate) fn unpack(packed: &[u8]) -> Vec<EndpointKey> {
    let (keys, _) = packed.as_chunks::<8>();
    let mut keys: Vec<_> = keys.iter().map(|key| EndpointKey::from_raw(i64::from_be_bytes(*key))).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Writes `message` of `state`'s app, which is to be delivered at once, and its deliveries to `endpoints`.
pub(crate) async fn deliver(
    work: &mut Work,
    state: &AppState,
    message: Message,
    endpoints: &[EndpointKey],
) -> Done<()> {
    let message = Arc::new(message);
    let payload = message.payload.as_ref().map(|payload| &*payload.json);
    work.shared.days.ensure_beside(&work.shared, message.key.raw()).await?;
    let is_short_lived = message.payload_expires < work.shared.sweep_barrier;
    let row = params![
        message.key.raw(),
        message.app.raw(),
        message.created.micros(),
        message.payload_expires.micros(),
        is_short_lived,
        message.event_type.as_str(),
        payload,
        pack(endpoints.iter().copied()),
    ];
    work.link().run(sql::MESSAGE_INSERT, row).await?;
    let taken = lease(work, state, &message, endpoints).await?;
    let rest: Vec<_> = endpoints.iter().filter(|key| !taken.contains(key)).copied().collect();
    queue(work, &rest, message.key, message.app, message.created, 0, TriggerType::Scheduled).await?;
    for endpoint in endpoints.iter().filter_map(|key| state.endpoints.get(key)) {
        work.touch(endpoint, &state.app, None);
        if !taken.contains(&endpoint.key) {
            work.waiting(endpoint, message.created);
        }
    }
    Ok(())
}

/// Writes those that the dispatcher takes at once as leased; answers which.
async fn lease(
    work: &mut Work,
    state: &AppState,
    message: &Arc<Message>,
    endpoints: &[EndpointKey],
) -> Done<BTreeSet<EndpointKey>> {
    let Some(dispatch) = work.dispatch.clone() else { return Ok(BTreeSet::new()) };
    let lease_until = message.created.plus(dispatch.lease());
    for endpoint in endpoints.iter().filter_map(|key| state.endpoints.get(key)) {
        let is_slow = endpoint.throttle_rate.or(state.app.throttle_rate).is_some();
        let may_go = !is_fifo(endpoint) && (!is_slow || work.shared.bell.is_alone());
        if may_go && dispatch.reserve(endpoint.key, bytes(message)) {
            work.effects.claims.push(claim(state, message, endpoint, lease_until));
        }
    }
    let is_this = |claim: &&Claim| claim.message.key == message.key;
    let taken: BTreeSet<_> =
        work.effects.claims.iter().filter(is_this).map(|claim| claim.delivery.endpoint).collect();
    if taken.is_empty() {
        return Ok(taken);
    }
    let identity = work.shared.identity();
    let (number, lock) = (identity.number as i16, vec![node_lock(identity)]);
    work.link().query(catalog::LOCK_SHARED, params![LOCK_SPACE, lock]).await?;
    if work.link().one(sql::NODE_LIVES, params![number, identity.incarnation]).await?.is_none() {
        return Err(Fault::unavailable("this node was taken for dead and begins anew"));
    }
    let keys: Vec<i64> = taken.iter().map(|endpoint| endpoint.raw()).collect();
    let (key, app, due) = (message.key.raw(), message.app.raw(), message.created.micros());
    let row = params![keys, key, app, due, lease_until.micros(), identity.incarnation];
    work.link().run(sql::LEASED_INSERT, row).await?;
    for endpoint in &taken {
        let lease = Lease { until: lease_until, origin: Origin::Ingest };
        work.effects.lease(*endpoint, message.key, lease);
    }
    Ok(taken)
}

fn claim(
    state: &AppState,
    message: &Arc<Message>,
    endpoint: &Arc<Endpoint>,
    lease_until: Timestamp,
) -> Claim {
    let delivery = Delivery {
        message: message.key,
        endpoint: endpoint.key,
        app: message.app,
        attempts: 0,
        trigger: TriggerType::Scheduled,
        resume_at: None,
        fence: 1,
        lease_until,
    };
    let (message, endpoint) = (Arc::clone(message), Arc::clone(endpoint));
    Claim { delivery, message, endpoint, app: Arc::clone(&state.app) }
}

async fn queue(
    work: &Work,
    endpoints: &[EndpointKey],
    message: MessageKey,
    app: AppKey,
    due: Timestamp,
    fence: i64,
    trigger: TriggerType,
) -> Done<()> {
    if endpoints.is_empty() {
        return Ok(());
    }
    let endpoints: Vec<i64> = endpoints.iter().map(|endpoint| endpoint.raw()).collect();
    let row = params![endpoints, message.raw(), app.raw(), due.micros(), fence, trigger.code() as i16];
    work.link().run(sql::QUEUE_INSERT, row).await?;
    Ok(())
}

/// Queues a message for an endpoint by hand. `fence`: that of its settled delivery; `None` when it was not owed so far.
pub(crate) async fn add(
    work: &mut Work,
    message: MessageKey,
    (endpoint, app): (&Endpoint, &App),
    fence: Option<i64>,
    now: Timestamp,
) -> Done<()> {
    if fence.is_none() {
        work.link().run(sql::MESSAGE_OWED, params![message.raw(), endpoint.key.raw()]).await?;
    }
    let fence = fence.unwrap_or(0);
    queue(work, &[endpoint.key], message, endpoint.app, now, fence, TriggerType::Manual).await?;
    work.touch(endpoint, app, None);
    work.waiting(endpoint, now);
    Ok(())
}

/// The size of a message's payload as claims count it.
pub(crate) fn bytes(message: &Message) -> usize {
    message.payload.as_ref().map_or(0, Payload::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_packed_and_unpacked_in_order() {
        let keys = [5, 1, i64::MAX].map(EndpointKey::from_raw);
        let expected = [1, 5, i64::MAX].map(EndpointKey::from_raw);
        assert_eq!(unpack(&pack(keys.into_iter().chain([keys[0]]))), expected);
        assert!(unpack(&[]).is_empty());
    }
}
