//! SHIP: identities, and one connection from the first octet to its close.

pub mod identity;
