//! hookwire-store-sqlite.
