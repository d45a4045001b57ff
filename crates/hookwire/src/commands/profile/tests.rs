//! What the command says of profiles, good and bad.

use super::*;

fn shown(name: &str) -> String {
    show(&Profiles::builtin(), name).unwrap()
}

#[test]
fn every_profile_has_a_line_with_its_name_and_title() {
    let lines: Vec<String> = list(&Profiles::builtin()).lines().map(str::to_owned).collect();
    let names: Vec<&str> = lines.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["featureos", "flotiq", "standard", "unleash"]);
    assert!(lines[0].ends_with("featureOS webhooks"), "{}", lines[0]);
}

#[test]
fn a_profile_is_shown_with_every_rule() {
    let lines: Vec<String> = shown("flotiq").lines().take(9).map(str::to_owned).collect();
    let expected = [
        "https only:    yes",
        "success:       2xx",
        "retries:       never",
        "timeout:       as the server is configured",
        "logs kept:     300",
        "content type:  application/json",
        "signing:       standard",
    ];
    assert!(lines[0].starts_with("flotiq: "), "{}", lines[0]);
    assert_eq!(lines[1..8], expected);
    assert!(lines[8].starts_with(r#"body:          {"webhookId":"{{endpoint.id}}""#), "{}", lines[8]);
}

#[test]
fn retries_are_shown_with_what_they_follow() {
    let line = |name| shown(name).lines().find(|line| line.starts_with("retries:")).unwrap().to_owned();
    assert_eq!(line("standard"), "retries:       as the server is configured");
    assert_eq!(line("featureos"), "retries:       after 5s, 1m, 10m");
    assert!(line("unleash").ends_with(", on network, timeout, 5xx"), "{}", line("unleash"));
}

#[test]
fn event_types_are_shown_with_alias_and_what_is_special() {
    let of_unleash = shown("unleash");
    let marked: Vec<&str> = of_unleash.lines().filter(|line| line.contains("(deprecated)")).collect();
    assert_eq!(marked.len(), 1);
    assert!(marked[0].starts_with("feature-updated "), "{}", marked[0]);
    let of_flotiq = shown("flotiq");
    let delete = of_flotiq.lines().find(|line| line.starts_with("content_object.delete ")).unwrap();
    assert!(delete.contains(" Delete ") && delete.ends_with("(with a body of its own)"), "{delete}");
}

#[test]
fn of_an_unknown_name_the_known_ones_are_told() {
    let told = show(&Profiles::builtin(), "flotik").unwrap_err().to_string();
    assert_eq!(told, "there is no profile \"flotik\"; there are featureos, flotiq, standard, unleash");
}

#[test]
fn each_checked_file_has_a_line_and_one_bad_one_fails_the_check() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let good = file("good.toml", "title = 'Good'");
    let bad = file("bad.toml", "title = 'Bad'\n\nbody_template = '{{#open}}'");
    let absent = folder.path().join("absent.toml");
    let Checked { told, code } = check(&[bad.clone(), good.clone(), absent.clone()]);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with(&format!("{}:3: body_template", bad.display())), "{told}");
    assert_eq!(lines[1], format!("{}: ok (Good)", good.display()));
    assert!(lines[2].contains(&format!("cannot read {}", absent.display())), "{told}");
    assert_eq!((lines.len(), code), (3, ExitCode::FAILURE));
    assert_eq!(check(&[good]).code, ExitCode::SUCCESS);
}
