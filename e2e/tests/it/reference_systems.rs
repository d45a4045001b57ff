//! What the reference systems say of their webhooks, a test for each statement; docs/book/reference-systems.md lists
//! the statements.

mod app_webhooks;
mod coviu;
mod featureos;
mod flotiq;
mod profiles;
mod unleash;

use std::fs;
use std::path::Path;

use hookwire_testkit::{Receiver, Server};
use serde_json::{Value, json};

use crate::tenant::{Tenant, list};

/// A product that chose a profile: its server, one of its customers, and that customer's receiver, which has a
/// certificate that the server trusts.
struct Product {
    server: Server,
    tenant: Tenant,
    receiver: Receiver,
}

impl Product {
    /// A product with this profile, whose retries come after 50 ms instead of seconds or minutes.
    async fn with_profile(profile: &str) -> Self {
        let receiver = Receiver::start_tls().await;
        let builder = Server::builder();
        let authority = builder.folder().join("authority.pem");
        fs::write(&authority, receiver.ca_pem()).expect("the folder can be written");
        let profiles = builder.folder().join("profiles");
        hurried(profile, &profiles);
        let server = builder
            .env("HOOKWIRE_OUTBOUND_EXTRA_CA_FILE", &authority.display().to_string())
            .env("HOOKWIRE_PROFILES_FOLDER", &profiles.display().to_string())
            .start()
            .await;
        let tenant = Tenant::of(&server).await;
        tenant.api.put("/profile", json!({ "name": profile })).await.expect(200);
        Self { server, tenant, receiver }
    }

    /// Makes an endpoint from these fields, with the receiver's URL for `path`; returns its id.
    async fn endpoint(&self, path: &str, fields: Value) -> String {
        let mut body = fields;
        body["url"] = json!(self.receiver.url(path));
        self.tenant.endpoint_with(body).await
    }

    /// Sends an event of this type.
    async fn send(&self, event_type: &str, payload: Value) -> String {
        self.tenant.send_with(json!({ "eventType": event_type, "payload": payload })).await
    }

    /// Every event type of the product.
    async fn event_types(&self) -> Vec<Value> {
        list(&self.tenant.api.get("/event-type?limit=250&with_content=true").await.expect(200))
    }

    /// The only attempt at a message.
    async fn attempt(&self, message: &str) -> Value {
        let attempts = self.tenant.attempted(message, 1).await;
        assert_eq!(attempts.len(), 1, "{attempts:#?}");
        attempts[0].clone()
    }
}

/// Puts a copy of a built-in profile into `folder` whose delays are all 50 ms.
fn hurried(profile: &str, folder: &Path) {
    let file = format!("{profile}.toml");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../profiles").join(&file);
    let text = fs::read_to_string(source).expect("the built-in profile can be read");
    let lines = text.lines().map(|line| match line.split_once("delays = [") {
        Some((before, rest)) => {
            let (delays, after) = rest.split_once(']').expect("the delays stand in one line");
            let count = delays.split(',').filter(|delay| !delay.trim().is_empty()).count();
            format!("{before}delays = [{}]{after}", vec!["\"50ms\""; count].join(", "))
        }
        None => line.to_owned(),
    });
    fs::create_dir_all(folder).expect("the folder can be made");
    fs::write(folder.join(file), lines.collect::<Vec<_>>().join("\n")).expect("the folder can be written");
}
