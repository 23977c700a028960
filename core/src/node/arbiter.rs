//! Double connections: which one of several with the same peer remains (SHIP 12.2.2).
//!
//! The node with the bigger SKI keeps the most recent connection once a grace time is over. The one with the smaller SKI
//! waits, then pings all, and closes older ones only if several answer. Meanwhile SHIP goes on everywhere, and SPINE
//! stays where it is, or waits.

use super::event::Refused;
use super::peers::Contest;
use super::{Node, connections};
use crate::ids::{ConnId, PeerId};
use crate::ship::CloseCause;
use crate::time::Instant;
use core::time::Duration;

/// How long the bigger SKI leaves a double connection to settle itself; must be shorter than [`SMALLER_WAITS`].
pub const GRACE: Duration = Duration::from_secs(2);
/// How long the smaller SKI does nothing (SHIP 12.2.2).
pub const SMALLER_WAITS: Duration = Duration::from_secs(3);

impl Node {
    fn is_bigger(&self, peer: PeerId) -> bool {
        self.peers.get(peer).is_some_and(|row| self.config.key.ski > row.ski)
    }

    /// Another connection of a peer opened.
    pub(super) fn contest_begins(&mut self, peer: PeerId) {
        let wait = if self.is_bigger(peer) { GRACE } else { SMALLER_WAITS };
        let at = self.now + wait;
        if let Some(row) = self.peers.get_mut(peer).filter(|row| row.conns.len() > 1) {
            row.contest.get_or_insert(Contest::Grace(at));
        }
        self.touch(peer);
    }

    /// A connection of a peer ended: the matter may have settled itself.
    pub(super) fn contest_changed(&mut self, peer: PeerId) {
        if let Some(row) = self.peers.get_mut(peer).filter(|row| row.conns.len() < 2) {
            row.contest = None;
            self.elect(peer);
        }
    }

    /// When the contest of a peer goes on.
    pub(super) fn contest_deadline(&self, peer: PeerId) -> Option<(Instant, &'static str)> {
        match self.peers.get(peer)?.contest? {
            Contest::Grace(at) => Some((at, "double connection")),
            Contest::Pinged(at) => Some((at, "pongs of a double connection")),
        }
    }

    /// The contest's time has come.
    pub(super) fn tick_contest(&mut self, peer: PeerId) {
        let now = self.now;
        let Some(row) = self.peers.get(peer) else { return };
        let conns = row.conns.clone();
        match row.contest {
            Some(Contest::Grace(at)) if at <= now && self.is_bigger(peer) => self.keep_newest(peer),
            Some(Contest::Grace(at)) if at <= now => {
                conns.into_iter().for_each(|id| self.ping(id));
                let until = now + connections::PONG_TIME;
                if let Some(row) = self.peers.get_mut(peer) {
                    row.contest = Some(Contest::Pinged(until));
                }
            }
            // The pings of the same instant are over first, so who did not answer is gone.
            Some(Contest::Pinged(at)) if at <= now => self.keep_newest(peer),
            _ => {}
        }
        self.touch(peer);
    }

    fn keep_newest(&mut self, peer: PeerId) {
        let Some(row) = self.peers.get_mut(peer) else { return };
        row.contest = None;
        let older: alloc::vec::Vec<ConnId> = match row.conns.split_last() {
            Some((_, older)) => older.to_vec(),
            None => return,
        };
        for id in older {
            if self.conns.get(id).is_some_and(connections::Conn::in_data_phase) {
                self.end_session_on(peer, id);
                self.leave(id, CloseCause::DoubleConnection);
            } else {
                self.refuse_conn(id, Refused::DoubleConnection);
            }
        }
        self.elect(peer);
    }

    fn end_session_on(&mut self, peer: PeerId, id: ConnId) {
        if let Some(row) = self.peers.get_mut(peer) {
            // It only waits for the confirmation of its close from now on.
            row.conns.retain(|conn| *conn != id);
            if row.session == Some(id) {
                row.session = None;
                self.spine.close(peer);
            }
        }
    }

    /// Gives SPINE to the one connection left, once it is in the data phase.
    pub(super) fn elect(&mut self, peer: PeerId) {
        let Some(row) = self.peers.get_mut(peer) else { return };
        let (None, None, [only]) = (row.session, row.contest, row.conns.as_slice()) else { return };
        let only = *only;
        let Some(conn) = self.conns.get_mut(only).filter(|conn| conn.in_data_phase()) else { return };
        let early = core::mem::take(&mut conn.early);
        row.session = Some(only);
        self.spine.open(peer);
        for document in early {
            self.spine.receive(peer, &document, self.now);
        }
        self.touch(peer);
    }
}
