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
    pub(super) fn text(&self, key: &[Sql]) -> String {
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

/// Where the rows of a part are. The columns are those that [`Part`] names.
pub(super) fn table(part: Part) -> Table {
    let (from, key, select): (_, &[_], &[_]) = match part {
        Part::Orgs => ("org", &["key"], &["id", "profile"]),
        Part::EventTypes => (
            "event_type JOIN org ON org.key = event_type.org",
            &["event_type.org", "event_type.name"],
            &[
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
        ),
        Part::Apps => (
            "app JOIN org ON org.key = app.org",
            &["app.key"],
            &["app.key", "org.id", "uid", "name", "throttle_rate", "metadata", "created", "updated"],
        ),
        Part::Endpoints => (
            "endpoint",
            &["key"],
            &[
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
        ),
        Part::Clients => (
            "oauth_client JOIN org ON org.key = oauth_client.org",
            &["oauth_client.key"],
            &[
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
        ),
        Part::Installs => (
            "oauth_install",
            &["key"],
            &["key", "client", "app", "user", "actor", "scopes", "events", "granted", "endpoint", "created"],
        ),
        Part::Codes => {
            ("oauth_code", &["digest"], &["digest", "client", "app", "words", "issued", "expires", "install"])
        }
        Part::Tokens => (
            "oauth_token",
            &["digest"],
            &["digest", "install", "kind", "used", "scopes", "issued", "expires"],
        ),
        Part::Removals => ("removal", &["endpoint"], &["endpoint"]),
        Part::Triggers => {
            ("registered_trigger", &["app", "id"], &["app", "id", "config", "sealed", "created", "updated"])
        }
        Part::Messages => (
            "message",
            &["key"],
            &[
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
        ),
        Part::Deliveries => (
            "delivery",
            &["message", "endpoint"],
            &["message", "endpoint", "app", "state", "attempts", "due", "fence", "trigger", "resume_at"],
        ),
        Part::Attempts => (
            "attempt",
            &["message", "key"],
            &[
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
        ),
        Part::Hours => {
            ("endpoint_hour", &["endpoint", "hour"], &["endpoint", "hour", "succeeded", "failed", "canceled"])
        }
        Part::Requests => ("request", &["key"], &["key", "body", "at", "message", "status", "answer"]),
        Part::Tasks => (
            "task JOIN org ON org.key = task.org",
            &["task.key"],
            &[
                "task.key", "org.id", "app", "endpoint", "kind", "since", "until", "status", "queued",
                "cursor", "updated",
            ],
        ),
        Part::Heads => ("fifo_head", &["endpoint"], &["endpoint", "message"]),
        Part::LogFloors => ("log_floor", &["endpoint"], &["endpoint", "message"]),
        Part::Invocations => (
            "invocation",
            &["key"],
            &[
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
        ),
    };
    Table { from, select, key }
}
