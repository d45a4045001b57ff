//! Leases that an earlier run left behind: found beside everything else, freed in small steps.
//!
//! Those made by a claim have an index; those made on ingest are of messages above the lease floor that the file keeps.

use std::sync::Arc;

use hookwire_core::EndpointKey;
use hookwire_core::id::Key;
use hookwire_store::{Error, Result};
use rusqlite::{Connection, params};

use crate::SqliteStore;
use crate::connection;
use crate::fault::{Done, Fault};
use crate::row::{all, one, run, time};
use crate::shared::Shared;
use crate::sql::{catalog, queue, upkeep as sql};
use crate::writer::Writer;
use crate::writer::work::Work;

/// Rows looked at in one step.
const STEP: usize = 5_000;
/// Leases freed in one transaction.
const FREED: usize = 500;

/// A delivery by message and endpoint.
type Row = (i64, i64);
/// Pause before something that failed is tried again.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

/// Starts the search, once in the store's life.
pub(crate) fn start(store: &SqliteStore) {
    let Some(floor) = store.orphans_above.lock().expect("nobody panics with this lock").take() else {
        return;
    };
    let (shared, writer) = (Arc::clone(&store.shared), store.writer.clone());
    let thread = std::thread::Builder::new().name("hookwire-orphans".to_owned()).spawn(move || {
        // Until every one is found, what it holds would wait for ever: so it is tried until the store closes.
        while let Err(error) = search(&shared, &writer, floor) {
            if writer.is_closed() {
                return;
            }
            tracing::error!(%error, "leases of an earlier run could not all be found; trying again");
            std::thread::sleep(PAUSE);
        }
    });
    match thread {
        Ok(thread) => store.threads.lock().expect("nobody panics with this lock").orphans = Some(thread),
        Err(error) => tracing::error!(%error, "leases of an earlier run can't be looked for"),
    }
}

fn search(shared: &Shared, writer: &Writer, floor: i64) -> Result<()> {
    let db = connection::reader(&shared.path).map_err(|error| Fault::from(error).into_error())?;
    let mut last = (floor - 1, i64::MAX);
    while let Some((next, found)) = look(&db, shared.epoch, last, of_ingests).map_err(Fault::into_error)? {
        last = next;
        free(writer, &found)?;
        if writer.is_closed() {
            return Ok(());
        }
    }
    let mut last = (i64::MIN, i64::MIN);
    while let Some((next, found)) = look(&db, shared.epoch, last, of_claims).map_err(Fault::into_error)? {
        last = next;
        free(writer, &found)?;
    }
    writer.write_blocking(|work| {
        work.marks.held = false;
        Ok(())
    })
}

type Seen = Vec<(Row, Option<Row>)>;

/// One step: where to go on, and what was found. `None` at the end.
fn look(
    db: &Connection,
    epoch: i64,
    last: Row,
    read: impl FnOnce(&Connection, i64, Row) -> Done<Seen>,
) -> Done<Option<(Row, Vec<Row>)>> {
    let seen = read(db, epoch, last)?;
    let Some((next, _)) = seen.last() else { return Ok(None) };
    Ok(Some((*next, seen.into_iter().filter_map(|(_, found)| found).collect())))
}

fn of_ingests(db: &Connection, epoch: i64, last: Row) -> Done<Seen> {
    all(db, sql::LEASES_SINCE, params![last.0, last.1, STEP as i64], |row| {
        let place = (row.get(0)?, row.get(1)?);
        let (state, leased): (i64, i64) = (row.get(2)?, row.get(3)?);
        Ok((place, (state == 0 && leased > 0 && leased != epoch).then_some(place)))
    })
}

fn of_claims(db: &Connection, epoch: i64, last: Row) -> Done<Seen> {
    all(db, sql::LEASES_CLAIMED, params![last.0, last.1, STEP as i64], |row| {
        let (message, endpoint): Row = (row.get(0)?, row.get(1)?);
        let leased: i64 = row.get(2)?;
        Ok(((endpoint, message), (leased != -epoch).then_some((message, endpoint))))
    })
}

fn free(writer: &Writer, found: &[Row]) -> Result<()> {
    for chunk in found.chunks(FREED) {
        let chunk = chunk.to_vec();
        loop {
            let rows = chunk.clone();
            match writer.write_blocking(move |work| rows.iter().try_for_each(|row| free_one(work, *row))) {
                // A failed transaction is tried again: until it succeeds, what it frees would wait for ever.
                Err(Error::Unavailable(reason)) if !writer.is_closed() => {
                    tracing::warn!(reason, "freeing leases of an earlier run is tried again");
                    std::thread::sleep(PAUSE);
                }
                done => break done?,
            }
        }
    }
    Ok(())
}

fn free_one(work: &mut Work<'_>, (message, endpoint): Row) -> Done<()> {
    let due =
        one(work.db, sql::LEASE_FREE, params![message, endpoint, work.shared.epoch], |row| time(row, 0))?;
    let Some(due) = due else { return Ok(()) };
    let state = one(work.db, catalog::ENDPOINT_STATE, [endpoint], |row| {
        Ok((row.get::<_, bool>(0)?, row.get::<_, bool>(1)?))
    })?;
    match state {
        Some((false, false)) => work.effects.waiting(EndpointKey::from_raw(endpoint), due),
        Some((true, false)) => {}
        None | Some((_, true)) => {
            run(work.db, queue::DELIVERY_CANCEL, params![message, endpoint])?;
        }
    }
    Ok(())
}
