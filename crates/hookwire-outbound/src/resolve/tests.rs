//! The resolver with threads that answer when the test says so, on a clock that the test moves.

use futures::FutureExt;
use tokio::task::JoinHandle;
use tokio::time::advance;

use super::names::{FRESH, RESTING, SLOW};
use super::script::{LIMIT, Script, scripted};
use super::*;

const AGAIN: &str = "Temporary failure in name resolution";

/// A lookup of its own task, polled until it waits for something.
async fn begin(resolver: &Resolver, name: &str) -> JoinHandle<Answer> {
    let (resolver, name) = (resolver.clone(), name.to_owned());
    let lookup = tokio::spawn(async move { resolver.lookup(&name, &Phases::default()).await });
    settle().await;
    lookup
}

/// Lets every task run that can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// The answer of a lookup that is answered at once, without any thread if that is what is tested.
fn at_once(resolver: &Resolver, name: &str) -> Answer {
    resolver.lookup(name, &Phases::default()).now_or_never().expect("an answer without waiting")
}

/// A lookup that ends well at once.
async fn prove(resolver: &Resolver, script: &mut Script, name: &str) {
    script.finds(name, "192.0.2.1");
    begin(resolver, name).await.await.unwrap().unwrap();
    assert_eq!(script.asked().await, name);
}

/// The names take too long, their threads come back with nothing, and they have rested since.
async fn slow_down(resolver: &Resolver, script: &mut Script, names: &[&str]) {
    for name in names {
        let lookup = begin(resolver, name).await;
        assert_eq!(script.asked().await, *name);
        advance(LIMIT).await;
        assert_eq!(lookup.await.unwrap().unwrap_err().class, ErrorClass::Timeout);
        script.fails(name, AGAIN);
        back(resolver, name).await;
    }
    advance(RESTING).await;
}

/// What is asked next, by threads that do not wait for each other.
async fn asked(script: &mut Script, count: usize) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(script.asked().await);
    }
    names.sort();
    names
}

/// Waits until the thread of a name that timed out has come back.
async fn back(resolver: &Resolver, name: &str) {
    while resolver.0.names.hangs(name) {
        tokio::task::yield_now().await;
    }
}

fn blamed(answer: Answer) -> (ErrorClass, Fault) {
    let failure = answer.unwrap_err();
    (failure.class, failure.fault)
}

#[tokio::test(start_paused = true)]
async fn requests_for_one_name_share_a_lookup_whatever_its_case_and_a_burst_after_it_needs_none() {
    let (resolver, mut script) = scripted(8);
    let mut lookups = Vec::new();
    for name in ["name.example", "NAME.example", "Name.Example"] {
        lookups.push(begin(&resolver, name).await);
    }
    assert_eq!(script.asked().await, "name.example");
    script.finds("name.example", "192.0.2.1");
    for lookup in lookups {
        assert_eq!(lookup.await.unwrap().unwrap()[..], ["192.0.2.1".parse::<IpAddr>().unwrap()]);
    }
    advance(FRESH * 4 / 5).await;
    assert!(at_once(&resolver, "name.EXAMPLE").is_ok());
    assert!(!script.asked_more());
    advance(FRESH / 5).await;
    prove(&resolver, &mut script, "name.example").await;
}

#[tokio::test(start_paused = true)]
async fn the_limit_runs_from_the_slot_on() {
    let (resolver, mut script) = scripted(1);
    let first = begin(&resolver, "first.example").await;
    let second = begin(&resolver, "second.example").await;
    assert_eq!(script.asked().await, "first.example");
    advance(LIMIT * 4 / 5).await;
    script.finds("first.example", "192.0.2.1");
    first.await.unwrap().unwrap();
    assert_eq!(script.asked().await, "second.example");
    advance(LIMIT * 4 / 5).await;
    script.finds("second.example", "192.0.2.2");
    second.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_name_that_gets_no_slot_in_time_is_our_fault_and_the_one_that_holds_it_is_not() {
    let (resolver, mut script) = scripted(1);
    let holder = begin(&resolver, "holder.example").await;
    assert_eq!(script.asked().await, "holder.example");
    let waiter = begin(&resolver, "waiter.example").await;
    advance(LIMIT).await;
    assert_eq!(blamed(holder.await.unwrap()), (ErrorClass::Timeout, Fault::Receiver));
    assert_eq!(blamed(waiter.await.unwrap()), (ErrorClass::Timeout, Fault::Ours));
    assert!(!script.asked_more());
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_slot_is_in_the_queue_and_not_resolving() {
    let (resolver, mut script) = scripted(1);
    let phases = [Phases::default(), Phases::default()];
    let mut holder = Box::pin(resolver.lookup("holder.example", &phases[0]));
    let mut waiter = Box::pin(resolver.lookup("waiter.example", &phases[1]));
    for _ in 0..2 {
        assert!((&mut holder).now_or_never().is_none());
        assert!((&mut waiter).now_or_never().is_none());
        settle().await;
    }
    assert_eq!(script.asked().await, "holder.example");
    assert_eq!(phases.each_ref().map(Phases::under_way), [Some(Phase::Resolve), Some(Phase::Queue)]);
    assert_eq!(Phase::Queue.fault(), Fault::Ours);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_timed_out_fails_at_once_until_it_has_rested() {
    let (resolver, mut script) = scripted(8);
    let lookup = begin(&resolver, "slow.example").await;
    assert_eq!(script.asked().await, "slow.example");
    advance(LIMIT).await;
    let failure = lookup.await.unwrap().unwrap_err();
    assert_eq!(failure.detail, "Resolving the name took longer than 5s.");
    let again = at_once(&resolver, "SLOW.example").unwrap_err();
    assert_eq!(again.detail, "Resolving the name took longer than 5s a moment ago.");
    assert_eq!((again.class, again.fault), (ErrorClass::Timeout, Fault::Receiver));
    // However long its thread hangs, it gets no second one.
    advance(RESTING * 10).await;
    assert!(at_once(&resolver, "slow.example").is_err());
    assert!(!script.asked_more());
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_comes_late_does_not_end_the_rest() {
    let (resolver, mut script) = scripted(8);
    slow_down(&resolver, &mut script, &["slow.example"]).await;
    // The rest counts from the time-out; it is over to the second.
    let lookup = begin(&resolver, "slow.example").await;
    assert_eq!(script.asked().await, "slow.example");
    advance(LIMIT).await;
    assert!(lookup.await.unwrap().is_err());
    script.fails("slow.example", AGAIN);
    back(&resolver, "slow.example").await;
    advance(RESTING * 9 / 10).await;
    assert!(at_once(&resolver, "slow.example").is_err());
    assert!(!script.asked_more());
}

#[tokio::test(start_paused = true)]
async fn addresses_that_come_late_are_used() {
    let (resolver, mut script) = scripted(8);
    let lookup = begin(&resolver, "slow.example").await;
    assert_eq!(script.asked().await, "slow.example");
    advance(LIMIT).await;
    assert!(lookup.await.unwrap().is_err());
    script.finds("slow.example", "192.0.2.1");
    back(&resolver, "slow.example").await;
    assert!(at_once(&resolver, "slow.example").is_ok());
    assert!(!script.asked_more());
    advance(FRESH).await;
    prove(&resolver, &mut script, "slow.example").await;
}

#[tokio::test(start_paused = true)]
async fn slow_names_share_a_quarter_of_the_slots_and_are_to_blame_for_it() {
    let (resolver, mut script) = scripted(8);
    let slow = ["a.example", "b.example", "c.example"];
    slow_down(&resolver, &mut script, &slow).await;
    let mut lookups = Vec::new();
    for name in slow {
        lookups.push(begin(&resolver, name).await);
    }
    assert_eq!(asked(&mut script, 2).await, ["a.example", "b.example"]);
    prove(&resolver, &mut script, "new.example").await;
    advance(LIMIT).await;
    let third = lookups.remove(2).await.unwrap().unwrap_err();
    assert!(third.detail.contains("many others like it"), "{third}");
    assert_eq!((third.class, third.fault), (ErrorClass::Timeout, Fault::Receiver));
    assert!(!script.asked_more());
}

#[tokio::test(start_paused = true)]
async fn a_slow_name_is_as_good_as_any_after_a_quick_answer_or_a_while() {
    for heals in [true, false] {
        let (resolver, mut script) = scripted(4);
        slow_down(&resolver, &mut script, &["a.example", "b.example"]).await;
        if heals {
            prove(&resolver, &mut script, "a.example").await;
            advance(FRESH).await;
        } else {
            advance(SLOW).await;
        }
        begin(&resolver, "b.example").await;
        assert_eq!(script.asked().await, "b.example");
        begin(&resolver, "a.example").await;
        assert_eq!(script.asked().await, "a.example", "{heals}");
    }
}

#[tokio::test(start_paused = true)]
async fn however_many_new_names_hang_those_with_a_good_record_find_a_slot() {
    let (resolver, mut script) = scripted(8);
    prove(&resolver, &mut script, "good.example").await;
    advance(FRESH).await;
    for n in 0..100 {
        begin(&resolver, &format!("{n}.dead.example")).await;
    }
    let expected: Vec<_> = (0..6).map(|n| format!("{n}.dead.example")).collect();
    assert_eq!(asked(&mut script, 6).await, expected);
    assert!(!script.asked_more());
    prove(&resolver, &mut script, "good.example").await;
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_nobody_waits_for_leaves_the_queue_and_one_that_has_begun_is_remembered() {
    let (resolver, mut script) = scripted(1);
    let first = begin(&resolver, "first.example").await;
    assert_eq!(script.asked().await, "first.example");
    let second = begin(&resolver, "second.example").await;
    second.abort();
    first.abort();
    settle().await;
    script.finds("first.example", "192.0.2.1");
    prove(&resolver, &mut script, "third.example").await;
    // Its slot is free a moment before its answer is known, so this may still have to wait; but it asks for nothing.
    assert!(begin(&resolver, "first.example").await.await.unwrap().is_ok());
    prove(&resolver, &mut script, "second.example").await;
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_is_given_up_and_wanted_again_at_once_goes_on() {
    let (resolver, mut script) = scripted(1);
    let first = begin(&resolver, "first.example").await;
    assert_eq!(script.asked().await, "first.example");
    let phases = Phases::default();
    let mut given_up = Box::pin(resolver.lookup("second.example", &phases));
    assert!((&mut given_up).now_or_never().is_none());
    settle().await;
    drop(given_up);
    let second = begin(&resolver, "second.example").await;
    script.finds("first.example", "192.0.2.1");
    script.finds("second.example", "192.0.2.2");
    assert!(first.await.unwrap().is_ok());
    assert!(second.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_temporary_failure_is_the_names_fault_unless_the_resolver_serves_nobody() {
    let (resolver, mut script) = scripted(8);
    let fail = async |name: &str, text: &str| {
        script.fails(name, text);
        blamed(begin(&resolver, name).await.await.unwrap())
    };
    for name in ["x.one.test", "y.one.test", "z.one.test", "two.test"] {
        assert_eq!(fail(name, AGAIN).await, (ErrorClass::Dns, Fault::Receiver), "{name}");
    }
    assert_eq!(fail("three.test", AGAIN).await, (ErrorClass::Dns, Fault::Ours));
    // That a name does not exist is an answer, and an answer is the name's own.
    assert_eq!(fail("four.test", "Name or service not known").await, (ErrorClass::Dns, Fault::Receiver));
    assert_eq!(fail("x.one.test", AGAIN).await, (ErrorClass::Dns, Fault::Ours));
    // A name out of the hosts file does not show that the resolver works; any other does.
    script.finds("localhost", "127.0.0.1");
    begin(&resolver, "localhost").await.await.unwrap().unwrap();
    assert_eq!(fail("two.test", AGAIN).await.1, Fault::Ours);
    script.finds("good.test", "192.0.2.1");
    begin(&resolver, "good.test").await.await.unwrap().unwrap();
    for name in ["one.test", "two.test", "three.test", "five.test"] {
        assert_eq!(fail(name, AGAIN).await.1, Fault::Receiver, "{name}");
    }
    assert_eq!(fail("five.test", "Memory allocation failure").await.1, Fault::Ours);
    while script.asked_more() {}
}

#[tokio::test(start_paused = true)]
async fn when_every_name_takes_too_long_it_is_our_fault() {
    let (resolver, mut script) = scripted(8);
    let names = ["one.test", "two.test", "three.test", "four.test"];
    let mut lookups = Vec::new();
    for name in names {
        lookups.push(begin(&resolver, name).await);
        script.asked().await;
    }
    advance(LIMIT).await;
    let mut faults = Vec::new();
    for lookup in lookups {
        faults.push(blamed(lookup.await.unwrap()).1);
    }
    faults.sort_by_key(|fault| *fault == Fault::Ours);
    assert_eq!(faults, [Fault::Receiver, Fault::Receiver, Fault::Ours, Fault::Ours]);
    for name in names {
        assert_eq!(blamed(at_once(&resolver, name)), (ErrorClass::Timeout, Fault::Ours));
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_rests_is_no_evidence_against_the_resolver() {
    let (resolver, mut script) = scripted(8);
    let names = ["one.test", "two.test", "three.test"];
    let mut lookups = Vec::new();
    for name in names {
        lookups.push(begin(&resolver, name).await);
        script.asked().await;
    }
    advance(LIMIT).await;
    for lookup in lookups {
        assert!(lookup.await.unwrap().is_err());
    }
    prove(&resolver, &mut script, "good.test").await;
    advance(RESTING / 2).await;
    for name in names {
        assert_eq!(blamed(at_once(&resolver, name)), (ErrorClass::Timeout, Fault::Receiver));
    }
}
