//! What Hookwire's tests stand on: a scripted receiver, the built server, PostgreSQL and PgBouncer, a JSON client, a clock.
//!
//! Everything here is for tests, so it panics with a readable message where production code would return an
//! error. Nothing here sleeps to synchronise: waiting is done on signals, and where a program offers no signal,
//! with [`eventually`], which is bounded.

mod api;
mod clock;
mod postgres;
mod receiver;
mod server;
mod wait;
mod wire;

pub use api::{Answer, Api};
pub use clock::FakeClock;
pub use postgres::{Pooler, Postgres};
pub use receiver::{Gate, Receiver, Reply, Request};
pub use server::{Server, ServerBuilder, binary, free_port, is_on_postgres, target_folder};
pub use wait::{PATIENCE, eventually};
pub use wire::{Cut, Sprung, Wire};
