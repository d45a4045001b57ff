//! Records of OAuth clients and codes.

use hookwire_core::endpoint::Secrets;
use hookwire_core::id::Key;
use hookwire_core::oauth::{
    ActorMode, Challenge, Client, Code, Digest, Grant, OauthScope, RedirectUri, Subscribed,
};
use hookwire_core::{AppKey, ClientKey, EventTypeName, InstallKey, OrgId, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::endpoint::secret;
use super::{Damaged, Done};
use crate::Vault;

/// The form of a client's `config` column.
#[derive(Serialize, Deserialize)]
struct Config {
    redirect_uris: Vec<String>,
    actor_modes: Vec<String>,
    scopes: Vec<String>,
    /// Events, each with the time since when, in microseconds.
    subscribed: Vec<(String, i64)>,
}

/// The form of a client's `hook` column, once opened: what the endpoints of its installs have from it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hook {
    /// The client's name.
    pub name: String,
    url: Option<String>,
    /// The URL before it was taken away: endpoints have it until they have gone, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_url: Option<String>,
    secret: Zeroizing<String>,
    old: Vec<(Zeroizing<String>, i64)>,
}

fn row_name(client: ClientKey) -> String {
    format!("oauth_client/{}", client.raw())
}

impl Hook {
    /// Opens the column.
    pub fn open(sealed: &[u8], client: ClientKey, vault: &Vault) -> Result<Self, Damaged> {
        let opened = vault.open(sealed, &row_name(client))?;
        serde_json::from_slice(&opened).map_err(|error| damaged(client, &error.to_string()))
    }

    /// Where the endpoints deliver to.
    pub fn endpoint_url(&self) -> &str {
        self.url.as_deref().or(self.last_url.as_deref()).unwrap_or_default()
    }

    /// What they are signed with.
    pub fn secrets(&self) -> Result<Secrets, Damaged> {
        let old = self.old.iter().map(|(text, until)| Ok((secret(text)?, Timestamp::from_micros(*until))));
        Ok(Secrets { current: secret(&self.secret)?, old: old.collect::<Done<_>>()? })
    }
}

/// What to write for a client, beside its columns.
#[derive(Debug)]
pub struct ClientRecord {
    /// What anybody may see, as JSON.
    pub config: String,
    /// A [`Hook`], encrypted for this client.
    pub hook: Vec<u8>,
}

impl ClientRecord {
    /// The record of `client`, which had `last_url` before.
    pub fn new(client: &Client, last_url: Option<&str>, vault: &Vault) -> Self {
        let config = Config {
            redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            actor_modes: client.actor_modes.iter().map(|mode| mode.name().to_owned()).collect(),
            scopes: client.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            subscribed: client
                .subscribed
                .iter()
                .map(|one| (one.event.as_str().to_owned(), one.since.micros()))
                .collect(),
        };
        let old = client.signing.old.iter().map(|(secret, until)| (secret.expose(), until.micros()));
        let hook = Hook {
            name: client.name.clone(),
            url: client.webhook_url.clone(),
            last_url: last_url.filter(|_| client.webhook_url.is_none()).map(str::to_owned),
            secret: client.signing.current.expose(),
            old: old.collect(),
        };
        let hook = Zeroizing::new(serde_json::to_vec(&hook).expect("strings are JSON"));
        Self {
            config: serde_json::to_string(&config).expect("strings and numbers are JSON"),
            hook: vault.seal(&hook, &row_name(client.key)),
        }
    }
}

/// A client as it is stored.
#[derive(Debug)]
pub struct StoredClient<'a> {
    /// Its key.
    pub key: ClientKey,
    /// Its org.
    pub org: OrgId,
    /// Whose it is.
    pub owner: AppKey,
    /// What [`ClientRecord`] made.
    pub config: &'a str,
    /// The digest of its secret; `None` = a public client.
    pub secret: Option<[u8; 32]>,
    /// What [`ClientRecord`] made.
    pub hook: &'a [u8],
    /// Whether its owner has suspended it.
    pub suspended: bool,
    /// Whether the host product has.
    pub barred: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed.
    pub updated: Timestamp,
}

impl StoredClient<'_> {
    /// The client.
    pub fn read(self, vault: &Vault) -> Result<Client, Damaged> {
        let client = self.key;
        let config: Config =
            serde_json::from_str(self.config).map_err(|error| damaged(client, &error.to_string()))?;
        let hook = Hook::open(self.hook, client, vault)?;
        let mode = |name: &String| ActorMode::from_name(name).ok_or_else(|| damaged(client, "a mode"));
        let since = |(event, since): &(String, i64)| Subscribed {
            event: EventTypeName::stored(event),
            since: Timestamp::from_micros(*since),
        };
        Ok(Client {
            key: client,
            org: self.org,
            owner: self.owner,
            redirect_uris: config.redirect_uris.iter().map(|uri| RedirectUri::stored(uri)).collect(),
            actor_modes: config.actor_modes.iter().map(mode).collect::<Done<_>>()?,
            scopes: config.scopes.iter().map(|scope| OauthScope::stored(scope)).collect(),
            subscribed: config.subscribed.iter().map(since).collect(),
            secret: self.secret.map(Digest),
            signing: hook.secrets()?,
            webhook_url: hook.url,
            name: hook.name,
            suspended: self.suspended,
            barred: self.barred,
            created: self.created,
            updated: self.updated,
        })
    }
}

/// The form of a code's `words` column.
#[derive(Serialize, Deserialize)]
struct Words {
    org: String,
    user: String,
    redirect_uri: String,
    actor: String,
    scopes: Vec<String>,
    events: Vec<String>,
    challenge: Option<[u8; 32]>,
}

/// The `words` column of a code.
pub fn code_words(code: &Code) -> String {
    let words = Words {
        org: code.org.as_str().to_owned(),
        user: code.user.clone(),
        redirect_uri: code.grant.redirect_uri.clone(),
        actor: code.grant.actor.name().to_owned(),
        scopes: code.grant.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        events: code.grant.events.iter().map(|event| event.as_str().to_owned()).collect(),
        challenge: code.grant.challenge.map(|challenge| challenge.0),
    };
    serde_json::to_string(&words).expect("strings and numbers are JSON")
}

/// A code as it is stored.
#[derive(Debug)]
pub struct StoredCode<'a> {
    /// Whose it is.
    pub client: ClientKey,
    /// Which app granted it.
    pub app: AppKey,
    /// What [`code_words`] made.
    pub words: &'a str,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// What came of it; `None` = it was not redeemed.
    pub used_by: Option<InstallKey>,
}

impl StoredCode<'_> {
    /// The code.
    pub fn read(self) -> Result<Code, Damaged> {
        let client = self.client;
        let words: Words =
            serde_json::from_str(self.words).map_err(|error| damaged(client, &error.to_string()))?;
        Ok(Code {
            client,
            org: OrgId::stored(&words.org),
            app: self.app,
            user: words.user,
            grant: Grant {
                redirect_uri: words.redirect_uri,
                actor: ActorMode::from_name(&words.actor).ok_or_else(|| damaged(client, "a code's mode"))?,
                scopes: words.scopes.iter().map(|scope| OauthScope::stored(scope)).collect(),
                events: words.events.iter().map(|event| EventTypeName::stored(event)).collect(),
                challenge: words.challenge.map(Challenge),
            },
            issued: self.issued,
            expires: self.expires,
            used_by: self.used_by,
        })
    }
}

fn damaged(client: ClientKey, what: &str) -> Damaged {
    Damaged(format!("{client}: {what}"))
}
