//! What the commands say of a PostgreSQL database.

use std::process::Output;

use hookwire_testkit::{Postgres, Server, ServerBuilder};

use crate::tenant::Tenant;

/// Runs a command; whether it ended well, and all that it said.
async fn run(builder: &ServerBuilder, arguments: &[&str]) -> (bool, String) {
    let Output { status, stdout, stderr } = builder.run(arguments).await;
    assert_ne!(status.code(), Some(101), "{arguments:?} panicked: {}", String::from_utf8_lossy(&stderr));
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(!said.contains("throwaway-password"), "the password was shown");
    (status.success(), said)
}

/// Commands on a database whose tables are up to date.
async fn migrated(postgres: &Postgres) -> ServerBuilder {
    let builder = Server::builder().on(&postgres.url());
    let (is_well, said) = run(&builder, &["migrate"]).await;
    assert!(is_well && said.contains("migrated"), "{said}");
    builder
}

#[tokio::test]
async fn a_newer_schema_that_can_be_worked_with_is_called_that() {
    let postgres = Postgres::start().await;
    let builder = migrated(&postgres).await;
    postgres.query("INSERT INTO hookwire_schema VALUES (99, 1)").await;
    let without_migrations = Server::builder().on(&postgres.url()).env("HOOKWIRE_STORE_MIGRATE", "false");
    for (builder, command) in [(&builder, "migrate"), (&builder, "doctor"), (&without_migrations, "doctor")] {
        let (is_well, said) = run(builder, &[command]).await;
        assert!(is_well, "{said}");
        assert!(said.contains("version 99") && said.contains("can work with them"), "{said}");
        assert!(!said.contains("needed") && !said.contains("was migrated"), "{said}");
    }
}

#[tokio::test]
async fn a_url_that_the_server_could_not_use_is_refused_when_checked() {
    for (parameters, word) in [
        ("sslmode=x", "sslmode"),
        ("nosuch=3", "`nosuch`"),
        ("sslcert=a.pem", "client certificates"),
        ("port=99999", "`port`"),
    ] {
        let url = format!("postgres://hookwire:throwaway-password@127.0.0.1:1/x?{parameters}");
        let builder = Server::builder().on(&url);
        for command in [&["config", "check"][..], &["doctor"], &["migrate"], &["serve"]] {
            let (is_well, said) = run(&builder, command).await;
            assert!(!is_well && said.contains(word) && said.contains("store.url"), "{command:?}: {said}");
            assert!(!said.contains("configuration is valid"), "{said}");
        }
        let (is_well, said) = run(&builder, &["copy", "--from", "x.db", "--to", &url]).await;
        assert!(!is_well && said.contains(word) && said.contains("--to"), "{said}");
        assert!(!said.contains("store.url"), "{said}");
    }
    let elsewhere = Server::builder().on("postgres://hookwire:throwaway-password@127.0.0.1:1/x");
    let (is_well, said) = run(&elsewhere, &["config", "check"]).await;
    assert!(is_well, "checking connects to nothing: {said}");
    let (is_well, said) = run(&elsewhere, &["serve", "--store", "postgres:/u:throwaway-password@h/x"]).await;
    assert!(!is_well && said.contains("--store"), "{said}");
}

#[tokio::test]
async fn a_url_at_the_wrong_place_is_quoted_without_its_password() {
    let url = "postgres://hookwire:throwaway-password@127.0.0.1:1/x";
    let builder = Server::builder();
    for command in [&["serve", url][..], &["copy", url], &["migrate", url], &[url], &["config", "check", url]]
    {
        let output = builder.run(command).await;
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let (_, said) = run(&builder, command).await;
        assert!(said.contains("postgres://hookwire:***@127.0.0.1:1/x") && said.contains("Usage"), "{said}");
    }
    for (section, key) in
        [("server", "listen"), ("store", "listen"), ("store", "silence_max"), ("log", "format")]
    {
        let name = format!("HOOKWIRE_{section}_{key}").to_uppercase();
        let in_environment = Server::builder().env(&name, url);
        let in_file = Server::builder().without_env("HOOKWIRE_SERVER_LISTEN");
        let file = in_file.folder().join("hookwire.toml");
        std::fs::write(file, format!("[{section}]\n{key} = \"{url}\"\n")).expect("the folder can be written");
        for (builder, command) in [
            (&in_environment, &["config", "check"][..]),
            (&in_file, &["config", "check"]),
            (&in_file, &["doctor"]),
            (&in_file, &["serve"]),
        ] {
            let (is_well, said) = run(builder, command).await;
            assert!(!is_well && said.contains("hookwire:***@"), "{name} {command:?}: {said}");
        }
    }
}

#[tokio::test]
async fn the_doctor_names_what_the_server_would_refuse() {
    let postgres = Postgres::start().await;
    let builder = migrated(&postgres).await;
    let (is_well, said) = run(&builder, &["doctor"]).await;
    assert!(is_well && !said.contains("fault"), "{said}");

    let nowhere = format!("{}?options=-csearch_path%3Dnowhere", postgres.url());
    fault(&Server::builder().on(&nowhere), "no schema").await;
    let database = postgres.database();
    postgres.query(&format!("ALTER DATABASE {database} SET default_transaction_read_only = on")).await;
    fault(&builder, "can only be read").await;

    let postgres = Postgres::start().await;
    let builder = migrated(&postgres).await;
    postgres.query("INSERT INTO meta (name, bytes) VALUES ('copy_source', 'x')").await;
    fault(&builder, "copy into this database is not complete").await;
    let (is_well, said) = run(&builder, &["migrate"]).await;
    assert!(!is_well && said.contains("not complete"), "{said}");
}

#[tokio::test]
async fn the_doctor_names_a_schema_that_the_role_may_not_make_tables_in() {
    let postgres = Postgres::start().await;
    let role = format!("{}_guest", postgres.database());
    postgres.query(&format!("CREATE ROLE {role} LOGIN PASSWORD 'throwaway-password'")).await;
    postgres.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    let owner = postgres.url();
    let (_, place) = owner.rsplit_once('@').expect("the URL names a user");
    let guest = Server::builder().on(&format!("postgres://{role}:throwaway-password@{place}"));
    fault(&guest, "may not make tables in the schema public").await;
}

/// The doctor finds this fault, and the server refuses to start.
async fn fault(builder: &ServerBuilder, word: &str) {
    let (is_well, said) = run(builder, &["doctor"]).await;
    let found = said.lines().any(|line| line.starts_with("fault") && line.contains(word));
    assert!(!is_well && found, "no {word} in:\n{said}");
    let (is_well, said) = run(builder, &["serve"]).await;
    assert!(!is_well, "the server started: {said}");
}

#[tokio::test]
async fn a_schema_of_its_own_is_enough() {
    let postgres = Postgres::start().await;
    postgres.query("CREATE TABLE of_another_program (); CREATE SCHEMA hw").await;
    let url = format!("{}?options=-csearch_path%3Dhw", postgres.url());
    let server = Server::builder().on(&url).start().await;
    Tenant::of(&server).await;
    assert_eq!(postgres.query("SELECT count(*) FROM hw.app").await, "1");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(postgres.query(tables).await, "1");
}
