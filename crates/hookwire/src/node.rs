//! A node: the store, the engine and the API, wired together from the configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hookwire_api::{ApiParts, Door, Schemas};
use hookwire_core::retry::RetryPolicy;
use hookwire_core::signature::HeaderNames;
use hookwire_core::{Clock, KeyMint, Profiles};
use hookwire_engine::{Engine, EngineParts, RetentionSettings};
use hookwire_outbound::Client;
use hookwire_store::{SharedStore, Vault};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::SystemClock;
use crate::config::{Config, Keys, Place, Role};
use crate::invoker::{self, Invoker};
use crate::metrics::{Answers, Shown};
use crate::nofile::Shares;
use crate::probe::Probe;
use crate::tokens::tokens;
use crate::{metrics, nofile, profiles, random, server, store};

/// How long stopping may take beyond the drain limit.
const STOP_MARGIN: Duration = Duration::from_secs(15);

/// A node that is up, but does not listen yet.
pub(crate) struct Node {
    pub(crate) store: SharedStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) door: Door,
    engine: Option<Arc<Engine>>,
    invoker: Arc<Invoker>,
    drain_limit: Duration,
    connections_max: usize,
}

impl Node {
    /// Opens the store and starts delivering. On the runtime that it shall run on.
    pub(crate) async fn start(config: &Config, keys: &Keys) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mint = Arc::new(KeyMint::new(0, 0));
        let store = store::open(config, keys, &mint).await?;
        let client = Client::new(&outbound_settings(config)).context("the outbound section is not valid")?;
        let policy = client.policy().clone();
        let profiles = Arc::new(profiles::load(&config.profiles.folder)?);
        let schemas = Arc::new(Schemas::default());
        let invoker = Arc::new(Invoker::new(config, client.clone(), &store, &clock, &mint, &schemas));
        let shares = shares(config);
        let engine = (config.server.role != Role::Api)
            .then(|| start_engine(config, shares.attempts, client, &profiles, &store, &clock, &mint))
            .transpose()?;
        let (tokens, issuer) = tokens(config, keys)?;
        let answers = Answers::default();
        let probe = Probe::new(Arc::clone(&store), engine.clone(), Arc::clone(&clock), config.server.role);
        let probe = Arc::new(probe);
        let parts = ApiParts {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            mint,
            tokens,
            issuer,
            address_policy: policy,
            https_only: config.delivery.https_only,
            settings: api_settings(config),
            health: Arc::clone(&probe) as Arc<dyn hookwire_api::HealthProbe>,
            metrics: Arc::new(answers.clone()),
            random: random::fill,
            vault: Vault::new(&keys.main_secret),
            profiles,
            invoker: Arc::clone(&invoker) as Arc<dyn hookwire_api::Invoker>,
            check_tls: invoker::check_tls,
            schemas,
        };
        let mut door = Door::new(parts);
        if config.server.role == Role::Worker {
            door = door.behind(|router| router.layer(axum::middleware::from_fn(health_only)));
        }
        if config.server.metrics {
            door = door.with_routes(metrics::router(Shown {
                answers,
                store: Arc::clone(&store),
                engine: engine.clone(),
                probe,
            }));
        }
        let drain_limit = config.server.drain_limit.0;
        Ok(Self { store, clock, door, engine, invoker, drain_limit, connections_max: shares.connections })
    }

    /// Serves until `stop`, then finishes what is under way, settles it, and closes the store; if it does not answer, that
    /// does not keep the node from stopping.
    pub(crate) async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let (limit, told) = (self.drain_limit + STOP_MARGIN, stop.clone());
        let late = async {
            told.cancelled().await;
            tokio::time::sleep(limit).await;
        };
        tokio::select! {
            () = self.serve_to_the_end(listener, stop) => tracing::info!("stopped"),
            () = late => tracing::error!(
                "stopped without the store, which does not answer: deliveries whose results it does not have are made again"
            ),
        }
    }

    async fn serve_to_the_end(self, listener: TcpListener, stop: CancellationToken) {
        let Self { store, door, engine, invoker, drain_limit, connections_max, .. } = self;
        let drain = async {
            stop.cancelled().await;
            let Some(engine) = engine else { return };
            let drained = engine.drain().await;
            if drained.cut_off > 0 {
                tracing::warn!(
                    attempts = drained.cut_off,
                    "the drain limit ran out: these will be made again"
                );
            }
        };
        let answer = async {
            server::serve(listener, door, connections_max, stop.clone()).await;
            let unfinished = invoker.drain(drain_limit).await;
            if unfinished > 0 {
                tracing::warn!(
                    unfinished,
                    "the drain limit ran out: the records of these invocations stay open"
                );
            }
        };
        tokio::join!(answer, drain);
        store.close().await;
    }
}

/// Lets only questions about health through: a worker takes no other requests.
async fn health_only(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/api/v1/health") {
        next.run(request).await
    } else {
        (StatusCode::NOT_FOUND, "this node is a worker: it answers health and metrics only\n").into_response()
    }
}

/// How many attempts and connections the open files are enough for; says so when it is less than configured.
fn shares(config: &Config) -> Shares {
    let attempts = if config.server.role == Role::Api { 0 } else { config.delivery.concurrency };
    let configured = Shares { attempts, connections: config.server.connections_max };
    let files = nofile::raise();
    let shares = Shares::of(files, configured);
    if let Some(shortage) = shares.shortage(files, configured) {
        tracing::warn!("{shortage}");
    }
    shares
}

fn start_engine(
    config: &Config,
    permits: usize,
    client: Client,
    profiles: &Arc<Profiles>,
    store: &SharedStore,
    clock: &Arc<dyn Clock>,
    mint: &Arc<KeyMint>,
) -> anyhow::Result<Arc<Engine>> {
    let settings = hookwire_engine::Settings { permits, ..engine_settings(config)? };
    let retention = RetentionSettings {
        attempts: config.retention.attempts.0,
        messages: config.retention.messages.0,
        ..RetentionSettings::default()
    };
    let (store, clock, mint) = (Arc::clone(store), Arc::clone(clock), Arc::clone(mint));
    let profiles = Arc::clone(profiles);
    let parts =
        EngineParts { store, client, clock, mint, chance: random::chance, settings, profiles, retention };
    Ok(Arc::new(Engine::start(parts)))
}

fn engine_settings(config: &Config) -> anyhow::Result<hookwire_engine::Settings> {
    let delivery = &config.delivery;
    let header_names = HeaderNames::parse(&delivery.header_names).with_context(|| {
        format!("delivery.header_names must be webhook, svix or both (it is {:?})", delivery.header_names)
    })?;
    let delays = delivery.retry_schedule.iter().map(|span| span.0).collect();
    Ok(hookwire_engine::Settings {
        retry: RetryPolicy { delays, jitter: delivery.retry_jitter, ..RetryPolicy::default() },
        timeout: delivery.timeout.0,
        header_names,
        https_only: delivery.https_only,
        permits: delivery.concurrency,
        lane_permits: delivery.endpoint_concurrency,
        drain_limit: config.server.drain_limit.0,
        ..hookwire_engine::Settings::default()
    })
}

/// How to call receivers.
fn outbound_settings(config: &Config) -> hookwire_outbound::Settings {
    let outbound = &config.outbound;
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    hookwire_outbound::Settings {
        allow_subnets: outbound.allow_subnets.clone(),
        proxy: given(&outbound.proxy),
        no_proxy: outbound.no_proxy.clone(),
        extra_ca_file: given(&outbound.extra_ca_file).map(Into::into),
        ..hookwire_outbound::Settings::default()
    }
}

/// Checks what only the parts themselves can check: keys, header names, proxy, certificate file.
pub(crate) fn check(config: &Config) -> anyhow::Result<()> {
    crate::tokens::check(config)?;
    if let Place::Database(url) = Place::of(&config.store.url) {
        hookwire_store_postgres::check_url(url)?;
    }
    profiles::load(&config.profiles.folder)?;
    engine_settings(config)?;
    Client::new(&outbound_settings(config)).context("the outbound section is not valid")?;
    Ok(())
}

fn api_settings(config: &Config) -> hookwire_api::Settings {
    let api = &config.api;
    let public_url = if api.public_url.is_empty() {
        format!("http://{}", config.server.listen)
    } else {
        api.public_url.clone()
    };
    hookwire_api::Settings {
        body_bytes_max: api.body_bytes_max,
        body_timeout: api.body_timeout.0,
        json_depth_max: api.json_depth_max,
        cors_origins: api.cors_origins.clone(),
        public_url,
    }
}
