//! hookwire-outbound.
