//! The binary's commands.

use std::fs;
use std::process::Output;

use hookwire_testkit::{Api, Server, ServerBuilder};
use serde_json::json;

use crate::tenant::{Tenant, text};

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that must end well; what it printed.
async fn well(builder: &ServerBuilder, arguments: &[&str]) -> String {
    let output = builder.run(arguments).await;
    assert!(output.status.success(), "{arguments:?} ended with {}: {}", output.status, complained(&output));
    told(&output)
}

/// Runs a command that must fail and print nothing as its result; its complaint.
async fn badly(builder: &ServerBuilder, arguments: &[&str]) -> String {
    let output = builder.run(arguments).await;
    assert!(!output.status.success(), "{arguments:?} ended well: {}", told(&output));
    assert_ne!(output.status.code(), Some(101), "{arguments:?} panicked: {}", complained(&output));
    complained(&output)
}

#[tokio::test]
async fn help_names_every_command() {
    let help = well(&Server::builder(), &["--help"]).await;
    for command in ["serve", "migrate", "jwt", "config", "healthcheck", "doctor"] {
        assert!(help.contains(command), "no {command} in:\n{help}");
    }
    assert!(well(&Server::builder(), &["--version"]).await.starts_with("hookwire "));
}

#[tokio::test]
async fn wrong_arguments_are_refused_with_the_usage() {
    for arguments in
        [&["--nonsense"][..], &["nonsense"], &["serve", "--nonsense"], &["jwt", "generate", "not-an-org"]]
    {
        let complaint = badly(&Server::builder(), arguments).await;
        assert!(!complaint.trim().is_empty(), "{arguments:?} failed without a word");
    }
    let output = Server::builder().run(&["nonsense"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(complained(&output).contains("Usage"), "{}", complained(&output));
}

#[tokio::test]
async fn a_token_is_for_the_organisation_that_was_named() {
    let server = Server::start().await;
    let tenant = Tenant::of(&server).await;
    let other = server.token_of("org_00000000000000000000000e2e0").await;
    let other = Api::new(&server.url(), &other);
    other.get(&tenant.path("")).await.expect(404);
    let made = text(&other.post("/app", json!({ "name": "theirs" })).await.expect(201), "id");
    tenant.api.get(&format!("/app/{made}")).await.expect(404);
    other.get(&format!("/app/{made}")).await.expect(200);
}

#[tokio::test]
async fn a_token_of_another_secret_is_refused() {
    let server = Server::start().await;
    let elsewhere = Server::builder().env("HOOKWIRE_AUTH_JWT_SECRET", "quite-another-secret-0123456789-0123");
    let token = well(&elsewhere, &["jwt", "generate"]).await;
    server.api().with_token(token.trim()).get("/app").await.expect(401);
}

#[tokio::test]
async fn the_default_configuration_is_complete_and_accepted() {
    let builder = Server::builder();
    let text = well(&builder, &["config", "default"]).await;
    for key in
        ["[server]", "listen", "[store]", "url", "[delivery]", "retry_schedule", "[outbound]", "[notices]"]
    {
        assert!(text.contains(key), "no {key} in:\n{text}");
    }
    fs::write(builder.folder().join("hookwire.toml"), text).expect("the folder can be written");
    well(&builder, &["config", "check"]).await;
}

#[tokio::test]
async fn the_effective_configuration_is_shown_without_its_secrets() {
    let secret = "this-must-not-be-shown-0123456789-0123";
    let builder = Server::builder()
        .env("HOOKWIRE_AUTH_JWT_SECRET", secret)
        .env("HOOKWIRE_AUTH_MAIN_SECRET", secret)
        .env("HOOKWIRE_DELIVERY_TIMEOUT", "7s");
    let output = builder.run(&["config", "check"]).await;
    assert!(output.status.success(), "{}", complained(&output));
    assert!(told(&output).contains("7s"), "{}", told(&output));
    assert!(!told(&output).contains(secret) && !complained(&output).contains(secret), "a secret was shown");
}

#[tokio::test]
async fn what_the_configuration_does_not_know_is_an_error_that_names_it() {
    let builder = Server::builder();
    fs::write(builder.folder().join("hookwire.toml"), "[server]\nlisen = \"127.0.0.1:1\"\n")
        .expect("a new file");
    for command in [&["config", "check"][..], &["serve"]] {
        let complaint = badly(&builder, command).await;
        assert!(complaint.contains("lisen"), "{complaint}");
    }
    let misspelt = Server::builder().env("HOOKWIRE_SERVER_LISEN", "127.0.0.1:1");
    let complaint = badly(&misspelt, &["config", "check"]).await;
    assert!(complaint.to_uppercase().contains("LISEN"), "{complaint}");
    let wrong = Server::builder().env("HOOKWIRE_DELIVERY_TIMEOUT", "soon");
    let complaint = badly(&wrong, &["config", "check"]).await;
    assert!(complaint.contains("soon"), "{complaint}");
}

#[tokio::test]
async fn keys_that_the_server_would_refuse_are_refused_when_checked() {
    for (algorithm, secret, word) in [
        ("RS256", "no-pem-0123456789-0123456789-0123", "public key"),
        ("EdDSA", "", "public key"),
        ("HS256", "short", "at least 16"),
        ("none", "", "HS256"),
    ] {
        let mut builder = Server::builder().env("HOOKWIRE_AUTH_JWT_ALGORITHM", algorithm);
        let given = if secret.is_empty() && hookwire_testkit::is_on_postgres() {
            "no-pem-0123456789-0"
        } else {
            secret
        };
        if !given.is_empty() {
            builder = builder.env("HOOKWIRE_AUTH_JWT_SECRET", given);
        }
        for command in [&["config", "check"][..], &["doctor"], &["serve"], &["dev"], &["jwt", "generate"]] {
            let output = builder.run(command).await;
            let said = told(&output) + &complained(&output);
            assert!(!output.status.success() && said.contains(word), "{algorithm} {command:?}: {said}");
        }
        assert!(!builder.folder().join("jwt_secret").exists(), "a key was made that does not suit");
    }
}

#[tokio::test]
async fn the_health_check_tells_a_running_server_from_a_stopped_one() {
    let mut server = Server::start().await;
    let output = server.run(&["healthcheck"]).await;
    assert!(output.status.success(), "{}", complained(&output));
    server.kill().await;
    let output = server.run(&["healthcheck"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", complained(&output));
}

#[tokio::test]
async fn migrating_is_possible_ahead_and_again() {
    let builder = Server::builder();
    well(&builder, &["migrate"]).await;
    if !hookwire_testkit::is_on_postgres() {
        assert!(builder.folder().join("hookwire.db").is_file());
    }
    well(&builder, &["migrate"]).await;
    let server = builder.start().await;
    Tenant::of(&server).await;
}

#[tokio::test]
async fn migrate_and_doctor_look_at_the_store_that_a_flag_names() {
    let builder = Server::builder();
    let named = builder.folder().join("named.db").display().to_string();
    assert!(well(&builder, &["migrate", "--store", &named]).await.contains("named.db"));
    assert!(builder.folder().join("named.db").is_file());
    let elsewhere = builder.folder().join("elsewhere/named.db").display().to_string();
    let found = well(&builder, &["doctor", "--store", &elsewhere]).await;
    assert!(found.contains("elsewhere can be written"), "{found}");
    let help = well(&builder, &["migrate", "--help"]).await;
    assert!(help.contains("store.url") && help.contains("store.migrate"), "{help}");
    let help = well(&builder, &["copy", "--help"]).await;
    assert!(help.contains("must be empty") && help.contains("resumed"), "{help}");
}

#[tokio::test]
async fn the_doctor_finds_a_good_store_good() {
    let mut server = Server::start().await;
    Tenant::of(&server).await;
    server.terminate().await;
    assert!(server.exited(hookwire_testkit::PATIENCE).await.success());
    let output = server.run(&["doctor"]).await;
    assert!(output.status.success(), "{}{}", told(&output), complained(&output));
    assert!(!told(&output).trim().is_empty(), "the doctor says what it has looked at");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let server = Server::start().await;
    let listen = server.url().replace("http://", "");
    let second = Server::builder().env("HOOKWIRE_SERVER_LISTEN", &listen);
    let complaint = badly(&second, &["serve"]).await;
    assert!(complaint.contains(&listen), "{complaint}");
}
