//! Triggers with a real store: chains are read from it, and records are in it when the answer is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use hookwire_core::rules::Method;
use hookwire_core::trigger::{Given, Next, On, PayloadEncoding};
use hookwire_core::{KeyMint, Trigger, TriggerId};
use hookwire_engine::{Invoker, InvokerParts, InvokerSettings};
use hookwire_outbound::Client;
use hookwire_store::triggers::{InvocationFilter, Registered};
use hookwire_testkit::Reply;

use crate::world::{PAGE, START, World};

async fn register(world: &World, id: &str, next: Vec<Next>) -> Trigger {
    let trigger = Trigger {
        app: world.app.key,
        id: TriggerId::stored(id),
        url: world.receiver.url(&format!("/{id}")),
        method: Method::Post,
        headers: vec![("X-Key".to_owned(), Some("secret".to_owned()))],
        query_params: Vec::new(),
        payload_encoding: PayloadEncoding::Json,
        payload_schema: None,
        timeout: None,
        tls: None,
        hidden: false,
        next,
        created: START,
        updated: START,
    };
    let registered = world.store().register_trigger(trigger.clone()).await.expect("the store answers");
    assert_eq!(registered, Registered::Created);
    trigger
}

#[tokio::test]
async fn a_chain_is_carried_out_and_its_records_are_on_disk_when_the_answer_is_given() {
    let world = World::new().await;
    let allow_subnets = vec!["127.0.0.0/8".parse().expect("a subnet")];
    let outbound = hookwire_outbound::Settings { allow_subnets, ..hookwire_outbound::Settings::default() };
    let invoker = Invoker::new(InvokerParts {
        store: world.store().clone(),
        client: Client::new(&outbound).expect("a client"),
        clock: Arc::new(world.clock.clone()),
        mint: Arc::new(KeyMint::new(2, 0)),
        check_schema: Arc::new(|_, _| Ok(())),
        settings: InvokerSettings::default(),
    });
    let gone = Next { trigger: TriggerId::stored("gone"), on: On::Always, data_template: None };
    let second = Next { trigger: TriggerId::stored("second"), ..gone.clone() };
    register(&world, "second", vec![gone]).await;
    let first = register(&world, "first", vec![second]).await;
    world.receiver.script("/first", [Reply::status(200).body("[1]")]);

    let none = BTreeMap::new();
    let outgoing = first.outgoing(Given { data: None, headers: &none, query_params: &none }).unwrap();
    let invoked = invoker.invoke(first, outgoing, "org".to_owned()).await.unwrap();
    let records = world.store().invocations(world.app.key, InvocationFilter::default(), PAGE).await;
    let records = records.expect("the store answers").items;
    let seen = records.iter().map(|one| (one.trigger.as_str(), one.outcome.as_ref().map(|one| one.status)));
    assert_eq!(seen.collect::<Vec<_>>(), [("first", Some(200)), ("second", Some(200)), ("gone", Some(0))]);
    assert!(records.iter().all(|one| one.root == invoked.reference && one.caller == "org"));
    let request = world.receiver.requests_to("/second").remove(0);
    assert_eq!((request.text(), request.header("x-key")), ("[1]", "secret"));
}
