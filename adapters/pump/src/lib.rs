//! The loop that moves octets between sockets and an EEBUS node, for any runtime, and what every loop shares.
//!
//! Users take a crate for their runtime: `eebus-smol`, `eebus-tokio`, `eebus-async-std`, or `eebus-blocking` for
//! none. All of them take a [`Setup`] and have one function `run(setup, app)`:
//!
//! ```text
//! let setup = Setup::new(config, identity).port(4712);
//! let handle = setup.handle();
//! eebus_smol::run(setup, |node, event| match event {
//!     Event::PairingRequested(request) => drop(node.peer(request.peer).trust()),
//!     _ => {}
//! })
//! .await?;
//! ```
//!
//! `app` sees every event, within the loop, and calls the node through [`At`](eebus_core::node::At). Other tasks and
//! threads use a [`Handle`]. `run` ends once the node was shut down.
//!
//! Those who write an adapter implement [`Runtime`] and pump with [`Pump`], or, without futures, carry out what an
//! [`Engine`] wants. Nothing is decided here: the node decides.
//!
//! # Logs
//!
//! With `tracing` under the target `eebus::pump`: at `WARN` what the system refuses, at `DEBUG` the rest.
#![forbid(unsafe_code)]

mod clock;
mod engine;
#[cfg(feature = "file")]
mod file;
mod handle;
mod pump;
mod ready;
mod runtime;
mod setup;
mod store;

pub use clock::{Clock, SystemClock};
pub use eebus_link::Identity;
pub use engine::{Deed, Engine, MAX_SLEEP};
#[cfg(feature = "file")]
pub use file::{Damaged, FileStore};
pub use handle::{CallError, Events, Handle, MAX_EVENTS, MAX_REQUESTS};
pub use pump::{ACCEPT_PAUSE, Pump, READ_BUFFER};
pub use runtime::{Accepting, Runtime, Task};
pub use setup::{DEFAULT_PORT, Setup};
pub use store::{Memory, Saving, Store};

const LOG: &str = "eebus::pump";
