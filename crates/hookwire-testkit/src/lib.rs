//! hookwire-testkit.
