//! How EEBUS nodes find each other: `_ship._tcp` by mDNS and DNS-SD (SHIP 7).
//!
//! A [`Discovery`] carries out what a node decides: announce, withdraw, browse; and tells what it found. [`MdnsSd`] is
//! the one of feature `mdns-sd`, on by default. Runtimes take any: `Setup::new(..).discovery(MdnsSd::new(..)?)`.
//!
//! # Logs
//!
//! With `tracing` under the target `eebus::mdns`: at `WARN` what is skipped or renamed and why, at `DEBUG` what is
//! announced and found.
#![forbid(unsafe_code)]

#[cfg(feature = "mdns-sd")]
mod backend;
mod service;
#[cfg(feature = "mdns-sd")]
mod watch;

#[cfg(feature = "mdns-sd")]
pub use backend::{GOODBYE_TIME, MdnsSd, Options};
pub use service::{MAX_ADDRESSES, MAX_LABEL, Service, instance_name};
#[cfg(feature = "mdns-sd")]
pub use watch::{DEBOUNCE, MAX_FINDINGS, MAX_INSTANCES};

use std::fmt;
use std::task::{Context, Poll};

use eebus_core::node::{Input, Sighting};
use eebus_core::ship::identity::Ski;
use eebus_core::ship::txt::Record;

/// The service type of SHIP nodes, with its domain (SHIP 7.1).
pub const SERVICE: &str = "_ship._tcp.local.";

const LOG: &str = "eebus::mdns";

/// Announces a node and looks for others. No method waits for the network; dropping it says goodbye.
pub trait Discovery: fmt::Debug + Send {
    /// Announces `record` at this port, in place of what was announced before.
    fn announce(&mut self, record: &Record, port: u16);

    /// Says goodbye.
    fn withdraw(&mut self);

    /// Looks for nodes, or stops.
    fn browse(&mut self, on: bool);

    /// The next finding. Where there is none, `cx` is woken once there is.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Found>;
}

/// What discovery has to tell. Own announcements are found too: the node knows its SKI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A node is there, or is there in another way.
    Seen(Sighting),
    /// A node said goodbye, or its record ran out.
    Gone {
        /// Its SKI, as it was seen.
        ski: Ski,
        /// Its instance name, as it was seen.
        instance: String,
        /// The interface, as it was seen.
        interface: Option<String>,
    },
}

impl From<Found> for Input<'static> {
    fn from(found: Found) -> Self {
        match found {
            Found::Seen(sighting) => Self::Seen(sighting),
            Found::Gone { ski, instance, interface } => Self::Gone { ski, instance, interface },
        }
    }
}
