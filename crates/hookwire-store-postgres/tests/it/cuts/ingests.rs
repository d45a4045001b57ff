//! Messages.

use hookwire_core::Transition;
use hookwire_store::ingest::{Ingested, RequestId};
use hookwire_store::queue::Settled;
use hookwire_testkit::Cut;

use super::ground::{Ground, as_usual, is_in_doubt, statement};

#[tokio::test]
async fn what_a_message_leased_whose_answer_was_lost_is_freed_without_waiting_for_another_message() {
    for cut in [Cut::AfterCommit, Cut::AfterCommitWithWord] {
        let ground = Ground::new().await;
        let endpoint = ground.endpoint(as_usual).await;
        ground.recorder.heard().room = 1;
        let mut message = ground.world.message(&ground.app);
        message.request = Some(RequestId { key: [1; 16], body: [2; 16] });
        let sprung = ground.wire.cut(statement::INGEST, cut);
        is_in_doubt(&ground.world.store().ingest(message.clone()).await);
        sprung.wait().await;
        ground.told(&endpoint).await;
        assert_eq!((ground.recorder.take().len(), ground.recorder.heard().reserved), (0, 0));
        assert_eq!(ground.claim(&endpoint).await.len(), 1);
        // The client asks again, and hears that it was accepted.
        let first = message.key;
        let again =
            hookwire_store::ingest::NewMessage { key: ground.world.message(&ground.app).key, ..message };
        let ingested = ground.world.store().ingest(again).await.unwrap();
        assert!(matches!(&ingested, Ingested::Repeated(found) if found.key == first), "{ingested:?}");
        assert_eq!(ground.world.pending().await, 1);
    }
}

#[tokio::test]
async fn a_message_that_did_not_arrive_is_nowhere() {
    let ground = Ground::new().await;
    ground.endpoint(as_usual).await;
    ground.recorder.heard().room = 1;
    let message = ground.world.message(&ground.app);
    ground.wire.cut(statement::INGEST, Cut::BeforeCommit);
    is_in_doubt(&ground.world.store().ingest(message.clone()).await);
    assert_eq!(ground.recorder.heard().reserved, 0);
    assert!(matches!(ground.world.store().ingest(message).await, Ok(Ingested::Accepted { .. })));
    assert_eq!(ground.world.pending().await, 1);
}

#[tokio::test]
async fn what_was_claimed_since_is_not_freed_once_more() {
    let ground = Ground::new().await;
    let endpoint = ground.endpoint(as_usual).await;
    ground.recorder.heard().room = 1;
    let message = ground.world.message(&ground.app);
    ground.wire.cut(statement::INGEST, Cut::AfterCommit);
    // Freed twice, as nobody hears of the first time.
    let [freed, again] = [(); 2].map(|()| ground.wire.cut(statement::FREE_OF_INGEST, Cut::AfterCommit));
    is_in_doubt(&ground.world.store().ingest(message).await);
    freed.wait().await;
    let claims = ground.claim(&endpoint).await;
    again.wait().await;
    assert_eq!((claims.len(), claims[0].delivery.fence), (1, 2));
    let delivered = ground.world.settlement(&claims[0], 200, Transition::Delivered);
    assert_eq!(ground.settle(&delivered).await, Settled::Done);
}
