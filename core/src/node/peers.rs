//! Every peer a node knows: one row an SKI.

use super::action::Endpoint;
use super::dialer::Dialling;
use super::failure::Failure;
use super::readiness::Readiness;
use super::sightings::{Place, Seen};
use super::trust_level::Trusted;
use crate::ids::{ConnId, PeerId};
use crate::ship::identity::{Fingerprint, ShipId, Ski};
use crate::ship::{KeyMaterial, Pins, Trust};
use crate::time::Instant;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// Sightings kept of one peer: instances of a service that claim its SKI, on each interface.
pub const MAX_SIGHTINGS: usize = 8;
/// Strangers kept for nothing but being seen: a large building has some tens, and whoever announces more floods.
pub const MAX_SEEN_STRANGERS: usize = 64;
/// Strangers kept that asked for trust and are gone again, so that a late decision still counts.
pub const MAX_REQUESTS: usize = 16;
/// How long a stranger that asked for trust is kept once its last connection ended.
pub const REQUEST_TIME: Duration = Duration::from_secs(15 * 60);
/// Characters kept of a label.
pub const MAX_LABEL: usize = 64;
/// Endpoints kept of one peer and source.
pub const MAX_ENDPOINTS: usize = 16;

/// What this node's user decided about a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Decision {
    /// Nothing yet.
    #[default]
    Undecided,
    /// Trusted.
    Trusted,
    /// Refused, until it is trusted or forgotten.
    Refused,
}

/// A stranger's wish to be trusted (SHIP 13.4.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// When it first asked.
    pub since: Instant,
    /// Until when it is kept; none while the stranger is connected.
    pub until: Option<Instant>,
}

/// One peer.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) ski: Ski,
    pub(super) decision: Decision,
    /// Why and how far it is trusted, where it is.
    pub(super) trusted: Option<Trusted>,
    /// The certificate the trust counts for, once it was seen.
    pub(super) fingerprint: Option<Fingerprint>,
    /// Another certificate of the same key, until somebody decides.
    pub(super) presented: Option<Fingerprint>,
    /// The user's name for it.
    pub(super) label: String,
    /// The application named it by its SKI.
    pub(super) named: bool,
    /// It asked for trust, and nobody decided.
    pub(super) request: Option<Request>,
    /// The store that has to hold the trust before the peer is told of it.
    pub(super) trust_waits: Option<u64>,
    /// What it told on a connection.
    pub(super) ship_id: Option<ShipId>,
    /// The keys it told of (SHIP 1.1.0, 12.1.3).
    pub(super) keys: KeyMaterial,
    /// It left a handshake in which this node announced more than 1.0.
    pub(super) refused_version: bool,
    /// What is known about PINs.
    pub(super) pins: Pins,
    /// What discovery sees.
    pub(super) sightings: BTreeMap<Place, Seen>,
    /// Given by the application.
    pub(super) endpoints: Vec<Endpoint>,
    /// Open connections, oldest first.
    pub(super) conns: Vec<ConnId>,
    /// The connection that carries SPINE.
    pub(super) session: Option<ConnId>,
    pub(super) dialling: Dialling,
    pub(super) contest: Option<Contest>,
    /// What the application was last told.
    pub(super) told: Option<Readiness>,
    pub(super) failure: Option<Failure>,
}

/// Two connections with one peer, and what is done about it (SHIP 12.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contest {
    /// Waiting whether the matter settles itself.
    Grace(Instant),
    /// Every connection was pinged; those that do not answer fall out by themselves.
    Pinged(Instant),
}

impl Peer {
    fn new(ski: Ski) -> Self {
        Self {
            ski,
            decision: Decision::Undecided,
            trusted: None,
            fingerprint: None,
            presented: None,
            label: String::new(),
            named: false,
            request: None,
            trust_waits: None,
            ship_id: None,
            keys: KeyMaterial::default(),
            refused_version: false,
            pins: Pins::default(),
            sightings: BTreeMap::new(),
            endpoints: Vec::new(),
            conns: Vec::new(),
            session: None,
            dialling: Dialling::default(),
            contest: None,
            told: None,
            failure: None,
        }
    }

    /// The decision as SHIP's hello needs it: trust counts once it is kept.
    pub(super) fn trust(&self) -> Trust {
        match self.decision {
            Decision::Trusted if self.trust_waits.is_none() => Trust::Trusted,
            Decision::Trusted | Decision::Undecided => Trust::Undecided,
            Decision::Refused => Trust::Refused,
        }
    }

    /// The SHIP ID it told, or the one it announces.
    pub(super) fn ship_id(&self) -> Option<&ShipId> {
        let announced = || self.sightings.values().next().map(|seen| &seen.sighting.record.id);
        self.ship_id.as_ref().or_else(announced)
    }

    /// Nobody named it and nobody decided about it.
    pub(super) fn is_stranger(&self) -> bool {
        self.decision == Decision::Undecided
            && !self.named
            && self.endpoints.is_empty()
            && !self.dialling.is_running()
    }

    /// Nothing holds this row: nobody knows it, nobody sees it, nobody is connected, and it does not ask.
    pub(super) fn is_idle_stranger(&self) -> bool {
        self.is_stranger() && self.conns.is_empty() && self.sightings.is_empty() && self.request.is_none()
    }
}

/// The table of peers.
#[derive(Clone, Debug, Default)]
pub(super) struct Peers {
    rows: BTreeMap<PeerId, Peer>,
    by_ski: BTreeMap<Ski, PeerId>,
    next: u32,
}

impl Peers {
    pub(super) fn get(&self, id: PeerId) -> Option<&Peer> {
        self.rows.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: PeerId) -> Option<&mut Peer> {
        self.rows.get_mut(&id)
    }

    pub(super) fn find(&self, ski: Ski) -> Option<PeerId> {
        self.by_ski.get(&ski).copied()
    }

    /// The row of an SKI, a new one where there is none; `None` where the table has `max` rows.
    pub(super) fn find_or_add(&mut self, ski: Ski, max: usize) -> Option<PeerId> {
        if let Some(id) = self.find(ski) {
            return Some(id);
        }
        if self.rows.len() >= max {
            return None;
        }
        let id = PeerId(self.next);
        self.next = self.next.wrapping_add(1);
        self.rows.insert(id, Peer::new(ski));
        self.by_ski.insert(ski, id);
        Some(id)
    }

    pub(super) fn remove(&mut self, id: PeerId) -> Option<Peer> {
        let peer = self.rows.remove(&id)?;
        self.by_ski.retain(|_, row| *row != id);
        Some(peer)
    }

    /// Lets a peer be found by every key it will use, unless another peer has it.
    pub(super) fn trust_keys(&mut self, id: PeerId) {
        let Some(peer) = self.rows.get(&id) else { return };
        self.by_ski.retain(|ski, row| *row != id || *ski == peer.ski);
        for ski in peer.keys.trusted() {
            self.by_ski.entry(ski).or_insert(id);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        self.rows.iter().map(|(id, peer)| (*id, peer))
    }
}
