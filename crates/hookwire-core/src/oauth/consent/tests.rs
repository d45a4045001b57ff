//! Every way in which a wish can be refused, and what is granted otherwise.

use super::super::samples::{client, events, public_client, scopes};
use super::*;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn wish() -> Wish<'static> {
    Wish {
        redirect_uri: "https://myapp.com/callback",
        actor: "app",
        scopes: None,
        events: None,
        pkce: Pkce::default(),
    }
}

#[test]
fn what_is_not_named_is_granted_as_it_was_registered() {
    let grant = client().grant(wish()).unwrap();
    assert_eq!(grant.scopes, scopes("posts:read webhooks:manage"));
    assert_eq!(grant.events, events(&["post_created", "post_updated"]));
    assert_eq!((grant.actor, grant.challenge), (ActorMode::App, None));
}

#[test]
fn a_part_can_be_granted_but_nothing_beyond() {
    let some = events(&["post_updated", "post_updated"]);
    let grant = client().grant(Wish { events: Some(&some), ..wish() }).unwrap();
    assert_eq!(grant.events, events(&["post_updated"]));
    let none = client().grant(Wish { events: Some(&[]), ..wish() }).unwrap();
    assert_eq!(none.events, []);
    let more = events(&["post_updated", "post_completed"]);
    let refused = client().grant(Wish { events: Some(&more), ..wish() });
    assert_eq!(refused, Err(ConsentError::Event(more[1].clone())));
    let wide = scopes("posts:read posts:write");
    let refused = client().grant(Wish { scopes: Some(&wide), ..wish() });
    assert_eq!(refused, Err(ConsentError::Scope(wide[1].clone())));
}

#[test]
fn without_the_scope_there_are_no_events() {
    let narrow = scopes("posts:read");
    let grant = client().grant(Wish { scopes: Some(&narrow), ..wish() }).unwrap();
    assert_eq!(grant.events, []);
    let some = events(&["post_updated"]);
    let refused = client().grant(Wish { scopes: Some(&narrow), events: Some(&some), ..wish() });
    assert_eq!(refused, Err(ConsentError::EventsWithoutScope));
}

#[test]
fn what_does_not_fit_the_registration_is_refused() {
    let client = client();
    let elsewhere = Wish { redirect_uri: "https://myapp.com/callback2", ..wish() };
    assert_eq!(client.grant(elsewhere), Err(ConsentError::RedirectUri));
    for actor in ["user", "App", "robot", ""] {
        assert_eq!(client.grant(Wish { actor, ..wish() }), Err(ConsentError::Actor), "{actor}");
    }
    let suspended = Client { suspended: true, ..client };
    assert_eq!(suspended.grant(wish()), Err(ConsentError::Suspended));
}

#[test]
fn a_public_client_must_use_pkce_and_nobody_may_use_the_plain_one() {
    assert_eq!(public_client().grant(wish()), Err(ConsentError::PkceRequired));
    let pkce = Pkce { challenge: Some(CHALLENGE), method: Some("S256") };
    assert!(public_client().grant(Wish { pkce, ..wish() }).unwrap().challenge.is_some());
    assert!(client().grant(Wish { pkce, ..wish() }).unwrap().challenge.is_some());
    let plain = Pkce { method: Some("plain"), ..pkce };
    assert_eq!(client().grant(Wish { pkce: plain, ..wish() }), Err(ConsentError::Pkce(PkceError::Method)));
}
