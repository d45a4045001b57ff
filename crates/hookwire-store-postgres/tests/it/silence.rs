//! A database that does not answer: whoever waits hears of it, and afterwards all goes on.

use std::time::Duration;

use hookwire_core::{NewApp, Reference};
use hookwire_store::Error;
use hookwire_store::ingest::Ingested;
use hookwire_store_postgres::Settings;

use crate::ground::Ground;

fn is_silent<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Unavailable(why)) if why.starts_with("the database does not answer"))
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_database_that_does_not_answer() {
    let settings = Settings { answer_max: Duration::from_millis(300), ..Settings::default() };
    let ground = Ground::with(settings).await;
    let (world, store) = (&ground.world, ground.world.store());
    let app = world.app().await;
    let endpoint = world.endpoint_with(&app, |_| {}).await;
    world.send(&app).await;
    ground.other("BEGIN; LOCK TABLE app, message").await;
    let read = store.app(&app.org, &Reference::Key(app.key)).await;
    assert!(is_silent(&read), "{read:?}");
    let written = store.create_app(&app.org, NewApp::default(), world.now()).await;
    assert!(is_silent(&written), "{written:?}");
    let accepted = store.ingest(world.message(&app)).await;
    assert!(is_silent(&accepted), "{accepted:?}");
    ground.other("COMMIT").await;
    // What was asked for in vain may have been done by now, but nothing is owed to nobody: everything can be claimed.
    let accepted = store.ingest(world.message(&app)).await.expect("the database answers");
    assert!(matches!(accepted, Ingested::Accepted { deliveries: 1, .. }), "{accepted:?}");
    assert!(world.claim(&endpoint).await.len() >= 2);
}

#[tokio::test]
async fn questions_that_nobody_waits_for_any_more_take_no_connections() {
    let settings = Settings { answer_max: Duration::from_millis(200), connections: 2, ..Settings::default() };
    let ground = Ground::with(settings).await;
    let (store, app) = (ground.world.store(), ground.world.app().await);
    ground.other("BEGIN; LOCK TABLE app").await;
    for _ in 0..8 {
        let read = store.app(&app.org, &Reference::Key(app.key)).await;
        assert!(is_silent(&read), "{read:?}");
    }
    let database = ground.place.database().await;
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hookwire'";
    let open: usize = database.query(open).await.parse().expect("a count is a number");
    assert!(open <= 5, "{open} connections: the pool has two, accepting, settling and keeping one each");
    ground.other("COMMIT").await;
    store.app(&app.org, &Reference::Key(app.key)).await.expect("the database answers");
}
