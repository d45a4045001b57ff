//! What operators may set about the HTTP API.

use std::time::Duration;

/// Settings of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Largest request body, in bytes. A larger one is answered with 413.
    pub body_bytes_max: usize,
    /// How long a request's body may take to arrive after its headers. A slower one is answered with 408.
    pub body_timeout: Duration,
    /// Deepest nesting of objects and lists in a request body, payload included.
    pub json_depth_max: usize,
    /// Origins (`https://host`) whose pages may call the API from a browser. None by default.
    pub cors_origins: Vec<String>,
    /// The URL under which customers reach this server, as app portal links show it. Empty = links carry no URL.
    pub public_url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_bytes_max: 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            json_depth_max: 96,
            cors_origins: Vec::new(),
            public_url: String::new(),
        }
    }
}
