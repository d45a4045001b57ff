//! `Oauth`: clients, what customers grant them, codes and tokens, and the endpoints that follow.

use async_trait::async_trait;
use hookwire_core::oauth::{
    Client, ClientChange, ClientError, Code, CodeRefusal, Digest, Install, NewClient, OauthScope, Token,
};
use hookwire_core::{AppKey, ClientKey, InstallKey, OrgId, Timestamp};

use crate::{Page, Result, Slice};

/// What came of a change to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "changes are rare, and the answer is used up at once")]
pub enum ClientChanged {
    /// Done.
    Done(Client),
    /// It would make no sense; nothing was changed.
    Refused(ClientError),
    /// No such client.
    Absent,
}

/// Fresh tokens, as digests, and when they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTokens {
    /// The access token.
    pub access: Digest,
    /// When the access token ends.
    pub access_until: Timestamp,
    /// The refresh token.
    pub refresh: Digest,
    /// What this refresh token has in common with those before and after it. It is kept for as long as one of them counts,
    /// so that a used one is known for what it is however often its successors were used.
    pub family: Digest,
    /// When the refresh token ends.
    pub refresh_until: Timestamp,
}

/// A code that a client presents. That it is this client was checked before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedeemCode {
    /// The code.
    pub code: Digest,
    /// Who presents it.
    pub client: ClientKey,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `code_verifier`.
    pub verifier: Option<String>,
    /// What is issued for it.
    pub tokens: NewTokens,
    /// The time now.
    pub now: Timestamp,
}

/// What came of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// The client is installed, its endpoint is there, its tokens count.
    Done(Install),
    /// It was redeemed before. The tokens of what came of it are revoked, if it is still there.
    Replayed,
    /// It is refused; nothing was changed.
    Refused(CodeRefusal),
}

/// A refresh token that a client presents. That it is this client was checked before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshTokens {
    /// The refresh token.
    pub refresh: Digest,
    /// Who presents it.
    pub client: ClientKey,
    /// What the new access token is to be for; `None` = the same. The new refresh token keeps the scopes of the old one.
    pub scopes: Option<Vec<OauthScope>>,
    /// What is issued for it.
    pub tokens: NewTokens,
    /// The time now.
    pub now: Timestamp,
}

/// What came of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// New tokens are there, and the old refresh token is used up. This is the new access token.
    Done(Token),
    /// It was used before: all tokens of its install are revoked.
    Reused,
    /// It is not valid; nothing was changed.
    Invalid,
    /// More is asked for than it has; nothing was changed.
    Scope(OauthScope),
}

/// Whose installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallsOf {
    /// Those that this app granted.
    App(AppKey),
    /// Those of this client.
    Client(ClientKey),
}

/// What was tidied up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OauthTidied {
    /// Installs that were brought in step with their client, or removed.
    pub installs: u64,
    /// Expired codes and tokens that were removed.
    pub expired: u64,
}

/// Clients, installs, codes and tokens. Codes, tokens and clients' secrets are kept as digests only; signing secrets and
/// webhook URLs are sealed at rest.
///
/// **What an install's endpoint is** follows from `core::oauth::Install::endpoint_for`. Its URL, its name and its signing
/// secrets are not its own but its client's, and so a change of those reaches every endpoint in the one transaction that
/// changes the client, however many there are: a claim, a list and an ingest after it see the new ones.
///
/// **Everything else** that follows from a change to a client (endpoints that come or go, event types that are given up) is
/// done for one install after the other, a few in each transaction, so that deliveries go on meanwhile. It is complete when
/// the verb answers. If the process dies before, [`Oauth::tidy_oauth`] carries on. What a suspended or deleted client
/// has counts no more from the first of these transactions on.
///
/// An endpoint that a managed one is replaced by is new; one that goes is deleted as by hand: its pending deliveries are
/// cancelled, its log stays. Endpoints that come, change and go are told to the dispatcher, and to the org as notices.
/// [`Catalog`](crate::Catalog) refuses to change, delete or rotate a managed endpoint with a conflict. With an app go its
/// installs, and the clients that it owns.
#[async_trait]
pub trait Oauth: Send + Sync {
    /// Makes a client. Limit when its owner has too many.
    async fn create_client(&self, new: NewClient, now: Timestamp) -> Result<Client>;
    /// The client of that id, whosever it is: requests to the token endpoint name nothing else. Its org is in it.
    async fn client(&self, client: ClientKey) -> Result<Option<Client>>;
    /// An app's clients by age.
    async fn clients(&self, org: &OrgId, owner: AppKey, page: Page) -> Result<Slice<Client>>;
    /// Changes a client of that owner, and what follows from it. With `suspended` or `barred: Some(false)`, or a webhook URL, endpoints
    /// that were turned off because they failed are turned on again.
    async fn change_client(
        &self,
        owner: AppKey,
        client: ClientKey,
        change: ClientChange,
        now: Timestamp,
    ) -> Result<ClientChanged>;
    /// Deletes a client of that owner, with its installs, codes and tokens.
    async fn delete_client(&self, owner: AppKey, client: ClientKey, now: Timestamp) -> Result<bool>;

    /// Remembers a code. `false` when its client is gone or suspended, or its app is gone. Of the unused codes of a client
    /// and an app, only the latest [`OAUTH_CODES_MAX`](hookwire_core::limits::OAUTH_CODES_MAX) are kept.
    async fn issue_code(&self, code: Digest, words: Code) -> Result<bool>;
    /// Redeems a code, as `core::oauth::Code::redeem` decides, in one transaction: the code is used up, an earlier install
    /// of this client by this app goes with its endpoint and tokens, the new one comes with its endpoint and tokens.
    /// Limit when the app has too many endpoints.
    async fn redeem_code(&self, redeem: RedeemCode) -> Result<Redeemed>;
    /// Puts new tokens in the place of a refresh token, as `core::oauth::refresh` decides. Older access tokens count on until
    /// they end, as far as [`OAUTH_ACCESS_TOKENS_MAX`](hookwire_core::limits::OAUTH_ACCESS_TOKENS_MAX) allows.
    async fn refresh_tokens(&self, refresh: RefreshTokens) -> Result<Refreshed>;
    /// What a token stands for; `None` when it has ended, was used or revoked, when its client is suspended or deleted, or
    /// when its app is gone. The token itself is the proof of who may ask, so no tenant is named.
    async fn token(&self, token: Digest, now: Timestamp) -> Result<Option<Token>>;

    /// Installs by age.
    async fn installs(&self, org: &OrgId, of: InstallsOf, page: Page) -> Result<Slice<Install>>;
    /// One install.
    async fn install(&self, org: &OrgId, install: InstallKey) -> Result<Option<Install>>;
    /// Revokes an install: its endpoint and its tokens go, and what was consented to and not redeemed so far.
    async fn revoke_install(&self, org: &OrgId, install: InstallKey, now: Timestamp) -> Result<bool>;

    /// Carries on with what an interrupted change to a client has left undone, and removes codes and tokens that ended, at
    /// most `limit` of each.
    async fn tidy_oauth(&self, now: Timestamp, limit: u32) -> Result<OauthTidied>;
}
