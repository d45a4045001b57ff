//! Nouns for the tests.

use super::{
    ActorMode, Client, Code, Digest, Install, NewClient, OauthScope, Pkce, RedirectUri, Token, TokenKind,
    Wish,
};
use crate::id::Key as _;
use crate::limits::{OAUTH_CODE_LIFETIME, OAUTH_REFRESH_LIFETIME};
use crate::{AppKey, ClientKey, EventTypeName, InstallKey, OrgId, Secret, Timestamp};

pub(super) const CREATED: Timestamp = Timestamp::from_seconds(1_790_000_000);

pub(super) fn scopes(text: &str) -> Vec<OauthScope> {
    OauthScope::parse_list(text).unwrap()
}

pub(super) fn events(names: &[&str]) -> Vec<EventTypeName> {
    names.iter().map(|name| EventTypeName::parse(name).unwrap()).collect()
}

pub(super) fn client() -> Client {
    let new = NewClient {
        org: OrgId::stored("org_1"),
        owner: AppKey::from_raw(1),
        name: "My Integration".to_owned(),
        redirect_uris: vec![RedirectUri::parse("https://myapp.com/callback").unwrap()],
        actor_modes: vec![ActorMode::App],
        scopes: scopes("posts:read webhooks:manage"),
        webhook_url: Some("https://myapp.com/webhooks".to_owned()),
        subscribed: events(&["post_created", "post_updated"]),
        secret: Some(Digest::of("secret")),
        signing: Secret::from_random([5; 24]),
    };
    new.into_client(ClientKey::from_raw(3), CREATED)
}

pub(super) fn public_client() -> Client {
    Client { secret: None, ..client() }
}

pub(super) fn code() -> Code {
    let wish = Wish {
        redirect_uri: "https://myapp.com/callback",
        actor: "app",
        scopes: None,
        events: None,
        pkce: Pkce::default(),
    };
    Code {
        client: client().key,
        org: OrgId::stored("org_1"),
        app: AppKey::from_raw(2),
        user: "u1".to_owned(),
        grant: client().grant(wish).unwrap(),
        issued: CREATED,
        expires: CREATED.plus(OAUTH_CODE_LIFETIME),
        used_by: None,
    }
}

pub(super) fn install() -> Install {
    let code = code();
    Install {
        key: InstallKey::from_raw(4),
        client: code.client,
        org: code.org,
        app: code.app,
        user: code.user,
        actor: code.grant.actor,
        scopes: code.grant.scopes,
        events: code.grant.events,
        granted: CREATED,
        endpoint: None,
        created: CREATED,
    }
}

pub(super) fn refresh_token() -> Token {
    let install = install();
    Token {
        kind: TokenKind::Refresh,
        install: install.key,
        client: install.client,
        org: install.org,
        app: install.app,
        endpoint: None,
        user: install.user,
        actor: install.actor,
        scopes: install.scopes,
        issued: CREATED,
        expires: CREATED.plus(OAUTH_REFRESH_LIFETIME),
    }
}
