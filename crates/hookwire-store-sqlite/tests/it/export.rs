//! Reading a whole store for a move: all of it, a little at a time, and nobody else at the file meanwhile.

use hookwire_store::Vault;
use hookwire_store::copy::{Part, Row, Source, Value};
use hookwire_store_sqlite::{OpenError, SCHEMA, SqliteSource, migrate};
use rusqlite::Connection;

use crate::place::{Place, SECRET, quick};

fn a_store_of_schema_1() -> Place {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().expect("the file lies in a folder")).expect("a new folder");
    let db = Connection::open(place.path()).expect("a new file");
    db.execute_batch(include_str!("../fixtures/v1.sql")).expect("statements of that time");
    place
}

fn source(place: &Place) -> Result<SqliteSource, OpenError> {
    SqliteSource::open(&place.path(), &Vault::new(SECRET))
}

/// All rows of a part, read so many at a time.
async fn all(source: &SqliteSource, part: Part, limit: u32) -> Vec<Row> {
    let (mut rows, mut from) = (Vec::new(), None);
    loop {
        let batch = source.read(part, from, limit, usize::MAX).await.expect("rows can be read");
        assert!(batch.rows.len() <= limit as usize);
        rows.extend(batch.rows);
        from = batch.next;
        if from.is_none() {
            return rows;
        }
    }
}

#[tokio::test]
async fn every_row_of_every_part_comes_once_however_many_are_read_at_a_time() {
    let place = a_store_of_schema_1();
    migrate(&place.path()).unwrap();
    let source = source(&place).unwrap();
    let mut total = 0;
    for part in Part::ALL {
        let together = all(&source, part, 1_000).await;
        assert_eq!(all(&source, part, 1).await, together, "{part}");
        assert_eq!(source.count(part).await.unwrap(), together.len() as u64, "{part}");
        total += together.len();
    }
    assert!(total > 8, "{total}");
    let messages = all(&source, Part::Messages, 10).await;
    assert!(messages.iter().all(|row| matches!(row.last(), Some(Value::Text(_)))), "{messages:?}");
}

#[tokio::test]
async fn a_batch_ends_when_it_has_enough_bytes() {
    let place = a_store_of_schema_1();
    migrate(&place.path()).unwrap();
    let source = source(&place).unwrap();
    let batch = source.read(Part::Messages, None, 1_000, 1).await.unwrap();
    assert_eq!(batch.rows.len(), 1);
    assert!(batch.next.is_some());
    let nonsense = source.read(Part::Messages, Some("nonsense".to_owned()), 1, 1).await;
    assert!(nonsense.is_err());
}

#[tokio::test]
async fn a_source_is_known_again_and_tells_the_floor_of_its_keys() {
    let place = a_store_of_schema_1();
    migrate(&place.path()).unwrap();
    drop(place.open_with(quick()).unwrap());
    let facts = source(&place).unwrap().facts();
    assert_eq!(source(&place).unwrap().facts(), facts);
    assert!(facts.key_floor > 0 && facts.payload_retention.is_some());
}

#[tokio::test]
async fn the_mark_of_a_source_is_another_one_after_it_was_served() {
    let place = a_store_of_schema_1();
    migrate(&place.path()).unwrap();
    let before = source(&place).unwrap().facts();
    migrate(&place.path()).unwrap();
    assert_eq!(source(&place).unwrap().facts().mark, before.mark, "a look changed it");
    drop(place.open_with(quick()).unwrap());
    let after = source(&place).unwrap().facts();
    assert_eq!(after.identity, before.identity);
    assert_ne!(after.mark, before.mark);
}

#[test]
fn a_file_of_others_gets_no_lock_beside_it() {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    let lock = place.path().with_extension("db.lock");
    std::fs::write(place.path(), "no database").unwrap();
    assert!(matches!(source(&place), Err(OpenError::Damaged(_))));
    assert!(!lock.exists());
    std::fs::remove_file(place.path()).unwrap();
    Connection::open(place.path()).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    assert!(matches!(source(&place), Err(OpenError::NotOurs)));
    assert!(!lock.exists());
}

#[tokio::test]
async fn what_cannot_be_read_rightly_is_not_read_at_all() {
    let place = a_store_of_schema_1();
    assert!(matches!(source(&place), Err(OpenError::TooOld { found: 1, needed: SCHEMA })));
    migrate(&place.path()).unwrap();
    let wrong = SqliteSource::open(&place.path(), &Vault::new("another secret"));
    assert!(matches!(wrong, Err(OpenError::WrongSecret)));
    let absent = SqliteSource::open(&place.path().with_extension("none"), &Vault::new(SECRET));
    assert!(matches!(absent, Err(OpenError::Io { .. })));
    assert!(!place.path().with_extension("none").exists());
    let open = place.open_with(quick()).unwrap();
    assert!(matches!(source(&place), Err(OpenError::InUse(_))));
    drop(open);
    let reading = source(&place).unwrap();
    assert!(matches!(place.open_with(quick()), Err(OpenError::InUse(_))));
    drop(reading);
    place.open_with(quick()).unwrap();
}
