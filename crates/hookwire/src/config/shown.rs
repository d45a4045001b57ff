//! The configuration as it may be shown: secrets masked.

use super::Config;

/// The effective configuration as TOML, with secrets masked.
pub(crate) fn shown(config: &Config) -> String {
    let mut copy = config.clone();
    mask(&mut copy.auth.jwt_secret);
    mask(&mut copy.auth.main_secret);
    copy.outbound.proxy = masked_url(&copy.outbound.proxy);
    copy.store.url = masked_url(&copy.store.url);
    toml::to_string(&copy).expect("a configuration can be written as TOML")
}

fn mask(secret: &mut String) {
    if !secret.is_empty() {
        "***".clone_into(secret);
    }
}

/// The URL without its password.
pub(super) fn masked_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((credentials, host)) => {
            let user = credentials.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}")
        }
        None => url.to_owned(),
    }
}
