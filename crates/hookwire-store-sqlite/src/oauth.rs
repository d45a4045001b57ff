//! `Oauth`: clients, installs, codes and tokens.

mod client;
mod code;
mod install;
mod step;
mod token;

use async_trait::async_trait;
use hookwire_core::oauth::{Client, ClientChange, Code, Digest, Install, NewClient, Token};
use hookwire_core::{AppKey, ClientKey, InstallKey, OrgId, Timestamp};
use hookwire_store::oauth::{
    ClientChanged, InstallsOf, OauthTidied, RedeemCode, Redeemed, RefreshTokens, Refreshed,
};
use hookwire_store::{Oauth, Page, Result, Slice};

use crate::SqliteStore;

pub(crate) use install::forget_app;

impl SqliteStore {
    /// Brings the installs of a client in step with it, a few in each transaction; answers how many.
    pub(crate) async fn settle_client(&self, client: ClientKey, now: Timestamp) -> Result<u64> {
        let mut settled = 0;
        while let Some(done) = self.writer.write(move |work| step::step(work, client, now)).await? {
            settled += done;
        }
        Ok(settled)
    }
}

#[async_trait]
impl Oauth for SqliteStore {
    async fn create_client(&self, new: NewClient, now: Timestamp) -> Result<Client> {
        self.writer.write(move |work| client::create(work, new, now)).await
    }

    async fn client(&self, client: ClientKey) -> Result<Option<Client>> {
        self.readers.read(move |reading| client::find(reading.db, &reading.shared.vault, client)).await
    }

    async fn clients(&self, org: &OrgId, owner: AppKey, page: Page) -> Result<Slice<Client>> {
        let org = org.clone();
        self.readers.read(move |reading| client::list(reading, &org, owner, page)).await
    }

    async fn change_client(
        &self,
        owner: AppKey,
        client: ClientKey,
        change: ClientChange,
        now: Timestamp,
    ) -> Result<ClientChanged> {
        let changed = self.writer.write(move |work| client::change(work, owner, client, change, now)).await?;
        if matches!(changed, ClientChanged::Done(_)) {
            self.settle_client(client, now).await?;
        }
        Ok(changed)
    }

    async fn delete_client(&self, owner: AppKey, client: ClientKey, now: Timestamp) -> Result<bool> {
        let is_deleted = self.writer.write(move |work| client::delete(work, owner, client)).await?;
        if is_deleted {
            self.settle_client(client, now).await?;
        }
        Ok(is_deleted)
    }

    async fn issue_code(&self, code: Digest, words: Code) -> Result<bool> {
        self.writer.write(move |work| code::issue(work, &code, &words)).await
    }

    async fn redeem_code(&self, redeem: RedeemCode) -> Result<Redeemed> {
        self.writer.write(move |work| code::redeem(work, &redeem)).await
    }

    async fn refresh_tokens(&self, refresh: RefreshTokens) -> Result<Refreshed> {
        self.writer.write(move |work| token::refresh(work, refresh)).await
    }

    async fn token(&self, token: Digest, now: Timestamp) -> Result<Option<Token>> {
        self.readers.read(move |reading| token::find(reading, &token, now)).await
    }

    async fn installs(&self, org: &OrgId, of: InstallsOf, page: Page) -> Result<Slice<Install>> {
        let org = org.clone();
        self.readers.read(move |reading| install::list(reading, &org, of, page)).await
    }

    async fn install(&self, org: &OrgId, install: InstallKey) -> Result<Option<Install>> {
        let org = org.clone();
        self.readers.read(move |reading| install::of_org(reading.db, &org, install)).await
    }

    async fn revoke_install(&self, org: &OrgId, install: InstallKey, now: Timestamp) -> Result<bool> {
        let org = org.clone();
        self.writer.write(move |work| install::revoke(work, &org, install, now)).await
    }

    async fn tidy_oauth(&self, now: Timestamp, limit: u32) -> Result<OauthTidied> {
        let mut installs = 0;
        if let Some(client) = self.readers.read(|reading| step::pending(reading.db)).await? {
            let done = self.writer.write(move |work| step::step(work, client, now)).await?;
            // The last step may have found no install, but it was one.
            installs = done.map_or(0, |done| done.max(1));
        }
        let expired = self.writer.write(move |work| token::forget(work, now, limit)).await?;
        Ok(OauthTidied { installs, expired })
    }
}
