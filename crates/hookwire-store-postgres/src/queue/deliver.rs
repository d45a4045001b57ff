//! Writes a message and its deliveries inside a transaction of something else. Nothing is leased at once: who waits for
//! the transaction is not to wait for the dispatcher, too.

use hookwire_core::id::Key;
use hookwire_core::{
    App, AppKey, Endpoint, EndpointKey, Message, MessageKey, Payload, Timestamp, TriggerType,
};

use crate::cache::AppState;
use crate::connection::params;
use crate::fault::Done;
use crate::sql::queue as sql;
use crate::work::Work;

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
    message: &Message,
    endpoints: &[EndpointKey],
) -> Done<()> {
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
    queue(work, endpoints, message.key, message.app, message.created, 0, TriggerType::Scheduled).await?;
    for endpoint in endpoints.iter().filter_map(|key| state.endpoints.get(key)) {
        work.touch(endpoint, &state.app, None);
        work.waiting(endpoint, message.created);
    }
    Ok(())
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
