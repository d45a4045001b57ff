//! Drives the built `hookwire` binary from outside. Build it first; `cargo xtask test` does.

mod cli;
mod cluster;
mod copy;
mod crash;
mod database;
mod delivery;
mod disk_full;
mod drain;
mod hostile;
mod reference_systems;
mod sdk;
mod tenant;
