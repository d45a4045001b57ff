//! Which settings share a pool, and how many are remembered.

use super::*;
use crate::client::Client;
use crate::settings::Settings;

fn tls(ca: usize, key: Option<&str>) -> Tls {
    Tls {
        ca_pem: Some(ca.to_string()),
        client_key_pem: key.map(|key| key.to_owned().into()),
        ..Tls::default()
    }
}

/// Asks for a pool; whether one had to be made.
fn ask(pools: &OwnTls, tls: &Tls) -> bool {
    let mut made = false;
    let client = Client::new(&Settings::default()).unwrap();
    let make = || {
        made = true;
        Ok(client.http.clone())
    };
    pools.get_or_make(tls, make).unwrap();
    made
}

#[tokio::test]
async fn equal_settings_share_a_pool_and_others_do_not() {
    let pools = OwnTls::default();
    assert!(ask(&pools, &tls(1, None)) && ask(&pools, &tls(2, None)) && ask(&pools, &tls(1, Some("a"))));
    assert!(
        ask(&pools, &tls(1, Some("b"))) && !ask(&pools, &tls(1, Some("a"))) && !ask(&pools, &tls(1, None))
    );
}

#[tokio::test]
async fn the_one_that_was_not_asked_for_the_longest_makes_room() {
    let pools = OwnTls::default();
    let client = Client::new(&Settings::default()).unwrap();
    for number in 0..SETTINGS_MAX {
        pools.get_or_make(&tls(number, None), || Ok(client.http.clone())).unwrap();
    }
    assert!(!ask(&pools, &tls(0, None)) && ask(&pools, &tls(SETTINGS_MAX, None)));
    assert_eq!(pools.lock().by_settings.len(), SETTINGS_MAX);
    assert!(!ask(&pools, &tls(0, None)) && ask(&pools, &tls(1, None)));
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_not_remembered() {
    let pools = OwnTls::default();
    assert!(pools.get_or_make(&tls(1, None), || Err(TlsProblem::NoKey)).is_err());
    assert!(ask(&pools, &tls(1, None)));
}
