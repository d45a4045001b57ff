//! Tests of the testkit itself: the receiver, with a plain socket as the sender, the throwaway PostgreSQL, the wire.

mod postgres;
mod receiver;
mod wire;
