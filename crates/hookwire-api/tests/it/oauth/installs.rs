//! Installs: who sees them, and who ends them.

use serde_json::json;

use super::stage::{Stage, user};
use crate::world::{World, column};

#[tokio::test]
async fn an_install_is_seen_and_ended_by_its_two_sides() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    for ends in [stage.admin(), stage.owner(), world.org()] {
        let id = stage.install(json!({})).await["install_id"].as_str().unwrap().to_owned();
        let path = format!("/oauth/installs/{id}");
        assert_eq!(stage.admin().get(&path).await.expect(200)["client_name"], "My Integration");
        let list =
            stage.owner().get(&format!("/oauth/installs?client_id={}", stage.client_id)).await.expect(200);
        assert_eq!(column(&list, "id"), [id]);
        let stranger = user(&world, "org_a", &["other-org"]).header("x-organization", "other-org");
        stranger.get(&path).await.expect(404);
        stranger.delete(&path).await.expect(404);
        stranger.get(&format!("/oauth/installs?client_id={}", stage.client_id)).await.expect(404);
        world.org_named("org_b").delete(&path).await.expect(404);
        assert_eq!(stage.endpoints().await.len(), 1);
        ends.delete(&path).await.expect(204);
        ends.delete(&path).await.expect(404);
        assert_eq!(stage.snapshot().await, (vec![], vec![]));
    }
}
