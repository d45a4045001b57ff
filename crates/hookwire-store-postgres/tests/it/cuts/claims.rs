//! Claims.

use hookwire_core::{NewEndpoint, Transition};
use hookwire_store::queue::Settled;
use hookwire_testkit::Cut;

use super::ground::{Ground, as_usual, in_order, is_in_doubt, statement};

/// With several nodes such a claim takes its time out of a row.
fn throttled(new: &mut NewEndpoint) {
    new.throttle_rate = Some(100);
}

/// Every kind of claim, and the statement that it is known by.
type Kind = (fn(&mut NewEndpoint), &'static str);
const KINDS: [Kind; 3] =
    [(as_usual, statement::CLAIM), (throttled, statement::CLAIM), (in_order, statement::CLAIM_IN_ORDER)];

/// A claim is cut off; what it would have leased goes out, each once. Answers the fence of the first.
async fn a_claim_is_cut((words, statement): Kind, cut: Cut) -> i64 {
    let ground = Ground::new().await;
    let endpoint = ground.endpoint(words).await;
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(ground.world.send(&ground.app).await);
    }
    ground.forget();
    let sprung = ground.wire.cut(statement, cut);
    is_in_doubt(&ground.try_claim(&endpoint).await);
    sprung.wait().await;
    if cut != Cut::BeforeCommit {
        ground.told(&endpoint).await;
    }
    let mut claimed = Vec::new();
    while claimed.len() < 3 {
        for claim in ground.claim(&endpoint).await {
            let delivered = ground.world.settlement(&claim, 200, Transition::Delivered);
            assert_eq!(ground.settle(&delivered).await, Settled::Done);
            claimed.push(claim);
        }
    }
    let messages: Vec<_> = claimed.iter().map(|claim| claim.delivery.message).collect();
    assert_eq!(messages, sent);
    assert_eq!(ground.world.pending().await, 0);
    claimed[0].delivery.fence
}

#[tokio::test]
async fn a_claim_that_did_not_arrive_has_leased_nothing() {
    for kind in KINDS {
        assert_eq!(a_claim_is_cut(kind, Cut::BeforeCommit).await, 1, "{}", kind.1);
    }
}

#[tokio::test]
async fn what_a_claim_leased_whose_answer_was_lost_can_be_claimed_at_once() {
    for kind in KINDS {
        assert_eq!(a_claim_is_cut(kind, Cut::AfterCommit).await, 2, "{}", kind.1);
    }
}

#[tokio::test]
async fn the_word_of_a_pooler_that_lost_the_database_leaves_the_same_doubt() {
    for kind in KINDS {
        assert_eq!(a_claim_is_cut(kind, Cut::AfterCommitWithWord).await, 2, "{}", kind.1);
    }
}

#[tokio::test]
async fn what_a_lost_claim_leased_is_freed_even_if_that_is_cut_off_as_well() {
    let ground = Ground::new().await;
    let endpoint = ground.endpoint(as_usual).await;
    ground.world.send(&ground.app).await;
    ground.forget();
    ground.wire.cut(statement::CLAIM, Cut::AfterCommit);
    let sprung = [Cut::BeforeCommit, Cut::BeforeCommit].map(|cut| ground.wire.cut(statement::FREE, cut));
    is_in_doubt(&ground.try_claim(&endpoint).await);
    for sprung in sprung {
        sprung.wait().await;
    }
    ground.told(&endpoint).await;
    assert_eq!(ground.claim(&endpoint).await.len(), 1);
}

#[tokio::test]
async fn what_is_leased_otherwise_stays_so_when_a_claim_is_lost() {
    let ground = Ground::new().await;
    let endpoint = ground.endpoint(as_usual).await;
    ground.recorder.heard().room = 1;
    ground.world.send(&ground.app).await;
    ground.recorder.until(|heard| heard.accepted.len() == 1).await;
    let from_ingest = ground.recorder.take().remove(0);
    ground.world.send(&ground.app).await;
    let from_claim = ground.claim(&endpoint).await.remove(0);
    let lost = ground.world.send(&ground.app).await;
    ground.forget();
    ground.wire.cut(statement::CLAIM, Cut::AfterCommit);
    is_in_doubt(&ground.try_claim(&endpoint).await);
    ground.told(&endpoint).await;
    let claimed = ground.claim(&endpoint).await;
    let messages: Vec<_> = claimed.iter().map(|claim| claim.delivery.message).collect();
    assert_eq!(messages, [lost]);
    for claim in [&from_ingest, &from_claim] {
        let delivered = ground.world.settlement(claim, 200, Transition::Delivered);
        assert_eq!(ground.settle(&delivered).await, Settled::Done);
    }
}
