//! Endpoints: rotation and header changes.

use std::time::Duration;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn secret(seed: u8) -> Secret {
    Secret::from_random([seed; 24])
}

#[test]
fn an_old_secret_signs_until_its_overlap_ends() {
    let mut secrets = Secrets::new(secret(1));
    let until = NOW.plus(Duration::from_hours(24));
    assert!(secrets.rotate(secret(2), NOW, until, 10));
    assert_eq!(secrets.signing(NOW).collect::<Vec<_>>(), [&secret(2), &secret(1)]);
    assert_eq!(secrets.signing(until).collect::<Vec<_>>(), [&secret(2)]);
}

#[test]
fn a_rotation_without_overlap_leaves_one_secret() {
    let mut secrets = Secrets::new(secret(1));
    assert!(secrets.rotate(secret(2), NOW, NOW, 10));
    assert_eq!(secrets, Secrets::new(secret(2)));
}

#[test]
fn too_many_overlapping_secrets_are_refused() {
    let mut secrets = Secrets::new(secret(0));
    let until = NOW.plus(Duration::from_secs(1));
    assert!((1..=10).all(|seed| secrets.rotate(secret(seed), NOW, until, 10)));
    let before = secrets.clone();
    assert!(!secrets.rotate(secret(11), NOW, until, 10));
    assert_eq!(secrets, before);
    assert!(secrets.rotate(secret(11), until, until.plus(Duration::from_secs(1)), 10));
}

#[test]
fn a_header_patch_sets_removes_and_keeps() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let before = [pair("X-A", "1"), pair("X-B", "2"), pair("X-C", "3")];
    let patch = HeadersChange::Patch { set: vec![pair("x-b", "9")], remove: vec!["x-a".to_owned()] };
    assert_eq!(patch.apply(&before), [pair("X-C", "3"), pair("x-b", "9")]);
}
