//! Faults of ours: a panic in an attempt, and a store that does not take what came of one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hookwire_core::id::Key as _;
use hookwire_core::{DeliveryState, MessageKey};
use hookwire_testkit::{Gate, Reply, eventually};
use rusqlite::Connection;

use crate::world::{LEASE, START, World};

/// How long a delivery rests after a fault of ours, when chance says a half.
const PAUSE: Duration = Duration::from_secs(30);
/// Results whose answer is "poison" can't be written.
const POISON: &str = "CREATE TRIGGER poison BEFORE INSERT ON attempt WHEN NEW.response = 'poison'
    BEGIN SELECT RAISE(ABORT, 'poison'); END";
/// Nothing can be written of what the engine writes.
const BARRED: &str = "
    CREATE TRIGGER barred_insert BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'barred'); END;
    CREATE TRIGGER barred_update BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'barred'); END;
    CREATE TRIGGER barred_delivery BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'barred'); END";
const UNBARRED: &str = "DROP TRIGGER barred_insert; DROP TRIGGER barred_update; DROP TRIGGER barred_delivery";

#[tokio::test]
async fn a_panic_in_an_attempt_uses_up_no_attempt() {
    // Chance is asked for the wait before a retry: the first attempt panics after its answer.
    static ASKED: AtomicBool = AtomicBool::new(false);
    let chance = || {
        assert!(ASKED.swap(true, Ordering::Relaxed), "as the test wants it");
        0.5
    };
    let world = World::with(|words| words.chance = chance).await;
    let endpoint = world.endpoint("/hook").await;
    world.receiver.script("/hook", [Reply::status(500), Reply::ok()]);
    let message = world.send().await;
    let rest = Some(START.plus(PAUSE));
    let status = world.until(message, &endpoint, |one| one.next_attempt == rest).await;
    assert_eq!((status.state, status.attempts), (DeliveryState::Pending, 0));

    world.pass(PAUSE).await;
    let status = world.until(message, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    assert_eq!(status.attempts, 1);
    assert_eq!(world.attempts(message).await.len(), 1);
    assert_eq!(world.engine().metrics().released.get(), 1);
}

#[tokio::test]
async fn a_result_that_the_store_refuses_does_not_keep_others_from_being_written() {
    const MESSAGES: usize = 10;
    let world = World::new().await;
    let gate = Gate::closed();
    let endpoint = world.endpoint("/hook").await;
    let answers = [Reply::status(200).body("poison").held_by(&gate), Reply::ok().held_by(&gate)];
    world.receiver.script("/hook", answers);
    let mut messages = Vec::new();
    for _ in 0..MESSAGES {
        messages.push(world.send().await);
    }
    let requests = world.receiver.wait_for("/hook", MESSAGES).await;
    let poisoned = MessageKey::parse(requests[0].header("webhook-id")).expect("a message's id");

    // While another connection holds the file, all results come together in one batch, or two.
    let db = Connection::open(world.file()).unwrap();
    db.execute_batch(POISON).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    gate.open();
    let ended = async || world.engine().metrics().delivered.get();
    eventually("all attempts to end", ended, |count| *count == MESSAGES as u64).await;
    db.execute_batch("COMMIT").unwrap();

    for message in messages.iter().filter(|message| **message != poisoned) {
        world.until(*message, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    }
    let given_up = async || world.engine().metrics().given_up.get();
    eventually("the poisoned result to be given up", given_up, |count| *count == 1).await;
    let status = world.status(poisoned, &endpoint).await;
    assert_eq!((status.state, status.attempts), (DeliveryState::Pending, 0));

    world.pass(LEASE * 14 / 15).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), MESSAGES);
    world.pass(LEASE / 15).await;
    world.until(poisoned, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), MESSAGES + 1);
}

#[tokio::test]
async fn a_store_that_takes_nothing_at_all_costs_no_result() {
    let world = World::new().await;
    let gate = Gate::closed();
    let endpoint = world.endpoint("/hook").await;
    world.receiver.script("/hook", [Reply::ok().held_by(&gate)]);
    let message = world.send().await;
    world.receiver.wait_for("/hook", 1).await;

    let db = Connection::open(world.file()).unwrap();
    db.execute_batch(BARRED).unwrap();
    gate.open();
    let errors = async || world.engine().metrics().settle_errors.get();
    eventually("the result to be refused again and again", errors, |count| *count >= 5).await;
    assert_eq!(world.engine().metrics().given_up.get(), 0);
    db.execute_batch(UNBARRED).unwrap();

    world.until(message, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    assert_eq!(world.engine().metrics().given_up.get(), 0);
    assert_eq!(world.receiver.requests_to("/hook").len(), 1);
}
