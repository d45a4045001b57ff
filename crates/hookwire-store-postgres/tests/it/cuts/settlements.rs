//! Settlements.

use std::time::Duration;

use hookwire_core::rules::DeliveryOrder;
use hookwire_core::{Endpoint, MessageKey, NewEndpoint, Transition};
use hookwire_store::Order;
use hookwire_store::history::AttemptFilter;
use hookwire_store::queue::Settled;
use hookwire_store::{Cursor, Page};
use hookwire_testkit::Cut;

use super::ground::{Ground, as_usual, in_order, is_in_doubt, statement};

const LOST: [Cut; 2] = [Cut::AfterCommit, Cut::AfterCommitWithWord];

/// What is written of a message's deliveries: attempts, and the endpoint's numbers of those that succeeded and failed.
async fn written(ground: &Ground, endpoint: &Endpoint, message: MessageKey) -> (usize, u64, u64) {
    let store = ground.world.store();
    let page = Page { limit: 10, order: Order::Ascending, cursor: None::<Cursor<_>> };
    let attempts = store.attempts_of_message(ground.app.key, message, AttemptFilter::default(), page);
    let (now, hour) = (ground.world.now(), Duration::from_hours(1));
    let stats = store.endpoint_stats(ground.app.key, endpoint.key, now.minus(hour), now.plus(hour));
    let stats = stats.await.expect("numbers are read");
    (attempts.await.expect("attempts are read").items.len(), stats.succeeded, stats.failed)
}

/// A settlement is cut off, and made again.
async fn is_cut(
    words: fn(&mut NewEndpoint),
    cut: Cut,
    code: u16,
    transition: impl FnOnce(&Ground) -> Transition,
) -> (Ground, Endpoint, Settled, (usize, u64, u64)) {
    let ground = Ground::new().await;
    let endpoint = ground.endpoint(words).await;
    let message = ground.world.send(&ground.app).await;
    let claim = ground.world.claim_one(&endpoint).await;
    let settlement = ground.world.settlement(&claim, code, transition(&ground));
    let sprung = ground.wire.cut(statement::SETTLE, cut);
    is_in_doubt(&ground.try_settle(&settlement).await);
    sprung.wait().await;
    let settled = ground.settle(&settlement).await;
    let written = written(&ground, &endpoint, message).await;
    (ground, endpoint, settled, written)
}

#[tokio::test]
async fn a_settlement_that_did_not_arrive_is_written_when_it_is_made_again() {
    for words in [as_usual, in_order] {
        let cut = Cut::BeforeCommit;
        let (ground, _, settled, written) = is_cut(words, cut, 200, |_| Transition::Delivered).await;
        assert_eq!((settled, written), (Settled::Done, (1, 1, 0)));
        assert_eq!(ground.world.pending().await, 0);
    }
}

#[tokio::test]
async fn a_delivery_whose_settlement_was_written_without_an_answer_counts_once_and_is_not_sent_again() {
    for (cut, words) in LOST.into_iter().zip([as_usual, in_order]).chain([(LOST[0], in_order as fn(&mut _))])
    {
        let (ground, endpoint, settled, written) = is_cut(words, cut, 200, |_| Transition::Delivered).await;
        assert_eq!((settled, written), (Settled::Stale, (1, 1, 0)));
        assert_eq!(ground.world.pending().await, 0);
        assert!(ground.try_claim(&endpoint).await.unwrap().claims.is_empty());
        let lanes = ground.world.store().lanes(None, 10).await.unwrap();
        assert_eq!(lanes, [], "what is settled is remembered as leased");
    }
}

#[tokio::test]
async fn a_retry_whose_settlement_was_written_without_an_answer_is_made_once() {
    for words in [as_usual, in_order] {
        let at = |ground: &Ground| Transition::RetryAt(ground.world.now());
        let (ground, endpoint, settled, written) = is_cut(words, LOST[0], 500, at).await;
        assert_eq!((settled, written), (Settled::Stale, (1, 0, 1)));
        // The claim of the retry may be lost, too.
        ground.forget();
        let claim = if endpoint.rules.order == DeliveryOrder::Fifo {
            statement::CLAIM_IN_ORDER
        } else {
            statement::CLAIM
        };
        ground.wire.cut(claim, Cut::AfterCommit);
        is_in_doubt(&ground.try_claim(&endpoint).await);
        ground.told(&endpoint).await;
        let claims = ground.claim(&endpoint).await;
        let first = &claims[0];
        assert_eq!((claims.len(), first.delivery.attempts, first.delivery.fence), (1, 1, 3));
        let delivered = ground.world.settlement(first, 200, Transition::Delivered);
        assert_eq!(ground.settle(&delivered).await, Settled::Done);
        assert_eq!(self::written(&ground, &endpoint, first.delivery.message).await, (2, 1, 1));
    }
}

#[tokio::test]
async fn what_a_lost_settlement_tells_is_told_once_and_goes_out() {
    let ground = Ground::new().await;
    let (internal, listener) = ground.world.notices().await;
    let endpoint = ground.endpoint(as_usual).await;
    for claim in ground.world.claim(&listener).await {
        ground.settle(&ground.world.settlement(&claim, 200, Transition::Delivered)).await;
    }
    ground.world.send(&ground.app).await;
    let claim = ground.world.claim_one(&endpoint).await;
    ground.forget();
    ground.recorder.heard().room = 1;
    let last = ground.world.settlement(&claim, 500, Transition::Exhausted);
    ground.wire.cut(statement::SETTLE, Cut::AfterCommit);
    is_in_doubt(&ground.try_settle(&last).await);
    assert_eq!(ground.settle(&last).await, Settled::Stale);
    ground.told(&listener).await;
    let told = ground.world.told(&internal).await;
    assert_eq!(told.iter().filter(|(what, _)| what == "message.attempt.exhausted").count(), 1);
    // It was leased for the dispatcher, which never had it.
    assert_eq!(ground.recorder.take().len(), 0);
    assert_eq!(ground.recorder.heard().reserved, 0);
    assert_eq!(ground.claim(&listener).await.len(), 1);
}
