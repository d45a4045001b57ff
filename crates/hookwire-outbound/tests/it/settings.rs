//! Settings as they are written, and what is refused.

use std::time::Duration;

use hookwire_outbound::{Client, Settings};

fn refused(settings: &Settings) -> String {
    Client::new(settings).unwrap_err().to_string()
}

#[test]
fn settings_are_read_from_their_written_form() {
    let text = r#"{"allow_subnets": ["10.1.0.0/16", "::1"], "proxy": "http://u:hunter2@proxy:3128", "no_proxy": [".internal"],
        "pool_idle_timeout": "10s", "connect_timeout": "250ms"}"#;
    let settings: Settings = serde_json::from_str(text).unwrap();
    assert_eq!(settings.allow_subnets, ["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()]);
    assert_eq!(settings.pool_idle_timeout, Duration::from_secs(10));
    assert_eq!(settings.connect_timeout, Duration::from_millis(250));
    assert_eq!(settings.tls_timeout, Settings::default().tls_timeout);
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn unknown_keys_and_bad_values_are_refused() {
    for text in [
        r#"{"alow_subnets": []}"#,
        r#"{"allow_subnets": ["10.0.0.0/33"]}"#,
        r#"{"allow_subnets": ["ten"]}"#,
        r#"{"connect_timeout": "5"}"#,
    ] {
        assert!(serde_json::from_str::<Settings>(text).is_err(), "{text}");
    }
}

#[test]
fn a_bad_proxy_is_refused_without_showing_its_password() {
    for proxy in [
        "proxy:3128",
        "ftp://u:hunter2@proxy",
        "https://u:hunter2@proxy",
        "http://",
        "http://u:hunter2@[::1",
        "x",
    ] {
        let error = refused(&Settings { proxy: Some(proxy.to_owned()), ..Settings::default() });
        assert!(error.starts_with("outbound.proxy: "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    for entry in ["10.0.0.0/33", "a b", "", ".", "a..b", "http://x"] {
        let error = refused(&Settings { no_proxy: vec![entry.to_owned()], ..Settings::default() });
        assert!(error.starts_with("outbound.no_proxy: "), "{error}");
    }
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let settings = Settings { extra_ca_file: Some(path.clone()), ..Settings::default() };
    assert!(refused(&settings).contains("No such file"), "{}", refused(&settings));
    for (text, reason) in [
        ("", "it holds no certificate in PEM form"),
        ("hello", "it holds no certificate in PEM form"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "a certificate in it is not valid",
        ),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", "not a valid PEM file"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = refused(&settings);
        assert!(error.contains(reason) && error.contains("ca.pem"), "{text:?}: {error}");
    }
}
