//! `hookwire copy`: an installation moves from its file into a database, and nobody notices but the operator.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use hookwire_testkit::{Api, Postgres, Receiver, Reply, Server, binary};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::tenant::{Tenant, all_arrive, list};

const SECRET: &str = "a-main-secret-for-tests-only-0123456789";

/// `hookwire copy` from this folder's file.
fn copy(folder: &Path, to: &Postgres) -> Command {
    let mut command = Command::new(binary());
    command
        .env_clear()
        .env("HOOKWIRE_AUTH_MAIN_SECRET", SECRET)
        .current_dir(folder)
        .args(["copy", "--from", "hookwire.db", "--to", &to.url()])
        .kill_on_drop(true);
    command
}

async fn well(mut command: Command) -> String {
    let output = command.output().await.expect("the binary can be run");
    assert!(output.status.success(), "{}", complaint(&output));
    assert!(!complaint(&output).contains("throwaway-password"), "the password was shown");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn badly(mut command: Command) -> String {
    let output = command.output().await.expect("the binary can be run");
    assert!(!output.status.success(), "it ended well");
    assert_ne!(output.status.code(), Some(101), "{}", complaint(&output));
    complaint(&output)
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What clients can see of an application.
async fn seen(api: &Api, app: &str, endpoint: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        String::new(),
        "/endpoint".to_owned(),
        format!("/endpoint/{endpoint}/secret"),
        format!("/endpoint/{endpoint}/headers"),
        "/msg?limit=250&with_content=true".to_owned(),
        "/msg?limit=250&tag=blue".to_owned(),
        "/msg?limit=250&channel=news".to_owned(),
        format!("/attempt/endpoint/{endpoint}?limit=250"),
    ] {
        all.push(api.get(&format!("/app/{app}{path}")).await.expect(200));
    }
    all.push(api.get("/event-type").await.expect(200));
    all
}

#[tokio::test]
async fn everything_is_there_after_the_move_and_what_was_owed_is_delivered() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut server = Server::builder()
        .in_folder(folder.path())
        .env("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s")
        .start()
        .await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    tenant.api.post("/event-type", json!({ "name": "test.event", "description": "d" })).await.expect(201);
    let endpoint = tenant
        .endpoint_with(
            json!({ "url": receiver.url("/hook"), "headers": { "x-own": "canary" }, "uid": "mine" }),
        )
        .await;
    receiver.script("/later", [Reply::status(500)]);
    let unlucky = Tenant::of(&server).await;
    unlucky.endpoint(&receiver.url("/later")).await;
    let odd = json!({
        "eventType": "test.event", "eventId": "e-1", "tags": ["blue"], "channels": ["news"],
        "payload": { "text": "ü\u{0}x" },
    });
    let mut sent = vec![tenant.send_with(odd).await];
    for n in 0..30 {
        sent.push(tenant.send(json!({ "n": n })).await);
    }
    for message in &sent {
        tenant.ended(message, "success").await;
    }
    let owed = unlucky.send(json!({ "owed": true })).await;
    unlucky.attempted(&owed, 1).await;

    let postgres = Postgres::start().await;
    assert!(badly(copy(folder.path(), &postgres)).await.contains("in use"));
    let before = seen(&tenant.api, &tenant.app, &endpoint).await;
    server.terminate().await;
    assert!(server.exited(hookwire_testkit::PATIENCE).await.success());
    let told = well(copy(folder.path(), &postgres)).await;
    assert!(told.contains("all is there"), "{told}");
    assert!(well(copy(folder.path(), &postgres)).await.contains("already"));

    receiver.script("/later", [Reply::ok()]);
    let moved = Server::builder().on(&postgres.url()).start().await;
    let api = moved.api();
    let after = seen(&api, &tenant.app, &endpoint).await;
    assert_eq!(after, before);
    let unlucky = Tenant { api: moved.api(), app: unlucky.app.clone() };
    unlucky.ended(&owed, "success").await;
    let tenant = Tenant { api, app: tenant.app.clone() };
    let again = json!({ "eventType": "test.event", "eventId": "e-1", "payload": {} });
    tenant.api.post(&tenant.path("/msg"), again).await.expect(409);
    let fresh = tenant.send(json!({ "n": "new" })).await;
    all_arrive(&receiver, std::slice::from_ref(&fresh)).await;
    assert_eq!(list(&tenant.api.get(&tenant.path("/msg?limit=1")).await.expect(200))[0]["id"], fresh);
    let busy = badly(copy(folder.path(), &postgres)).await;
    assert!(busy.contains("at work"), "{busy}");
}

#[tokio::test]
async fn a_copy_that_is_killed_again_and_again_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut server = Server::builder().in_folder(folder.path()).start().await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    let endpoint = tenant.endpoint(&receiver.url("/hook")).await;
    let filler = "x".repeat(20_000);
    for n in 0..600 {
        tenant.send(json!({ "n": n, "filler": filler })).await;
    }
    receiver.wait_for("/hook", 600).await;
    server.restart().await;
    let before = seen(&tenant.api, &tenant.app, &endpoint).await;
    server.kill().await;

    let postgres = Postgres::start().await;
    let (mut kills, mut limit) = (0, Duration::from_millis(150));
    let told = loop {
        let mut running =
            copy(folder.path(), &postgres).stderr(Stdio::piped()).spawn().expect("the binary can be run");
        if tokio::time::timeout(limit, running.wait()).await.is_ok() {
            break running.wait_with_output().await.expect("it has ended");
        }
        running.kill().await.expect("a child can be killed");
        kills += 1;
        limit += Duration::from_millis(10);
    };
    assert!(told.status.success(), "{}", complaint(&told));
    println!("killed {kills} times");
    let moved = Server::builder().on(&postgres.url()).start().await;
    assert_eq!(seen(&moved.api(), &tenant.app, &endpoint).await, before);
}

#[tokio::test]
async fn a_copy_does_not_go_on_with_a_file_that_was_served_meanwhile() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = format!("{}/hookwire.db", folder.path().display());
    let serve = || Server::builder().in_folder(folder.path()).on(&file).start();
    let mut server = serve().await;
    let tenant = Tenant::of(&server).await;
    server.terminate().await;
    assert!(server.exited(hookwire_testkit::PATIENCE).await.success());
    let postgres = Postgres::start().await;
    well(copy(folder.path(), &postgres)).await;

    // As if it had broken off at the very end.
    postgres.query("UPDATE meta SET number = NULL WHERE name = 'copy_source'").await;
    let resumed = well(copy(folder.path(), &postgres)).await;
    assert!(resumed.contains("going on") && resumed.contains("all is there"), "{resumed}");

    let mut server = serve().await;
    let renamed = json!({ "name": "changed after the copy" });
    server.api().patch(&format!("/app/{}", tenant.app), renamed).await.expect(200);
    server.terminate().await;
    assert!(server.exited(hookwire_testkit::PATIENCE).await.success());
    let stale = badly(copy(folder.path(), &postgres)).await;
    assert!(stale.contains("was served again") && stale.contains("all of"), "{stale}");
    postgres.query("UPDATE meta SET number = NULL WHERE name = 'copy_source'").await;
    let changed = badly(copy(folder.path(), &postgres)).await;
    assert!(changed.contains("out of date") && changed.contains("make it anew"), "{changed}");
    assert!(well(copy(folder.path(), &Postgres::start().await)).await.contains("all is there"));

    postgres.query("DELETE FROM meta WHERE name = 'copy_mark'").await;
    let unknown = badly(copy(folder.path(), &postgres)).await;
    assert!(unknown.contains("make it anew"), "{unknown}");
}

#[tokio::test]
async fn a_copy_that_could_do_harm_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut server = Server::builder().in_folder(folder.path()).start().await;
    Tenant::of(&server).await;
    server.restart().await;
    server.kill().await;
    let postgres = Postgres::start().await;
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";

    let mut wrong = copy(folder.path(), &postgres);
    wrong.env("HOOKWIRE_AUTH_MAIN_SECRET", "quite-another-secret-0123456789");
    assert!(badly(wrong).await.contains("main secret"));
    let mut none = copy(folder.path(), &postgres);
    none.env_remove("HOOKWIRE_AUTH_MAIN_SECRET");
    assert!(badly(none).await.contains("auth.main_secret"));
    let nowhere = tempfile::tempdir().expect("a temporary folder can be made");
    let mut absent = copy(nowhere.path(), &postgres);
    absent.env_remove("HOOKWIRE_AUTH_MAIN_SECRET");
    let absent = badly(absent).await;
    assert!(absent.contains("no file hookwire.db") && !absent.contains("main_secret"), "{absent}");
    std::fs::write(nowhere.path().join("hookwire.db"), "no database").expect("the folder can be written");
    assert!(badly(copy(nowhere.path(), &postgres)).await.contains("no SQLite database"));
    assert!(!nowhere.path().join("hookwire.db.lock").exists(), "a lock lies beside a file of others");
    assert_eq!(postgres.query(tables).await, "0");

    let other = Server::builder().on(&postgres.url()).start().await;
    Tenant::of(&other).await;
    drop(other);
    postgres.query("UPDATE node SET heartbeat = heartbeat - interval '1 hour'").await;
    let occupied = badly(copy(folder.path(), &postgres)).await;
    assert!(occupied.contains("other data"), "{occupied}");
    assert_eq!(postgres.query("SELECT count(*) FROM app").await, "1");
}
