//! What every store must do: one list of named cases, and a comparison with a model, run by each backend.
//!
//! A backend's tests say `conformance_cases!(make)`, where `make()` answers a fresh [`Backend`]; each case becomes a test
//! of its own name. A case that is written but not listed is dead code, which the lints refuse.

mod cases;
mod model;
mod recorder;
mod sure;
mod world;

pub use recorder::{LEASE, Recorder};
pub use world::{Backend, Options, World};

/// Turns the list into functions that backends can call, and into the macro that makes tests of them.
macro_rules! list {
    ($d:tt $($area:ident { $($name:ident)* })*) => {
        /// The listed cases, by name.
        pub mod listed {
            $($(
                /// One case.
                pub async fn $name(world: crate::World) {
                    crate::cases::$area::$name(world).await;
                }
            )*)*
        }

        /// Makes a test of every case. The argument is a function without parameters that answers a [`Backend`] with
        /// nothing in it.
        #[macro_export]
        macro_rules! conformance_cases {
            ($d make:path) => {
                $($(
                    #[tokio::test]
                    async fn $name() {
                        $crate::listed::$name($crate::World::new(Box::new($d make())).await).await;
                    }
                )*)*
            };
        }
    };
}

list! { $
    apps {
        an_app_is_found_by_id_and_by_uid
        a_taken_uid_answers_the_app_that_has_it
        upserting_an_app_makes_or_changes_it
        an_app_can_be_changed_but_not_to_a_taken_uid
        a_deleted_app_is_gone_and_its_uid_is_free
        apps_are_paged_in_both_directions
        apps_can_be_left_out_by_their_endpoints
    }
    endpoints {
        an_endpoint_keeps_every_field
        an_endpoints_uid_is_unique_in_its_app
        upserting_an_endpoint_keeps_its_secret
        a_change_that_was_worked_out_from_something_else_is_not_made
        a_rotated_secret_signs_on_until_its_time
        a_deleted_endpoint_owes_nothing_and_its_log_stays
        a_deleted_endpoint_is_shown_without_its_credentials
        endpoints_are_paged_in_both_directions
        the_dispatcher_hears_of_changes
    }
    rules {
        rules_are_changed_one_by_one_and_reset
        putting_an_endpoint_keeps_the_rules_that_it_does_not_name
    }
    profiles {
        an_org_has_the_standard_profile_until_it_chooses_one
        claims_carry_the_profile_that_is_chosen_by_then
        a_profile_brings_its_event_types
    }
    event_types {
        an_event_type_is_made_once_and_replaces_an_archived_one
        an_event_type_can_be_changed_archived_and_expunged
        missing_event_types_are_those_absent_or_archived
        event_types_behind_flags_are_missing_to_those_who_do_not_see_them
        event_types_are_listed_by_name_as_far_as_they_are_visible
    }
    ingest {
        a_message_goes_to_the_endpoints_that_want_it
        a_message_needs_an_app_of_its_org_or_makes_it
        an_event_id_is_taken_once
        a_repeated_request_answers_the_first_message
        a_message_can_be_for_one_endpoint_only
        deliveries_are_leased_on_ingest_while_there_is_room
        a_scheduled_message_waits_for_its_time
        a_raw_body_is_kept_byte_for_byte
        requests_are_remembered_with_their_answers
    }
    leases {
        due_deliveries_are_claimed_oldest_first
        a_claim_stops_at_its_sum_of_bytes
        a_claim_carries_all_that_an_attempt_needs
        a_stale_fence_changes_nothing
        an_expired_lease_can_be_claimed_again_with_a_greater_fence
        an_expired_lease_from_ingest_can_be_claimed
        a_settlement_counts_once
        a_released_delivery_has_used_up_nothing
        lanes_are_endpoints_with_unsettled_deliveries
        a_disabled_endpoint_keeps_its_deliveries_until_it_is_enabled
        a_detached_dispatcher_is_given_nothing
    }
    filters {
        filters_choose_together_with_types_and_channels
        a_changed_filter_counts_from_then_on
        filters_choose_also_where_that_takes_a_while
        a_replay_queues_what_the_filter_lets_through
        notices_are_filtered_too
    }
    fifo {
        the_first_goes_again_and_again_before_the_second_goes
        nothing_is_leased_on_ingest_and_settlements_tell_of_the_next
        scheduled_messages_stand_in_line_when_their_time_comes
        the_first_keeps_its_place_in_a_crash
        an_order_can_be_given_to_a_backlog_and_taken_again
        what_is_sent_again_stands_in_line
        a_first_one_that_is_gone_holds_up_nobody
    }
    resends {
        a_settled_delivery_starts_anew
        one_that_waits_for_a_retry_is_tried_at_once_and_uses_up_nothing
        one_that_was_never_owed_is_made
        what_can_not_be_sent_again_says_why
    }
    health {
        failing_begins_and_ends
        an_endpoint_is_turned_off_when_its_patience_is_over
        gone_turns_an_endpoint_off_at_once
        being_turned_off_is_no_change_by_a_client
        the_brake_keeps_many_endpoints_on
    }
    notices {
        changes_of_endpoints_are_told
        the_end_of_a_message_is_told_once
        an_endpoint_turned_off_is_told
        there_are_no_notices_about_notices
    }
    history {
        messages_are_paged_in_both_directions
        messages_are_found_by_every_filter
        attempts_of_an_endpoint_are_found_by_every_filter
        attempts_of_a_type_are_paged_in_both_directions
        attempts_of_a_common_type_are_found
        attempts_of_a_message_are_listed_by_age
        an_attempt_with_an_earlier_key_than_its_message_is_listed
        messages_of_an_endpoint_show_where_each_stands
        endpoints_of_a_message_include_deleted_ones
        the_numbers_of_an_endpoint_add_up
        payloads_and_responses_can_be_erased
        what_was_sent_is_logged_and_goes_with_its_payload
        what_is_sent_while_its_payload_goes_is_not_logged
        a_rare_filter_says_where_to_go_on
    }
    upkeep {
        payloads_go_when_their_time_is_up
        a_scheduled_message_keeps_its_payload_from_its_time_on
        payloads_go_in_time_when_the_usual_span_was_changed
        a_payload_stays_while_a_delivery_of_it_is_tried
        what_waits_for_an_endpoint_that_is_off_outlives_its_payload_as_a_name
        old_attempts_go_and_later_ones_stay
        old_messages_go_with_all_that_belongs_to_them
        forgotten_requests_are_new_again
        deliveries_of_a_deleted_endpoint_are_cancelled_step_by_step
        numbers_go_when_they_are_older_than_the_attempts_and_than_any_span
        a_recovery_queues_what_failed
        a_replay_queues_what_was_never_owed
        tasks_belong_to_their_org
        ended_tasks_go_after_their_time_and_running_ones_stay
        tasks_are_found_by_status_and_kind
        only_the_latest_logs_of_a_limited_endpoint_are_kept
        looking_again_at_trimmed_logs_writes_nothing
        pending_deliveries_are_kept_until_they_are_settled
        an_endpoints_own_log_limit_goes_before_its_profiles
        logs_are_trimmed_in_steps
        logs_are_trimmed_after_a_crash
        a_replay_sends_nothing_again_that_was_trimmed
        a_closed_store_is_unavailable
        the_writer_counts_what_it_does
    }
    triggers {
        a_trigger_keeps_every_field_and_when_it_was_first_registered
        an_app_has_so_many_triggers_and_no_more
        a_chain_that_leads_back_or_on_for_too_long_is_refused
        triggers_are_listed_by_id_in_both_directions
        clients_are_shown_the_triggers_that_are_not_hidden
        clients_see_no_record_of_a_hidden_trigger
        triggers_go_one_by_one_or_with_their_app
        a_record_is_written_in_the_place_of_its_earlier_one
        records_are_found_by_every_filter_in_both_directions
        a_rare_record_says_where_to_go_on
        old_records_are_forgotten_step_by_step
    }
    oauth {
        a_client_keeps_every_field_and_is_found_by_its_id
        a_client_is_changed_as_a_whole_or_not_at_all
        a_client_is_its_owners_alone
        an_app_owns_so_many_clients_and_no_more
        clients_and_installs_are_paged_in_both_directions
        a_redeemed_code_installs_the_client_with_its_endpoint
        a_code_is_redeemed_once_and_a_replay_revokes_its_tokens
        a_refused_code_changes_nothing
        only_the_latest_codes_can_be_redeemed
        nothing_is_issued_for_what_is_gone
        installing_again_replaces_the_earlier_install
        a_token_stands_for_its_install_until_it_ends
        a_token_has_no_scope_that_its_client_gave_up
        a_refresh_token_is_used_once_and_a_second_use_ends_them_all
        a_used_refresh_token_is_known_after_any_number_of_successors
        a_refused_refresh_changes_nothing
        only_the_latest_access_tokens_of_an_install_count
        tokens_of_a_suspended_client_do_not_count
        what_has_ended_is_tidied_up_step_by_step
        a_managed_endpoint_is_changed_by_nobody
        a_new_webhook_url_reaches_every_install
        a_narrower_subscription_narrows_every_grant_for_good
        endpoints_come_and_go_with_the_webhook_url
        an_endpoint_that_was_turned_off_comes_back_with_its_client
        suspending_removes_the_endpoints_and_resuming_provisions_again
        a_revoked_install_leaves_nothing_behind
        a_deleted_client_takes_its_installs_along
        with_an_app_go_its_installs_and_its_clients
        the_org_is_told_of_endpoints_that_come_and_go
        what_was_installed_is_there_after_a_crash
    }
    tenants {
        another_org_finds_nothing
        another_app_finds_nothing
        another_app_finds_no_trigger_and_no_record
    }
    reopening {
        everything_committed_is_there_after_a_crash
        triggers_and_their_records_are_there_after_a_crash
        leases_of_an_earlier_run_are_void
        keys_go_on_above_those_that_are_stored
        keys_of_what_was_removed_are_not_made_again
        a_running_task_goes_on
    }
    models {
        random_commands_do_what_the_model_does
    }
}
