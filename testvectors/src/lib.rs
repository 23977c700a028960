//! Test vectors for EEBUS: a network in virtual time, recorded sessions, and their replay.
//!
//! [`Recorder`] is a [`Tap`](eebus_core::node::Tap) that writes a trace, [`replay`] runs a trace against the node as it
//! is now and compares every action. `FORMAT.md` describes the file. A trace is **private**: it holds everything the
//! node was told, keys of peers and the seed of its randomness included.

mod difference;
mod error;
mod line;
mod record;
mod replay;
pub mod world;

pub use difference::Difference;
pub use error::ReplayError;
pub use line::{MAX_LINE, seal};
pub use record::Recorder;
pub use replay::{End, Replayer, Step, Summary, replay, replay_with};
