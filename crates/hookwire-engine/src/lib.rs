//! hookwire-engine.
