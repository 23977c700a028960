//! Test vectors for EEBUS: a network in virtual time, recorded sessions, and their replay.

pub mod world;
