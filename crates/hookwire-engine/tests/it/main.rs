//! The engine with a real store, a real receiver, and a clock that only the test moves.

mod changes;
mod delivery;
mod fairness;
mod faults;
mod invocations;
mod order;
mod restart;
mod world;
