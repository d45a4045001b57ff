//! The configuration as it may be shown: secrets masked.

use super::Config;
use super::masked::masked_parameter;

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

/// The URL without its password, wherever in it that stands. A path is shown as it is.
pub(crate) fn masked_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    // A password may hold any of these signs by mistake, so what is before the last @ is all credentials.
    let (credentials, place) = match rest.rsplit_once('@') {
        Some((credentials, place)) => (Some(credentials), place),
        None => (None, rest),
    };
    let user = credentials.map_or(String::new(), |credentials| {
        format!("{}:***@", credentials.split(':').next().unwrap_or_default())
    });
    let place = match place.split_once('?') {
        Some((place, query)) => {
            let query: Vec<_> = query.split('&').map(masked_parameter).collect();
            format!("{place}?{}", query.join("&"))
        }
        None => place.to_owned(),
    };
    format!("{scheme}://{user}{place}")
}
