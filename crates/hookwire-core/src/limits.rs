//! Every fixed limit of the domain, in one place. Those that operators may change are settings, not constants.

use std::time::Duration;

/// Bytes of an app's, endpoint's or other noun's metadata, as JSON.
pub const METADATA_BYTES_MAX: usize = 4_096;
/// Custom headers of an endpoint.
pub const HEADERS_MAX: usize = 100;
/// Bytes of one custom header's value.
pub const HEADER_VALUE_BYTES_MAX: usize = 4_096;
/// Channels of an endpoint.
pub const ENDPOINT_CHANNELS_MAX: usize = 10;
/// Channels of a message.
pub const MESSAGE_CHANNELS_MAX: usize = 5;
/// Tags of a message.
pub const MESSAGE_TAGS_MAX: usize = 8;
/// Event types that one endpoint may choose.
pub const ENDPOINT_EVENT_TYPES_MAX: usize = 1_000;
/// Endpoints of one app.
pub const ENDPOINTS_MAX: usize = 10_000;
/// Secrets of an endpoint that still sign after a rotation.
pub const OLD_SECRETS_MAX: usize = 10;
/// Items of a list's page.
pub const PAGE_MAX: u16 = 250;
/// Items of a list's page unless asked otherwise.
pub const PAGE_DEFAULT: u16 = 50;
/// Bytes of a receiver's answer that are kept with an attempt.
pub const RESPONSE_KEPT_BYTES_MAX: usize = 16 * 1_024;
/// How long an old secret goes on signing after a rotation, unless asked otherwise.
pub const SECRET_OVERLAP_DEFAULT: Duration = Duration::from_hours(24);
/// How long an old secret may go on signing.
pub const SECRET_OVERLAP_MAX: Duration = Duration::from_hours(7 * 24);
/// How far ahead a message may be scheduled.
pub const DELIVER_AT_AHEAD_MAX: Duration = Duration::from_hours(90 * 24);
/// How long a payload is kept, unless asked otherwise.
pub const PAYLOAD_RETENTION_DEFAULT: Duration = Duration::from_hours(90 * 24);
/// The longest span that an endpoint's numbers are given for.
pub const STATS_SPAN_MAX: Duration = Duration::from_hours(28 * 24);
/// How long a payload whose time is up stays, time and again, while a delivery still needs it.
pub const PAYLOAD_GRACE: Duration = Duration::from_hours(1);
/// How long a background task that has ended can still be looked up.
pub const ENDED_TASK_KEPT: Duration = Duration::from_hours(30 * 24);
/// How long an idempotency key is remembered.
pub const IDEMPOTENCY_WINDOW: Duration = Duration::from_hours(12);
/// Bytes of a rendered body that are kept with an attempt.
pub const REQUEST_KEPT_BYTES_MAX: usize = 64 * 1_024;
/// Bytes of an endpoint's display name.
pub const ENDPOINT_NAME_BYTES_MAX: usize = 256;
/// Retries of an endpoint's own schedule.
pub const RETRIES_MAX: usize = 30;
/// The longest wait before a retry.
pub const RETRY_DELAY_MAX: Duration = Duration::from_hours(7 * 24);
/// The longest deadline of one attempt that an endpoint may ask for.
pub const TIMEOUT_MAX: Duration = Duration::from_mins(1);
/// Deliveries whose logs an endpoint's log limit may keep.
pub const LOG_LIMIT_MAX: u32 = 100_000;
/// Bytes of a PEM text of an endpoint or a trigger.
pub const PEM_BYTES_MAX: usize = 64 * 1_024;
/// Triggers of one app.
pub const TRIGGERS_MAX: usize = 1_000;
/// Query parameters that a trigger may list.
pub const QUERY_PARAMS_MAX: usize = 100;
/// Bytes of a trigger's JSON Schema.
pub const SCHEMA_BYTES_MAX: usize = 64 * 1_024;
/// Calls that follow one trigger directly.
pub const NEXT_MAX: usize = 8;
/// Calls from a chain's root to its end, both included.
pub const CHAIN_DEPTH_MAX: usize = 8;
/// Calls of one chain altogether.
pub const CHAIN_CALLS_MAX: usize = 32;
/// Bytes of a filter's JSON text.
pub const FILTER_BYTES_MAX: usize = 32 * 1_024;
/// Names, operators and positions on the way to a filter's innermost value.
pub const FILTER_DEPTH_MAX: usize = 16;
/// Field names and operators of a filter.
pub const FILTER_CONDITIONS_MAX: usize = 256;
/// Values that a filter compares with, all its lists together.
pub const FILTER_VALUES_MAX: usize = 1_000;
/// Bytes of a field name or string in a filter, and characters of a number.
pub const FILTER_TEXT_BYTES_MAX: usize = 1_024;
/// Steps that all filters together may take over one payload, where it is the payload that makes them many: one for
/// each condition on each element of a list, one for each 16 bytes of a long number or escaped string. When they are
/// used up, what is undecided counts as matched.
pub const FILTER_STEPS_MAX: u32 = 1_000_000;
/// Bytes of a body template.
pub const TEMPLATE_BYTES_MAX: usize = 64 * 1_024;
/// Tags of a body template.
pub const TEMPLATE_TAGS_MAX: usize = 4_096;
/// Sections of a body template in each other.
pub const TEMPLATE_DEPTH_MAX: usize = 32;
/// Bytes of a rendered body.
pub const TEMPLATE_OUTPUT_BYTES_MAX: usize = 1_024 * 1_024;
/// OAuth clients that one app may own.
pub const OAUTH_CLIENTS_MAX: usize = 100;
/// Bytes of an OAuth client's display name.
pub const OAUTH_NAME_BYTES_MAX: usize = 256;
/// Redirect URIs of one OAuth client.
pub const OAUTH_REDIRECT_URIS_MAX: usize = 20;
/// Scopes of one OAuth client.
pub const OAUTH_SCOPES_MAX: usize = 100;
/// Bytes of one OAuth scope.
pub const OAUTH_SCOPE_BYTES_MAX: usize = 128;
/// Bytes of the `state` that a client gives along.
pub const OAUTH_STATE_BYTES_MAX: usize = 2_048;
/// How long an authorisation code can be redeemed.
pub const OAUTH_CODE_LIFETIME: Duration = Duration::from_mins(10);
/// How long an access token counts.
pub const OAUTH_ACCESS_LIFETIME: Duration = Duration::from_hours(1);
/// How long a refresh token can be used.
pub const OAUTH_REFRESH_LIFETIME: Duration = Duration::from_hours(90 * 24);
/// Codes of one client and app that can be redeemed at the same time; the oldest goes first.
pub const OAUTH_CODES_MAX: usize = 20;
/// Access tokens of one install that count at the same time; the oldest goes first.
pub const OAUTH_ACCESS_TOKENS_MAX: usize = 20;
/// Used refresh tokens of one install that are remembered, so that a second use is noticed.
pub const OAUTH_USED_TOKENS_MAX: usize = 100;
/// Work of one render: tags met, items gone through, members compared.
pub const TEMPLATE_STEPS_MAX: usize = 2_000_000;
