//! Attempts through real sockets: what is the receiver's fault, and what is ours.

use hookwire_core::Payload;
use hookwire_core::limits::REQUEST_KEPT_BYTES_MAX;
use hookwire_core::message::RawBody;
use hookwire_core::retry::{RetryOn, RetryPolicy};
use hookwire_core::rules::{Method, Signing, Tls};
use hookwire_testkit::{Receiver, Reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::lane::Standing;
use crate::metrics::Metrics;
use crate::samples::{NOW, app_with, claim_of, endpoint_at, message_with};

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
        profiles: Arc::new(Profiles::builtin()),
        faults: Faults::new(Arc::clone(metrics)),
    }
}

/// A delivery to an endpoint at this URL with these words, of an org with this profile.
fn job_with(
    attempts: &Attempts,
    url: &str,
    profile: &str,
    message: Message,
    change: impl FnOnce(&mut Endpoint),
) -> Job {
    let mut endpoint = endpoint_at(url);
    change(&mut endpoint);
    let app = Arc::new(app_with(profile));
    let mut claim = claim_of(message, &Arc::new(endpoint), &app);
    claim.delivery.attempts = 3;
    let prepared = Arc::new(attempts.prepare(Arc::clone(&claim.endpoint), &app));
    Job { claim, prepared, share: Standing::Proven }
}

fn job(attempts: &Attempts, url: &str) -> Job {
    job_with(attempts, url, "standard", invoice(), |_| {})
}

fn invoice() -> Message {
    message_with("invoice.paid", Payload::from_json(r#"{"amount": 1.0, "to": "J\u00f6rg \"J\""}"#))
}

/// What arrives of a message at an endpoint with these words, and what is logged.
async fn sent(message: Message, change: impl FnOnce(&mut Endpoint)) -> (hookwire_testkit::Request, Attempt) {
    let attempts = attempts(None, &Arc::default());
    let receiver = Receiver::start().await;
    let job = job_with(&attempts, &receiver.url("/hook"), "standard", message, change);
    let attempt = attempts.make(job).await.settlement.attempt.unwrap();
    (receiver.requests().remove(0), attempt)
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

#[tokio::test]
async fn a_payload_without_a_template_is_sent_byte_for_byte_and_not_logged_again() {
    let (request, attempt) = sent(invoice(), |_| {}).await;
    assert_eq!(request.body, invoice().payload.unwrap().json);
    assert_eq!((request.method.as_str(), request.header("content-type")), ("POST", "application/json"));
    assert_eq!(attempt.request, None);
    let (_, attempt) = sent(invoice(), template("{{{payloadJson}}}")).await;
    assert_eq!(attempt.request, None);
}

fn template(source: &str) -> impl FnOnce(&mut Endpoint) {
    |endpoint| endpoint.rules.body_template = Some(source.to_owned())
}

#[tokio::test]
async fn what_a_template_makes_is_what_is_sent_signed_and_logged() {
    let source =
        r#"{"to":"{{event.to}}","type":"{{event.type}}","try":{{attempt.number}},"app":"{{app.name}}"}"#;
    let (request, attempt) = sent(invoice(), template(source)).await;
    let expected = r#"{"to":"J\u00f6rg \"J\"","type":"invoice.paid","try":4,"app":"App"}"#;
    assert_eq!((request.text(), attempt.request.as_deref()), (expected, Some(expected)));
    let secrets = endpoint_at("https://a.example/").secrets;
    let signed = signature::sign([&secrets.current], &invoice().key.public(), NOW, expected.as_bytes());
    assert_eq!(request.header("webhook-signature"), signed);
}

#[tokio::test]
async fn a_long_body_is_sent_whole_and_logged_in_part() {
    let long = format!("[{}]", "1,".repeat(REQUEST_KEPT_BYTES_MAX / 2) + "1");
    let message = message_with("t", Payload::from_json(long.clone()));
    let (request, attempt) = sent(message, template("{{{payloadJson}}} ")).await;
    assert_eq!(request.text(), long + " ");
    let logged = attempt.request.unwrap();
    assert!(logged.ends_with("… [cut]") && logged.len() < REQUEST_KEPT_BYTES_MAX + 20);
}

#[tokio::test]
async fn a_raw_body_is_sent_as_it_is_with_its_own_type_or_the_endpoints() {
    let words = |endpoint: &mut Endpoint| {
        template("no")(endpoint);
        endpoint.rules.content_type = Some("text/csv".to_owned());
    };
    for (given, arrives) in [(Some("text/xml"), "text/xml"), (None, "text/csv")] {
        let mut payload = Payload::from_json("{}");
        let content_type = given.map(str::to_owned);
        payload.raw = Some(RawBody { bytes: bytes::Bytes::from_static(b"<a/>"), content_type });
        let (request, attempt) = sent(message_with("t", payload), words).await;
        assert_eq!((request.text(), request.header("content-type")), ("<a/>", arrives));
        assert_eq!(attempt.request, None);
    }
}

#[tokio::test]
async fn method_and_content_type_are_the_endpoints_and_an_unsigned_request_names_nothing() {
    let (request, _) = sent(invoice(), |endpoint| {
        endpoint.rules.method = Method::Get;
        endpoint.rules.content_type = Some("text/plain".to_owned());
        endpoint.rules.signing = Some(Signing::None);
    })
    .await;
    assert_eq!((request.method.as_str(), request.header("content-type")), ("GET", "text/plain"));
    assert_eq!(request.body, invoice().payload.unwrap().json);
    assert!(!request.headers.iter().any(|(name, _)| name.starts_with("webhook-")), "{request:?}");
}

#[tokio::test]
async fn a_body_that_cannot_be_made_is_not_sent_nor_tried_again() {
    let receiver = Receiver::start().await;
    let attempts = attempts(None, &Arc::default());
    let url = receiver.url("/hook");
    let Finished { settlement, how } =
        attempts.make(job_with(&attempts, &url, "standard", invoice(), template("{{#a}}"))).await;
    assert_eq!((settlement.verdict, settlement.transition), (Some(Verdict::Rejected), Transition::Exhausted));
    let attempt = settlement.attempt.unwrap();
    assert_eq!((attempt.error, attempt.response_code), (Some(ErrorClass::Template), 0));
    assert_eq!((attempt.request, how), (None, Ended::Untried));
    assert!(
        attempt.response.starts_with("The body could not be made: line 1, column 1"),
        "{}",
        attempt.response
    );
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn the_endpoints_own_schedule_and_causes_decide_what_follows() {
    let receiver = Receiver::start().await;
    receiver.script("/hook", [Reply::status(500)]);
    let attempts = attempts(None, &Arc::default());
    let follows = async |retry_on: &[&str]| {
        let retry_on = RetryOn::parse(retry_on.iter().copied()).unwrap();
        let retry = RetryPolicy { delays: vec![Duration::from_secs(9); 4], jitter: 0.0, retry_on };
        let words = |endpoint: &mut Endpoint| endpoint.rules.retry = Some(retry);
        let job = job_with(&attempts, &receiver.url("/hook"), "standard", invoice(), words);
        attempts.make(job).await.settlement.transition
    };
    assert_eq!(follows(&["5xx"]).await, Transition::RetryAt(NOW.plus(Duration::from_secs(9))));
    assert_eq!(follows(&["network"]).await, Transition::Exhausted);
}

#[tokio::test]
async fn a_profile_shapes_what_its_org_sends() {
    let receiver = Receiver::start_tls().await;
    let attempts = attempts(None, &Arc::default());
    let message = message_with("post_created", Payload::from_json(r#"{"id":7}"#));
    let job = job_with(&attempts, &receiver.url("/hook"), "featureos", message.clone(), trusting(&receiver));
    attempts.make(job).await;
    let arrives = format!(r#"{{"type":"postCreated","data":{{"id":7}},"created":{}}}"#, NOW.seconds());
    assert_eq!(receiver.requests()[0].text(), arrives);

    let plain = Receiver::start().await;
    let job = job_with(&attempts, &plain.url("/hook"), "featureos", message, |_| {});
    let attempt = attempts.make(job).await.settlement.attempt.unwrap();
    assert_eq!((attempt.error, plain.requests().len()), (Some(ErrorClass::Blocked), 0));
    assert_eq!(attempt.url, plain.url("/hook"));
}

fn trusting(receiver: &Receiver) -> impl FnOnce(&mut Endpoint) {
    let ca_pem = Some(receiver.ca_pem().to_owned());
    |endpoint| endpoint.rules.tls = Some(Tls { ca_pem, ..Tls::default() })
}

#[tokio::test]
async fn an_endpoints_authority_is_trusted_for_its_own_deliveries_only() {
    let receiver = Receiver::start_tls().await;
    let attempts = attempts(None, &Arc::default());
    let error = async |change: Box<dyn FnOnce(&mut Endpoint)>| {
        let job = job_with(&attempts, &receiver.url("/hook"), "standard", invoice(), change);
        attempts.make(job).await.settlement.attempt.unwrap().error
    };
    assert_eq!(error(Box::new(trusting(&receiver))).await, None);
    assert_eq!(error(Box::new(|_| {})).await, Some(ErrorClass::Tls));
    let broken = |endpoint: &mut Endpoint| {
        endpoint.rules.tls = Some(Tls { ca_pem: Some(String::new()), ..Tls::default() });
    };
    assert_eq!(error(Box::new(broken)).await, Some(ErrorClass::Tls));
    assert_eq!(receiver.requests().len(), 1);
}
