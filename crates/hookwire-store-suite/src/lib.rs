//! hookwire-store-suite.
