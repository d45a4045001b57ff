//! Guessing secrets and codes.

use std::time::Duration;

use serde_json::json;

use super::stage::{Stage, post_form};
use crate::world::World;

#[tokio::test]
async fn guessing_comes_to_an_end_and_begins_anew_a_minute_later() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let guess = |number: usize| {
        let secret = format!("guess {number}");
        let client = stage.client_id.clone();
        let nobody = world.nobody();
        async move {
            let pairs = [("client_id", client.as_str()), ("client_secret", &secret), ("grant_type", "x")];
            post_form(&nobody, "/oauth/token", &pairs).await
        }
    };
    for number in 0..60 {
        guess(number).await.expect(401);
    }
    let answer = guess(60).await;
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert_eq!(answer.expect(429)["error"], "temporarily_unavailable");
    let code = stage.code(json!({})).await;
    stage.redeem(&code).await.expect(429);
    world.clock.advance(Duration::from_mins(1));
    stage.redeem(&code).await.expect(200);
}

#[tokio::test]
async fn guessing_ids_of_clients_comes_to_an_end_too() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    stage.owner().delete(&stage.path()).await.expect(204);
    let client = stage.client_id.as_str();
    let guess = async || {
        let pairs = [("client_id", client), ("client_secret", "guess"), ("grant_type", "x")];
        post_form(&world.nobody(), "/oauth/token", &pairs).await
    };
    for _ in 0..60 {
        guess().await.expect(401);
    }
    guess().await.expect(429);
}
