//! hookwire-store.
