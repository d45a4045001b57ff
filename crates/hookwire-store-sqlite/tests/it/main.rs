//! The embedded store: the cases that every backend passes, and what is its own.

mod confidential;
mod damaged;
mod full;
mod leavings;
mod log;
mod opening;
mod orphans;
mod place;

mod conformance {
    //! Every case of the suite, each on a file of its own.

    hookwire_store_suite::conformance_cases!(crate::place::Place::new);
}
