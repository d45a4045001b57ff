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
