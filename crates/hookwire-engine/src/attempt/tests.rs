//! Attempts through real sockets: what is the receiver's fault, and what is ours.

use hookwire_core::{
    AppKey, EndpointKey, EventTypeName, MessageKey, Metadata, NewApp, NewEndpoint, OrgId, Secret, Trigger,
};
use hookwire_store::dispatch::Claim;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::lane::Standing;
use crate::metrics::Metrics;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// Attempts that go through this proxy, if any, and may call this machine.
fn attempts(proxy: Option<String>, metrics: &Arc<Metrics>) -> Attempts {
    let allow_subnets = vec!["127.0.0.0/8".parse().unwrap()];
    let outbound =
        hookwire_outbound::Settings { proxy, allow_subnets, ..hookwire_outbound::Settings::default() };
    Attempts {
        fields: Fields::new(HeaderNames::Webhook),
        client: Client::new(&outbound).unwrap(),
        clock: Arc::new(Still),
        mint: Arc::new(KeyMint::new(0, 0)),
        chance: || 0.25,
        settings: Settings::default(),
        faults: Faults::new(Arc::clone(metrics)),
    }
}

fn job(attempts: &Attempts, url: &str) -> Job {
    let (app, key) = (AppKey::from_raw(1), MessageKey::from_raw(9));
    let new = NewEndpoint {
        uid: None,
        url: url.to_owned(),
        description: String::new(),
        version: 1,
        disabled: false,
        event_types: None,
        channels: None,
        throttle_rate: None,
        metadata: Metadata::new(),
        headers: None,
        secret: Secret::from_random([0; 24]),
    };
    let endpoint = Arc::new(new.into_endpoint(EndpointKey::from_raw(2), app, NOW));
    let message = Message {
        key,
        app,
        event_type: EventTypeName::stored("t"),
        event_id: None,
        channels: Vec::new(),
        tags: Vec::new(),
        payload: Some(Payload::from_json("{}")),
        created: NOW,
        deliver_at: None,
        payload_expires: NOW,
    };
    let delivery = Delivery {
        message: key,
        endpoint: endpoint.key,
        app,
        attempts: 3,
        trigger: Trigger::Scheduled,
        resume_at: None,
        fence: 1,
        lease_until: NOW.plus(Duration::from_mins(15)),
    };
    let owner = NewApp { name: "a".to_owned(), ..NewApp::default() };
    let claim = Claim {
        delivery,
        message: Arc::new(message),
        app: Arc::new(owner.into_app(app, OrgId::stored("org_1"), NOW)),
        endpoint: Arc::clone(&endpoint),
    };
    Job { claim, prepared: Arc::new(attempts.prepare(endpoint)), share: Standing::Proven }
}

/// The URL of a proxy that gives this answer to whatever it is asked.
async fn proxy(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://127.0.0.1:{port}")
}

/// A URL of this machine where nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port())
}

#[tokio::test]
async fn a_fault_of_ours_puts_the_delivery_back_and_uses_up_no_attempt() {
    for proxy in [nobody().await, proxy("HTTP/1.1 407 X\r\n\r\n").await] {
        let metrics = Arc::new(Metrics::default());
        let attempts = attempts(Some(proxy), &metrics);
        let job = job(&attempts, "http://127.0.0.1:9000/hook");
        let delivery = job.claim.delivery.clone();
        let Finished { settlement, how } = attempts.make(job).await;
        let later = NOW.plus(FAULT_PAUSE * 3 / 4);
        assert_eq!((settlement.delivery, settlement.transition), (delivery, Transition::Released(later)));
        assert!(settlement.attempt.is_none() && settlement.verdict.is_none());
        assert_eq!((how, metrics.faults.get()), (Ended::Silent, 1));
    }
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_uses_up_an_attempt() {
    for proxy in [None, Some(proxy("HTTP/1.1 502 X\r\n\r\n").await)] {
        let metrics = Arc::new(Metrics::default());
        let attempts = attempts(proxy, &metrics);
        let Finished { settlement, how } = attempts.make(job(&attempts, &nobody().await)).await;
        assert_eq!(settlement.verdict, Some(Verdict::Failure { retry_after: None }));
        assert!(matches!(settlement.transition, Transition::RetryAt(_)));
        let attempt = settlement.attempt.unwrap();
        assert_eq!((attempt.status, attempt.error), (AttemptStatus::Failed, Some(ErrorClass::Connect)));
        assert_eq!((how, metrics.faults.get()), (Ended::Silent, 0));
    }
}

#[test]
fn a_long_answer_is_cut_and_says_so() {
    assert_eq!(kept(b"ok", false), "ok");
    assert_eq!(kept(b"ok", true), "ok… [cut]");
    let long = kept(&vec![b'x'; RESPONSE_KEPT_BYTES_MAX + 1], false);
    assert!(long.ends_with("x… [cut]") && long.len() < RESPONSE_KEPT_BYTES_MAX + 20);
    assert_eq!(kept(&[0xff, b'a'], false), "\u{fffd}a");
}
