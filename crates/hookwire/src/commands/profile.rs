//! `hookwire profile`: shows or checks profiles.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hookwire_core::{Profile, Profiles, span};

use crate::cli::ProfileCommand;
use crate::config::Config;
use crate::profiles;

pub(super) fn run(file: Option<&Path>, command: ProfileCommand) -> anyhow::Result<ExitCode> {
    match command {
        ProfileCommand::List => list(&known(file)?),
        ProfileCommand::Show { name } => show(&known(file)?, &name)?,
        ProfileCommand::Check { files } => return Ok(check(&files)),
    }
    Ok(ExitCode::SUCCESS)
}

fn known(file: Option<&Path>) -> anyhow::Result<Profiles> {
    profiles::load(&Config::load(file)?.profiles.folder)
}

fn list(profiles: &Profiles) {
    for profile in profiles.iter() {
        println!("{:<16} {}", profile.name.as_str(), profile.title);
    }
}

fn show(profiles: &Profiles, name: &str) -> anyhow::Result<()> {
    let Some(profile) = profiles.get(name) else {
        let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
        anyhow::bail!("there is no profile {name:?}; there are {}", names.join(", "));
    };
    rules(profile);
    for event_type in &profile.event_types {
        let old = if event_type.deprecated { " (deprecated)" } else { "" };
        println!("{:<45} {:<20} {}{old}", event_type.name.as_str(), event_type.alias, event_type.description);
    }
    Ok(())
}

fn rules(profile: &Profile) {
    let as_server = || "as the server is configured".to_owned();
    let retry = profile.retry.as_ref().map_or_else(as_server, |retry| {
        let delays: Vec<String> = retry.delays.iter().map(|delay| span::format(*delay)).collect();
        if delays.is_empty() { "never".to_owned() } else { format!("after {}", delays.join(", ")) }
    });
    println!("{}: {}", profile.name, profile.title);
    println!("https only:    {}", if profile.https_only { "yes" } else { "no" });
    println!("success:       {}", profile.success.entries().collect::<Vec<_>>().join(", "));
    println!("retries:       {retry}");
    println!("timeout:       {}", profile.timeout.map_or_else(as_server, span::format));
    println!(
        "logs kept:     {}",
        profile.log_limit.map_or_else(|| "all".to_owned(), |limit| limit.to_string())
    );
    println!("content type:  {}", profile.content_type);
    println!("signing:       {}", profile.signing.name());
    let body =
        profile.body_template.as_ref().map_or("the payload as it was posted", |body| body.source.trim());
    println!("body:          {body}");
}

fn check(files: &[PathBuf]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        match profiles::read(file) {
            Ok(profile) => println!("{}: ok ({})", file.display(), profile.title),
            Err(error) => {
                println!("{error:#}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
