//! Who is trusted, and who decided so (SHIP 12.3, 14).

use super::Node;
use super::event::Event;
use super::peers::{Decision, MAX_LABEL, Peer};
use super::trust_level::{TrustPolicy, TrustSource};
use crate::ids::{ConnId, PeerId};
use crate::ship::identity::Fingerprint;
use crate::ship::{CloseCause, KeyMaterial, Pins, Trust};
use alloc::string::String;
use alloc::vec::Vec;

impl Node {
    /// Trusts a peer, or its new certificate; the decision is kept before the peer is told of it.
    pub(super) fn trust(&mut self, id: PeerId, source: TrustSource) {
        let (seq, trusted, fingerprint) = (self.coming_seq(), source.trust(), self.fingerprint_of(id));
        let Some(row) = self.peers.get_mut(id) else { return };
        let is_new = row.decision != Decision::Trusted || row.presented.is_some();
        let is_more = row.trusted.is_none_or(|before| before.level.user < trusted.level.user);
        if !(is_new || is_more) {
            return;
        }
        if is_more {
            row.trusted = Some(trusted);
        }
        if is_new {
            row.decision = Decision::Trusted;
            row.fingerprint = row.presented.take().or(fingerprint).or(row.fingerprint);
            row.trust_waits = Some(seq);
        }
        self.unsaved = true;
        self.notify(Event::Decided { peer: id, decision: Decision::Trusted, source: Some(source) });
        self.touch(id);
    }

    /// The user's yes: to an SKI that was entered, or to one that came by itself.
    pub(super) fn trust_by_user(&mut self, id: PeerId) {
        let named = self.peers.get(id).is_some_and(|row| row.named);
        self.trust(id, if named { TrustSource::UserInput } else { TrustSource::UserVerified });
    }

    /// The certificate a connection of the peer presented last.
    fn fingerprint_of(&self, id: PeerId) -> Option<Fingerprint> {
        let conns = self.conns.iter().filter(|(_, conn)| conn.peer == Some(id));
        conns.filter_map(|(_, conn)| conn.fingerprint).last()
    }

    pub(super) fn refuse(&mut self, id: PeerId) {
        let Some(row) = self.peers.get_mut(id).filter(|row| row.decision != Decision::Refused) else {
            return;
        };
        row.distrust(Decision::Refused);
        self.notify(Event::Decided { peer: id, decision: Decision::Refused, source: None });
        self.unsaved = true;
        self.part(id);
    }

    pub(super) fn forget(&mut self, id: PeerId) {
        let Some(row) = self.peers.get_mut(id) else { return };
        let was_kept = row.decision != Decision::Undecided;
        row.distrust(Decision::Undecided);
        (row.ship_id, row.named) = (None, false);
        row.label.clear();
        row.endpoints.clear();
        row.dialling.reached.clear();
        (row.pins, row.keys) = (Pins::default(), KeyMaterial::default());
        self.peers.trust_keys(id);
        if was_kept {
            self.notify(Event::Decided { peer: id, decision: Decision::Undecided, source: None });
            self.unsaved = true;
        }
        self.part(id);
        self.drop_idle_stranger(id);
    }

    /// Trust is gone: what is connected is closed, what is known of the session forgotten.
    fn part(&mut self, id: PeerId) {
        self.cancel_round(id);
        self.tell_trust(id);
        let conns = self.peers.get(id).map(|row| row.conns.clone()).unwrap_or_default();
        for conn in conns {
            self.leave(conn, CloseCause::TrustRemoved);
        }
        self.spine.forget(id);
        self.touch(id);
    }

    pub(super) fn rename(&mut self, id: PeerId, label: &str) {
        let Some(row) = self.peers.get_mut(id) else { return };
        let label: String = label.chars().filter(|c| !c.is_control()).take(MAX_LABEL).collect();
        self.unsaved |= row.decision != Decision::Undecided && row.label != label;
        row.label = label;
    }

    /// Takes another policy. A window begins now, also for strangers that wait already.
    pub(super) fn set_trust_policy(&mut self, policy: TrustPolicy) {
        let window = if let TrustPolicy::Window(span) = policy { Some(self.now + span) } else { None };
        self.config.trust_policy = policy;
        self.accepts_until = window;
        let waiting = self.peers.iter().filter(|(_, row)| !row.conns.is_empty());
        for id in waiting.map(|(id, _)| id).collect::<Vec<_>>() {
            self.accept_stranger(id);
        }
    }

    /// Trusts a connected stranger where a window is open.
    pub(super) fn accept_stranger(&mut self, id: PeerId) {
        let is_stranger = self.peers.get(id).is_some_and(|row| row.decision == Decision::Undecided);
        if is_stranger && self.accepts_until.is_some_and(|until| self.now < until) {
            self.trust(id, TrustSource::AutoAccept);
        }
    }

    /// Trust as it counts on one connection: that in another certificate of the same key is to be decided anew.
    pub(super) fn trust_on(&self, peer: PeerId, conn: ConnId) -> Trust {
        let Some(row) = self.peers.get(peer) else { return Trust::Undecided };
        let presented = self.conns.get(conn).and_then(|conn| conn.fingerprint);
        match (row.trust(), row.fingerprint, presented) {
            (Trust::Trusted, Some(known), Some(presented)) if known != presented => Trust::Undecided,
            (trust, ..) => trust,
        }
    }

    /// TLS proved the peer's key with this certificate.
    pub(super) fn certificate_seen(&mut self, id: PeerId, presented: Fingerprint) {
        let Some(row) = self.peers.get_mut(id).filter(|row| row.decision == Decision::Trusted) else {
            return;
        };
        match row.fingerprint {
            None => {
                row.fingerprint = Some(presented);
                self.unsaved = true;
            }
            Some(known) if known == presented => row.presented = None,
            Some(known) => {
                row.presented = Some(presented);
                self.notify(Event::FingerprintChanged { peer: id, known, presented });
            }
        }
        self.touch(id);
    }

    pub(super) fn on_persisted(&mut self, seq: u64) {
        self.spine.persisted(seq);
        for id in self.waiting_for(seq) {
            if let Some(row) = self.peers.get_mut(id) {
                (row.trust_waits, row.request) = (None, None);
            }
            self.tell_trust(id);
            self.start_round(id);
            self.touch(id);
        }
    }

    pub(super) fn on_persist_failed(&mut self, seq: u64, detail: String) {
        self.spine.persist_failed(seq);
        // Everything up to this one that is not known to be kept is lost: a later store contains the earlier ones.
        for id in self.waiting_for(seq) {
            if let Some(row) = self.peers.get_mut(id) {
                (row.decision, row.trusted, row.trust_waits) = (Decision::Undecided, None, None);
            }
            self.notify(Event::Decided { peer: id, decision: Decision::Undecided, source: None });
            self.touch(id);
        }
        self.notify(Event::PersistFailed { seq, detail });
    }

    fn waiting_for(&self, seq: u64) -> Vec<PeerId> {
        let waiting = self.peers.iter().filter(|(_, row)| row.trust_waits.is_some_and(|waits| waits <= seq));
        waiting.map(|(id, _)| id).collect()
    }
}

impl Peer {
    fn distrust(&mut self, decision: Decision) {
        self.decision = decision;
        (self.trusted, self.trust_waits, self.request) = (None, None, None);
        (self.fingerprint, self.presented) = (None, None);
    }
}
