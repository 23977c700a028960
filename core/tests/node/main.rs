//! The contract of the node, rule by rule, in virtual time.

#[expect(dead_code, reason = "shared with other tests, which use more of it")]
#[path = "../common/mod.rs"]
mod common;
mod connections;
mod deadlines;
mod dialling;
mod double;
mod key_material;
mod pairing;
mod pins;
mod requests;
mod sightings;
mod sim;
mod solo;
mod spine_examples;
mod spine_requests;
mod spine_rules;
mod spine_session;
mod spine_tree;
mod spine_writes;
mod tc_ship;
mod tc_spine;
mod tester;
mod trust;
