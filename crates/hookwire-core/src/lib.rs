//! hookwire-core.
