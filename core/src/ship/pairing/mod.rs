//! SHIP Pairing Service 1.0.0 (PS): an energy manager (devA) trusts a control unit (devZ) that proves by an mDNS record
//! that its user scanned the energy manager's QR code.
//!
//! [`Announcer`] is the side that asks, [`Listener`] the side that is asked; [`Request`] is what goes over the network as
//! a TXT record of [`SERVICE`]. Neither knows of sockets or of a store: time and random octets come as arguments, and
//! what has to be kept can be asked for.

mod announcer;
mod listener;
mod record;
mod secret;
#[cfg(test)]
mod tests;

pub use announcer::{Announcer, LASTING_TIME};
pub use listener::{Listener, MAX_DIGESTS, Paired, UNREACHABLE_TIME, Verdict};
pub use record::{Curve, Party, Request, RequestFault};
pub use secret::{Digest, MAX_SECRET, MIN_SECRET, NoSecret, Nonce, PairingSecret};

/// The DNS-SD service. Host and port of its records mean nothing; the port is one nobody listens on (PS 5.3).
pub const SERVICE: &str = "_shippairing._tcp";
