//! Strangers that ask for trust: held while they are connected, remembered for a while when they are gone.

use super::event::{Event, PairingRequested};
use super::peers::{Decision, MAX_REQUESTS, REQUEST_TIME, Request};
use super::{Node, Who};
use crate::ids::PeerId;
use crate::time::Instant;
use alloc::vec::Vec;

impl Node {
    /// A connection of an undecided peer is open.
    pub(super) fn asks_for_trust(&mut self, id: PeerId) {
        let now = self.now;
        let Some(row) = self.peers.get_mut(id).filter(|row| row.decision != Decision::Refused) else {
            return;
        };
        let since = row.request.map_or(now, |request| request.since);
        row.request = Some(Request { since, until: None });
        let request = PairingRequested { peer: id, ski: row.ski, ship_id: row.ship_id().cloned() };
        self.notify(Event::PairingRequested(request));
    }

    /// The last connection of a peer that asks is gone: a decision may still come, and the oldest makes room.
    pub(super) fn keep_request(&mut self, id: PeerId) {
        let until = self.now + REQUEST_TIME;
        if self.has_connection(id) {
            return;
        }
        if let Some(request) = self.peers.get_mut(id).and_then(|row| row.request.as_mut()) {
            request.until = Some(until);
            self.touch(id);
        }
        let kept = self.peers.iter().filter_map(|(id, row)| Some((row.request?.until?, id)));
        let mut kept: Vec<_> = kept.collect();
        kept.sort_unstable();
        let over = kept.len().saturating_sub(MAX_REQUESTS);
        kept.into_iter().take(over).for_each(|(_, id)| self.end_request(id));
    }

    /// Until when a stranger's wish is kept.
    pub(super) fn request_deadline(&self, id: PeerId) -> Option<(Instant, &'static str)> {
        self.peers.get(id)?.request?.until.map(|at| (at, "pairing request"))
    }

    /// The wish of a stranger may be over.
    pub(super) fn tick_request(&mut self, id: PeerId) {
        if self.request_deadline(id).is_some_and(|(at, _)| at <= self.now) {
            self.end_request(id);
        }
    }

    fn end_request(&mut self, id: PeerId) {
        if let Some(row) = self.peers.get_mut(id) {
            row.request = None;
        }
        self.notify(Event::PairingExpired { peer: id });
        self.touch(id);
        self.drop_idle_stranger(id);
    }

    /// The row of a stranger goes with its last trace.
    pub(super) fn drop_idle_stranger(&mut self, id: PeerId) {
        if self.peers.get(id).is_some_and(super::peers::Peer::is_idle_stranger)
            && !self.conns.iter().any(|(_, conn)| conn.peer == Some(id))
        {
            self.drop_peer(id);
        }
    }

    pub(super) fn drop_peer(&mut self, id: PeerId) {
        self.peers.remove(id);
        self.spine.forget(id);
        self.deadlines.set(Who::Peer(id), None);
        self.deadlines.set(Who::Session(id), None);
    }
}
