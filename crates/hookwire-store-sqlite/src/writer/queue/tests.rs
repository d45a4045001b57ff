//! What waits is bounded, and what is under way is let through.

use bytes::Bytes;
use hookwire_core::id::Key;
use hookwire_core::{
    EndpointKey, EventTypeName, MessageKey, OrgId, Payload, Reference, Timestamp, message::RawBody,
};
use hookwire_store::ingest::NewMessage;
use hookwire_store::queue::ClaimRequest;

use super::super::ingest::Incoming;
use super::super::operation::Asked;
use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
const MIB: usize = 1 << 20;

/// An ingest of a message with this payload.
fn ingest(payload: Payload) -> Operation {
    let message = NewMessage {
        org: OrgId::stored("org_main"),
        app: Reference::Uid("acme".to_owned()),
        create_app: None,
        key: MessageKey::from_raw(1),
        event_type: EventTypeName::stored("a"),
        event_id: None,
        channels: Vec::new(),
        tags: Vec::new(),
        payload,
        deliver_at: None,
        payload_retention: std::time::Duration::from_hours(1),
        only_to: None,
        request: None,
        now: NOW,
    };
    Operation::Ingest(Asked::new(Incoming::new(message)).0)
}

/// Payloads of so many bytes; all of them share the memory.
fn of_bytes(bytes: usize) -> impl Fn() -> Operation {
    let json = Bytes::from(vec![b'1'; bytes]);
    move || ingest(Payload { json: json.clone(), raw: None })
}

fn settle() -> Operation {
    Operation::Settle(Asked::new((Vec::new(), NOW)).0)
}

fn claim() -> Operation {
    let endpoint = EndpointKey::from_raw(1);
    let request = ClaimRequest { endpoint, now: NOW, lease_until: NOW, limit: 1, bytes_max: 1 };
    Operation::Claim(Asked::new(request).0)
}

fn other(bytes: usize) -> Operation {
    Operation::Other(Box::new(Asked::new(|_: &mut crate::writer::work::Work<'_>| Ok(())).0), bytes)
}

/// How many of these find room.
fn fill(queue: &Queue, make: impl Fn() -> Operation) -> usize {
    let fits = |_: &usize| match queue.push(make()) {
        Ok(()) => true,
        Err(Error::Unavailable(reason)) => {
            assert_eq!(reason, "overloaded");
            false
        }
        Err(error) => panic!("{error}"),
    };
    (0..=WAITING_MAX).take_while(fits).count()
}

#[test]
fn the_bytes_that_wait_are_bounded() {
    let queue = Queue::default();
    assert_eq!(fill(&queue, of_bytes(MIB)), 64);
    assert!(queue.push(ingest(Payload::from_json("{}"))).is_err());
    assert!(queue.push(other(1)).is_err());
    assert!(queue.push(other(0)).is_ok());
    assert!(queue.take(&mut Vec::new()));
    // What is taken makes room again. A raw body counts like a payload.
    let raw = RawBody { bytes: Bytes::from(vec![0; MIB]), content_type: None };
    let payload = Payload { json: Bytes::from_static(b""), raw: Some(raw) };
    assert_eq!(fill(&queue, || ingest(payload.clone())), 64);
    assert!(queue.take(&mut Vec::new()));
    assert_eq!(fill(&queue, || other(MIB)), 64);
}

#[test]
fn one_that_brings_more_than_the_bound_waits_alone() {
    let queue = Queue::default();
    let large = of_bytes(WAITING_BYTES_MAX + 1);
    queue.push(settle()).unwrap();
    queue.push(large()).unwrap();
    assert!(queue.push(large()).is_err());
    assert!(queue.push(ingest(Payload::from_json("{}"))).is_err());
    assert!(queue.take(&mut Vec::new()));
    queue.push(ingest(Payload::from_json("{}"))).unwrap();
    assert!(queue.push(large()).is_err());
}

#[test]
fn settlements_and_claims_are_let_in_however_much_waits() {
    let queue = Queue::default();
    assert_eq!(fill(&queue, of_bytes(0)), WAITING_MAX);
    for _ in 0..100 {
        queue.push(settle()).unwrap();
        queue.push(claim()).unwrap();
    }
    let mut batch = Vec::new();
    while queue.lock().waiting.len() > 200 {
        assert!(queue.take(&mut batch));
    }
    // They take no room from the others either.
    assert_eq!(fill(&queue, of_bytes(0)), WAITING_MAX);
    queue.close();
    while queue.take(&mut batch) {}
    assert_eq!(batch.len(), 2 * WAITING_MAX + 200);
    assert!(queue.push(settle()).is_err());
}
