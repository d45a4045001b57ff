//! The only part of Hookwire that calls strangers: vetted addresses, pinned connects, phase limits, capped answers.
//!
//! Invariants: no address is dialled that [`hookwire_core::address::AddressPolicy`] refuses, whatever its spelling and
//! whether or not a proxy is in between; redirects are never followed; an answer costs at most 64 KiB of headers and
//! 64 KiB of body; an exchange ends at its deadline; a request is written at most once; a connection is used for the TLS
//! settings that it was made with and for no others.

mod body;
mod client;
mod connector;
mod dial;
mod exchange;
mod field;
mod headers;
mod outage;
mod phases;
mod proxy;
mod resolve;
mod settings;
mod shortage;
mod spelling;
mod tls;
mod wire;

pub use client::{BODY_BYTES_MAX, Client};
pub use exchange::{Exchange, Failure, Fault, Request, Response};
pub use field::{FieldError, FieldName};
pub use headers::HeaderList;
pub use settings::{Settings, SettingsError};
pub use tls::{TlsProblem, TlsText, check_tls};
