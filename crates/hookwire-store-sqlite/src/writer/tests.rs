//! What one operation's failure means to the others of its transaction.

use std::sync::{Arc, mpsc};

use futures::future::join_all;
use hookwire_core::{KeyMint, NewApp, OrgId, Reference, Timestamp};
use hookwire_store::{Catalog, Error, Vault};

use super::work::Work;
use crate::catalog::app;
use crate::fault::{Done, Fault};
use crate::{Settings, SqliteStore};

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn org() -> OrgId {
    OrgId::stored("org_main")
}

fn make(work: &mut Work<'_>, uid: &str) -> Done<()> {
    let new = NewApp { uid: Some(hookwire_core::Uid::stored(uid)), ..NewApp::default() };
    app::insert(work, &org(), new, NOW).map(|_| ())
}

/// Makes an app in each of three operations of one transaction, and lets the second fail; answers what each was told,
/// and which apps are there afterwards.
async fn three(fault: fn() -> Fault) -> (Vec<Result<(), Error>>, Vec<bool>) {
    let folder = tempfile::TempDir::new().unwrap();
    let mint = Arc::new(KeyMint::new(1, 0));
    let store =
        SqliteStore::open(&folder.path().join("db"), Vault::new("x"), Settings::default(), mint).unwrap();
    // The writer is kept busy until all three wait for it.
    let (go, wait) = mpsc::channel::<()>();
    let busy = store.writer.write(move |_| {
        wait.recv().expect("the test goes on");
        Ok(())
    });
    let names = ["a", "b", "c"];
    let operations = names.map(|name| {
        store.writer.write(move |work| {
            make(work, name)?;
            if name == "b" { Err(fault()) } else { Ok(()) }
        })
    });
    let release = async {
        tokio::task::yield_now().await;
        go.send(()).expect("the writer waits");
    };
    let (_, told, ()) = futures::join!(busy, join_all(operations), release);
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
