//! Every peer a node knows: one row an SKI.

use super::action::Endpoint;
use super::dialer::Dialling;
use super::readiness::Readiness;
use crate::ids::{ConnId, PeerId};
use crate::ship::identity::{ShipId, Ski};
use crate::ship::{KeyMaterial, Pins, Trust};
use crate::time::Instant;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// Sightings kept of one peer: instances of a service that claim its SKI.
pub const MAX_SIGHTINGS: usize = 4;
/// Endpoints kept of one peer and source.
pub const MAX_ENDPOINTS: usize = 16;

/// What this node's user decided about a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    #[default]
    Undecided,
    /// Trusted; the number of the store that holds it, until it does.
    Trusted,
    /// Refused.
    Refused,
}

/// One peer.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) ski: Ski,
    pub(super) decision: Decision,
    /// The store that has to hold the trust before the peer is told of it.
    pub(super) trust_waits: Option<u64>,
    pub(super) ship_id: Option<ShipId>,
    /// The keys it told of (SHIP 1.1.0, 12.1.3).
    pub(super) keys: KeyMaterial,
    /// It left a handshake in which this node announced more than 1.0.
    pub(super) refused_version: bool,
    /// What is known about PINs.
    pub(super) pins: Pins,
    /// What discovery sees, by instance name.
    pub(super) sightings: BTreeMap<String, Vec<Endpoint>>,
    /// Given by the user, or where it was last reached.
    pub(super) endpoints: Vec<Endpoint>,
    /// Open connections, oldest first.
    pub(super) conns: Vec<ConnId>,
    /// The connection that carries SPINE.
    pub(super) session: Option<ConnId>,
    pub(super) dialling: Dialling,
    pub(super) contest: Option<Contest>,
    /// What the application was last told.
    pub(super) told: Option<Readiness>,
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

    /// Nothing holds this row: nobody decided, nobody sees it, nobody is connected.
    pub(super) fn is_idle_stranger(&self) -> bool {
        self.decision == Decision::Undecided
            && self.conns.is_empty()
            && self.sightings.is_empty()
            && self.endpoints.is_empty()
            && !self.dialling.is_running()
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

    /// The peer a sighting of this instance belongs to.
    pub(super) fn of_instance(&self, instance: &str) -> Option<PeerId> {
        self.rows.iter().find(|(_, peer)| peer.sightings.contains_key(instance)).map(|(id, _)| *id)
    }
}
