//! Where the rows of each part are, and in which order they are read.

use hookwire_store::copy::Part;
use rusqlite::types::Value as Sql;

use crate::fault::{Done, Fault};

/// Rows of one part.
pub(super) struct Table {
    from: &'static str,
    select: &'static [&'static str],
    /// The columns that the rows are read in the order of.
    pub(super) key: &'static [&'static str],
}

impl Table {
    pub(super) fn columns(&self) -> usize {
        self.select.len()
    }

    pub(super) fn count(&self) -> String {
        format!("SELECT count(*) FROM {}", self.from)
    }

    /// The rows in order, each followed by its key; with `after`, from the row behind a key.
    pub(super) fn select(&self, after: bool) -> String {
        let columns = [self.select, self.key].concat().join(", ");
        let key = self.key.join(", ");
        let places: Vec<_> = (1..=self.key.len()).map(|index| format!("?{index}")).collect();
        let condition =
            if after { format!("WHERE ({key}) > ({})", places.join(", ")) } else { String::new() };
        format!("SELECT {columns} FROM {} {condition} ORDER BY {key}", self.from)
    }

    /// A key as a text: JSON, with bytes as a number for each.
    pub(super) fn text(key: &[Sql]) -> String {
        let values = key.iter().map(|value| match value {
            Sql::Integer(number) => serde_json::json!(number),
            Sql::Text(text) => serde_json::json!(text),
            Sql::Blob(bytes) => serde_json::json!(bytes),
            Sql::Null | Sql::Real(_) => serde_json::Value::Null,
        });
        serde_json::Value::Array(values.collect()).to_string()
    }

    /// The key that a text means.
    pub(super) fn place(&self, text: &str) -> Done<Vec<Sql>> {
        let wrong = || Fault::corrupt(format!("{text:?} is no place in {}", self.from));
        let values: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|_| wrong())?;
        if values.len() != self.key.len() {
            return Err(wrong());
        }
        let read = |value: &serde_json::Value| match value {
            serde_json::Value::Number(number) => number.as_i64().map(Sql::Integer),
            serde_json::Value::String(text) => Some(Sql::Text(text.clone())),
            serde_json::Value::Array(bytes) => {
                let bytes = bytes.iter().map(|byte| u8::try_from(byte.as_u64()?).ok());
                bytes.collect::<Option<Vec<u8>>>().map(Sql::Blob)
            }
            _ => None,
        };
        values.iter().map(|value| read(value).ok_or_else(wrong)).collect()
    }
}

/// The endpoints that a message is owed to, ascending.
const OWED: &str =
    "(SELECT group_concat(endpoint ORDER BY endpoint) FROM delivery WHERE delivery.message = message.key)";

const ORGS: Table = Table { from: "org", key: &["key"], select: &["id", "profile"] };

const EVENT_TYPES: Table = Table {
    from: "event_type JOIN org ON org.key = event_type.org",
    key: &["event_type.org", "event_type.name"],
    select: &[
        "org.id",
        "event_type.name",
        "description",
        "archived",
        "deprecated",
        "schemas",
        "group_name",
        "feature_flags",
        "created",
        "updated",
    ],
};

const APPS: Table = Table {
    from: "app JOIN org ON org.key = app.org",
    key: &["app.key"],
    select: &["app.key", "org.id", "uid", "name", "throttle_rate", "metadata", "created", "updated"],
};

const ENDPOINTS: Table = Table {
    from: "endpoint",
    key: &["key"],
    select: &[
        "key",
        "app",
        "uid",
        "disabled",
        "deleted",
        "failing_since",
        "disabled_at",
        "created",
        "updated",
        "config",
        "sealed",
        "install",
        "client",
    ],
};

const CLIENTS: Table = Table {
    from: "oauth_client JOIN org ON org.key = oauth_client.org",
    key: &["oauth_client.key"],
    select: &[
        "oauth_client.key",
        "org.id",
        "owner",
        "config",
        "secret",
        "hook",
        "suspended",
        "barred",
        "deleted",
        "pending",
        "reached",
        "created",
        "updated",
    ],
};

const INSTALLS: Table = Table {
    from: "oauth_install",
    key: &["key"],
    select: &["key", "client", "app", "user", "actor", "scopes", "events", "granted", "endpoint", "created"],
};

const CODES: Table = Table {
    from: "oauth_code",
    key: &["digest"],
    select: &["digest", "client", "app", "words", "issued", "expires", "install"],
};

const TOKENS: Table = Table {
    from: "oauth_token",
    key: &["digest"],
    select: &["digest", "install", "kind", "used", "scopes", "issued", "expires"],
};

const REMOVALS: Table = Table { from: "removal", key: &["endpoint"], select: &["endpoint"] };

const TRIGGERS: Table = Table {
    from: "registered_trigger",
    key: &["app", "id"],
    select: &["app", "id", "config", "sealed", "created", "updated"],
};

const MESSAGES: Table = Table {
    from: "message",
    key: &["key"],
    select: &[
        "key",
        "app",
        "event_type",
        "event_id",
        "channels",
        "tags",
        "created",
        "deliver_at",
        "payload_expires",
        "short_lived",
        "raw_type",
        "payload",
        "raw",
        OWED,
    ],
};

const DELIVERIES: Table = Table {
    from: "delivery",
    key: &["message", "endpoint"],
    select: &["message", "endpoint", "app", "state", "attempts", "due", "fence", "trigger", "resume_at"],
};

const ATTEMPTS: Table = Table {
    from: "attempt",
    key: &["message", "key"],
    select: &[
        "message",
        "key",
        "endpoint",
        "app",
        "at",
        "url",
        "status",
        "trigger",
        "code",
        "response",
        "error",
        "request",
        "resolve_us",
        "connect_us",
        "tls_us",
        "first_byte_us",
        "total_us",
    ],
};

const HOURS: Table = Table {
    from: "endpoint_hour",
    key: &["endpoint", "hour"],
    select: &["endpoint", "hour", "succeeded", "failed", "canceled"],
};

const REQUESTS: Table =
    Table { from: "request", key: &["key"], select: &["key", "body", "at", "message", "status", "answer"] };

const TASKS: Table = Table {
    from: "task JOIN org ON org.key = task.org",
    key: &["task.key"],
    select: &[
        "task.key", "org.id", "app", "endpoint", "kind", "since", "until", "status", "queued", "cursor",
        "updated",
    ],
};

const HEADS: Table = Table { from: "fifo_head", key: &["endpoint"], select: &["endpoint", "message"] };

const LOG_FLOORS: Table = Table { from: "log_floor", key: &["endpoint"], select: &["endpoint", "message"] };

const INVOCATIONS: Table = Table {
    from: "invocation",
    key: &["key"],
    select: &[
        "key",
        "app",
        "trigger_id",
        "root",
        "caller",
        "at",
        "request_bytes",
        "duration_us",
        "status",
        "succeeded",
        "error",
        "response_bytes",
        "response",
    ],
};

/// Where the rows of a part are. The columns are those that [`Part`] names.
pub(super) const fn table(part: Part) -> &'static Table {
    match part {
        Part::Orgs => &ORGS,
        Part::EventTypes => &EVENT_TYPES,
        Part::Apps => &APPS,
        Part::Endpoints => &ENDPOINTS,
        Part::Clients => &CLIENTS,
        Part::Installs => &INSTALLS,
        Part::Codes => &CODES,
        Part::Tokens => &TOKENS,
        Part::Removals => &REMOVALS,
        Part::Triggers => &TRIGGERS,
        Part::Messages => &MESSAGES,
        Part::Deliveries => &DELIVERIES,
        Part::Attempts => &ATTEMPTS,
        Part::Hours => &HOURS,
        Part::Requests => &REQUESTS,
        Part::Tasks => &TASKS,
        Part::Heads => &HEADS,
        Part::LogFloors => &LOG_FLOORS,
        Part::Invocations => &INVOCATIONS,
    }
}
