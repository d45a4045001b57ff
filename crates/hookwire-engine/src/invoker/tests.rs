//! Invocations through real sockets, with a registry in memory.

use std::collections::BTreeMap;

use hookwire_core::id::Key as _;
use hookwire_core::rules::{Method, Tls};
use hookwire_core::trigger::{Given, Next, On, PayloadEncoding};
use hookwire_core::{AppKey, Invocation, TriggerId};
use hookwire_store::Error;
use hookwire_testkit::{FakeClock, Gate, Receiver, Reply};
use serde_json::value::RawValue;

use super::*;
use crate::samples::NOW;
use crate::samples::triggers::Registry;

struct World {
    registry: Arc<Registry>,
    invoker: Invoker,
    receiver: Receiver,
}

impl World {
    async fn new() -> Self {
        Self::with(Receiver::start().await, |_| {})
    }

    fn with(receiver: Receiver, change: impl FnOnce(&mut InvokerSettings)) -> Self {
        let allow_subnets = vec!["127.0.0.0/8".parse().unwrap()];
        let outbound =
            hookwire_outbound::Settings { allow_subnets, ..hookwire_outbound::Settings::default() };
        let mut settings = InvokerSettings::default();
        change(&mut settings);
        let registry = Arc::new(Registry::default());
        let invoker = Invoker::new(InvokerParts {
            store: Arc::clone(&registry) as Arc<dyn Triggers>,
            client: Client::new(&outbound).unwrap(),
            clock: Arc::new(FakeClock::at(NOW)),
            mint: Arc::new(KeyMint::new(1, 0)),
            // Any data fits any schema that is no data of itself.
            check_schema: Arc::new(|schema, body| {
                let fits = body != schema.as_bytes();
                fits.then_some(()).ok_or_else(|| "data: is the schema itself".to_owned())
            }),
            settings,
        });
        Self { registry, invoker, receiver }
    }

    /// Registers a trigger that calls the path of its name.
    fn register(&self, id: &str, change: impl FnOnce(&mut Trigger)) -> Trigger {
        let mut trigger = Trigger {
            app: AppKey::from_raw(1),
            id: TriggerId::stored(id),
            url: self.receiver.url(&format!("/{id}")),
            method: Method::Post,
            headers: Vec::new(),
            query_params: Vec::new(),
            payload_encoding: PayloadEncoding::Json,
            payload_schema: None,
            timeout: None,
            tls: None,
            hidden: false,
            next: Vec::new(),
            created: NOW,
            updated: NOW,
        };
        change(&mut trigger);
        self.registry.triggers.lock().unwrap().insert(trigger.id.clone(), trigger.clone());
        trigger
    }

    /// What comes of the next writes of records.
    fn writes<const COUNT: usize>(&self, script: [hookwire_store::Result<()>; COUNT]) {
        *self.registry.script.lock().unwrap() = script.into();
    }

    async fn invoke(&self, trigger: &Trigger, data: &str) -> Result<Invoked, InvokeError> {
        self.invoker.invoke(trigger.clone(), outgoing(trigger, data), "app:7".to_owned()).await
    }

    /// Ids and outcomes of all records, in the order of the calls.
    fn records(&self) -> Vec<(String, u16, bool, Option<ErrorClass>)> {
        let summary = |record: Invocation| {
            let outcome = record.outcome.unwrap();
            (record.trigger.to_string(), outcome.status, outcome.succeeded, outcome.error)
        };
        self.registry.all().into_iter().map(summary).collect()
    }

    fn called(&self) -> Vec<String> {
        self.receiver.requests().iter().map(|one| format!("{} {}", one.path, one.text())).collect()
    }
}

fn outgoing(trigger: &Trigger, data: &str) -> Outgoing {
    let none = BTreeMap::new();
    let data: Box<RawValue> = serde_json::from_str(data).unwrap();
    trigger.outgoing(Given { data: Some(&data), headers: &none, query_params: &none }).unwrap()
}

fn next(trigger: &str, on: On, data_template: Option<&str>) -> Next {
    Next { trigger: TriggerId::stored(trigger), on, data_template: data_template.map(str::to_owned) }
}

#[tokio::test]
async fn a_call_is_made_as_registered_and_answered_with_what_came_back() {
    let world = World::new().await;
    let trigger = world.register("pay", |trigger| {
        trigger.method = Method::Put;
        trigger.headers = vec![("Authorization".to_owned(), Some("Bearer key".to_owned()))];
    });
    let reply = Reply::status(201).header("Content-Type", "application/json").body(r#"{"id":1}"#);
    world.receiver.script("/pay", [reply]);
    let invoked = world.invoke(&trigger, r#"{"amount": 1.0}"#).await.unwrap();
    let request = world.receiver.requests().remove(0);
    assert_eq!((request.method.as_str(), request.text()), ("PUT", r#"{"amount": 1.0}"#));
    assert_eq!(request.header("authorization"), "Bearer key");
    assert!(request.header("user-agent").starts_with("Hookwire/"));
    assert_eq!((invoked.status, invoked.succeeded, invoked.error), (201, true, None));
    assert_eq!((&invoked.body[..], invoked.truncated), (&br#"{"id":1}"#[..], false));
    assert_eq!(invoked.content_type.as_deref(), Some("application/json"));

    let record = world.registry.all().remove(0);
    assert_eq!(
        (record.key, record.root, record.caller.as_str()),
        (invoked.reference, invoked.reference, "app:7")
    );
    assert_eq!((record.at, record.request_bytes), (NOW, 15));
    let outcome = record.outcome.unwrap();
    assert_eq!((outcome.status, outcome.response.as_str(), outcome.response_bytes), (201, r#"{"id":1}"#, 8));
}

#[tokio::test]
async fn a_refusal_and_a_silence_are_answers_too() {
    let world = World::new().await;
    world.receiver.script("/refuses", [Reply::status(403).body("no")]);
    world.receiver.script("/silent", [Reply::cut()]);
    let refused = world.invoke(&world.register("refuses", |_| {}), "1").await.unwrap();
    assert_eq!((refused.status, refused.succeeded, &refused.body[..]), (403, false, &b"no"[..]));
    let silent = world.invoke(&world.register("silent", |_| {}), "1").await.unwrap();
    assert_eq!((silent.status, silent.succeeded, silent.body.len()), (0, false, 0));
    let records = world.records();
    assert_eq!(records[0], ("refuses".to_owned(), 403, false, Some(ErrorClass::Http)));
    assert_eq!(records[1].2.then_some(()), silent.succeeded.then_some(()));
    assert_eq!(records[1].3, silent.error);
    assert!(!world.registry.all()[1].outcome.as_ref().unwrap().response.is_empty());
}

#[tokio::test]
async fn an_address_that_may_not_be_called_is_not() {
    let world = World::new().await;
    let trigger = world.register("inside", |trigger| trigger.url = "http://10.0.0.1/".to_owned());
    let invoked = world.invoke(&trigger, "1").await.unwrap();
    assert_eq!((invoked.status, invoked.error), (0, Some(ErrorClass::Blocked)));
}

#[tokio::test]
async fn a_record_is_there_before_the_call_is_made_and_without_one_nothing_is_called() {
    let world = World::new().await;
    let gate = Gate::closed();
    world.receiver.script("/slow", [Reply::ok().held_by(&gate)]);
    let slow = world.register("slow", |_| {});
    let (invoked, ()) = tokio::join!(world.invoke(&slow, "1"), async {
        world.receiver.wait_for("/slow", 1).await;
        assert!(world.registry.all()[0].outcome.is_none());
        gate.open();
    });
    assert!(invoked.unwrap().succeeded && world.registry.all()[0].outcome.is_some());

    world.writes([Err(Error::Unavailable("away".to_owned()))]);
    assert!(matches!(world.invoke(&slow, "1").await, Err(InvokeError::Failed(_))));
    assert_eq!(world.receiver.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_whose_record_cannot_be_written_is_not_given() {
    let world = World::new().await;
    world.writes([Ok(()), Err(Error::Internal("broken".to_owned()))]);
    let trigger = world.register("pay", |_| {});
    assert!(matches!(world.invoke(&trigger, "1").await, Err(InvokeError::Failed(_))));
    assert_eq!(world.receiver.requests().len(), 1);
}

#[tokio::test]
async fn what_came_of_a_call_is_written_when_the_store_is_back() {
    let world = World::new().await;
    world.writes([Ok(()), Err(Error::Unavailable("away".to_owned()))]);
    let trigger = world.register("pay", |_| {});
    assert!(world.invoke(&trigger, "1").await.unwrap().succeeded);
    assert_eq!(world.records(), [("pay".to_owned(), 200, true, None)]);
}

#[tokio::test]
async fn what_follows_gets_what_came_before() {
    let world = World::new().await;
    world.receiver.script("/first", [Reply::status(200).body(r#"{"id":5}"#)]);
    world.receiver.script("/last", [Reply::status(200).body("done")]);
    let template = r#"{"id":{{response.body.id}},"was":{{request.data.amount}}}"#;
    world.register("last", |_| {});
    world.register("second", |trigger| trigger.next = vec![next("last", On::Always, Some("[1]"))]);
    let first = world.register("first", |trigger| {
        trigger.next = vec![
            next("unwanted", On::Failure, None),
            next("copy", On::Always, None),
            next("second", On::Success, Some(template)),
        ];
    });
    world.register("copy", |trigger| trigger.payload_encoding = PayloadEncoding::Text);
    let invoked = world.invoke(&first, r#"{"amount":3}"#).await.unwrap();
    let called = [r#"/first {"amount":3}"#, r#"/copy {"id":5}"#, r#"/second {"id":5,"was":3}"#, "/last [1]"];
    assert_eq!(world.called(), called);
    assert_eq!((&invoked.body[..], invoked.status), (&b"done"[..], 200));
    let records = world.registry.all();
    assert_eq!(records[0].key, invoked.reference);
    assert!(records.iter().all(|record| record.root == invoked.reference));
}

#[tokio::test]
async fn a_failure_is_followed_by_what_was_registered_for_it() {
    let world = World::new().await;
    world.receiver.script("/first", [Reply::status(500).body("\"why\"")]);
    let first = world.register("first", |trigger| {
        trigger.next = vec![
            next("unwanted", On::Success, None),
            next("alarm", On::Failure, Some(r#"{"why":"{{response.body}}","was":{{response.status}}}"#)),
        ];
    });
    world.register("alarm", |_| {});
    assert!(world.invoke(&first, "1").await.unwrap().succeeded);
    assert_eq!(world.called(), ["/first 1", r#"/alarm {"why":"why","was":500}"#]);
}

#[tokio::test]
async fn a_step_that_cannot_be_made_is_recorded_as_failed() {
    let world = World::new().await;
    world.receiver.script("/first", [Reply::status(200).body("plain words")]);
    let first = world.register("first", |trigger| {
        trigger.next = vec![next("gone", On::Success, None), next("strict", On::Success, None)];
    });
    world.register("strict", |trigger| trigger.next = vec![next("alarm", On::Failure, Some("[0]"))]);
    world.register("alarm", |_| {});
    let invoked = world.invoke(&first, "1").await.unwrap();
    assert!(invoked.succeeded);
    assert_eq!(world.called(), ["/first 1", "/alarm [0]"]);
    let records = world.records();
    assert_eq!(records[1], ("gone".to_owned(), 0, false, Some(ErrorClass::Blocked)));
    assert_eq!(records[2], ("strict".to_owned(), 0, false, Some(ErrorClass::Template)));
    let reason = world.registry.all()[2].outcome.clone().unwrap().response;
    assert!(reason.starts_with("What the call before gives does not fit the trigger: data "), "{reason}");
}

#[tokio::test]
async fn a_step_whose_data_does_not_fit_its_schema_is_not_made_and_recorded_as_failed() {
    let world = World::new().await;
    world.receiver.script("/first", [Reply::status(200).body("[1]")]);
    let first = world.register("first", |trigger| {
        trigger.next = vec![next("strict", On::Success, None), next("strict", On::Success, Some("[2]"))];
    });
    world.register("strict", |trigger| {
        trigger.payload_schema = Some("[1]".to_owned());
        trigger.next = vec![next("alarm", On::Failure, Some("[0]"))];
    });
    world.register("alarm", |_| {});
    assert!(world.invoke(&first, "1").await.unwrap().succeeded);
    assert_eq!(world.called(), ["/first 1", "/alarm [0]", "/strict [2]"]);
    assert_eq!(world.records()[1], ("strict".to_owned(), 0, false, Some(ErrorClass::Template)));
    let reason = world.registry.all()[1].outcome.clone().unwrap().response;
    let expected =
        "What the call before gives does not fit the trigger's payloadSchema: data: is the schema itself.";
    assert_eq!(reason, expected);
}

#[tokio::test]
async fn a_chain_ends_when_it_has_too_many_calls() {
    let world = World::new().await;
    world.register("leaf", |_| {});
    let leaves = || vec![next("leaf", On::Always, Some("1")); 8];
    world.register("branch", |trigger| trigger.next = leaves());
    let root =
        world.register("root", |trigger| trigger.next = vec![next("branch", On::Always, Some("1")); 8]);
    let invoked = world.invoke(&root, "1").await.unwrap();
    assert_eq!((invoked.succeeded, invoked.error), (false, Some(ErrorClass::Blocked)));
    assert_eq!(world.called().len(), hookwire_core::limits::CHAIN_CALLS_MAX);
    assert_eq!(world.registry.all().len(), hookwire_core::limits::CHAIN_CALLS_MAX + 1);
}

#[tokio::test]
async fn a_chain_ends_when_it_has_too_many_calls_in_a_row() {
    let world = World::new().await;
    // Registration refuses this; should it get here nevertheless, it ends.
    let around =
        world.register("around", |trigger| trigger.next = vec![next("around", On::Always, Some("1"))]);
    let invoked = world.invoke(&around, "1").await.unwrap();
    assert_eq!(invoked.error, Some(ErrorClass::Blocked));
    assert_eq!(world.called().len(), hookwire_core::limits::CHAIN_DEPTH_MAX);
}

#[tokio::test]
async fn a_chain_that_takes_too_long_ends() {
    let receiver = Receiver::start().await;
    let world = World::with(receiver, |settings| settings.chain_timeout = Duration::from_millis(50));
    world.receiver.script("/first", [Reply::hang()]);
    let first = world.register("first", |trigger| trigger.next = vec![next("late", On::Always, Some("1"))]);
    world.register("late", |_| {});
    let invoked = world.invoke(&first, "1").await.unwrap();
    assert_eq!(invoked.error, Some(ErrorClass::Timeout));
    assert_eq!((world.called().len(), world.records()[1].3), (1, Some(ErrorClass::Timeout)));
    let took_us = world.registry.all()[0].outcome.as_ref().unwrap().duration_us;
    assert!(took_us < 10_000_000, "{took_us} µs");
}

#[tokio::test]
async fn an_invocation_goes_on_when_nobody_waits_for_it_any_more() {
    let world = World::new().await;
    let gate = Gate::closed();
    world.receiver.script("/slow", [Reply::ok().held_by(&gate)]);
    let slow = world.register("slow", |_| {});
    tokio::select! {
        _ = world.invoke(&slow, "1") => unreachable!("it is held back"),
        _ = world.receiver.wait_for("/slow", 1) => {}
    }
    assert_eq!(world.invoker.under_way(), 1);
    assert_eq!(world.invoker.drain(Duration::ZERO).await, 1);
    gate.open();
    assert_eq!(world.invoker.drain(hookwire_testkit::PATIENCE).await, 0);
    assert!(world.registry.all()[0].outcome.as_ref().unwrap().succeeded);
}

#[tokio::test]
async fn too_many_at_once_are_refused_and_room_comes_back() {
    let receiver = Receiver::start().await;
    let world = World::with(receiver, |settings| settings.app_permits = 1);
    let gate = Gate::closed();
    world.receiver.script("/slow", [Reply::ok().held_by(&gate)]);
    let slow = world.register("slow", |_| {});
    let (first, ()) = tokio::join!(world.invoke(&slow, "1"), async {
        world.receiver.wait_for("/slow", 1).await;
        assert_eq!(world.invoke(&slow, "2").await, Err(InvokeError::TooMany));
        gate.open();
    });
    assert!(first.unwrap().succeeded);
    assert!(world.invoke(&slow, "3").await.unwrap().succeeded);
    assert_eq!(world.called(), ["/slow 1", "/slow 3"]);
}

#[tokio::test]
async fn a_long_answer_is_cut_and_says_so_and_is_nobodys_data() {
    let world = World::new().await;
    world.receiver.script("/long", [Reply::status(200).body(vec![b'1'; 100_000])]);
    world.register("after", |_| {});
    let long = world.register("long", |_| {});
    let invoked = world.invoke(&long, "1").await.unwrap();
    assert_eq!((invoked.body.len(), invoked.truncated), (hookwire_outbound::BODY_BYTES_MAX, true));
    let kept = world.registry.all()[0].outcome.clone().unwrap().response;
    assert!(kept.ends_with("… [cut]") && kept.len() < 17_000);
    let long = world.register("long", |trigger| trigger.next = vec![next("after", On::Always, None)]);
    assert_eq!(world.invoke(&long, "1").await.unwrap().error, Some(ErrorClass::Template));
    assert!(world.receiver.requests_to("/after").is_empty());
}

#[tokio::test]
async fn a_triggers_authority_is_trusted_for_its_own_calls() {
    let world = World::with(Receiver::start_tls().await, |_| {});
    let ca_pem = Some(world.receiver.ca_pem().to_owned());
    let trusting = world.register("a", |trigger| trigger.tls = Some(Tls { ca_pem, ..Tls::default() }));
    assert!(world.invoke(&trusting, "1").await.unwrap().succeeded);
    let plain = world.register("b", |_| {});
    assert_eq!(world.invoke(&plain, "1").await.unwrap().error, Some(ErrorClass::Tls));
}
