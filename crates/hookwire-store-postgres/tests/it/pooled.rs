//! Cases of the suite once more, through a pooler that gives each transaction another connection.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use hookwire_store::SharedStore;
use hookwire_store_postgres::Settings;
use hookwire_store_suite::{Backend, Options, World, listed};
use hookwire_testkit::{Pooler, Postgres};
use tokio::sync::OnceCell;

use crate::place::{Lives, open_with};

/// Fewer than a store has, so that they do go from hand to hand.
const CONNECTIONS: usize = 3;

/// A database for one store, behind a pooler.
#[derive(Default)]
struct Pooled(OnceCell<(Pooler, Postgres)>, Lives);

impl Backend for Pooled {
    fn open<'a>(&'a self, options: &'a Options) -> BoxFuture<'a, SharedStore> {
        async move {
            let start = || async {
                let postgres = Postgres::start().await;
                (Pooler::start(&postgres, CONNECTIONS).await, postgres)
            };
            let (pooler, postgres) = self.0.get_or_init(start).await;
            self.1.next(postgres).await;
            open_with(pooler.url(), options, Settings { listen: false, ..Settings::default() }).await
        }
        .boxed()
    }
}

macro_rules! through_a_pooler {
    ($($name:ident)*) => {$(
        #[tokio::test]
        async fn $name() {
            listed::$name(World::new(Box::new(Pooled::default())).await).await;
        }
    )*};
}

// What holds locks, has statements on their way together, goes on for pages, or looks after a crash.
through_a_pooler! {
    upserting_an_app_makes_or_changes_it
    a_change_that_was_worked_out_from_something_else_is_not_made
    the_dispatcher_hears_of_changes
    a_message_goes_to_the_endpoints_that_want_it
    a_message_needs_an_app_of_its_org_or_makes_it
    an_event_id_is_taken_once
    a_repeated_request_answers_the_first_message
    deliveries_are_leased_on_ingest_while_there_is_room
    a_claim_carries_all_that_an_attempt_needs
    a_stale_fence_changes_nothing
    an_expired_lease_can_be_claimed_again_with_a_greater_fence
    a_settlement_counts_once
    lanes_are_endpoints_with_unsettled_deliveries
    the_first_goes_again_and_again_before_the_second_goes
    the_first_keeps_its_place_in_a_crash
    a_settled_delivery_starts_anew
    an_endpoint_is_turned_off_when_its_patience_is_over
    the_end_of_a_message_is_told_once
    messages_are_found_by_every_filter
    the_numbers_of_an_endpoint_add_up
    payloads_go_when_their_time_is_up
    old_messages_go_with_all_that_belongs_to_them
    a_recovery_queues_what_failed
    a_record_is_written_in_the_place_of_its_earlier_one
    a_redeemed_code_installs_the_client_with_its_endpoint
    a_refresh_token_is_used_once_and_a_second_use_ends_them_all
    everything_committed_is_there_after_a_crash
    leases_of_an_earlier_run_are_void
    random_commands_do_what_the_model_does
}
