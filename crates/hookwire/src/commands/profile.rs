//! `hookwire profile`: shows or checks profiles.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hookwire_core::{Profile, Profiles, span};

use crate::cli::ProfileCommand;
use crate::config::Config;
use crate::profiles;

pub(super) fn run(file: Option<&Path>, command: ProfileCommand) -> anyhow::Result<ExitCode> {
    let told = match command {
        ProfileCommand::List => list(&known(file)?),
        ProfileCommand::Show { name } => show(&known(file)?, &name)?,
        ProfileCommand::Check { files } => {
            let Checked { told, code } = check(&files);
            print!("{told}");
            return Ok(code);
        }
    };
    print!("{told}");
    Ok(ExitCode::SUCCESS)
}

fn known(file: Option<&Path>) -> anyhow::Result<Profiles> {
    profiles::load(&Config::load(file)?.profiles.folder)
}

/// A line for each profile: its name and its title.
fn list(profiles: &Profiles) -> String {
    let line = |profile: &Profile| format!("{:<16} {}\n", profile.name.as_str(), profile.title);
    profiles.iter().map(|profile| line(profile)).collect()
}

/// The rules of a profile, a line each, then its event types.
fn show(profiles: &Profiles, name: &str) -> anyhow::Result<String> {
    let Some(profile) = profiles.get(name) else {
        let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
        anyhow::bail!("there is no profile {name:?}; there are {}", names.join(", "));
    };
    let mut told = format!("{}: {}\n", profile.name, profile.title);
    for (rule, value) in rules(profile) {
        writeln!(told, "{:<14} {value}", format!("{rule}:")).expect("a string takes everything");
    }
    for event_type in &profile.event_types {
        let old = if event_type.deprecated { " (deprecated)" } else { "" };
        let own = if event_type.body_template.is_some() { " (with a body of its own)" } else { "" };
        let (name, alias, about) = (event_type.name.as_str(), &event_type.alias, &event_type.description);
        writeln!(told, "{name:<45} {alias:<20} {about}{old}{own}").expect("a string takes everything");
    }
    Ok(told)
}

fn rules(profile: &Profile) -> [(&'static str, String); 8] {
    let as_server = || "as the server is configured".to_owned();
    let all = || "all".to_owned();
    let body = profile.body_template.as_ref().map(|body| body.source.trim().to_owned());
    [
        ("https only", if profile.https_only { "yes" } else { "no" }.to_owned()),
        ("success", profile.success.entries().collect::<Vec<_>>().join(", ")),
        ("retries", retries(profile).unwrap_or_else(as_server)),
        ("timeout", profile.timeout.map_or_else(as_server, span::format)),
        ("logs kept", profile.log_limit.map_or_else(all, |limit| limit.to_string())),
        ("content type", profile.content_type.clone()),
        ("signing", profile.signing.name().to_owned()),
        ("body", body.unwrap_or_else(|| "the payload as it was posted".to_owned())),
    ]
}

/// When it tries again, and after which failures if not after all; `None` = as the server is configured.
fn retries(profile: &Profile) -> Option<String> {
    let policy = profile.retry.as_ref()?;
    if policy.delays.is_empty() {
        return Some("never".to_owned());
    }
    let delays: Vec<String> = policy.delays.iter().map(|delay| span::format(*delay)).collect();
    let causes = policy.retry_on.entries().map(|causes| format!(", on {}", causes.join(", ")));
    Some(format!("after {}{}", delays.join(", "), causes.unwrap_or_default()))
}

/// What a check of files found.
struct Checked {
    /// A line for each file.
    told: String,
    /// Success if every one is a profile.
    code: ExitCode,
}

fn check(files: &[PathBuf]) -> Checked {
    let mut checked = Checked { told: String::new(), code: ExitCode::SUCCESS };
    for file in files {
        let line = match profiles::read(file) {
            Ok(profile) => format!("{}: ok ({})", file.display(), profile.title),
            Err(error) => {
                checked.code = ExitCode::FAILURE;
                format!("{error:#}")
            }
        };
        checked.told.push_str(&line);
        checked.told.push('\n');
    }
    checked
}

#[cfg(test)]
mod tests;
