//! featureOS's app webhooks: OAuth apps that are told of events, statement by statement.

use std::time::Duration;

use hookwire_testkit::{Answer, Api, Reply};
use serde_json::{Value, json};

use super::Product;
use crate::sdk::user_token;
use crate::tenant::{list, text};

const CALLBACK: &str = "https://myapp.com/callback";

/// A product with the two organizations of the document; its receiver is the app's.
struct Market {
    product: Product,
    owner: Api,
    target: Api,
}

impl Market {
    async fn open() -> Self {
        let product = Product::with_profile("featureos").await;
        for uid in ["your-org", "target-org"] {
            product.tenant.api.post("/app", json!({ "name": uid, "uid": uid })).await.expect(201);
        }
        let api = product.server.api();
        let [owner, target] = ["your-org", "target-org"];
        let (own, others) =
            (user_token(&product.server, owner).await, user_token(&product.server, target).await);
        let owner = api.with_token(&own).with_header("X-Organization", owner);
        let target = api.with_token(&others).with_header("X-Organization", target);
        Self { product, owner, target }
    }

    /// The document's first call.
    fn registration(&self) -> Value {
        json!({
            "name": "My Integration",
            "redirect_uris": [CALLBACK],
            "allowed_actor_modes": ["app"],
            "declared_scopes": ["posts:read", "webhooks:manage"],
            "webhook_url": self.product.receiver.url("/webhooks/featureos"),
            "subscribed_webhook_events": ["post_created", "post_updated"],
        })
    }

    async fn register(&self) -> Value {
        self.owner.post("/oauth/apps", self.registration()).await.expect(201)
    }

    /// The document's second call, with these fields in place of its own.
    async fn consent(&self, app: &Value, fields: Value) -> Answer {
        let mut body = json!({
            "client_id": app["client_id"],
            "redirect_uri": CALLBACK,
            "actor": "app",
            "target_organization_id": 7,
        });
        for (name, value) in fields.as_object().expect("fields are an object") {
            body[name] = value.clone();
        }
        self.target.post("/oauth/authorize/consent", body).await
    }

    /// Consent, and the token exchange that follows; answers the tokens.
    async fn install(&self, app: &Value, fields: Value) -> Value {
        let consent = self.consent(app, fields).await.expect(200);
        let to = text(&consent, "redirect_to");
        let (_, code) = to.split_once("code=").expect("there is a code");
        let form = format!(
            "grant_type=authorization_code&code={code}&redirect_uri=https%3A%2F%2Fmyapp.com%2Fcallback\
             &client_id={}&client_secret={}",
            text(app, "client_id"),
            text(app, "client_secret"),
        );
        let api = self.product.server.api().without_token();
        api.post_form("/oauth/token", form).await.expect(200)
    }

    async fn endpoints(&self) -> Vec<Value> {
        list(&self.product.tenant.api.get("/app/target-org/endpoint").await.expect(200))
    }

    async fn send(&self, event_type: &str) -> String {
        let body = json!({ "eventType": event_type, "payload": { "id": 1, "title": event_type } });
        let sent = self.product.tenant.api.post("/app/target-org/msg", body).await.expect(202);
        text(&sent, "id")
    }

    /// Types of everything that arrived at `path`, once there are so many.
    async fn arrived(&self, path: &str, count: usize) -> Vec<String> {
        let requests = self.product.receiver.wait_for(path, count).await;
        let parse = |text: &str| serde_json::from_str::<Value>(text).expect("the body is JSON");
        requests.iter().map(|request| text(&parse(request.text()), "type")).collect()
    }
}

#[tokio::test]
async fn the_webhook_fields_are_only_accepted_with_their_scope() {
    let market = Market::open().await;
    for field in ["webhook_url", "subscribed_webhook_events"] {
        let mut body = market.registration();
        body["declared_scopes"] = json!(["posts:read"]);
        let other = if field == "webhook_url" { "subscribed_webhook_events" } else { "webhook_url" };
        body[other] = Value::Null;
        let refused = market.owner.post("/oauth/apps", body).await.expect(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", field]));
    }
    let app = market.register().await;
    assert!(text(&app, "client_id").starts_with("foapp_"));
    // Also on an update.
    let path = format!("/oauth/apps/{}", text(&app, "client_id"));
    let narrower = json!({ "declared_scopes": ["posts:read"] });
    market.owner.patch(&path, narrower).await.expect(422);
    let without =
        json!({ "declared_scopes": ["posts:read"], "webhook_url": null, "subscribed_webhook_events": [] });
    market.owner.patch(&path, without).await.expect(200);
    let with_again = json!({ "webhook_url": market.product.receiver.url("/hook") });
    market.owner.patch(&path, with_again).await.expect(422);
}

#[tokio::test]
async fn an_install_delivers_the_granted_events_and_no_others() {
    let market = Market::open().await;
    let app = market.register().await;
    let granted = json!({ "granted_webhook_events": ["post_updated"] });
    market.consent(&app, granted.clone()).await.expect(200);
    assert_eq!(
        market.endpoints().await,
        Vec::<Value>::new(),
        "provisioned at the token exchange, not before"
    );
    market.install(&app, granted).await;
    assert_eq!(market.endpoints().await[0]["eventTypes"], json!(["post_updated"]));
    for event in ["post_created", "post_completed", "post_updated"] {
        market.send(event).await;
    }
    assert_eq!(market.arrived("/webhooks/featureos", 1).await, ["postUpdated"]);
    market.product.receiver.expect_quiet(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn without_a_restriction_everything_subscribed_is_granted() {
    let market = Market::open().await;
    let app = market.register().await;
    market.install(&app, json!({})).await;
    for event in ["post_created", "post_updated"] {
        market.send(event).await;
    }
    let mut arrived = market.arrived("/webhooks/featureos", 2).await;
    arrived.sort();
    assert_eq!(arrived, ["postCreated", "postUpdated"]);
}

#[tokio::test]
async fn granted_events_are_a_subset_of_the_subscribed_ones() {
    let market = Market::open().await;
    let app = market.register().await;
    let more = json!({ "granted_webhook_events": ["post_updated", "changelog_created"] });
    let refused = market.consent(&app, more).await.expect(422);
    assert_eq!(refused["detail"][0]["loc"], json!(["body", "granted_webhook_events"]));
}

#[tokio::test]
async fn each_supported_event_can_be_subscribed_to_and_no_other() {
    let market = Market::open().await;
    let supported = [
        "post_created",
        "post_updated",
        "post_completed",
        "changelog_created",
        "changelog_updated",
        "changelog_published",
    ];
    let mut body = market.registration();
    body["subscribed_webhook_events"] = json!(supported);
    let app = market.owner.post("/oauth/apps", body.clone()).await.expect(201);
    assert_eq!(app["subscribed_webhook_events"], json!(supported));
    body["subscribed_webhook_events"] = json!(["post_deleted"]);
    market.owner.post("/oauth/apps", body).await.expect(422);
}

#[tokio::test]
async fn a_new_url_reaches_all_existing_installs() {
    let market = Market::open().await;
    let app = market.register().await;
    market.install(&app, json!({})).await;
    let path = format!("/oauth/apps/{}", text(&app, "client_id"));
    let moved = json!({ "webhook_url": market.product.receiver.url("/moved") });
    market.owner.patch(&path, moved).await.expect(200);
    market.send("post_created").await;
    assert_eq!(market.arrived("/moved", 1).await, ["postCreated"]);
    assert_eq!(market.product.receiver.requests_to("/webhooks/featureos").len(), 0);
}

#[tokio::test]
async fn an_install_that_is_revoked_and_an_app_that_is_suspended_have_no_webhook() {
    let market = Market::open().await;
    let app = market.register().await;
    let tokens = market.install(&app, json!({})).await;
    market.target.delete(&format!("/oauth/installs/{}", text(&tokens, "install_id"))).await.expect(204);
    assert_eq!(market.endpoints().await, Vec::<Value>::new());
    market.install(&app, json!({})).await;
    let path = format!("/oauth/apps/{}/suspend", text(&app, "client_id"));
    market.owner.post(&path, json!({})).await.expect(200);
    assert_eq!(market.endpoints().await, Vec::<Value>::new());
    market.send("post_created").await;
    market.product.receiver.expect_quiet(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn app_webhooks_are_retried_and_signed_like_all_others() {
    let market = Market::open().await;
    let app = market.register().await;
    market.install(&app, json!({})).await;
    market.product.receiver.script("/webhooks/featureos", [Reply::status(500), Reply::ok()]);
    let sent = market.send("post_created").await;
    let requests = market.product.receiver.wait_for("/webhooks/featureos", 2).await;
    for request in &requests {
        assert_eq!(request.header("webhook-id"), sent);
        assert!(request.header("webhook-signature").starts_with("v1,"), "{request:?}");
    }
}
