//! Which token each operation asks for. An operation without a row fails a test.

/// How far a token must reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// No token.
    Open,
    /// An org's.
    Org,
    /// An org's, or the app's own.
    App,
    /// Any of the org.
    Any,
}

impl Reach {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "none",
            Self::Org => "org",
            Self::App => "app",
            Self::Any => "any",
        }
    }
}

pub(crate) const ROWS: &[(&str, Reach)] = &[
    ("application.create", Reach::Org),
    ("application.delete", Reach::Org),
    ("application.get", Reach::App),
    ("application.list", Reach::Org),
    ("application.patch", Reach::Org),
    ("application.upsert", Reach::Org),
    ("authentication.app_portal_access", Reach::Org),
    ("authentication.logout", Reach::Any),
    ("background_task.get", Reach::Org),
    ("background_task.list", Reach::Org),
    ("endpoint.create", Reach::App),
    ("endpoint.delete", Reach::App),
    ("endpoint.get", Reach::App),
    ("endpoint.get_attempt_stats", Reach::App),
    ("endpoint.get_headers", Reach::App),
    ("endpoint.get_secret", Reach::App),
    ("endpoint.get_stats", Reach::App),
    ("endpoint.list", Reach::App),
    ("endpoint.patch", Reach::App),
    ("endpoint.patch_headers", Reach::App),
    ("endpoint.recover", Reach::App),
    ("endpoint.replay_missing", Reach::App),
    ("endpoint.rotate_secret", Reach::App),
    ("endpoint.send_example", Reach::Org),
    ("endpoint.set_headers", Reach::App),
    ("endpoint.upsert", Reach::App),
    ("event_type.create", Reach::Org),
    ("event_type.delete", Reach::Org),
    ("event_type.get", Reach::Any),
    ("event_type.import_openapi", Reach::Org),
    ("event_type.list", Reach::Any),
    ("event_type.patch", Reach::Org),
    ("event_type.upsert", Reach::Org),
    ("filter.test", Reach::Any),
    ("health.get", Reach::Open),
    ("health.ping", Reach::Open),
    ("invocation.get", Reach::App),
    ("invocation.list", Reach::App),
    ("message.bulk_expunge_content", Reach::Org),
    ("message.create", Reach::Org),
    ("message.expunge_content", Reach::Org),
    ("message.get", Reach::App),
    ("message.list", Reach::App),
    ("message.precheck", Reach::App),
    ("message_attempt.expunge_content", Reach::App),
    ("message_attempt.get", Reach::App),
    ("message_attempt.list_attempted_destinations", Reach::App),
    ("message_attempt.list_attempted_messages", Reach::App),
    ("message_attempt.list_by_endpoint", Reach::App),
    ("message_attempt.list_by_msg", Reach::App),
    ("message_attempt.resend", Reach::App),
    ("operational_webhook_endpoint.create", Reach::Org),
    ("operational_webhook_endpoint.delete", Reach::Org),
    ("operational_webhook_endpoint.get", Reach::Org),
    ("operational_webhook_endpoint.get_headers", Reach::Org),
    ("operational_webhook_endpoint.get_secret", Reach::Org),
    ("operational_webhook_endpoint.list", Reach::Org),
    ("operational_webhook_endpoint.rotate_secret", Reach::Org),
    ("operational_webhook_endpoint.set_headers", Reach::Org),
    ("operational_webhook_endpoint.upsert", Reach::Org),
    ("profile.choose", Reach::Org),
    ("profile.get", Reach::Org),
    ("profile.list", Reach::Org),
    ("template.render", Reach::Any),
    ("trigger.delete", Reach::Org),
    ("trigger.get", Reach::App),
    ("trigger.invoke", Reach::App),
    ("trigger.list", Reach::App),
    ("trigger.register", Reach::Org),
];
