//! Connections that are lost between COMMIT and its answer, or before COMMIT arrives: nothing is lost, nothing counts twice.

mod claims;
mod ground;
mod ingests;
mod settlements;
