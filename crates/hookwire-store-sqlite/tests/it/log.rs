//! The write-ahead log stays within its bound.

use futures::future::join_all;
use hookwire_core::KeyMint;
use hookwire_store::Ingest;

use crate::place::{NOW, Place, app, message, quick};

/// The bound, and what may be written between two looks at it.
const LOG_BYTES_MAX: u64 = 192 * 1_024 * 1_024;

#[tokio::test]
async fn the_log_is_begun_anew_under_constant_writing() {
    let place = Place::new();
    let store = place.open_with(quick()).unwrap();
    let app = app(&store).await;
    let mint = KeyMint::new(2, 0);
    let mut name = place.path().into_os_string();
    name.push("-wal");
    let mut highest = 0;
    for _ in 0..120 {
        let batch = (0..64).map(|_| store.ingest(message(&app, mint.next(NOW), 60_000)));
        for done in join_all(batch).await {
            done.unwrap();
        }
        highest = highest.max(std::fs::metadata(&name).unwrap().len());
    }
    assert!(highest > 0 && highest < LOG_BYTES_MAX, "{highest}");
    let written = std::fs::metadata(place.path()).unwrap().len();
    assert!(written > LOG_BYTES_MAX, "{written}");
}
