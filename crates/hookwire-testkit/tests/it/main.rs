//! Tests of the testkit's own receiver, with a plain socket as the sender.

mod receiver;
