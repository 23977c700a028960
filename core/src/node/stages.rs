//! A connection on its way to SHIP: accepted or dialled, secured, opened; and who is turned away.

use super::Node;
use super::action::Action;
use super::connections::{
    ConnStage, MAX_PER_PEER, MAX_STRANGERS, MAX_UNPROVED, PING_INTERVAL, SMALL_MESSAGE, STAGE_TIME,
};
use super::event::{Event, Refused};
use super::failure::Cause;
use super::input::Stage;
use super::peers::Decision;
use crate::ids::{AttemptId, ConnId};
use crate::ship::identity::PeerKey;
use crate::ship::{Connection, Output, Role, Trust};
use alloc::boxed::Box;
use alloc::string::ToString;
use core::net::SocketAddr;

impl Node {
    pub(super) fn on_accepted(&mut self, id: ConnId, from: SocketAddr) {
        debug_assert!(self.conns.get(id).is_none(), "a ConnId is never reused");
        let full = !self.has_slot(Role::Server);
        let unproved =
            self.conns.iter().filter(|(_, conn)| conn.peer.is_none() && conn.attempt.is_none()).count();
        let conn = self.new_conn(Role::Server, Some(from), None);
        self.conns.rows.insert(id, conn);
        if self.is_stopping() {
            self.refuse_conn(id, Refused::ShuttingDown);
        } else if full {
            self.refuse_conn(id, Refused::TooManyConnections);
        } else if unproved >= MAX_UNPROVED {
            self.refuse_conn(id, Refused::TooManyUnproved);
        }
        self.sync_conn(id);
    }

    pub(super) fn on_dialled(&mut self, attempt: AttemptId, id: ConnId) {
        debug_assert!(self.conns.get(id).is_none(), "a ConnId is never reused");
        let conn = self.new_conn(Role::Client, None, Some(attempt));
        self.conns.rows.insert(id, conn);
        if self.attempt_connected(attempt, id).is_none() {
            self.close_unproved(id);
        }
        self.sync_conn(id);
    }

    pub(super) fn on_secured(&mut self, id: ConnId, key: PeerKey) {
        let Some(conn) = self.conns.get(id) else { return };
        let ConnStage::Connected(_) = conn.stage else { return };
        let attempt = conn.attempt;
        if key.ski == self.config.key.ski {
            return self.refuse_conn(id, Refused::SelfConnection);
        }
        let Some(peer) = self.find_or_add(key.ski) else {
            return self.refuse_conn(id, Refused::TooManyPeers);
        };
        self.on_key(peer, key.ski);
        if let Some(attempt) = attempt {
            if !self.is_attempt_at(peer, attempt) {
                let cause = Cause::WrongSki(key.ski);
                self.attempt_failed(attempt, Stage::Secure, cause, "another node answered".to_string());
                return self.close_unproved(id);
            }
            self.round_won(peer, attempt);
        } else {
            self.stop_round(peer);
        }
        let until = self.now + STAGE_TIME;
        if let Some(conn) = self.conns.get_mut(id) {
            conn.peer = Some(peer);
            conn.fingerprint = Some(key.fingerprint);
            conn.stage = ConnStage::Secured(until);
        }
        self.certificate_seen(peer, key.fingerprint);
        self.touch(peer);
        let strangers =
            self.conns.iter().filter(|(other, conn)| *other != id && self.is_stranger(conn)).count();
        let of_peer =
            self.conns.iter().filter(|(_, conn)| conn.peer == Some(peer) && !conn.is_closing()).count();
        let decision = self.peers.get(peer).map(|peer| peer.decision);
        if decision == Some(Decision::Undecided) && strangers >= MAX_STRANGERS {
            self.refuse_conn(id, Refused::TooManyStrangers);
        } else if of_peer > MAX_PER_PEER {
            self.refuse_conn(id, Refused::DoubleConnection);
        }
        self.sync_conn(id);
    }

    fn is_stranger(&self, conn: &super::connections::Conn) -> bool {
        let peer = conn.peer.and_then(|peer| self.peers.get(peer));
        !conn.is_closing() && peer.is_some_and(|peer| peer.decision == Decision::Undecided)
    }

    pub(super) fn on_opened(&mut self, id: ConnId) {
        let now = self.now;
        let Some(conn) = self.conns.get_mut(id) else { return };
        let (ConnStage::Secured(_), Some(peer)) = (&conn.stage, conn.peer) else { return };
        conn.ping_at = now + PING_INTERVAL;
        let role = conn.role;
        let Some(row) = self.peers.get_mut(peer) else { return };
        row.conns.push(id);
        self.notify(Event::Connected { peer, conn: id });
        self.act(Action::Receive { conn: id, limit: SMALL_MESSAGE });
        self.contest_begins(peer);
        self.accept_stranger(peer);
        let trust = self.trust_on(peer, id);
        let is_being_kept = self.peers.get(peer).is_none_or(|row| row.trust_waits.is_some());
        let mut out = Output::default();
        let own = self.own_for(peer);
        let keys = self.peers.get(peer).map_or(0, |row| row.keys.counter);
        let mut ship = Connection::start(role, trust, &own, &self.config.timers, now, &mut out);
        ship.know_key_material(keys);
        if let Some(conn) = self.conns.get_mut(id) {
            conn.stage = ConnStage::Ship(Box::new(ship));
        }
        if trust == Trust::Undecided && !is_being_kept {
            self.asks_for_trust(peer);
        }
        self.carry_out(id, out);
        self.tell_pins(peer, None);
    }
}
