//! The binary where its surroundings matter: slow clients, few open files, foreign environment variables.

#![expect(clippy::unwrap_used, reason = "what a test can't go on without fails it")]

mod files;
mod slow_body;
