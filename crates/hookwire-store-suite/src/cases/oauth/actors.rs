//! Who takes part: the app that owns the client, the app that installs it, and what they say.

use std::sync::atomic::{AtomicU64, Ordering};

use hookwire_core::limits::{OAUTH_ACCESS_LIFETIME, OAUTH_CODE_LIFETIME, OAUTH_REFRESH_LIFETIME};
use hookwire_core::oauth::{
    ActorMode, Client, ClientChange, Code, Digest, Install, NewClient, OauthScope, Pkce, RedirectUri, Wish,
};
use hookwire_core::{App, Endpoint, EventTypeName, MessageKey, Reference, Secret, Timestamp};
use hookwire_store::oauth::{ClientChanged, NewTokens, RedeemCode, Redeemed, RefreshTokens};

use crate::sure::Sure;
use crate::world::{World, event_type};

pub(super) const CALLBACK: &str = "https://myapp.com/callback";
pub(super) const HOOK: &str = "https://user:pass@myapp.com/webhooks";

pub(super) fn scopes(text: &str) -> Vec<OauthScope> {
    OauthScope::parse_list(text).sure()
}

pub(super) fn events(names: &[&str]) -> Vec<EventTypeName> {
    names.iter().map(|name| event_type(name)).collect()
}

/// A digest that was never given out before.
pub(super) fn fresh() -> Digest {
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    Digest::of(&format!("token {}", NUMBERS.fetch_add(1, Ordering::Relaxed)))
}

pub(super) fn new_client(owner: &App) -> NewClient {
    NewClient {
        org: owner.org.clone(),
        owner: owner.key,
        name: "My Integration".to_owned(),
        redirect_uris: vec![RedirectUri::parse(CALLBACK).sure()],
        actor_modes: vec![ActorMode::App, ActorMode::User],
        scopes: scopes("posts:read webhooks:manage"),
        webhook_url: Some(HOOK.to_owned()),
        subscribed: events(&["post_created", "post_updated"]),
        secret: Some(Digest::of("secret")),
        signing: Secret::from_random([5; 24]),
    }
}

/// A client, its owner, and an app that may install it.
pub(super) struct Stage {
    pub(super) owner: App,
    pub(super) target: App,
    pub(super) client: Client,
}

impl Stage {
    pub(super) async fn new(world: &World) -> Self {
        let (owner, target) = (world.app().await, world.app().await);
        let client = world.store().create_client(new_client(&owner), world.now()).await.sure();
        Self { owner, target, client }
    }

    /// What the target's consent makes, right now.
    pub(super) fn code(&self, world: &World, granted: Option<&[EventTypeName]>) -> Code {
        let wish = Wish {
            redirect_uri: CALLBACK,
            actor: "app",
            scopes: None,
            events: granted,
            pkce: Pkce::default(),
        };
        let issued = world.now();
        Code {
            client: self.client.key,
            org: world.org.clone(),
            app: self.target.key,
            user: "u1".to_owned(),
            grant: self.client.grant(wish).sure(),
            issued,
            expires: issued.plus(OAUTH_CODE_LIFETIME),
            used_by: None,
        }
    }

    /// The target consents; answers the code.
    pub(super) async fn consent(&self, world: &World, granted: Option<&[EventTypeName]>) -> Digest {
        let code = fresh();
        assert!(world.store().issue_code(code, self.code(world, granted)).await.sure());
        code
    }

    /// The client's words when it redeems the code.
    pub(super) fn redeeming(&self, world: &World, code: Digest) -> RedeemCode {
        let now = world.now();
        RedeemCode {
            code,
            client: self.client.key,
            redirect_uri: Some(CALLBACK.to_owned()),
            verifier: None,
            tokens: tokens(now),
            now,
        }
    }

    /// Installs the client with these events; answers the tokens too.
    pub(super) async fn install_with(
        &self,
        world: &World,
        granted: Option<&[EventTypeName]>,
    ) -> (Install, NewTokens) {
        let redeem = self.redeeming(world, self.consent(world, granted).await);
        let tokens = redeem.tokens;
        match world.store().redeem_code(redeem).await.sure() {
            Redeemed::Done(install) => (install, tokens),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn install(&self, world: &World) -> Install {
        self.install_with(world, None).await.0
    }

    /// The owner changes the client.
    pub(super) async fn change(&self, world: &World, words: impl FnOnce(&mut ClientChange)) -> Client {
        let mut change = ClientChange::default();
        words(&mut change);
        let now = world.now();
        match world.store().change_client(self.owner.key, self.client.key, change, now).await.sure() {
            ClientChanged::Done(client) => client,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn suspend(&self, world: &World, suspended: bool) -> Client {
        self.change(world, |change| change.suspended = Some(suspended)).await
    }

    /// The endpoints of the target.
    pub(super) async fn endpoints(&self, world: &World) -> Vec<Endpoint> {
        world.store().endpoints(self.target.key, crate::world::ascending(50)).await.sure().items
    }

    /// The install as it is stored.
    pub(super) async fn stored(&self, world: &World, install: &Install) -> Option<Install> {
        world.store().install(&world.org, install.key).await.sure()
    }

    /// The target is sent such a message.
    pub(super) async fn send(&self, world: &World, name: &str) -> MessageKey {
        world.send_with(&self.target, |message| message.event_type = event_type(name)).await
    }
}

pub(super) fn tokens(now: Timestamp) -> NewTokens {
    NewTokens {
        access: fresh(),
        access_until: now.plus(OAUTH_ACCESS_LIFETIME),
        refresh: fresh(),
        family: fresh(),
        refresh_until: now.plus(OAUTH_REFRESH_LIFETIME),
    }
}

/// The client's words when it uses a refresh token.
pub(super) fn refreshing(world: &World, client: &Client, old: &NewTokens) -> RefreshTokens {
    let now = world.now();
    let tokens = NewTokens { family: old.family, ..tokens(now) };
    RefreshTokens { refresh: old.refresh, client: client.key, scopes: None, tokens, now }
}

/// The endpoint of an install.
pub(super) async fn endpoint_of(world: &World, install: &Install) -> Option<Endpoint> {
    let endpoint = install.endpoint?;
    world.store().endpoint(install.app, &Reference::Key(endpoint)).await.sure()
}
