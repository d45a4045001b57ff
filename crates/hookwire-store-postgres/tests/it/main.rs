//! The store on PostgreSQL: the cases that every backend passes, and what is its own.

mod cuts;
mod expiry;
mod ground;
mod locks;
mod nodes;
mod place;
mod pooled;
mod silence;
mod statistics;

mod conformance {
    //! Every case of the suite, each on a database of its own.

    hookwire_store_suite::conformance_cases!(crate::place::Place::new);
}
