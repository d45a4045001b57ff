//! What one operation's failure means to the others of its transaction.

use std::sync::{Arc, mpsc};

use futures::future::join_all;
use hookwire_core::{KeyMint, NewApp, OrgId, Reference, Timestamp};
use hookwire_store::{Catalog, Error, Vault};
use tokio::sync::oneshot;

use super::work::Work;
use crate::catalog::app;
use crate::fault::{Done, Fault};
use crate::row::one;
use crate::{Settings, SqliteStore};

pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

pub(super) fn org() -> OrgId {
    OrgId::stored("org_main")
}

fn make(work: &mut Work<'_>, uid: &str) -> Done<()> {
    let new = NewApp { uid: Some(hookwire_core::Uid::stored(uid)), ..NewApp::default() };
    app::insert(work, &org(), new, NOW).map(|_| ())
}

/// Keeps the writer busy until all `operations` wait for it: they come into one transaction, in this order.
pub(super) async fn together<T>(store: &SqliteStore, operations: impl Future<Output = T>) -> T {
    let (begun, begins) = oneshot::channel();
    let (go, wait) = mpsc::channel::<()>();
    let busy = store.writer.write(move |_| {
        begun.send(()).expect("the test waits");
        wait.recv().expect("the test goes on");
        Ok(())
    });
    let all = async {
        begins.await.expect("the writer begins");
        let release = async {
            tokio::task::yield_now().await;
            go.send(()).expect("the writer waits");
        };
        futures::join!(operations, release).0
    };
    futures::join!(busy, all).1
}

/// An empty store, and the folder that it is in.
pub(super) fn store() -> (tempfile::TempDir, Arc<SqliteStore>) {
    let folder = tempfile::TempDir::new().unwrap();
    let store = open(&folder);
    (folder, store)
}

/// Opens the store in `folder`.
pub(super) fn open(folder: &tempfile::TempDir) -> Arc<SqliteStore> {
    let mint = Arc::new(KeyMint::new(1, 0));
    SqliteStore::open(&folder.path().join("db"), Vault::new("x"), Settings::default(), mint).unwrap()
}

/// Makes an app in each of three operations of one transaction, and lets the second fail; answers what each was told,
/// and which apps are there afterwards.
async fn three(fault: fn() -> Fault) -> (Vec<Result<(), Error>>, Vec<bool>) {
    let (_folder, store) = store();
    let names = ["a", "b", "c"];
    let operations = names.map(|name| {
        store.writer.write(move |work| {
            make(work, name)?;
            if name == "b" { Err(fault()) } else { Ok(()) }
        })
    });
    let told = together(&store, join_all(operations)).await;
    let mut is_there = Vec::new();
    for name in names {
        let reference = Reference::Uid(name.to_owned());
        is_there.push(store.app(&org(), &reference).await.unwrap().is_some());
    }
    store.writer.write(|work| make(work, "after")).await.expect("the writer lives on");
    (told, is_there)
}

#[tokio::test]
async fn a_refused_operation_is_undone_and_the_others_are_not() {
    let (told, is_there) = three(|| Fault::Refused(Error::Conflict("no"))).await;
    assert!(matches!(told[1], Err(Error::Conflict(_))), "{told:?}");
    assert!(told[0].is_ok() && told[2].is_ok(), "{told:?}");
    assert_eq!(is_there, [true, false, true]);
}

#[tokio::test]
async fn a_failure_of_the_file_undoes_all() {
    let full = || {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
        Fault::Broken(rusqlite::Error::SqliteFailure(code, None))
    };
    let (told, is_there) = three(full).await;
    for answer in told {
        assert!(matches!(&answer, Err(Error::Unavailable(reason)) if reason == "disk full"), "{answer:?}");
    }
    assert_eq!(is_there, [false; 3]);
}

#[tokio::test]
async fn a_connection_in_doubt_is_opened_anew() {
    let failed = || {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
        Fault::Broken(rusqlite::Error::SqliteFailure(code, None))
    };
    let (told, is_there) = three(failed).await;
    assert!(told.iter().all(|answer| matches!(answer, Err(Error::Unavailable(_)))), "{told:?}");
    assert_eq!(is_there, [false; 3]);
}

#[tokio::test]
async fn what_a_refused_operation_summed_up_and_where_it_went_on_is_forgotten() {
    let (_folder, store) = store();
    let endpoint = hookwire_core::id::Key::from_raw(7);
    let count = move |work: &mut Work<'_>| work.tally.at(endpoint, NOW).canceled += 1;
    let refused = store.writer.write(move |work| {
        count(work);
        work.sweep.payload = 99;
        Err::<(), _>(Fault::Refused(Error::Conflict("no")))
    });
    let counted = || {
        store.writer.write(move |work| {
            count(work);
            Ok(())
        })
    };
    let (first, refused, last) =
        together(&store, async { futures::join!(counted(), refused, counted()) }).await;
    assert!(first.is_ok() && matches!(refused, Err(Error::Conflict(_))) && last.is_ok());
    let row = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(0)?);
    let sums = store.writer.write(move |work| {
        let canceled = one(work.db, "SELECT canceled FROM endpoint_hour WHERE endpoint = 7", [], row)?;
        Ok((canceled, work.sweep.payload))
    });
    assert_eq!(sums.await.unwrap(), (Some(2), 0));
}
