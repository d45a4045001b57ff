//! The configuration: defaults, file, environment, mistakes.

use super::*;

fn overlaid(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
    let mut table = toml::Table::new();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let strangers = overlay::apply(&mut table, variables)?;
    Ok(Config { strangers, ..Config::from_table(table)? })
}

#[test]
fn the_documented_defaults_are_the_defaults() {
    assert_eq!(toml::from_str::<Config>(DEFAULT_TOML).unwrap(), Config::default());
    Config::default().validate().unwrap();
}

#[test]
fn every_key_is_documented() {
    let documented: toml::Table = toml::from_str(DEFAULT_TOML).unwrap();
    let real = toml::Table::try_from(Config::default()).unwrap();
    for (section, keys) in &real {
        for key in keys.as_table().unwrap().keys() {
            assert!(documented[section].get(key).is_some(), "{section}.{key}");
        }
    }
}

#[test]
fn every_key_has_its_line_in_the_book() {
    let book = include_str!("../../../../docs/book/configuration.md");
    for (section, keys) in &toml::Table::try_from(Config::default()).unwrap() {
        for key in keys.as_table().unwrap().keys() {
            let variable = format!("HOOKWIRE_{section}_{key}").to_uppercase();
            let line = format!("| `{section}.{key}` | `{variable}` |");
            assert!(book.contains(&line), "{line}");
        }
    }
}

#[test]
fn the_environment_is_typed_like_the_defaults() {
    let config = overlaid(&[
        ("HOOKWIRE_SERVER_LISTEN", "0.0.0.0:9"),
        ("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "100ms, 2s"),
        ("HOOKWIRE_OUTBOUND_ALLOW_SUBNETS", "127.0.0.0/8,::1/128"),
        ("HOOKWIRE_NOTICES_ENABLED", "false"),
        ("HOOKWIRE_API_BODY_BYTES_MAX", "2048"),
    ])
    .unwrap();
    assert_eq!(config.server.listen, "0.0.0.0:9");
    assert_eq!(config.delivery.retry_schedule.len(), 2);
    assert_eq!(config.outbound.allow_subnets.len(), 2);
    assert!(!config.notices.enabled);
    assert_eq!(config.api.body_bytes_max, 2_048);
}

#[test]
fn service_links_of_kubernetes_are_no_settings() {
    let config = overlaid(&[
        ("HOOKWIRE_PORT", "tcp://10.0.171.239:8071"),
        ("HOOKWIRE_PORT_8071_TCP_ADDR", "10.0.171.239"),
        ("HOOKWIRE_SERVICE_PORT", "8071"),
        ("HOOKWIRE_API_SERVICE_HOST", "10.0.171.239"),
        ("HOOKWIRE_API_SERVICE_PORT_HTTP", "8071"),
        ("HOOKWIRE_API_PORT", "tcp://10.0.171.239:8071"),
    ]);
    assert_eq!(config.unwrap(), Config::default());
}

#[test]
fn a_misspelt_variable_is_an_error_that_names_the_nearest() {
    for (name, meant) in [
        ("HOOKWIRE_SEVER_LISTEN", "HOOKWIRE_SERVER_LISTEN"),
        ("HOOKWIRE_SERVERLISTEN", "HOOKWIRE_SERVER_LISTEN"),
        ("HOOKWIRE_SERVER_LISEN", "HOOKWIRE_SERVER_LISTEN"),
        ("HOOKWIRE_SERVER_LISTEN_ADDRESS_AND_PORT", "HOOKWIRE_SERVER_LISTEN"),
        ("HOOKWIRE_SERVER_PORT", "HOOKWIRE_SERVER_LISTEN"),
        ("HOOKWIRE_STORES_URL", "HOOKWIRE_STORE_URL"),
        ("HOOKWIRE_OUTBOND_ALLOW_SUBNET", "HOOKWIRE_OUTBOUND_ALLOW_SUBNETS"),
        ("HOOKWIRE_API_", "HOOKWIRE_API_PUBLIC_URL"),
    ] {
        let told = overlaid(&[(name, "8071")]).unwrap_err().to_string();
        assert!(told.contains(name) && told.contains(meant), "{told}");
    }
}

#[test]
fn a_variable_that_resembles_no_key_is_only_warned_of() {
    let config = overlaid(&[("HOOKWIRE_URL", "http://127.0.0.1"), ("HOOKWIRE_VERSION", "1")]).unwrap();
    assert_eq!(config.strangers, ["HOOKWIRE_URL", "HOOKWIRE_VERSION"]);
    assert!(config.warnings()[1].contains("HOOKWIRE_VERSION is no setting"));
    assert!(!shown(&config).contains("strangers"));
}

#[test]
fn an_empty_list_in_the_environment_is_an_empty_list() {
    assert!(
        overlaid(&[("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "")]).unwrap().delivery.retry_schedule.is_empty()
    );
}

#[test]
fn mistakes_are_told_with_the_name_of_the_key() {
    let told = |name: &str, value: &str| format!("{:#}", overlaid(&[(name, value)]).unwrap_err());
    assert!(told("HOOKWIRE_DELIVERY_TIMEOUTS", "5s").contains("HOOKWIRE_DELIVERY_TIMEOUT"));
    assert!(told("HOOKWIRE_NOTICES_ENABLED", "maybe").contains("true or false"));
    assert!(told("HOOKWIRE_DELIVERY_TIMEOUT", "5").contains("not a duration"));
    assert!(format!("{:#}", toml::from_str::<Config>("[servr]\n").unwrap_err()).contains("servr"));
    let mut config = Config::default();
    config.server.listen = "nowhere".to_owned();
    assert!(config.validate().unwrap_err().to_string().contains("server.listen"));
}

#[test]
fn secrets_are_masked_when_shown() {
    let mut config = Config::default();
    config.auth.jwt_secret = "canary-jwt-secret-canary".to_owned();
    config.auth.main_secret = "canary-main-secret-canary".to_owned();
    config.outbound.proxy = "http://user:canary@proxy:1".to_owned();
    let text = shown(&config);
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("user:***@proxy"));
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_line_but_not_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hookwire.toml");
    std::fs::write(&file, "[auth]\nmain_secret = 'canary\n").unwrap();
    let told = format!("{:#}", Config::load(Some(&file)).unwrap_err());
    assert!(told.contains("line 2") && !told.contains("canary"), "{told}");
}
