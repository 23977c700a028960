//! The asked side, devA: an energy manager whose QR code the other side's user scanned (PS 4.3, 9 to 11).

use super::record::{Party, Request};
use super::secret::{Digest, PairingSecret};
use crate::ship::identity::Fingerprint;
use crate::time::Instant;
use alloc::vec::Vec;
use core::time::Duration;

/// How long the paired unit has to be unreachable before another one may take its place (PS 4.3).
pub const UNREACHABLE_TIME: Duration = Duration::from_secs(15 * 60);
/// Digests kept against replays; at least 10 (PS 11).
pub const MAX_DIGESTS: usize = 32;

/// What the asked side keeps over restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Paired {
    /// The unit that is trusted by this service; one at a time (PS 10.3).
    pub unit: Option<Party>,
    /// Digests of requests that were followed, oldest first.
    pub digests: Vec<Digest>,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is for another node: ignored silently.
    ForAnother,
    /// It asks for trust in this node itself: ignored.
    Oneself,
    /// The paired unit is reachable, or was less than 15 min ago: not looked at (PS 4.3).
    Occupied,
    /// It was followed before (PS 11).
    Replayed,
    /// Who wrote it does not know the secret.
    Unproved,
    /// Followed: `unit` is to be trusted as commissioned (user trust 32), `displaced` no longer.
    Trust {
        /// Who is paired now.
        unit: Party,
        /// Who was.
        displaced: Option<Party>,
    },
}

/// The asked side.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    own: Party,
    secret: PairingSecret,
    paired: Paired,
    /// Since when no SHIP messages are exchanged with the unit, as far as this node ran; none while they are.
    away_since: Option<Instant>,
}

impl Listener {
    /// Begins to listen; `paired` is what an earlier run kept.
    pub fn new(own: Party, secret: PairingSecret, mut paired: Paired, now: Instant) -> Self {
        let surplus = paired.digests.len().saturating_sub(MAX_DIGESTS);
        paired.digests.drain(..surplus);
        Self { own, secret, paired, away_since: Some(now) }
    }

    /// What has to be kept: as soon as it changed.
    pub fn paired(&self) -> &Paired {
        &self.paired
    }

    /// Whether a certificate is that of the paired unit: as good as a trusted SKI (PS 10.2).
    pub fn trusts(&self, fingerprint: Fingerprint) -> bool {
        self.paired.unit.as_ref().is_some_and(|unit| unit.fingerprint == fingerprint)
    }

    /// The unit exchanges SHIP messages, or does no longer.
    pub fn reachable(&mut self, reachable: bool, now: Instant) {
        if reachable {
            self.away_since = None;
        } else {
            self.away_since.get_or_insert(now);
        }
    }

    /// The user took the trust back: requests are looked at again (PS 10.4).
    pub fn untrust(&mut self) {
        self.paired.unit = None;
    }

    /// Until when requests are not looked at; none where that depends on the unit, or where they are.
    pub fn occupied_until(&self) -> Option<Instant> {
        self.paired.unit.as_ref()?;
        self.away_since.map(|since| since + UNREACHABLE_TIME)
    }

    /// Looks at a request (PS 9).
    pub fn evaluate(&mut self, request: &Request, now: Instant) -> Verdict {
        if *request.asked() != self.own {
            return Verdict::ForAnother;
        }
        if request.asking().fingerprint == self.own.fingerprint {
            return Verdict::Oneself;
        }
        let free = self.paired.unit.is_none() || self.occupied_until().is_some_and(|until| until <= now);
        if !free {
            return Verdict::Occupied;
        }
        if self.paired.digests.contains(request.digest()) {
            return Verdict::Replayed;
        }
        if !request.is_proved_by(&self.secret) {
            return Verdict::Unproved;
        }
        if self.paired.digests.len() >= MAX_DIGESTS {
            self.paired.digests.remove(0);
        }
        self.paired.digests.push(*request.digest());
        let unit = request.asking().clone();
        let before = self.paired.unit.replace(unit.clone());
        self.away_since = Some(now);
        let displaced = before.filter(|before| before.fingerprint != unit.fingerprint);
        Verdict::Trust { unit, displaced }
    }
}
