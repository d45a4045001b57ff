//! The store contract: everything Hookwire does to durable state, as atomic verbs. No SQL, no transactions to hold.
//!
//! One method is one atomic step. Time arrives inside the command; backends never read a clock. Lists are keyset pages.
//! Every verb names its tenant: an [`OrgId`](hookwire_core::OrgId), or an [`AppKey`](hookwire_core::AppKey) that was
//! resolved from one.

pub mod catalog;
pub mod dispatch;
pub mod error;
pub mod history;
pub mod ingest;
pub mod oauth;
pub mod page;
pub mod queue;
pub mod triggers;
pub mod upkeep;
pub mod vault;

use std::sync::Arc;

pub use catalog::Catalog;
pub use dispatch::Dispatch;
pub use error::{Error, Result};
pub use history::History;
pub use ingest::Ingest;
pub use oauth::Oauth;
pub use page::{Cursor, Order, Page, Slice};
pub use queue::Queue;
pub use triggers::Triggers;
pub use upkeep::Upkeep;
pub use vault::Vault;

/// Everything we do to durable state.
pub trait Store: Catalog + Triggers + Oauth + Ingest + Queue + History + Upkeep {}

impl<T: Catalog + Triggers + Oauth + Ingest + Queue + History + Upkeep> Store for T {}

/// A store that is shared by everything in the process.
pub type SharedStore = Arc<dyn Store>;
