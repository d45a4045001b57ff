//! Profiles: the built-in ones, and what their files may hold.

use super::*;
use crate::retry::Cause;

fn parse(text: &str) -> Result<Profile, ProfileError> {
    Profile::parse("mine", text)
}

fn refused(text: &str) -> (usize, String) {
    let error = parse(text).expect_err(text);
    (error.line, error.reason)
}

#[test]
fn the_built_in_profiles_are_there() {
    let profiles = Profiles::builtin();
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["featureos", "flotiq", "standard", "unleash"]);
    assert_eq!(profiles.get_or_standard("gone").name.as_str(), "standard");
    for profile in profiles.iter() {
        assert!(profile.event_types.iter().all(|one| !one.description.is_empty()), "{}", profile.name);
    }
}

#[test]
fn the_standard_profile_changes_nothing() {
    let profiles = Profiles::builtin();
    let standard = profiles.get("standard").unwrap();
    assert!(!standard.https_only && standard.retry.is_none() && standard.timeout.is_none());
    assert!(standard.log_limit.is_none() && standard.event_types.is_empty());
    assert!(standard.success.contains(204) && standard.template("a.b").is_none());
    assert_eq!((standard.alias("a.b"), standard.content_type.as_str()), ("a.b", "application/json"));
}

#[test]
fn featureos_takes_200_only_and_retries_three_times() {
    let profiles = Profiles::builtin();
    let featureos = profiles.get("featureos").unwrap();
    assert!(featureos.success.contains(200) && !featureos.success.contains(201) && featureos.https_only);
    assert_eq!(featureos.retry.as_ref().unwrap().delays.len(), 3);
    assert_eq!(featureos.alias("post_completed"), "postCompleted");
    assert!(featureos.event_types.iter().all(|one| one.example.is_some()));
    assert_eq!(featureos.event_types.len(), 6);
}

#[test]
fn unleash_has_its_31_events_and_one_retry() {
    let profiles = Profiles::builtin();
    let unleash = profiles.get("unleash").unwrap();
    assert_eq!(unleash.event_types.len(), 31);
    let deprecated: Vec<&str> =
        unleash.event_types.iter().filter(|one| one.deprecated).map(|one| one.name.as_str()).collect();
    assert_eq!(deprecated, ["feature-updated"]);
    let retry = unleash.retry.as_ref().unwrap();
    assert_eq!(retry.delays.len(), 1);
    let causes = [Cause::Network, Cause::Timeout, Cause::Status(503), Cause::Status(404)];
    assert_eq!(causes.map(|cause| retry.retry_on.includes(cause)), [true, true, true, false]);
}

#[test]
fn flotiq_never_retries_keeps_300_logs_and_has_a_body_of_its_own_for_delete() {
    let profiles = Profiles::builtin();
    let flotiq = profiles.get("flotiq").unwrap();
    assert!(flotiq.retry.as_ref().unwrap().delays.is_empty() && flotiq.https_only);
    assert_eq!(flotiq.log_limit, Some(300));
    let template = |name: &str| Arc::as_ptr(flotiq.template(name).unwrap());
    assert_ne!(template("content_object.delete"), template("content_object.create"));
    assert_eq!(template("content_object.update"), template("content_object.create"));
}

#[test]
fn a_profile_of_ones_own_can_set_everything() {
    let text = "title = 'Mine'\nhttps_only = true\nsuccess_codes = ['2xx', 304]\ntimeout = '3s'\nlog_limit = 7\n\
        retry = { delays = ['1s', '2m'], jitter = 0, retry_on = ['network', 429] }\n\
        content_type = 'text/plain'\nsigning = 'none'\nbody_template = '{{event.type}}'\n\
        [[event_types]]\nname = 'a.b'\nalias = 'AB'\nexample = '{}'\nbody_template = 'x'\n";
    let profile = parse(text).unwrap();
    assert_eq!((profile.title.as_str(), profile.timeout), ("Mine", Some(Duration::from_secs(3))));
    assert_eq!((profile.log_limit, profile.signing), (Some(7), Signing::None));
    assert_eq!(profile.retry.as_ref().unwrap().delays[1], Duration::from_mins(2));
    assert_eq!((profile.alias("a.b"), profile.alias("c")), ("AB", "c"));
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    assert_eq!(refused("").0, 1);
    assert_eq!(refused("title = 'x'\ncolour = 'red'").0, 2);
    assert_eq!(refused("title = ' '"), (1, "title must not be empty".to_owned()));
    assert!(refused("title = 'x'\n\nsuccess_codes = ['2yy']").1.starts_with("success_codes: \"2yy\""));
    assert_eq!(refused("title = 'x'\n\nsuccess_codes = ['2yy']").0, 3);
    assert!(refused("title = 'x'\nretry = { delays = ['5'] }").1.contains("is not a duration"));
    assert!(refused("title = 'x'\nretry = { delays = ['8000h'] }").1.contains("longer than 168h"));
    assert!(refused("title = 'x'\nretry = { delays = [], jitter = 2 }").1.contains("from 0 to 1"));
    assert!(refused("title = 'x'\ntimeout = '2m'").1.contains("longer than 1m"));
    assert!(refused("title = 'x'\nlog_limit = 0").1.contains("from 1"));
    assert!(refused("title = 'x'\nsigning = 'rot13'").1.contains("neither standard nor none"));
    assert!(refused("title = 'x'\nbody_template = '{{#a}}'").1.starts_with("body_template: "));
    let twice = "title = 'x'\n[[event_types]]\nname = 'a'\n[[event_types]]\nname = 'a'";
    assert_eq!(refused(twice), (5, "an event type of that name is there already".to_owned()));
    assert_eq!(refused("title = 'x'\n[[event_types]]\nname = 'a b'").0, 3);
    assert!(refused("title = 'x'\n[[event_types]]\nname = 'a'\nexample = '{'").1.contains("not valid JSON"));
    assert!(Profile::parse("a b", "title = 'x'").is_err());
}
