//! What one connection is told at its start: role, trust, own identity and the timers of SHIP.

use super::identity::ShipId;
use super::key_material::KeyMaterial;
use super::pin::PinDemand;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

/// The part a node plays in one connection (SHIP 13.4.1). It matters in CMI and the protocol handshake only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Opened the TCP connection.
    Client,
    /// Accepted it.
    Server,
}

/// What this node's user decided about the peer (SHIP 12.3, 13.4.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// User trust of 8 or more: hello starts `ready`.
    Trusted,
    /// No decision yet: hello starts `pending` and asks the peer for time.
    Undecided,
    /// Refused: hello answers `aborted`.
    Refused,
}

/// A version of the SHIP message exchange (SHIP 13.4.4.2.2). The order is that of the releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Version {
    /// Before the dot.
    pub major: u16,
    /// After the dot.
    pub minor: u16,
}

impl Version {
    /// The version every node supports, and the only one OpenEEBUS and WWCP accept.
    pub const V1_0: Self = Self { major: 1, minor: 0 };
    /// SHIP 1.1.
    pub const V1_1: Self = Self { major: 1, minor: 1 };

    #[cfg(feature = "serde")]
    pub(crate) const fn v1_0() -> Self {
        Self::V1_0
    }

    #[cfg(feature = "serde")]
    pub(crate) fn is_1_0(&self) -> bool {
        *self == Self::V1_0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// How access methods are exchanged (SHIP 13.4.6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Access {
    /// Ask for those of the peer as soon as data may flow.
    pub ask: bool,
    /// Say that mDNS finds this node (`dnsSd_mDns`).
    pub mdns: bool,
    /// A URI that reaches this node without mDNS (`dns`).
    pub uri: Option<String>,
}

impl Access {
    const USUAL: Self = Self { ask: true, mdns: true, uri: None };

    #[cfg(feature = "serde")]
    pub(crate) fn is_usual(&self) -> bool {
        *self == Self::USUAL
    }
}

/// Asking, found by mDNS, without a URI.
impl Default for Access {
    fn default() -> Self {
        Self::USUAL
    }
}

/// What this node says of itself on every connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Answered as `accessMethods.id`; the same text as TXT `id` (SHIP 13.4.6).
    pub ship_id: ShipId,
    /// The highest version announced and selected; [`Version::V1_0`] unless the peer is known to speak more.
    pub version: Version,
    /// Access methods: whether to ask, and what to answer (SHIP 13.4.6).
    pub access: Access,
    /// Whether a PIN is demanded of the peer (SHIP 12.5).
    pub pin: PinDemand,
    /// The own keys, where certificate updates are in use; they need version 1.1 (SHIP 12.1.3).
    pub key_material: Option<KeyMaterial>,
}

impl Own {
    /// Version 1.0, asking for access methods, reachable by mDNS, demanding no PIN.
    pub const fn new(ship_id: ShipId) -> Self {
        let access = Access::USUAL;
        Self { ship_id, version: Version::V1_0, access, pin: PinDemand::None, key_material: None }
    }
}

/// The timers of SHIP 4.2. The defaults keep a margin inside the windows the conformance tests measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timers {
    /// CmiTimeout: the wait for the peer's CMI; 10 to 30 s (SHIP 13.4.3).
    pub cmi: Duration,
    /// T_hello_init, and T_hello_inc for each prolongation granted; 60 to 240 s (SHIP 13.4.4.1.3).
    pub hello_init: Duration,
    /// T_hello_prolong_thr_inc: a shorter `waiting` of the peer is not worth asking for more; at most 30 s.
    pub hello_prolong_threshold: Duration,
    /// T_hello_prolong_waiting_gap: how long before the peer's wait ends more time is asked for; at most 15 s.
    pub hello_prolong_gap: Duration,
    /// T_hello_prolong_min: a shorter reminder is not set; at most 1 s.
    pub hello_prolong_min: Duration,
    /// The wait for each message of the protocol handshake; 10 s (SHIP 13.4.4.2.3).
    pub protocol: Duration,
    /// The wait for the peer's PIN state; 10 s (SHIP 13.4.4.3).
    pub pin: Duration,
    /// `maxTime` of a `connectionClose`: the wait for the confirmation; free, at most 60 s here (SHIP 13.4.7).
    pub close: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            cmi: Duration::from_secs(25),
            hello_init: Duration::from_secs(120),
            hello_prolong_threshold: Duration::from_secs(30),
            hello_prolong_gap: Duration::from_secs(15),
            hello_prolong_min: Duration::from_secs(1),
            protocol: Duration::from_secs(10),
            pin: Duration::from_secs(10),
            close: Duration::from_secs(2),
        }
    }
}

/// A timer outside its range: a mistake of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// Name of the field of [`Timers`].
    pub timer: &'static str,
    /// The value given.
    pub value: Duration,
    /// Smallest allowed value, in seconds.
    pub min: u64,
    /// Largest allowed value, in seconds.
    pub max: u64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { timer, value, min, max } = self;
        write!(f, "the timer `{timer}` is {value:?}, SHIP 4.2 allows {min} s to {max} s")
    }
}

impl core::error::Error for OutOfRange {}

impl Timers {
    /// Checks every timer against its range.
    ///
    /// # Errors
    ///
    /// The first timer outside its range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        [
            ("cmi", self.cmi, 10, 30),
            ("hello_init", self.hello_init, 60, 240),
            ("hello_prolong_threshold", self.hello_prolong_threshold, 0, 30),
            ("hello_prolong_gap", self.hello_prolong_gap, 0, 15),
            ("hello_prolong_min", self.hello_prolong_min, 0, 1),
            ("protocol", self.protocol, 10, 10),
            ("pin", self.pin, 10, 10),
            ("close", self.close, 0, 60),
        ]
        .into_iter()
        .find(|&(_, value, min, max)| value < Duration::from_secs(min) || value > Duration::from_secs(max))
        .map_or(Ok(()), |(timer, value, min, max)| Err(OutOfRange { timer, value, min, max }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_the_first_timer_outside_is_named() {
        assert_eq!(Timers::default().check(), Ok(()));
        let value = Duration::from_secs(241);
        let timers = Timers { hello_init: value, ..Timers::default() };
        assert_eq!(timers.check(), Err(OutOfRange { timer: "hello_init", value, min: 60, max: 240 }));
    }
}
