//! A complete EEBUS node as one deterministic state machine: SHIP, SPINE and use cases without
//! sockets, clocks, threads or randomness of its own.
//!
//! # Three verbs
//!
//! - **give**: `handle(input, now)` — what the world did. Never fails, never panics on a peer's bytes.
//! - **take**: `poll_action()` — what is to be carried out, until it answers `None`.
//! - **when**: `poll_deadline()` — when to give a tick if nothing else happens before.
//!
//! After each `handle` or call, take every action before giving the next input.
//!
//! # Rooms
//!
//! `time, ids ← json ← model ← ship`, `model ← spine ← usecase`, all `← node`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        reason = "a test that fails may panic"
    )
)]

extern crate alloc;

pub mod ids;
pub mod json;
pub mod model;
pub mod node;
pub mod ship;
pub mod spine;
pub mod time;
pub mod usecase;
