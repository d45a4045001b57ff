//! A URL that may be called.
