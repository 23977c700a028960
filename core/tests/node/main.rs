//! The contract of the node, rule by rule, in virtual time.

mod connections;
mod dialling;
mod double;
mod pairing;
mod solo;
mod spine_cases;
mod spine_rules;
mod spine_session;
mod spine_writes;
mod tester;
