//! What a node knows about PINs, and what it learns in a connection.

use super::secret::Pin;
use crate::time::Instant;
use core::time::Duration;

/// Penalty after the 3rd to 5th wrong PIN; 10 to 15 s (SHIP 13.4.4.3.4).
pub const PIN_PENALTY: Duration = Duration::from_secs(15);
/// Penalty from the 6th wrong PIN on; 60 to 90 s (SHIP 13.4.4.3.4).
pub const LONG_PIN_PENALTY: Duration = Duration::from_secs(90);
/// How long a connection waits for a PIN somebody has to type, and again after each wrong one. SHIP names no limit: this
/// is its longest T_hello_init, and more than the longest penalty.
pub const PIN_ENTRY_TIME: Duration = Duration::from_secs(240);
/// The user trust below which no PIN is sent to a peer (SHIP 12.5).
pub const PIN_USER_TRUST: u8 = 32;

/// Whether this node demands a PIN of its peers (SHIP 12.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PinDemand {
    /// No.
    #[default]
    None,
    /// Data flows without it.
    Optional(Pin),
    /// No data flows without it.
    Required(Pin),
}

impl PinDemand {
    /// Whether no PIN is demanded.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    pub(super) fn is(&self, pin: &Pin) -> bool {
        matches!(self, Self::Optional(own) | Self::Required(own) if own == pin)
    }
}

/// What is known about PINs with one peer. It outlives a connection: penalties would be worth nothing otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    /// Wrong PINs the peer entered since the last right one.
    pub wrong: u32,
    /// Until when no PIN of the peer is looked at.
    pub busy_until: Option<Instant>,
    /// The peer entered the right PIN: it need not again.
    pub accepted: bool,
    /// The PIN to be sent to the peer, if it asks for one. Forgotten once sent.
    pub entry: Option<Pin>,
    /// The user trust in the peer is [`PIN_USER_TRUST`] or more, so that a PIN may be sent.
    pub may_send: bool,
}

impl Pins {
    /// Counts a wrong PIN of the peer.
    pub(super) fn count_wrong(&mut self, now: Instant) {
        self.wrong = self.wrong.saturating_add(1);
        self.punish(now);
    }

    /// Begins the penalty for the wrong PINs so far: also after a restart, which must not shorten it.
    pub fn punish(&mut self, now: Instant) {
        let penalty = match self.wrong {
            0..=2 => None,
            3..=5 => Some(PIN_PENALTY),
            _ => Some(LONG_PIN_PENALTY),
        };
        self.busy_until = penalty.map(|span| now + span);
    }

    pub(super) fn penalty(&self, now: Instant) -> Option<Instant> {
        self.busy_until.filter(|until| *until > now)
    }
}

/// What happened about PINs (SHIP 13.4.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum PinNews {
    /// The peer asks for a PIN.
    Wanted {
        /// No data flows without it.
        required: bool,
        /// The peer looks at none for now, because of wrong ones.
        busy: bool,
    },
    /// This node's PIN was sent, and forgotten here.
    Sent,
    /// The peer says that it was wrong. It is not sent again.
    Refused,
    /// The peer takes it, or asks no longer.
    Granted,
    /// The peer entered a wrong PIN.
    Wrong {
        /// How many since the last right one.
        count: u32,
        /// Until when no further one is looked at.
        busy_until: Option<Instant>,
    },
    /// The peer entered the right PIN (second-factor trust, SHIP 12.5).
    Accepted,
}
