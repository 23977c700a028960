//! Who is trusted, who asks, who is seen (SHIP 12.3, 14).

use super::action::Endpoint;
use super::event::Event;
use super::input::Sighting;
use super::peers::{Decision, MAX_ENDPOINTS, MAX_SIGHTINGS};
use super::saved::{Saved, SavedPeer};
use super::{Node, Who};
use crate::ids::PeerId;
use crate::ship::{CloseCause, KeyMaterial, Pins};
use alloc::string::String;

impl Node {
    /// Puts what the store kept in place.
    pub(super) fn recall(&mut self, saved: Saved) {
        let now = self.now;
        for SavedPeer { ski, trusted, ship_id, endpoints, keys, pin } in saved.peers {
            if ski == self.config.key.ski {
                continue;
            }
            let Some(id) = self.peers.find_or_add(ski, self.config.max_peers) else { break };
            if let Some(row) = self.peers.get_mut(id) {
                row.decision = if trusted { Decision::Trusted } else { Decision::Refused };
                row.ship_id = ship_id;
                row.pins = Pins { wrong: pin.wrong, accepted: pin.accepted, ..Pins::default() };
                row.pins.punish(now);
                row.keys = keys;
                row.endpoints = endpoints;
                row.endpoints.truncate(MAX_ENDPOINTS);
            }
            self.peers.trust_keys(id);
            self.touch(id);
        }
    }

    /// Decides about a peer; the decision is kept before the peer is told of trust.
    pub(super) fn decide(&mut self, id: PeerId, decision: Decision) {
        let seq = self.coming_seq();
        let Some(row) = self.peers.get_mut(id) else { return };
        if row.decision == decision {
            return;
        }
        row.decision = decision;
        row.trust_waits = (decision == Decision::Trusted).then_some(seq);
        self.unsaved = true;
        self.touch(id);
        if decision != Decision::Trusted {
            self.distrust(id);
        }
    }

    /// Trust is gone: what is connected is closed, what is known of the session forgotten.
    fn distrust(&mut self, id: PeerId) {
        self.cancel_round(id);
        self.tell_trust(id);
        let conns = self.peers.get(id).map(|row| row.conns.clone()).unwrap_or_default();
        for conn in conns {
            self.leave(conn, CloseCause::TrustRemoved);
        }
        self.spine.forget(id);
    }

    pub(super) fn forget(&mut self, id: PeerId) {
        self.decide(id, Decision::Undecided);
        if let Some(row) = self.peers.get_mut(id) {
            row.endpoints.clear();
            row.ship_id = None;
            row.pins = Pins::default();
            row.keys = KeyMaterial::default();
        }
        self.peers.trust_keys(id);
        self.drop_idle_stranger(id);
    }

    /// The row of a stranger goes with its last trace.
    pub(super) fn drop_idle_stranger(&mut self, id: PeerId) {
        if self.peers.get(id).is_some_and(super::peers::Peer::is_idle_stranger)
            && !self.conns.iter().any(|(_, conn)| conn.peer == Some(id))
        {
            self.peers.remove(id);
            self.spine.forget(id);
            self.deadlines.set(Who::Peer(id), None);
            self.deadlines.set(Who::Session(id), None);
        }
    }

    pub(super) fn on_persisted(&mut self, seq: u64) {
        self.spine.persisted(seq);
        let waiting = |row: &super::peers::Peer| row.trust_waits.is_some_and(|waits| waits <= seq);
        let kept: alloc::vec::Vec<_> =
            self.peers.iter().filter(|(_, row)| waiting(row)).map(|(id, _)| id).collect();
        for id in kept {
            if let Some(row) = self.peers.get_mut(id) {
                row.trust_waits = None;
            }
            self.tell_trust(id);
            self.start_round(id);
        }
    }

    pub(super) fn on_persist_failed(&mut self, seq: u64, detail: String) {
        self.spine.persist_failed(seq);
        // Everything up to this one that is not known to be kept is lost: a later store contains the earlier ones.
        let lost = |row: &super::peers::Peer| row.trust_waits.is_some_and(|waits| waits <= seq);
        let lost = self.peers.iter().filter(|(_, row)| lost(row)).map(|(id, _)| id);
        for id in lost.collect::<alloc::vec::Vec<_>>() {
            if let Some(row) = self.peers.get_mut(id) {
                row.decision = Decision::Undecided;
                row.trust_waits = None;
            }
            self.touch(id);
        }
        self.notify(Event::PersistFailed { seq, detail });
    }

    /// Makes a peer known, with addresses of the user's.
    pub(super) fn add_peer(
        &mut self,
        ski: crate::ship::identity::Ski,
        endpoints: alloc::vec::Vec<Endpoint>,
    ) -> Option<PeerId> {
        let id = self.peers.find_or_add(ski, self.config.max_peers)?;
        if let Some(row) = self.peers.get_mut(id) {
            for endpoint in endpoints {
                if !row.endpoints.contains(&endpoint) && row.endpoints.len() < MAX_ENDPOINTS {
                    row.endpoints.push(endpoint);
                    self.unsaved |= row.decision == Decision::Trusted;
                }
            }
        }
        self.touch(id);
        Some(id)
    }

    pub(super) fn on_seen(&mut self, sighting: Sighting) {
        let Sighting { instance, record, mut endpoints } = sighting;
        if record.ski == self.config.key.ski {
            return;
        }
        if self.peers.of_instance(&instance).is_some_and(|id| Some(id) != self.peers.find(record.ski)) {
            self.on_gone(&instance);
        }
        let Some(id) = self.peers.find_or_add(record.ski, self.config.max_peers) else { return };
        endpoints.truncate(MAX_ENDPOINTS);
        let Some(row) = self.peers.get_mut(id) else { return };
        let news = row.sightings.get(&instance) != Some(&endpoints);
        if !news || (row.sightings.len() >= MAX_SIGHTINGS && !row.sightings.contains_key(&instance)) {
            return;
        }
        row.sightings.insert(instance, endpoints);
        if row.ship_id.is_none() {
            row.ship_id = Some(record.id.clone());
        }
        self.notify(Event::Seen { peer: id, ski: record.ski, ship_id: record.id });
        self.hurry_dial(id);
        self.touch(id);
    }

    pub(super) fn on_gone(&mut self, instance: &str) {
        let Some(id) = self.peers.of_instance(instance) else { return };
        if let Some(row) = self.peers.get_mut(id) {
            row.sightings.remove(instance);
        }
        self.notify(Event::Gone { peer: id });
        self.touch(id);
        self.drop_idle_stranger(id);
    }
}
