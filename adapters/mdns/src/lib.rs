//! How EEBUS nodes find each other: `_ship._tcp` by mDNS and DNS-SD (SHIP 7).
//!
//! A [`Discovery`] carries out what a node decides: announce, withdraw, browse; and tells what it found. [`open`] gives
//! the one of a [`Backend`]; each is a feature of this crate, `mdns-sd` being the default. Runtimes take any:
//! `Setup::new(..).discovery(open(Options::default())?)`.
//!
//! | backend | for | of its own |
//! |---|---|---|
//! | `mdns-sd` | everyone | a thread, and one for each link |
//! | `avahi` | hosts whose Avahi daemon owns port 5353 | a thread, and one of D-Bus |
//! | `simple-mdns` | those who have it in their tree | a thread, and one that lasts; see its limits |
//!
//! A finding is kept by SKI, instance name and interface, so units of one name stay apart. What hinders discovery is a
//! finding too: [`Found::Warning`], until [`Found::Recovered`].
//!
//! # Logs
//!
//! With `tracing` under the target `eebus::mdns`: at `WARN` what is skipped or renamed and why, at `DEBUG` what is
//! announced and found.
#![forbid(unsafe_code)]

#[cfg(feature = "avahi")]
mod avahi;
#[cfg(any(feature = "avahi", feature = "mdns-sd", feature = "simple-mdns"))]
mod desk;
#[cfg(any(feature = "avahi", feature = "mdns-sd", feature = "simple-mdns"))]
mod known;
#[cfg(any(feature = "avahi", feature = "mdns-sd", feature = "simple-mdns"))]
mod links;
#[cfg(feature = "mdns-sd")]
mod mdns_sd;
mod open;
mod service;
#[cfg(feature = "simple-mdns")]
mod simple_mdns;

#[cfg(feature = "avahi")]
pub use avahi::Avahi;
#[cfg(any(feature = "avahi", feature = "mdns-sd", feature = "simple-mdns"))]
pub use desk::MAX_FINDINGS;
#[cfg(any(feature = "avahi", feature = "mdns-sd", feature = "simple-mdns"))]
pub use known::{DEBOUNCE, DISPUTE_TIME, MAX_INSTANCES};
#[cfg(any(feature = "avahi", feature = "mdns-sd", feature = "simple-mdns"))]
pub use links::MAX_LINKS;
#[cfg(feature = "mdns-sd")]
pub use mdns_sd::MdnsSd;
pub use open::{Backend, Error, Options, UnknownBackend, open};
pub use service::{MAX_ADDRESSES, MAX_LABEL, Service, instance_name};
#[cfg(feature = "simple-mdns")]
pub use simple_mdns::SimpleMdns;

use std::fmt;
use std::task::{Context, Poll};
use std::time::Duration;

use eebus_core::node::{Input, Sighting};
use eebus_core::ship::identity::Ski;
use eebus_core::ship::txt::Record;

/// The service type of SHIP nodes, with its domain (SHIP 7.1).
pub const SERVICE: &str = "_ship._tcp.local.";

/// How often interfaces are looked at, and what failed is tried again.
pub const LOOK_TIME: Duration = Duration::from_secs(5);
/// How long dropping waits for the goodbye to leave.
pub const GOODBYE_TIME: Duration = Duration::from_secs(1);

#[cfg(any(feature = "avahi", feature = "mdns-sd", feature = "simple-mdns"))]
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

impl<D: Discovery + ?Sized> Discovery for Box<D> {
    fn announce(&mut self, record: &Record, port: u16) {
        (**self).announce(record, port);
    }

    fn withdraw(&mut self) {
        (**self).withdraw();
    }

    fn browse(&mut self, on: bool) {
        (**self).browse(on);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        (**self).poll(cx)
    }
}

/// What discovery has to tell. Own announcements are found too: the node knows its SKI.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// A node is there, or is there in another way.
    Seen(Sighting),
    /// A node said goodbye, or its record ran out: the sighting of this SKI, instance and interface ends.
    Gone {
        /// The SKI it claimed.
        ski: Ski,
        /// Its instance name, as it was seen.
        instance: String,
        /// The interface, as it was seen.
        interface: Option<String>,
    },
    /// Something hinders discovery. It goes on by itself once that is over.
    Warning(Warning),
    /// What a warning told is over.
    Recovered,
}

impl Found {
    /// What a node is told of it, if anything.
    pub fn input(self) -> Option<Input<'static>> {
        match self {
            Self::Seen(sighting) => Some(Input::Seen(sighting)),
            Self::Gone { ski, instance, interface } => Some(Input::Gone { ski, instance, interface }),
            Self::Warning(_) | Self::Recovered => None,
        }
    }
}

/// What hinders discovery without ending it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// No interface can do multicast now; says what is missing.
    NoMulticast(String),
    /// The Avahi daemon is gone and waited for; in the words of D-Bus.
    NoDaemon(String),
    /// The name was taken: the node is announced under another.
    Renamed {
        /// The instance name it asked for.
        from: String,
        /// The one it has.
        to: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMulticast(detail) => {
                write!(f, "no multicast: {detail}; until there is, peers are reached by address only")
            }
            Self::NoDaemon(detail) => {
                write!(f, "the Avahi daemon is gone ({detail}); it is waited for, start avahi-daemon")
            }
            Self::Renamed { from, to } => write!(f, "the name {from:?} is taken, announced as {to:?}"),
        }
    }
}
