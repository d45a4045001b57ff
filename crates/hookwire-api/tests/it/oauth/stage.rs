//! Who takes part: an app that owns a client, an app that installs it, their users, and the client itself.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookwire_core::oauth::form_pairs;
use hookwire_core::{Clock as _, OrgId};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Client, World};

pub(super) const CALLBACK: &str = "https://myapp.com/callback";
pub(super) const HOOK: &str = "https://myapp.com/webhooks/featureos";
/// RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client that sends a user's token.
pub(super) fn user<'w>(world: &'w World, org: &str, apps: &[&str]) -> Client<'w> {
    world.with_token(&user_token(world, org, apps))
}

pub(super) fn user_token(world: &World, org: &str, apps: &[&str]) -> String {
    let apps: Vec<String> = apps.iter().map(|&app| app.to_owned()).collect();
    let life = std::time::Duration::from_mins(15);
    world.issuer.user_token(&OrgId::stored(org), "u1", &apps, life, world.clock.now()).unwrap()
}

/// The document's registration.
pub(super) fn registration() -> Value {
    json!({
        "name": "My Integration",
        "redirect_uris": [CALLBACK],
        "allowed_actor_modes": ["app"],
        "declared_scopes": ["posts:read", "webhooks:manage"],
        "webhook_url": HOOK,
        "subscribed_webhook_events": ["post_created", "post_updated"],
    })
}

pub(super) struct Stage<'w> {
    pub(super) world: &'w World,
    pub(super) org: String,
    pub(super) owner: String,
    pub(super) target: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<String>,
    pub(super) webhook_secret: String,
}

impl<'w> Stage<'w> {
    /// The document's client, registered by `your-org`, for `target-org`.
    pub(super) async fn new(world: &'w World) -> Self {
        Self::with(world, |_| {}).await
    }

    pub(super) async fn with(world: &'w World, words: impl FnOnce(&mut Value)) -> Self {
        let org = world.org();
        org.put("/profile", json!({ "name": "featureos" })).await.expect(200);
        for uid in ["your-org", "target-org", "other-org"] {
            org.make_app(uid).await;
        }
        let mut body = registration();
        words(&mut body);
        let owner = user(world, "org_a", &["your-org"]).header("x-organization", "your-org");
        let client = owner.post("/oauth/apps", body).await.expect(201);
        Self::of(world, "org_a", "your-org", "target-org", &client)
    }

    pub(super) fn of(world: &'w World, org: &str, owner: &str, target: &str, client: &Value) -> Self {
        let text = |field: &str| client[field].as_str().map(str::to_owned);
        Self {
            world,
            org: org.to_owned(),
            owner: owner.to_owned(),
            target: target.to_owned(),
            client_id: text("client_id").unwrap(),
            client_secret: text("client_secret"),
            webhook_secret: text("webhook_secret").unwrap(),
        }
    }

    /// The user who administers the owner.
    pub(super) fn owner(&self) -> Client<'w> {
        user(self.world, &self.org, &[&self.owner]).header("x-organization", &self.owner)
    }

    /// The user who administers the target.
    pub(super) fn admin(&self) -> Client<'w> {
        user(self.world, &self.org, &[&self.target]).header("x-organization", &self.target)
    }

    /// The client's path.
    pub(super) fn path(&self) -> String {
        format!("/oauth/apps/{}", self.client_id)
    }

    /// The target's consent with these words in place of the usual ones.
    pub(super) async fn consent(&self, words: Value) -> Answer {
        let mut body = json!({
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "actor": "app",
            "target_organization_id": self.target,
            "state": "s 1",
        });
        for (name, value) in words.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.admin().post("/oauth/authorize/consent", body).await
    }

    /// A code for these events.
    pub(super) async fn code(&self, words: Value) -> String {
        code_of(&self.consent(words).await.expect(200))
    }

    /// The client's request to an endpoint of OAuth's, with Basic authentication.
    pub(super) async fn ask(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let secret = self.client_secret.as_deref().unwrap_or_default();
        let basic = STANDARD.encode(format!("{}:{secret}", self.client_id));
        let client = self.world.nobody().header("authorization", &format!("Basic {basic}"));
        post_form(&client, path, pairs).await
    }

    pub(super) async fn redeem(&self, code: &str) -> Answer {
        let grant = ("grant_type", "authorization_code");
        self.ask("/oauth/token", &[grant, ("code", code), ("redirect_uri", CALLBACK)]).await
    }

    pub(super) async fn refresh(&self, token: &str) -> Answer {
        self.ask("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// The target installs the client; the token endpoint's answer.
    pub(super) async fn install(&self, words: Value) -> Value {
        self.redeem(&self.code(words).await).await.expect(200)
    }

    /// The endpoints of the target.
    pub(super) async fn endpoints(&self) -> Vec<Value> {
        let path = format!("/app/{}/endpoint", self.target);
        let list = self.world.org_named(&self.org).get(&path).await.expect(200);
        list["data"].as_array().unwrap().clone()
    }

    /// The installs of the target.
    pub(super) async fn installs(&self) -> Vec<Value> {
        self.admin().get("/oauth/installs").await.expect(200)["data"].as_array().unwrap().clone()
    }

    /// Everything that an attack could have changed.
    pub(super) async fn snapshot(&self) -> (Vec<Value>, Vec<Value>) {
        (self.endpoints().await, self.installs().await)
    }
}

pub(super) async fn post_form(client: &Client<'_>, path: &str, pairs: &[(&str, &str)]) -> Answer {
    let client = client.clone().header("content-type", "application/x-www-form-urlencoded");
    client.send(Method::POST, path, Body::from(encoded(pairs))).await
}

/// A form's text.
pub(super) fn encoded(pairs: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// The parameters that a browser is sent back with.
pub(super) fn parameters(url: &str) -> Vec<(String, String)> {
    form_pairs(url.split_once('?').map_or("", |(_, query)| query).as_bytes())
}

pub(super) fn parameter(url: &str, name: &str) -> Option<String> {
    parameters(url).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The code in a consent's answer.
pub(super) fn code_of(consent: &Value) -> String {
    parameter(consent["redirect_to"].as_str().unwrap(), "code").unwrap()
}
