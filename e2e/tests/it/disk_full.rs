//! A full disk: refused clearly, nothing accepted is lost, and back by itself once there is space.

mod small_disk;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use hookwire_testkit::{Answer, Api, Receiver, Server, eventually};
use http::Method;
use serde_json::json;

use self::small_disk::on_a_small_disk;
use crate::tenant::{Tenant, all_arrive, text};

#[tokio::test]
async fn a_full_disk_refuses_messages_and_loses_none() {
    let name = "disk_full::a_full_disk_refuses_messages_and_loses_none";
    let Some(disk) = on_a_small_disk(name) else { return };
    let server = Server::builder().in_folder(&disk).start().await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let mut accepted = vec![tenant.send(json!({})).await];
    receiver.wait_for("/hook", 1).await;

    fill(&disk.join("filler"));
    let refusal = send_until_refused(&tenant, &mut accepted).await;
    refusal.expect(503);
    assert!(!text(&refusal.json(), "detail").is_empty(), "{refusal:?}");
    assert!(
        refusal.header("retry-after").parse::<u32>().is_ok(),
        "503 names a time to try again: {refusal:?}"
    );
    health(&server.api(), false).await;

    fs::remove_file(disk.join("filler")).expect("the filler is ours");
    let path = tenant.path("/msg");
    let look = || tenant.api.post(&path, json!({ "eventType": "t", "payload": {} }));
    let taken = eventually("messages to be taken again", look, |answer| answer.status == 202).await;
    accepted.push(text(&taken.json(), "id"));
    health(&server.api(), true).await;
    all_arrive(&receiver, &accepted).await;
    println!("{} accepted around a full disk, 0 lost", accepted.len());
}

/// Writes until there is no space left.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("the disk is not full yet");
    for piece in [vec![0; 1 << 16], vec![0; 512], vec![0; 1]] {
        while file.write_all(&piece).is_ok() {}
    }
}

/// Sends messages of 32 KiB until one is not taken; that answer. The server may have some space in its files.
async fn send_until_refused(tenant: &Tenant, accepted: &mut Vec<String>) -> Answer {
    let body = json!({ "eventType": "t", "payload": { "filler": "x".repeat(32 << 10) } }).to_string();
    for _ in 0..2_000 {
        let answer = tenant.api.send(Method::POST, &tenant.path("/msg"), body.clone().into()).await;
        if answer.status != 202 {
            return answer;
        }
        accepted.push(text(&answer.json(), "id"));
    }
    panic!("64 MB were accepted on a disk of 24 MB that is full");
}

/// Waits until the health report is good, or is not: by its status, or by naming an error.
async fn health(api: &Api, good: bool) {
    let what = if good { "a good health report" } else { "a bad health report" };
    let look = || async { api.get("/health").await };
    let is_good = |answer: &Answer| {
        answer.status.is_success() && !String::from_utf8_lossy(&answer.body).contains("error")
    };
    eventually(what, look, |answer| is_good(answer) == good).await;
}
