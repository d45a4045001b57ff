//! The API over a fresh store, with tokens, a clock that stands still, and a client.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use hookwire_api::token::{Algorithm, AppGrant, TokenIssuer, TokenVerifier};
use hookwire_api::{ApiParts, HealthProbe, HealthReport, NoMetrics, NodeHealth, PartHealth, Settings};
use hookwire_core::id::Key;
use hookwire_core::{
    AppKey, Attempt, AttemptKey, AttemptStatus, Clock, EndpointKey, KeyMint, OrgId, Profiles, Timestamp,
    Timings, Transition, Verdict, address::AddressPolicy,
};
use hookwire_store::queue::{ClaimRequest, Settlement};
use hookwire_store::{SharedStore, Vault};
use hookwire_store_sqlite::SqliteStore;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::invoker::Scripted;

pub(crate) const SECRET: &[u8] = b"a secret of the tests, long enough";
const START: i64 = 1_790_000_000;

/// A clock that only the test moves.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn advance(&self, span: Duration) {
        self.0.fetch_add(span.as_micros() as i64, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The server, and what tests need to talk to it and to look behind it.
pub(crate) struct World {
    pub(crate) door: hookwire_api::Door,
    pub(crate) store: SharedStore,
    pub(crate) clock: TestClock,
    pub(crate) issuer: TokenIssuer,
    pub(crate) invoker: Arc<Scripted>,
    mint: Arc<KeyMint>,
    _folder: tempfile::TempDir,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The body, once the status is checked.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The places and messages of a 422.
    #[track_caller]
    pub(crate) fn expect_invalid(self) -> Vec<(String, String)> {
        let body = self.expect(422);
        let issues = body["detail"].as_array().expect("a list of faults");
        let place = |loc: &Value| {
            let parts: Vec<&str> =
                loc.as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
            parts.join(".")
        };
        issues.iter().map(|issue| (place(&issue["loc"]), issue["msg"].as_str().unwrap().to_owned())).collect()
    }

    /// The only place that a 422 complains about.
    #[track_caller]
    pub(crate) fn expect_invalid_at(self, place: &str) {
        let issues = self.expect_invalid();
        assert!(issues.iter().any(|(at, _)| at == place), "{issues:?}");
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Signing secrets are all alike; tokens are not.
fn numbered(bytes: &mut [u8]) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    bytes.fill(7);
    if bytes.len() == 32 {
        bytes[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    }
}

struct Well;

#[async_trait::async_trait]
impl HealthProbe for Well {
    async fn check(&self) -> HealthReport {
        let parts = vec![PartHealth { name: "database", state: Ok(()) }];
        HealthReport { ready: true, parts, node: NodeHealth { role: "api", lag: None } }
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default(), Arc::new(Well))
    }

    pub(crate) fn with(settings: Settings, health: Arc<dyn HealthProbe>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mint = Arc::new(KeyMint::new(0, 0));
        let path = folder.path().join("hookwire.db");
        let store: SharedStore = SqliteStore::open(
            &path,
            Vault::new("main"),
            hookwire_store_sqlite::Settings::default(),
            Arc::clone(&mint),
        )
        .unwrap();
        let clock = TestClock(Arc::new(AtomicI64::new(START * 1_000_000)));
        let invoker = Arc::new(Scripted::new(Arc::clone(&store), clock.clone(), Arc::clone(&mint)));
        let parts = ApiParts {
            store: Arc::clone(&store),
            clock: Arc::new(clock.clone()),
            mint: Arc::clone(&mint),
            tokens: TokenVerifier::from_secret(SECRET, Algorithm::Hs256).unwrap(),
            issuer: Some(TokenIssuer::from_secret(SECRET, Algorithm::Hs256).unwrap()),
            address_policy: AddressPolicy::default(),
            https_only: false,
            settings,
            profiles: Arc::new(Profiles::builtin()),
            invoker: Arc::clone(&invoker) as Arc<dyn hookwire_api::Invoker>,
            schemas: Arc::default(),
            check_tls: |tls| match &tls.ca_pem {
                Some(pem) if !pem.starts_with("-----BEGIN") => Err("caPem holds no certificate".to_owned()),
                _ => Ok(()),
            },
            health,
            metrics: Arc::new(NoMetrics),
            random: numbered,
            vault: Vault::new("main"),
        };
        let issuer = TokenIssuer::from_secret(SECRET, Algorithm::Hs256).unwrap();
        Self { door: hookwire_api::Door::new(parts), store, clock, issuer, invoker, mint, _folder: folder }
    }

    /// A client with the token of `org_a`.
    pub(crate) fn org(&self) -> Client<'_> {
        self.org_named("org_a")
    }

    pub(crate) fn org_named(&self, org: &str) -> Client<'_> {
        let token = self.issuer.org_token(&OrgId::stored(org), self.clock.now()).unwrap();
        self.with_token(&token)
    }

    pub(crate) fn app_client(&self, org: &str, app: &str) -> Client<'_> {
        self.app_client_with(org, app, AppGrant::default())
    }

    pub(crate) fn app_client_with(&self, org: &str, app: &str, grant: AppGrant) -> Client<'_> {
        let app = AppKey::parse(app).unwrap();
        let token = self.issuer.app_token(&OrgId::stored(org), app, grant, self.clock.now()).unwrap();
        self.with_token(&token)
    }

    pub(crate) fn with_token(&self, token: &str) -> Client<'_> {
        let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
        Client { world: self, headers }
    }

    pub(crate) const fn nobody(&self) -> Client<'_> {
        Client { world: self, headers: Vec::new() }
    }

    /// Delivers what an endpoint is owed, with this verdict, as the engine would.
    pub(crate) async fn deliver(
        &self,
        endpoint: &str,
        verdict: Verdict,
        transition: Transition,
    ) -> Vec<String> {
        self.deliver_logged(endpoint, verdict, transition, |_| {}).await
    }

    /// The same, with attempts that differ from the usual.
    pub(crate) async fn deliver_logged(
        &self,
        endpoint: &str,
        verdict: Verdict,
        transition: Transition,
        adapt: impl Fn(&mut Attempt),
    ) -> Vec<String> {
        let now = self.clock.now();
        let request = ClaimRequest {
            endpoint: EndpointKey::parse(endpoint).unwrap(),
            now,
            lease_until: now.plus(Duration::from_mins(1)),
            limit: 1_000,
            bytes_max: 1 << 20,
        };
        let claims = self.store.claim(request).await.unwrap().claims;
        let mut ids = Vec::new();
        let mut settlements = Vec::new();
        for claim in claims {
            let key = self.mint.next::<AttemptKey>(now);
            ids.push(key.public());
            let delivered = verdict == Verdict::Success;
            let mut attempt = Attempt {
                key,
                message: claim.delivery.message,
                endpoint: claim.delivery.endpoint,
                app: claim.delivery.app,
                at: now,
                url: "https://example.com/hook".to_owned(),
                status: if delivered { AttemptStatus::Succeeded } else { AttemptStatus::Failed },
                trigger: claim.delivery.trigger,
                request: None,
                response_code: if delivered { 200 } else { 500 },
                response: "the response".to_owned(),
                error: None,
                timings: Timings {
                    resolve_us: Some(1_000),
                    connect_us: Some(2_000),
                    tls_us: None,
                    first_byte_us: Some(40_000),
                    total_us: 41_999,
                },
            };
            adapt(&mut attempt);
            settlements.push(Settlement {
                delivery: claim.delivery,
                attempt: Some(attempt),
                verdict: Some(verdict),
                transition,
            });
        }
        self.store.settle(settlements, now).await.unwrap();
        ids
    }

    pub(crate) async fn succeed(&self, endpoint: &str) -> Vec<String> {
        self.deliver(endpoint, Verdict::Success, Transition::Delivered).await
    }

    pub(crate) async fn exhaust(&self, endpoint: &str) -> Vec<String> {
        self.deliver(endpoint, Verdict::Failure { retry_after: None }, Transition::Exhausted).await
    }
}

/// Whoever calls.
const PEER: hookwire_api::Peer = hookwire_api::Peer(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

/// Sends requests with the same headers.
#[derive(Clone)]
pub(crate) struct Client<'w> {
    world: &'w World,
    headers: Vec<(String, String)>,
}

impl Client<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends a body as it is. `path` begins after `/api/v1` unless it begins with a dot.
    pub(crate) async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let path = path.strip_prefix('.').map_or_else(|| format!("/api/v1{path}"), str::to_owned);
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(body.into()).unwrap();
        let response = self.world.door.answer(request, PEER).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, body.to_string()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, body.to_string()).await
    }

    /// Makes an app; answers with its id.
    pub(crate) async fn make_app(&self, uid: &str) -> String {
        let made = self.post("/app", json!({ "name": uid, "uid": uid })).await.expect(201);
        id_of(&made)
    }

    /// Makes an endpoint of an app; answers with its id.
    pub(crate) async fn make_endpoint(&self, app: &str, uid: &str) -> String {
        let body = json!({ "url": "https://example.com/hook", "uid": uid });
        id_of(&self.post(&format!("/app/{app}/endpoint"), body).await.expect(201))
    }

    /// Posts a message; answers with its id.
    pub(crate) async fn make_message(&self, app: &str, number: i64) -> String {
        let body = json!({ "eventType": "user.signup", "payload": { "number": number } });
        id_of(&self.post(&format!("/app/{app}/msg"), body).await.expect(202))
    }

    pub(crate) async fn make_event_type(&self, name: &str) {
        self.post("/event-type", json!({ "name": name, "description": "d" })).await.expect(201);
    }
}

#[track_caller]
pub(crate) fn id_of(noun: &Value) -> String {
    noun["id"].as_str().unwrap_or_else(|| panic!("no id in {noun}")).to_owned()
}

/// The values of one field of a list's items.
#[track_caller]
pub(crate) fn column(list: &Value, field: &str) -> Vec<String> {
    let items = list["data"].as_array().unwrap_or_else(|| panic!("no list: {list}"));
    items.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
}
