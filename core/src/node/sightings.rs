//! What discovery sees of peers, kept by SKI, instance name and interface (SHIP 7).

use super::Node;
use super::event::Event;
use super::input::Sighting;
use super::peers::{MAX_ENDPOINTS, MAX_SEEN_STRANGERS, MAX_SIGHTINGS, Peer};
use crate::ids::PeerId;
use crate::ship::identity::Ski;
use crate::time::Instant;
use alloc::string::String;
use alloc::vec::Vec;

/// A sighting, and since when a node has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What discovery sees now.
    pub sighting: Sighting,
    /// When this instance was first seen on this interface; news of it do not change that.
    pub since: Instant,
}

/// Instance name and interface: what tells sightings of one SKI apart.
pub(super) type Place = (String, Option<String>);

impl Node {
    pub(super) fn on_seen(&mut self, mut sighting: Sighting) {
        let (ski, now) = (sighting.record.ski, self.now);
        if ski == self.config.key.ski {
            return;
        }
        let Some(id) = self.find_or_see(ski) else { return };
        let Some(row) = self.peers.get_mut(id) else { return };
        sighting.endpoints.truncate(MAX_ENDPOINTS);
        let place = (sighting.instance.clone(), sighting.interface.clone());
        let before = row.sightings.get(&place);
        let is_full = before.is_none() && row.sightings.len() >= MAX_SIGHTINGS;
        if is_full || before.is_some_and(|before| before.sighting == sighting) {
            return;
        }
        let known = before.map_or(&[][..], |before| &before.sighting.endpoints);
        let fresh = sighting.endpoints.iter().filter(|endpoint| !known.contains(endpoint));
        let fresh: Vec<_> = fresh
            .filter(|endpoint| !row.endpoints.contains(endpoint) && !row.dialling.reached.contains(endpoint))
            .cloned()
            .collect();
        let is_elsewhere = before.is_none() || !fresh.is_empty();
        let since = before.map_or(now, |before| before.since);
        let ship_id = sighting.record.id.clone();
        row.sightings.insert(place, Seen { sighting, since });
        self.notify(Event::Seen { peer: id, ski, ship_id });
        if is_elsewhere {
            self.seen_elsewhere(id, fresh);
        }
        self.touch(id);
    }

    pub(super) fn on_gone(&mut self, ski: Ski, instance: String, interface: Option<String>) {
        let Some(id) = self.peers.find(ski) else { return };
        let Some(row) = self.peers.get_mut(id) else { return };
        if row.sightings.remove(&(instance, interface)).is_none() {
            return;
        }
        match row.sightings.values().next() {
            // Still there, by another name or on another interface.
            Some(left) => {
                let ship_id = left.sighting.record.id.clone();
                self.notify(Event::Seen { peer: id, ski, ship_id });
            }
            None => self.notify(Event::Gone { peer: id }),
        }
        self.touch(id);
        self.drop_idle_stranger(id);
    }

    /// The row of an SKI that discovery sees. A new stranger takes the room of the oldest that is only seen, never that
    /// of a peer somebody knows or that is connected.
    fn find_or_see(&mut self, ski: Ski) -> Option<PeerId> {
        if let Some(id) = self.peers.find(ski) {
            return Some(id);
        }
        let strangers = self.peers.iter().filter(|(id, row)| self.is_only_seen(*id, row)).count();
        if strangers >= MAX_SEEN_STRANGERS {
            self.drop_oldest_seen();
        }
        self.find_or_add(ski)
    }

    /// The row of an SKI, a new one where there is none, if need be in the room of a stranger that is only seen.
    pub(super) fn find_or_add(&mut self, ski: Ski) -> Option<PeerId> {
        let max = self.config.max_peers;
        self.peers.find_or_add(ski, max).or_else(|| {
            self.drop_oldest_seen();
            self.peers.find_or_add(ski, max)
        })
    }

    /// Nothing but sightings hold this row.
    fn is_only_seen(&self, id: PeerId, row: &Peer) -> bool {
        row.is_stranger() && row.request.is_none() && !self.has_connection(id)
    }

    fn drop_oldest_seen(&mut self) {
        let oldest = self.peers.iter().find(|(id, row)| self.is_only_seen(*id, row)).map(|(id, _)| id);
        if let Some(id) = oldest {
            self.drop_peer(id);
            self.notify(Event::Gone { peer: id });
        }
    }
}
