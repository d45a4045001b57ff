//! Tests of the testkit itself: the receiver, with a plain socket as the sender, and the throwaway PostgreSQL.

mod postgres;
mod receiver;
