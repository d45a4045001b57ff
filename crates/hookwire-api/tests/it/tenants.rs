//! Nobody reaches what is another's, by whatever id in whatever place.

use axum::body::Body;
use http::Method;
use serde_json::json;

use crate::auth::operations;
use crate::world::{World, column, id_of};

/// One of everything.
pub(crate) struct Things {
    pub(crate) app: String,
    endpoint: String,
    notified: String,
    message: String,
    attempt: String,
    task: String,
    trigger: String,
    reference: String,
    client: String,
    install: String,
}

impl Things {
    pub(crate) async fn make(world: &World, org: &str) -> Self {
        Self::make_in(world, org, "acme").await
    }

    async fn make_in(world: &World, org: &str, uid: &str) -> Self {
        let client = world.org_named(org);
        let body = json!({ "name": format!("canary-{org}"), "uid": uid });
        let app = id_of(&client.post("/app", body).await.expect(201));
        let endpoint =
            json!({ "url": format!("https://canary-{}.test/", uid), "uid": "main", "description": org });
        let endpoint = id_of(&client.post(&format!("/app/{app}/endpoint"), endpoint).await.expect(201));
        client.put("/event-type/user.made", json!({ "description": format!("canary-{org}") })).await;
        let message = json!({ "eventType": "user.made", "eventId": "evt", "payload": { "canary": org } });
        let message = id_of(&client.post(&format!("/app/{app}/msg"), message).await.expect(202));
        let attempt = world.exhaust(&endpoint).await.remove(0);
        let path = format!("/app/{app}/endpoint/{endpoint}/recover");
        let task = id_of(&client.post(&path, json!({ "since": "2026-09-20T00:00:00Z" })).await.expect(202));
        let notified = json!({ "url": "https://canary.test/" });
        let path = "/operational-webhook/endpoint";
        let notified = id_of(&client.post(path, notified).await.expect(201));
        let trigger = format!("call-{uid}");
        let call = json!({ "url": format!("https://canary-{org}.test/"), "method": "POST" });
        client.put(&format!("/app/{app}/trigger/{trigger}"), call).await.expect(201);
        let invoke = format!("/app/{app}/trigger/{trigger}/invoke");
        let invoked = client.post(&invoke, json!({})).await.expect(200);
        let reference = invoked["referenceId"].as_str().unwrap().to_owned();
        let (oauth_client, install) = crate::oauth::install_bare(world, org, &app).await;
        let client = oauth_client;
        Self { app, endpoint, notified, message, attempt, task, trigger, reference, client, install }
    }

    /// The path with these things' ids in it.
    pub(crate) fn fill(&self, path: &str) -> String {
        let notices = path.starts_with("/operational-webhook/");
        let endpoint = if notices { &self.notified } else { &self.endpoint };
        path.replace("{app_id}", &self.app)
            .replace("{endpoint_id}", endpoint)
            .replace("{msg_id}", &self.message)
            .replace("{attempt_id}", &self.attempt)
            .replace("{task_id}", &self.task)
            .replace("{trigger_id}", &self.trigger)
            .replace("{reference_id}", &self.reference)
            .replace("{client_id}", &self.client)
            .replace("{install_id}", &self.install)
            .replace("{event_type_name}", "user.made")
    }

    fn ids(&self) -> [&str; 9] {
        let Self { app, endpoint, notified, message, attempt, task, reference, client, install, .. } = self;
        [app, endpoint, notified, message, attempt, task, reference, client, install]
    }
}

/// A body that each operation would accept.
fn body(id: &str) -> String {
    let body = match id {
        "application.create" | "application.upsert" | "application.patch" => json!({ "name": "taken over" }),
        "profile.choose" => json!({ "name": "flotiq" }),
        "template.render" => json!({ "template": "{{{payloadJson}}}", "eventType": "user.made" }),
        "filter.test" => json!({ "filter": {}, "payload": {} }),
        "trigger.register" => json!({ "url": "https://example.com/", "method": "GET" }),
        "endpoint.patch" => json!({ "description": "taken over" }),
        _ if id.ends_with("endpoint.create") || id.ends_with("endpoint.upsert") => {
            json!({ "url": "https://example.com/" })
        }
        _ if id.contains("headers") => json!({ "headers": { "X-Taken": "over" } }),
        "endpoint.recover" | "endpoint.replay_missing" => json!({ "since": "2026-09-20T00:00:00Z" }),
        "endpoint.send_example" => json!({ "eventType": "svix.ping" }),
        "message.create" => json!({ "eventType": "a", "payload": {} }),
        "message.bulk_expunge_content" => json!({ "ids": ["evt"] }),
        "message.precheck" => json!({ "eventType": "a" }),
        _ if id.starts_with("event_type") => json!({ "name": "x", "description": "taken over", "spec": {} }),
        _ => json!({}),
    };
    body.to_string()
}

#[tokio::test]
async fn an_org_reaches_nothing_of_another_org() {
    let world = World::new();
    let mine = Things::make(&world, "org_a").await;
    let theirs = Things::make(&world, "org_b").await;
    let before = snapshot(&world, "org_b", &theirs).await;
    let org = world.org();
    for (id, (method, path)) in operations() {
        let path = theirs.fill(&path);
        let answer = org.send(method.clone(), &path, Body::from(body(&id))).await;
        let echoed = ["application.upsert", "event_type"].iter().any(|other| id.starts_with(other));
        let names_theirs = theirs.ids().iter().any(|theirs| path.contains(theirs));
        if names_theirs && !echoed && !id.ends_with("endpoint.upsert") {
            assert_eq!(answer.status, 404, "{id}: {}", answer.text);
        }
        assert!(!answer.text.contains("canary-org_b"), "{id}: {}", answer.text);
        for theirs in theirs.ids() {
            assert!(!answer.text.contains(theirs), "{id}: {}", answer.text);
        }
    }
    assert_eq!(snapshot(&world, "org_b", &theirs).await, before);
    drop(mine);
}

#[tokio::test]
async fn an_app_reaches_nothing_of_another_app_of_its_org() {
    let world = World::new();
    let mine = Things::make_in(&world, "org_a", "mine").await;
    let theirs = Things::make_in(&world, "org_a", "theirs").await;
    let before = snapshot(&world, "org_a", &theirs).await;
    let clients = [world.org(), world.app_client("org_a", &mine.app)];
    for (id, (method, path)) in operations() {
        let nested = path.contains("{app_id}") && path.matches('{').count() > 1;
        if !nested {
            continue;
        }
        let path = theirs.fill(&path.replace("{app_id}", &mine.app));
        for client in &clients {
            let answer = client.send(method.clone(), &path, Body::from(body(&id))).await;
            let status = answer.status.as_u16();
            let fine = [404, 403].contains(&status)
                || (["endpoint.upsert", "trigger.register"].contains(&id.as_str()) && status == 201);
            assert!(fine, "{id}: {status} {}", answer.text);
            assert!(!theirs.ids().iter().any(|theirs| answer.text.contains(theirs)), "{id}: {}", answer.text);
        }
    }
    assert_eq!(snapshot(&world, "org_a", &theirs).await, before);
}

#[tokio::test]
async fn an_iterator_of_another_tenant_shows_only_ones_own() {
    let world = World::new();
    let mine = Things::make(&world, "org_a").await;
    let theirs = Things::make(&world, "org_b").await;
    let org = world.org();
    for (list, iterator) in [
        ("/app".to_owned(), &theirs.app),
        (format!("/app/{}/endpoint", mine.app), &theirs.endpoint),
        (format!("/app/{}/msg", mine.app), &theirs.message),
        (format!("/app/{}/attempt/endpoint/main", mine.app), &theirs.attempt),
        (format!("/app/{}/invocation", mine.app), &theirs.reference),
        ("/background-task".to_owned(), &theirs.task),
    ] {
        for sign in ["", "-"] {
            let page = org.get(&format!("{list}?iterator={sign}{iterator}")).await.expect(200);
            let field = if list.ends_with("/invocation") { "referenceId" } else { "id" };
            for id in column(&page, field) {
                assert!(mine.ids().contains(&id.as_str()), "{list}: {page}");
            }
        }
    }
}

/// Everything of theirs that can be seen.
async fn snapshot(world: &World, org: &str, things: &Things) -> Vec<String> {
    let client = world.org_named(org);
    let mut seen = Vec::new();
    for path in [
        "/app/{app_id}",
        "/app/{app_id}/endpoint",
        "/app/{app_id}/endpoint/{endpoint_id}/secret",
        "/app/{app_id}/endpoint/{endpoint_id}/headers",
        "/app/{app_id}/endpoint/{endpoint_id}/stats",
        "/app/{app_id}/msg",
        "/app/{app_id}/attempt/msg/{msg_id}",
        "/app/{app_id}/trigger",
        "/app/{app_id}/invocation",
        "/event-type/{event_type_name}",
        "/background-task/{task_id}",
        "/profile",
        "/operational-webhook/endpoint",
    ] {
        let answer = client.send(Method::GET, &things.fill(path), Body::empty()).await;
        assert_eq!(answer.status, 200, "{path}");
        seen.push(answer.text);
    }
    seen
}
