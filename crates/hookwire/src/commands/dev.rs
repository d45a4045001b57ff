//! `hookwire dev`: the server with a sample receiver beside it, and a curl line that works when pasted.

use std::process::ExitCode;

use anyhow::Context as _;
use hookwire_core::{EndpointKey, Metadata, NewApp, NewEndpoint, OrgId, Reference, Secret, Uid};
use hookwire_store::catalog::Created;

use super::receiver;
use super::serve::{listen, run_on_runtime, start_log, with_flags};
use crate::cli::Serve;
use crate::config::Config;
use crate::node::Node;
use crate::tokens::{load_suitable_keys, tokens};
use crate::{random, shutdown};

const APP: &str = "demo";
const ENDPOINT: &str = "sample-receiver";

pub(super) fn run(config: Config, flags: Serve) -> anyhow::Result<ExitCode> {
    let mut config = with_flags(config, flags)?;
    for network in ["127.0.0.0/8", "::1/128"] {
        config.outbound.allow_subnets.push(network.parse().expect("a valid network"));
    }
    start_log(&config)?;
    run_on_runtime(async {
        let listener = listen(&config).await?;
        let keys = load_suitable_keys(&config)?;
        let node = Node::start(&config, &keys).await?;
        let stop = shutdown::on_signal()?;
        let secret = fresh_secret();
        let url = receiver::start().await?;
        let org = OrgId::stored(hookwire_api::token::DEFAULT_ORG);
        let secret_used = connect(&node, &org, &url, secret).await?;
        receiver::expect(&secret_used);
        let (_, issuer) = tokens(&config, &keys)?;
        let issuer = issuer.context("auth.jwt_secret holds no private key, so no token can be made")?;
        let token = issuer.org_token(&org, node.clock.now())?;
        println!("{}", greeting(&listener.local_addr()?.to_string(), &token, &url));
        node.serve(listener, stop).await;
        Ok(ExitCode::SUCCESS)
    })
}

fn fresh_secret() -> Secret {
    let mut bytes = [0; hookwire_core::secret::GENERATED_BYTES];
    random::fill(&mut bytes);
    Secret::from_random(bytes)
}

/// Makes the demo app and points its endpoint at the receiver; the secret that it signs with.
async fn connect(node: &Node, org: &OrgId, url: &str, secret: Secret) -> anyhow::Result<Secret> {
    let uid = |text: &str| Some(Uid::stored(text));
    let now = node.clock.now();
    let new = NewApp { name: "Demo".to_owned(), uid: uid(APP), ..NewApp::default() };
    let app = node.store.create_app(org, new, now).await?.into_inner();
    let new = NewEndpoint {
        uid: uid(ENDPOINT),
        name: Some("Sample receiver".to_owned()),
        url: url.to_owned(),
        description: "The receiver that `hookwire dev` runs".to_owned(),
        version: 1,
        disabled: false,
        event_types: None,
        channels: None,
        throttle_rate: None,
        metadata: Metadata::new(),
        headers: None,
        rules: hookwire_core::rules::RulesChange::default(),
        secret,
    };
    let reference = Reference::<EndpointKey>::Uid(ENDPOINT.to_owned());
    let endpoint = match node.store.upsert_endpoint(app.key, &reference, new, now).await? {
        Created::Fresh(endpoint) | Created::Existing(endpoint) => endpoint,
    };
    Ok(endpoint.secrets.current)
}

fn greeting(address: &str, token: &str, receiver: &str) -> String {
    format!(
        r#"
Hookwire is running. Its data is in this folder; Ctrl-C stops it.

  API        http://{address}/api/v1
  API docs   http://{address}/docs
  receiver   {receiver}  (prints what it gets)
  token      {token}

Send a first message:

curl -X POST http://{address}/api/v1/app/{APP}/msg \
  -H 'Authorization: Bearer {token}' \
  -H 'Content-Type: application/json' \
  -d '{{"eventType": "invoice.paid", "payload": {{"id": "inv_1", "amount": 4200}}}}'
"#
    )
}
