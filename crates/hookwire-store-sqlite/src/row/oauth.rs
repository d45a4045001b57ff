//! Rows of OAuth clients, installs and codes.

use hookwire_core::endpoint::Secrets;
use hookwire_core::id::Key;
use hookwire_core::oauth::{
    ActorMode, Challenge, Client, Code, Digest, Grant, Install, OauthScope, RedirectUri, Subscribed,
};
use hookwire_core::{AppKey, ClientKey, EventTypeName, OrgId, Timestamp};
use hookwire_store::Vault;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::endpoint::secret;
use super::{join, key, split, text, text_or_none, time};
use crate::fault::{Done, Fault};

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
#[derive(Serialize, Deserialize)]
pub(crate) struct Hook {
    pub(crate) name: String,
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
    pub(crate) fn open(sealed: &[u8], client: ClientKey, vault: &Vault) -> Done<Self> {
        let opened = vault.open(sealed, &row_name(client))?;
        serde_json::from_slice(&opened).map_err(|error| damaged(client, &error.to_string()))
    }

    /// Where the endpoints deliver to.
    pub(crate) fn endpoint_url(&self) -> &str {
        self.url.as_deref().or(self.last_url.as_deref()).unwrap_or_default()
    }

    pub(crate) fn secrets(&self) -> Done<Secrets> {
        let old = self.old.iter().map(|(text, until)| Ok((secret(text)?, Timestamp::from_micros(*until))));
        Ok(Secrets { current: secret(&self.secret)?, old: old.collect::<Done<_>>()? })
    }
}

/// The columns to write for a client.
pub(crate) struct ClientRow {
    pub(crate) config: String,
    pub(crate) hook: Vec<u8>,
}

impl ClientRow {
    /// The columns of `client`, which had `last_url` before.
    pub(crate) fn new(client: &Client, last_url: Option<&str>, vault: &Vault) -> Self {
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

/// Reads a client of this org.
pub(crate) fn read_client(row: &Row<'_>, org: OrgId, vault: &Vault) -> Done<Client> {
    let client: ClientKey = key(row, 0)?;
    let config: Config =
        serde_json::from_str(text(row, 2)?).map_err(|error| damaged(client, &error.to_string()))?;
    let hook = Hook::open(blob(row, 4)?, client, vault)?;
    let mode = |name: &String| ActorMode::from_name(name).ok_or_else(|| damaged(client, "a mode"));
    let since = |(event, since): &(String, i64)| Subscribed {
        event: EventTypeName::stored(event),
        since: Timestamp::from_micros(*since),
    };
    Ok(Client {
        key: client,
        org,
        owner: key(row, 1)?,
        redirect_uris: config.redirect_uris.iter().map(|uri| RedirectUri::stored(uri)).collect(),
        actor_modes: config.actor_modes.iter().map(mode).collect::<Done<_>>()?,
        scopes: config.scopes.iter().map(|scope| OauthScope::stored(scope)).collect(),
        subscribed: config.subscribed.iter().map(since).collect(),
        secret: row.get::<_, Option<[u8; 32]>>(3)?.map(Digest),
        signing: hook.secrets()?,
        webhook_url: hook.url,
        name: hook.name,
        suspended: row.get(5)?,
        barred: row.get(6)?,
        created: time(row, 7)?,
        updated: time(row, 8)?,
    })
}

/// The org's id in a column.
pub(crate) fn read_org(row: &Row<'_>, at: usize) -> Done<OrgId> {
    Ok(OrgId::stored(text(row, at)?))
}

/// Scopes as they are stored.
pub(crate) fn scopes_text(scopes: &[OauthScope]) -> Option<String> {
    join(scopes.iter().map(OauthScope::as_str))
}

/// Reads scopes.
pub(crate) fn read_scopes(row: &Row<'_>, at: usize) -> Done<Vec<OauthScope>> {
    Ok(split(text_or_none(row, at)?, OauthScope::stored))
}

/// Reads an install.
pub(crate) fn read_install(row: &Row<'_>) -> Done<Install> {
    let client: ClientKey = key(row, 1)?;
    Ok(Install {
        key: key(row, 0)?,
        client,
        app: key(row, 2)?,
        user: text(row, 3)?.to_owned(),
        actor: ActorMode::from_name(text(row, 4)?).ok_or_else(|| damaged(client, "an install's mode"))?,
        scopes: read_scopes(row, 5)?,
        events: split(text_or_none(row, 6)?, EventTypeName::stored),
        granted: time(row, 7)?,
        endpoint: row.get::<_, Option<i64>>(8)?.map(Key::from_raw),
        created: time(row, 9)?,
        org: read_org(row, 10)?,
    })
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
pub(crate) fn code_words(code: &Code) -> String {
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

/// Reads a code.
pub(crate) fn read_code(row: &Row<'_>) -> Done<Code> {
    let client: ClientKey = key(row, 0)?;
    let words: Words =
        serde_json::from_str(text(row, 2)?).map_err(|error| damaged(client, &error.to_string()))?;
    Ok(Code {
        client,
        org: OrgId::stored(&words.org),
        app: key::<AppKey>(row, 1)?,
        user: words.user,
        grant: Grant {
            redirect_uri: words.redirect_uri,
            actor: ActorMode::from_name(&words.actor).ok_or_else(|| damaged(client, "a code's mode"))?,
            scopes: words.scopes.iter().map(|scope| OauthScope::stored(scope)).collect(),
            events: words.events.iter().map(|event| EventTypeName::stored(event)).collect(),
            challenge: words.challenge.map(Challenge),
        },
        issued: time(row, 3)?,
        expires: time(row, 4)?,
        used_by: row.get::<_, Option<i64>>(5)?.map(Key::from_raw),
    })
}

/// The bytes in a column, borrowed.
pub(super) fn blob<'r>(row: &'r Row<'_>, at: usize) -> Done<&'r [u8]> {
    row.get_ref(at)?.as_blob().map_err(|error| Fault::corrupt(error.to_string()))
}

fn damaged(client: ClientKey, what: &str) -> Fault {
    Fault::corrupt(format!("{client}: {what}"))
}
