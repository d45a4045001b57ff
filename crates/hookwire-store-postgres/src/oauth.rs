//! `Oauth`: clients, installs, codes and tokens.

mod client;
mod code;
mod install;
mod step;
mod token;

use std::sync::Arc;

use async_trait::async_trait;
use hookwire_core::oauth::{Client, ClientChange, Code, Digest, Install, NewClient, Token};
use hookwire_core::{AppKey, ClientKey, InstallKey, OrgId, Timestamp};
use hookwire_store::oauth::{
    ClientChanged, InstallsOf, OauthTidied, RedeemCode, Redeemed, RefreshTokens, Refreshed,
};
use hookwire_store::{Oauth, Page, Result, Slice};

use crate::PostgresStore;
use crate::catalog::{read, write};

pub(crate) use install::forget_app;

impl PostgresStore {
    /// Brings the installs of a client in step with it, a few in each transaction; answers how many.
    pub(crate) async fn settle_client(&self, client: ClientKey, now: Timestamp) -> Result<u64> {
        let mut settled = 0;
        while let Some(done) = write!(self, work => step::step(work, client, now))? {
            settled += done;
        }
        Ok(settled)
    }
}

#[async_trait]
impl Oauth for PostgresStore {
    async fn create_client(&self, new: NewClient, now: Timestamp) -> Result<Client> {
        write!(self, work => client::create(work, new, now))
    }

    async fn client(&self, client: ClientKey) -> Result<Option<Client>> {
        read!(self, link => client::find(&link, &self.shared.vault, client))
    }

    async fn clients(&self, org: &OrgId, owner: AppKey, page: Page) -> Result<Slice<Client>> {
        read!(self, link => client::list(&link, &self.shared.vault, org, owner, page))
    }

    async fn change_client(
        &self,
        owner: AppKey,
        client: ClientKey,
        change: ClientChange,
        now: Timestamp,
    ) -> Result<ClientChanged> {
        let changed = write!(self, work => client::change(work, owner, client, change, now))?;
        if matches!(changed, ClientChanged::Done(_)) {
            self.settle_client(client, now).await?;
        }
        Ok(changed)
    }

    async fn delete_client(&self, owner: AppKey, client: ClientKey, now: Timestamp) -> Result<bool> {
        let is_deleted = write!(self, work => client::delete(work, owner, client))?;
        if is_deleted {
            self.settle_client(client, now).await?;
        }
        Ok(is_deleted)
    }

    async fn issue_code(&self, code: Digest, words: Code) -> Result<bool> {
        write!(self, work => code::issue(work, &code, &words))
    }

    async fn redeem_code(&self, redeem: RedeemCode) -> Result<Redeemed> {
        write!(self, work => code::redeem(work, &redeem))
    }

    async fn refresh_tokens(&self, refresh: RefreshTokens) -> Result<Refreshed> {
        write!(self, work => token::refresh(work, refresh))
    }

    async fn token(&self, token: Digest, now: Timestamp) -> Result<Option<Token>> {
        read!(self, link => token::find(&link, &self.shared.vault, &token, now))
    }

    async fn installs(&self, org: &OrgId, of: InstallsOf, page: Page) -> Result<Slice<Install>> {
        read!(self, link => install::list(&link, org, of, page))
    }

    async fn install(&self, org: &OrgId, install: InstallKey) -> Result<Option<Install>> {
        read!(self, link => install::of_org(&link, org, install))
    }

    async fn revoke_install(&self, org: &OrgId, install: InstallKey, now: Timestamp) -> Result<bool> {
        let org = org.clone();
        write!(self, work => install::revoke(work, &org, install, now))
    }

    async fn tidy_oauth(&self, now: Timestamp, limit: u32) -> Result<OauthTidied> {
        let mut installs = 0;
        if let Some(client) = read!(self, link => step::pending(&link))? {
            let done = write!(self, work => step::step(work, client, now))?;
            // The last step may have found no install, but it was one.
            installs = done.map_or(0, |done| done.max(1));
        }
        let expired = write!(self, work => token::forget(work, now, limit))?;
        Ok(OauthTidied { installs, expired })
    }
}
