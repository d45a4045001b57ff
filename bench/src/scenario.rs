//! The scenarios: each is one question about the server, answered with numbers.

pub(crate) mod backlog;
pub(crate) mod fanout;
pub(crate) mod filter;
pub(crate) mod isolation;
pub(crate) mod latency;
pub(crate) mod lists;
pub(crate) mod render;
pub(crate) mod throughput;
