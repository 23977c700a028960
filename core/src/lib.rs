//! A complete EEBUS node as one deterministic state machine: SHIP, SPINE and use cases without
//! sockets, clocks, threads or randomness of its own.
//!
//! # Three verbs
//!
//! - **give**: `handle(input, now)` — what the world did. Never fails, never panics on a peer's bytes.
//! - **take**: `poll_action()` — what is to be carried out, until it answers `None`.
//! - **when**: `poll_deadline()` — when to give a tick if nothing else happens before.
//!
//! After each `handle` or call, take every action before giving the next input: that is the whole drain rule. Extra
//! ticks are free, a clock that runs backwards is ignored, and waiting until exactly the deadline is enough. Same
//! configuration, saved state, entropy, inputs and calls: same actions, octet for octet.
//!
//! # Two nodes and a wire
//!
//! What an adapter does with sockets, TLS and WebSocket is here a `match` over the actions.
//!
//! ```
//! use eebus_core::ids::ConnId;
//! use eebus_core::model::EntityType;
//! use eebus_core::node::{Action, Config, Endpoint, Event, Input, Node, Product};
//! use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
//! use eebus_core::time::Instant;
//! use eebus_core::usecase::lpc::{ControllableSystem, EnergyGuard, Event::{Limit as Now, LimitProposed}, Limit};
//! use eebus_core::usecase::watts;
//!
//! let key = |n| PeerKey { ski: Ski::new([n; 20]), fingerprint: Fingerprint([n; 32]) };
//! let (now, address) = (Instant::ZERO, "127.0.0.1:4712".parse().unwrap());
//! let mut config = Config::new(key(1), Product::new("ACME", "Box", "1"));
//! let entity = config.entity(EntityType::GridGuard);
//! config.install(&entity, EnergyGuard::limiting(Limit::active(watts(4_200))));
//! let guard = Node::new(config, None, [1; 32], now);
//! let mut config = Config::new(key(2), Product::new("ACME", "Pump", "7"));
//! let entity = config.entity(EntityType::HeatPumpAppliance);
//! config.install(&entity, ControllableSystem::new(watts(11_000)));
//! let system = Node::new(config, None, [2; 32], now);
//!
//! let mut nodes = [guard, system];
//! for (node, other, endpoints) in [(0, 2, vec![Endpoint::new(address)]), (1, 1, vec![])] {
//!     let peer = nodes[node].at(now).add_peer(key(other).ski, endpoints).unwrap();
//!     nodes[node].at(now).peer(peer).trust().unwrap();
//! }
//! let mut ceiling = None;
//! while let Some(me) = (0..2).find(|&n| nodes[n].clone().poll_action().is_some()) {
//!     let you = 1 - me;
//!     for action in std::iter::from_fn(|| nodes[me].poll_action()).collect::<Vec<_>>() {
//!         match action {
//!             Action::Persist { seq, .. } => nodes[me].handle(Input::Persisted { seq }, now),
//!             Action::Dial { attempt, .. } => {
//!                 let conn = ConnId(1);
//!                 nodes[me].handle(Input::Dialled { attempt, conn }, now);
//!                 nodes[you].handle(Input::Accepted { conn, from: address }, now);
//!                 for (node, peer) in [(0, key(2)), (1, key(1))] {
//!                     nodes[node].handle(Input::Secured { conn, peer }, now);
//!                     nodes[node].handle(Input::Opened { conn }, now);
//!                 }
//!             }
//!             Action::Send { conn, frame } => {
//!                 nodes[me].handle(Input::Drained { conn, frames: 1 }, now);
//!                 nodes[you].handle(Input::Frame { conn, bytes: &frame }, now);
//!             }
//!             Action::Notify(Event::Lpc { event: LimitProposed(proposed), .. }) => {
//!                 nodes[me].at(now).accept(proposed.ticket).unwrap();
//!             }
//!             Action::Notify(Event::Lpc { event: Now(state), .. }) => ceiling = state.ceiling,
//!             _ => {}
//!         }
//!     }
//! }
//! assert_eq!(ceiling, Some(watts(4_200)));
//! ```
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

#[cfg(feature = "serde")]
mod as_text;

pub mod ids;
pub mod json;
pub mod model;
pub mod node;
pub mod ship;
pub mod spine;
pub mod time;
pub mod usecase;
