//! App webhooks over OAuth: registering, consenting, redeeming, and what is refused.

mod access;
mod apps;
mod attacks;
mod guesses;
mod installs;
mod page;
mod stage;
mod tokens;

use serde_json::json;

use crate::world::World;
use stage::{Stage, code_of};

/// A client without a webhook, owned and installed by the app; the ids of the client and of the install.
pub(crate) async fn install_bare(world: &World, org: &str, app: &str) -> (String, String) {
    let user = stage::user(world, org, &[app]).header("x-organization", app);
    let body = json!({
        "name": format!("canary-{org}"),
        "redirect_uris": [stage::CALLBACK],
        "declared_scopes": ["posts:read"],
    });
    let client = user.post("/oauth/apps", body).await.expect(201);
    let stage = Stage::of(world, org, app, app, &client);
    let tokens = stage.redeem(&code_of(&stage.consent(json!({})).await.expect(200))).await.expect(200);
    (stage.client_id, tokens["install_id"].as_str().unwrap().to_owned())
}
