//! What must not be readable on the disk.

use std::time::Duration;

use hookwire_core::oauth::{ActorMode, Digest, NewClient, OauthScope, RedirectUri, WEBHOOKS_MANAGE};
use hookwire_core::rules::{RulesChange, Tls};
use hookwire_core::trigger::{Next, On};
use hookwire_core::{AppKey, NewEndpoint, OrgId, Reference, Secret, Trigger, TriggerId};
use hookwire_store::catalog::Rotation;
use hookwire_store::ingest::{RequestId, SavedAnswer};
use hookwire_store::{Catalog, Ingest, Oauth, Triggers, Upkeep};

use crate::place::{NOW, Place, app, new_endpoint, quick, trigger};

fn with_credentials(secret: Secret) -> NewEndpoint {
    NewEndpoint {
        url: "https://user:urlcanary@example.com/".to_owned(),
        headers: Some(vec![("Authorization".to_owned(), "Bearer headercanary".to_owned())]),
        description: "plaincanary".to_owned(),
        rules: RulesChange {
            body_template: Some(Some("{\"token\":\"templatecanary\"}".to_owned())),
            tls: Some(Some(Tls { client_key_pem: Some("keycanary".to_owned().into()), ..Tls::default() })),
            ..RulesChange::default()
        },
        secret,
        ..new_endpoint()
    }
}

fn called(app: AppKey) -> Trigger {
    Trigger {
        url: "https://example.com/triggerurlcanary".to_owned(),
        headers: vec![("plainnamecanary".to_owned(), Some("triggervaluecanary".to_owned()))],
        tls: Some(Tls {
            ca_pem: Some("triggercacanary".to_owned()),
            client_cert_pem: Some("triggercertcanary".to_owned()),
            client_key_pem: Some("triggerkeycanary".to_owned().into()),
        }),
        next: vec![Next {
            trigger: TriggerId::stored("other"),
            on: On::Always,
            data_template: Some("triggertemplatecanary".to_owned()),
        }],
        ..trigger(app)
    }
}

fn third_party(org: OrgId, owner: AppKey) -> NewClient {
    NewClient {
        org,
        owner,
        name: "Client".to_owned(),
        redirect_uris: vec![RedirectUri::stored("https://example.com/cb")],
        actor_modes: vec![ActorMode::App],
        scopes: vec![OauthScope::stored(WEBHOOKS_MANAGE)],
        webhook_url: Some("https://example.com/clienturlcanary".to_owned()),
        subscribed: Vec::new(),
        secret: Some(Digest::of("whatever")),
        signing: Secret::from_random(*b"client-canary-client-can"),
    }
}

#[tokio::test]
async fn credentials_are_in_no_file_of_the_store() {
    let place = Place::new();
    let store = place.open_with(quick()).unwrap();
    let app = app(&store).await;
    let secret = || Secret::from_random(*b"secret-canary-secret-can");
    let endpoint = store.create_endpoint(app.key, with_credentials(secret()), NOW).await.unwrap();
    let rotation = Rotation {
        secret: Secret::from_random(*b"rotate-canary-rotate-can"),
        old_until: NOW.plus(Duration::from_hours(1)),
        now: NOW,
    };
    store.rotate_secret(app.key, &Reference::Key(endpoint.key), rotation).await.unwrap();
    let request = RequestId { key: [1; 16], body: [2; 16] };
    let answer = SavedAnswer { status: 200, body: b"{\"key\":\"answercanary\"}".to_vec() };
    store.finish_request(request, Some(answer), NOW).await.unwrap();
    store.register_trigger(called(app.key)).await.unwrap();
    store.create_client(third_party(app.org.clone(), app.key), NOW).await.unwrap();
    let canaries = [
        "clienturlcanary".to_owned(),
        Secret::from_random(*b"client-canary-client-can").expose()[6..30].to_owned(),
        "triggerurlcanary".to_owned(),
        "triggervaluecanary".to_owned(),
        "triggercacanary".to_owned(),
        "triggercertcanary".to_owned(),
        "triggerkeycanary".to_owned(),
        "triggertemplatecanary".to_owned(),
        "answercanary".to_owned(),
        "urlcanary".to_owned(),
        "headercanary".to_owned(),
        "templatecanary".to_owned(),
        "keycanary".to_owned(),
        "secret-canary".to_owned(),
        "rotate-canary".to_owned(),
        secret().expose()[6..30].to_owned(),
        Secret::from_random(*b"rotate-canary-rotate-can").expose()[6..30].to_owned(),
    ];
    for round in ["in the log", "in the file"] {
        let mut has_plain = false;
        for entry in std::fs::read_dir(place.path().parent().unwrap()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            for canary in &canaries {
                assert!(!holds(canary), "{canary} is {round}: {}", path.display());
            }
            has_plain |= holds("plaincanary") && holds("plainnamecanary");
        }
        assert!(has_plain, "the search finds what is there, {round}");
        store.close().await;
    }
}
