//! `hookwire jwt generate` and `hookwire jwt user`: print a token.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use hookwire_core::{Clock as _, OrgId};

use crate::cli::Jwt;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::tokens::{load_suitable_keys, tokens};

pub(super) fn run(config: &Config, command: Jwt) -> anyhow::Result<ExitCode> {
    let (Jwt::Generate { org } | Jwt::User { org, .. }) = &command;
    anyhow::ensure!(org.starts_with("org_"), "an organization's id starts with org_ (got {org:?})");
    let org = OrgId::parse(org).map_err(|error| anyhow::anyhow!("the organization's id {error}"))?;
    let (_, issuer) = tokens(config, &load_suitable_keys(config)?)?;
    let issuer =
        issuer.context("auth.jwt_secret holds no private key: tokens can only be verified with it")?;
    let now = SystemClock.now();
    let token = match command {
        Jwt::Generate { .. } => issuer.org_token(&org, now)?,
        Jwt::User { user, apps, minutes, .. } => {
            let life = Duration::from_secs(u64::from(minutes) * 60);
            issuer.user_token(&org, &user, &apps, life, now)?
        }
    };
    println!("{token}");
    Ok(ExitCode::SUCCESS)
}
