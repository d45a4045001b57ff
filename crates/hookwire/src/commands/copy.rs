//! `hookwire copy`: moves an installation from a file into a database.

mod bar;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use hookwire_core::Clock as _;
use hookwire_store::copy::{Begun, Facts, Part, Progress, Source, Target};
use hookwire_store::{Result, Vault};
use hookwire_store_postgres::{OpenError, PostgresTarget, check_url};
use hookwire_store_sqlite::SqliteSource;

use self::bar::Bar;
use super::serve::run_on_runtime;
use crate::cli::Copy;
use crate::clock::SystemClock;
use crate::config::{Config, Place, main_secret_of, masked_url};

/// What is read and written at once: little enough for memory, much enough for speed.
const ROWS: u32 = 2_000;
const BYTES: usize = 4 << 20;
/// What to do with a copy that can't be completed.
const WAY_OUT: &str = "drop that database, make it anew, and run the same `hookwire copy` again";

pub(super) fn run(config: &Config, flags: &Copy) -> anyhow::Result<ExitCode> {
    let Place::File(from) = Place::named("--from", &flags.from)? else {
        anyhow::bail!("--from must be the path of a store's file (it is {:?})", masked_url(&flags.from));
    };
    let Place::Database(to) = Place::of(&flags.to) else {
        anyhow::bail!("--to must be a database: postgres://user:password@host:port/database");
    };
    if let Err(OpenError::Url(why)) = check_url(to) {
        anyhow::bail!("--to: {why}");
    }
    // What is missing altogether is told before what is missing for it.
    anyhow::ensure!(from.is_file(), "there is no file {} (--from)", from.display());
    let vault = Vault::new(&main_secret_of(config, from)?);
    run_on_runtime(async {
        let source = SqliteSource::open(from, &vault)
            .with_context(|| format!("cannot read the store {}", from.display()))?;
        let target = PostgresTarget::open(to, &vault)
            .await
            .with_context(|| format!("cannot open the database {}", masked_url(to)))?;
        let shown = masked_url(to);
        if begin(&target, source.facts(), from, &shown).await? == Begun::Complete {
            return Ok(ExitCode::SUCCESS);
        }
        for part in Part::ALL {
            copy(&source, &target, part).await?;
        }
        verify(&source, &target).await?;
        target.finish(SystemClock.now()).await?;
        println!("{}", farewell(from, &shown));
        Ok(ExitCode::SUCCESS)
    })
}

/// Begins, unless harm could come of it, and says so.
async fn begin(target: &dyn Target, source: Facts, from: &Path, to: &str) -> anyhow::Result<Begun> {
    let from = from.display();
    let begun = target.begin(source).await?;
    match begun {
        Begun::Fresh => println!("copying {from} to {to}"),
        Begun::Resumed => println!("going on copying {from} to {to}"),
        Begun::Complete => println!("{to} has all of {from} already"),
        Begun::Changed => anyhow::bail!(
            "{from} was served again after this copy into {to} had begun, so what was copied by then is out of date; \
             {WAY_OUT}"
        ),
        Begun::Stale => anyhow::bail!(
            "all of {from} was copied to {to}, but then the file was served again: the database knows nothing of \
             what has happened in the file since. If no node has been at work on the database, it can still be \
             replaced: {WAY_OUT}"
        ),
        Begun::Occupied => anyhow::bail!("{to} holds other data; a copy goes into an empty database only"),
        Begun::InUse => anyhow::bail!(
            "Hookwire nodes are at work on {to}, or were within the last minute: stop them first"
        ),
    }
    Ok(begun)
}

/// Moves what is missing of a part.
async fn copy(source: &dyn Source, target: &dyn Target, part: Part) -> Result<()> {
    let Progress::From(mut place) = target.progress(part).await? else { return Ok(()) };
    let done = if place.is_some() { target.count(part).await? } else { 0 };
    let mut bar = Bar::new(part.name(), done, source.count(part).await?);
    loop {
        let batch = source.read(part, place, ROWS, BYTES).await?;
        let rows = batch.rows.len();
        place = batch.next.clone();
        target.write(part, batch).await?;
        bar.advance(rows as u64);
        if place.is_none() {
            bar.end();
            return Ok(());
        }
    }
}

/// Counts both sides.
async fn verify(source: &dyn Source, target: &dyn Target) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for part in Part::ALL {
        let (there, here) = (source.count(part).await?, target.count(part).await?);
        if there != here {
            wrong.push(format!("{part}: {there} in the file, {here} in the database"));
        }
    }
    anyhow::ensure!(
        wrong.is_empty(),
        "the counts differ, so this copy must not be used ({}); {WAY_OUT}",
        wrong.join("; ")
    );
    println!("counted on both sides: all is there");
    Ok(())
}

fn farewell(from: &Path, to: &str) -> String {
    format!(
        "
Done. Start the nodes with store.url = {to} and with the same auth.main_secret and auth.jwt_secret
(where none was configured, they are in the files main_secret and jwt_secret beside {from}).
The file was left as it is. Don't serve it any more: what is still owed would be sent from both places.",
        from = from.display()
    )
}
