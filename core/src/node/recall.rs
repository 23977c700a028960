//! Peers that are known without being seen: kept over a restart, or named by the application.

use super::Node;
use super::action::Endpoint;
use super::dialer::MAX_REACHED;
use super::peers::{Decision, MAX_ENDPOINTS, Peer};
use super::saved::{SavedPeer, SavedPin};
use crate::ids::PeerId;
use crate::ship::Pins;
use crate::ship::identity::Ski;
use alloc::vec::Vec;

impl Node {
    /// Puts what the store kept in place. None of it is lost for want of room: the next store would not have it.
    pub(super) fn recall(&mut self, saved: Vec<SavedPeer>) {
        let now = self.now;
        for peer in saved {
            if peer.ski == self.config.key.ski {
                continue;
            }
            let Some(id) = self.peers.find_or_add(peer.ski, usize::MAX) else { continue };
            if let Some(row) = self.peers.get_mut(id) {
                row.decision = if peer.trust.is_some() { Decision::Trusted } else { Decision::Refused };
                (row.trusted, row.ship_id, row.fingerprint) = (peer.trust, peer.ship_id, peer.fingerprint);
                (row.label, row.endpoints) = (peer.label, peer.endpoints);
                row.endpoints.truncate(MAX_ENDPOINTS);
                row.dialling.reached = peer.reached;
                row.dialling.reached.truncate(MAX_REACHED);
                row.pins = Pins { wrong: peer.pin.wrong, accepted: peer.pin.accepted, ..Pins::default() };
                row.pins.punish(now);
                row.keys = peer.keys;
            }
            self.peers.trust_keys(id);
            self.touch(id);
        }
    }

    /// What the store is to keep: everybody that is trusted or refused.
    pub(super) fn saved_peers(&self) -> Vec<SavedPeer> {
        let decided = self.peers.iter().filter(|(_, row)| row.decision != Decision::Undecided);
        decided.map(|(_, row)| saved_peer(row)).collect()
    }

    /// Makes a peer known, with addresses of the user's.
    pub(super) fn add_peer(&mut self, ski: Ski, endpoints: Vec<Endpoint>) -> Option<PeerId> {
        let id = self.find_or_add(ski)?;
        if let Some(row) = self.peers.get_mut(id) {
            row.named = true;
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
}

fn saved_peer(row: &Peer) -> SavedPeer {
    SavedPeer {
        ski: row.ski,
        trust: row.trusted,
        label: row.label.clone(),
        ship_id: row.ship_id.clone(),
        fingerprint: row.fingerprint,
        endpoints: row.endpoints.clone(),
        reached: row.dialling.reached.clone(),
        keys: row.keys.clone(),
        pin: SavedPin { wrong: row.pins.wrong, accepted: row.pins.accepted },
    }
}
