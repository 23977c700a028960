//! Test vectors for EEBUS: a network in virtual time, recorded sessions, and their replay.
//!
//! [`Recorder`] is a [`Tap`](eebus_core::node::Tap) that writes a trace, [`replay`] runs a trace against the node as it
//! is now and compares every action. `FORMAT.md` describes the file. A trace is **private**: it holds everything the
//! node was told, SKIs of peers and the seed of its randomness included.
//!
//! ```
//! use eebus_core::node::{Call, Config, Node, Product, Tapped};
//! use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
//! use eebus_core::time::Instant;
//! use eebus_testvectors::{End, Recorder, replay};
//!
//! let key = PeerKey { ski: Ski::new([1; 20]), fingerprint: Fingerprint([1; 32]) };
//! let config = Config::new(key, Product::new("ACME", "Box", "1"));
//! let (entropy, now) = ([7; 32], Instant::ZERO);
//!
//! let recorder = Recorder::start(Vec::new(), &config, None, &entropy, now)?;
//! let mut node = Tapped::new(Node::new(config, None, entropy, now), recorder);
//! node.call(Call::Shutdown, Instant::from_secs(1))?;
//! while node.poll_action().is_some() {}
//! node.tap_mut().finish()?;
//!
//! let summary = replay(node.tap().writer().as_slice())?;
//! assert_eq!((summary.calls, summary.end), (1, End::Finished));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
