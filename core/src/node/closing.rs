//! The end of a connection: lost, left or refused, and what follows for its peer.

use super::action::Action;
use super::connections::ConnStage;
use super::event::{Event, Refused};
use super::failure::Cause;
use super::input::{Lost, Stage};
use super::peers::Decision;
use super::{Node, Who};
use crate::ids::{ConnId, PeerId};
use crate::ship::message::CloseReason;
use crate::ship::{CloseCause, Connection, Ending, Loss, Output, Timer};
use alloc::string::{String, ToString};

impl Node {
    pub(super) fn on_lost(&mut self, id: ConnId, why: Lost) {
        self.handshake_failed(id, None);
        let Some(conn) = self.conns.rows.remove(&id) else { return };
        self.deadlines.set(Who::Conn(id), None);
        let Some(peer) = conn.peer else {
            if let Some(attempt) = conn.attempt {
                let (stage, cause, detail) = match why {
                    Lost::Failed { stage, cause, detail } => (stage, cause, detail),
                    other => (Stage::Secure, Cause::Other, other.to_string()),
                };
                self.attempt_failed(attempt, stage, cause, detail);
            } else if let Some(from) = conn.from.filter(|_| !conn.is_closing()) {
                self.notify(Event::Unproved { conn: id, from, why });
            }
            return;
        };
        let loss = match (&conn.stage, &why) {
            (ConnStage::Ship(ship), Lost::Closed { code, reason }) => ship.loss(*code, reason),
            (ConnStage::Ship(ship), _) => ship.loss(None, ""),
            _ => Loss::Ordinary,
        };
        if !conn.is_closing() {
            self.loss_noted(peer, conn.ship().map(Connection::phase), &why);
            self.lasted(peer, conn.data_since);
        }
        self.detach(peer, id);
        // A close of this node's own has set the time of the next round already.
        if !conn.is_closing() {
            let refused =
                matches!(loss, Loss::NotTrustedByPeer | Loss::TrustRemovedByPeer | Loss::DoubleConnection);
            self.redial(peer, refused);
        }
        let retry = self.peers.get(peer).and_then(|row| row.dialling.not_before);
        self.notify(Event::Disconnected { peer, conn: id, why, retry });
        self.keep_request(peer);
        self.drop_idle_stranger(peer);
    }

    /// Plans the next round after the last connection of a trusted peer.
    fn redial(&mut self, peer: PeerId, refused: bool) {
        let trusted = self.peers.get(peer).is_some_and(|row| row.decision == Decision::Trusted);
        let reachable = self.config.dial && self.has_endpoints(peer);
        if trusted
            && reachable
            && !self.has_connection(peer)
            && !self.is_dialling(peer)
            && !self.is_stopping()
        {
            self.back_off(peer, refused);
        }
    }

    /// Takes a connection out of its peer's row; its session ends with it.
    fn detach(&mut self, peer: PeerId, id: ConnId) {
        let Some(row) = self.peers.get_mut(peer) else { return };
        row.conns.retain(|conn| *conn != id);
        if row.session == Some(id) {
            row.session = None;
            self.spine.close(peer);
        }
        self.contest_changed(peer);
        self.touch(peer);
    }

    /// Leaves a connection in the way its phase asks for.
    pub(super) fn leave(&mut self, id: ConnId, cause: CloseCause) {
        let now = self.now;
        let mut out = Output::default();
        match self.conns.get_mut(id).map(|conn| &mut conn.stage) {
            Some(ConnStage::Ship(ship)) => ship.announce_close(cause, now, &mut out),
            Some(ConnStage::Connected(_) | ConnStage::Secured(_)) => return self.close_unproved(id),
            Some(ConnStage::Closing) | None => return,
        }
        self.carry_out(id, out);
    }

    /// Closes a connection for a reason of this node's, and says so.
    pub(super) fn refuse_conn(&mut self, id: ConnId, why: Refused) {
        let Some(conn) = self.conns.get(id).filter(|conn| !conn.is_closing()) else { return };
        let (peer, from, phase) = (conn.peer, conn.from, conn.ship().map(Connection::phase));
        self.notify(Event::Refused { conn: id, peer, from, why });
        if let Some(peer) = peer {
            self.refusal_noted(peer, phase, why);
        }
        let (code, reason) = match why {
            Refused::DoubleConnection => (1000, "double connection".to_string()),
            _ => (4001, why.to_string()),
        };
        self.close(id, code, reason, false);
    }

    /// Closes a connection nobody needs any more, before it became a peer's.
    pub(super) fn close_unproved(&mut self, id: ConnId) {
        self.close(id, 1000, "not needed".to_string(), false);
    }

    pub(super) fn close(&mut self, id: ConnId, code: u16, reason: String, refused: bool) {
        let Some(conn) = self.conns.get_mut(id).filter(|conn| !conn.is_closing()) else { return };
        conn.stage = ConnStage::Closing;
        conn.early.clear();
        let (peer, since) = (conn.peer, conn.data_since);
        self.act(Action::Close { conn: id, code, reason });
        if let Some(peer) = peer {
            self.lasted(peer, since);
            self.detach(peer, id);
            self.redial(peer, refused);
        }
        self.sync_conn(id);
    }
}

/// Whether a connection ended because a user did not trust, did not decide, or did not enter a PIN.
pub(super) fn is_refusal(ending: &Ending) -> bool {
    matches!(
        ending,
        Ending::AbortedByPeer
            | Ending::TimedOut(Timer::WaitForReady | Timer::PinEntry)
            | Ending::PinRequired
            | Ending::ClosedByPeer(CloseReason::RemovedConnection)
    )
}
