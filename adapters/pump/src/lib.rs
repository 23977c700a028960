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
//! Every loop tells `tracing` what goes in and out of its node. Nothing is logged that is nobody's business: no private
//! key, no PIN, no seed; a message that holds a PIN, or may hold one, is named and not shown.
//!
//! | Target | What |
//! |---|---|
//! | `eebus::discovery` | what is announced, who is seen and who is gone; `eebus::mdns` is its mDNS backend |
//! | `eebus::link` | TCP, TLS and WebSocket: dialled, accepted, secured, opened, pings, lost, and why |
//! | `eebus::ship` | SHIP messages; rules of SHIP a peer broke; how SHIP ended |
//! | `eebus::spine` | SPINE datagrams; rules of SPINE a peer broke; trees, use cases and data that became known |
//! | `eebus::usecase` | limits and states of use cases, each with its rule |
//! | `eebus::node` | the node itself: listening, strangers, refused connections, `readiness` of peers, calls, the store |
//!
//! | Level | Meaning |
//! |---|---|
//! | `ERROR` | a fault of this side: the store, the system |
//! | `WARN` | a person has to look: a stranger waits for trust, a rule is broken, something is refused; `reason` says why |
//! | `INFO` | the life of the node and its peers |
//! | `DEBUG` | every message by its name in `frame` and its size in `octets`; every call and step |
//! | `TRACE` | the `text` of every message, as EEBUS JSON |
//!
//! Two spans say whom a record is about: `conn` with the fields `conn`, and, once TLS proved them, `peer` and `ski`; and
//! `peer` with `peer` and `ski`. Their target is `eebus`, at `ERROR`: a filter for one target keeps them with
//! `eebus=error,eebus::spine=debug`. States have names; times carry their unit.
//!
//! The WebSocket library logs octets at `TRACE` through the crate `log` under `tungstenite`: keep that off.
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

/// Target of what the system does to sockets.
const LINK: &str = "eebus::link";
