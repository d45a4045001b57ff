//! `hookwire doctor`: checks this machine and the configuration, and says what to mend.

mod database;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use hookwire_core::{Clock as _, Timestamp};

use super::serve::with_store;
use crate::cli::OnStore;
use crate::clock::SystemClock;
use crate::config::{Config, Place, data_folder, masked_text};
use crate::nofile::{self, Shares};

/// A slower sync than this limits how many messages a second can be accepted by few clients.
const SLOW_SYNC_MS: u128 = 20;
/// No clock can rightly be before this (2026-01-01).
const RELEASED: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// What a check found.
enum Finding {
    Well(String),
    Advice(String),
    Fault(String),
}

pub(super) fn run(file: Option<&Path>, flags: OnStore) -> ExitCode {
    let mut findings = Vec::new();
    match configuration(file, flags) {
        Ok(config) => {
            findings.push(Finding::Well("the configuration is valid".to_owned()));
            findings.extend(config.warnings().into_iter().map(Finding::Advice));
            match Place::of(&config.store.url) {
                Place::File(_) => findings.push(sync_speed(&data_folder(&config.store.url))),
                Place::Database(url) => findings.extend(database::look(&config, url)),
            }
            findings.push(port(&config.server.listen));
            findings.push(files(&config));
        }
        Err(error) => findings.push(Finding::Fault(format!("{error:#}"))),
    }
    findings.push(clock());
    findings.push(Finding::Well(format!("SQLite {}", hookwire_store_sqlite::sqlite_version())));
    let mut healthy = true;
    for finding in findings {
        match finding {
            Finding::Well(text) => println!("ok      {text}"),
            Finding::Advice(text) => println!("advice  {text}"),
            Finding::Fault(text) => {
                let text = masked_text(&text);
                healthy = false;
                println!("fault   {text}");
            }
        }
    }
    if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn configuration(file: Option<&Path>, flags: OnStore) -> anyhow::Result<Config> {
    let config = with_store(Config::load(file)?, flags.store)?;
    crate::node::check(&config)?;
    Ok(config)
}

fn sync_speed(folder: &Path) -> Finding {
    let probe = folder.join(".hookwire-doctor");
    let measure = || -> std::io::Result<u128> {
        std::fs::create_dir_all(folder)?;
        let mut handle = std::fs::File::create(&probe)?;
        let started = Instant::now();
        for _ in 0..10 {
            handle.write_all(&[0; 4_096])?;
            handle.sync_data()?;
        }
        Ok(started.elapsed().as_millis() / 10)
    };
    let measured = measure();
    let _ = std::fs::remove_file(&probe);
    match measured {
        Ok(millis) if millis > SLOW_SYNC_MS => Finding::Advice(format!(
            "a sync to disk takes {millis} ms in {}: a faster disk accepts more",
            folder.display()
        )),
        Ok(millis) => Finding::Well(format!("{} can be written; a sync takes {millis} ms", folder.display())),
        Err(error) => Finding::Fault(format!("{} can't be written: {error} (store.url)", folder.display())),
    }
}

fn port(listen: &str) -> Finding {
    match std::net::TcpListener::bind(listen) {
        Ok(_) => Finding::Well(format!("{listen} is free")),
        Err(error) => {
            Finding::Advice(format!("{listen} can't be listened on: {error}; fine if Hookwire runs already"))
        }
    }
}

fn files(config: &Config) -> Finding {
    let configured =
        Shares { attempts: config.delivery.concurrency, connections: config.server.connections_max };
    let files = nofile::raise();
    match Shares::of(files, configured).shortage(files, configured) {
        Some(shortage) => Finding::Advice(shortage),
        None => Finding::Well(format!("{files} files may be open")),
    }
}

fn clock() -> Finding {
    let now = SystemClock.now();
    if now < RELEASED {
        Finding::Fault(format!("the clock says {now}: receivers refuse signatures with a wrong time"))
    } else {
        Finding::Well(format!("the clock says {now}"))
    }
}
