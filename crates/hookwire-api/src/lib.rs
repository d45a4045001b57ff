//! hookwire-api.
