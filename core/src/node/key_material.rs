//! Certificate updates (SHIP 1.1.0, 12.1.3): the keys of peers, and of this node.

use super::call::Misuse;
use super::connections::ConnStage;
use super::event::Event;
use super::{Decision, Node};
use crate::ids::{ConnId, PeerId};
use crate::ship::identity::Ski;
use crate::ship::{Ending, KeyMaterial, Output, Own, Phase, Role, Version};
use alloc::vec::Vec;

/// `messageProtocolHandshakeError`: nothing in common.
const MISMATCH: u8 = 3;

impl Node {
    /// What this node says of itself to a peer: at most the version it is known to speak.
    pub(super) fn own_for(&self, peer: PeerId) -> Own {
        let own = self.config.own();
        let old = self.peers.get(peer).is_some_and(|row| row.refused_version);
        Own { version: if old { Version::V1_0 } else { own.version }, ..own }
    }

    /// A peer that leaves the handshake at the announcement of 1.1 is offered 1.0 from then on.
    pub(super) fn handshake_failed(&mut self, id: ConnId, ending: Option<&Ending>) {
        let Some(conn) = self.conns.get(id) else { return };
        let refused = match (ending, conn.ship()) {
            (Some(Ending::ProtocolError(code)), _) => *code == MISMATCH,
            (None, Some(ship)) => ship.phase() == Phase::Protocol,
            _ => false,
        };
        let announced = conn.role == Role::Client && self.config.version > Version::V1_0;
        if let Some(row) = conn.peer.filter(|_| refused && announced).and_then(|id| self.peers.get_mut(id)) {
            row.refused_version = true;
        }
    }

    /// A peer told its keys: those it will use are trusted as it is, those that are gone no longer.
    pub(super) fn on_key_material(&mut self, peer: PeerId, conn: ConnId, material: KeyMaterial) {
        let Some(row) = self.peers.get_mut(peer).filter(|row| row.decision == Decision::Trusted) else {
            return;
        };
        row.keys = material.clone();
        self.unsaved = true;
        self.peers.trust_keys(peer);
        self.notify(Event::KeyMaterial { peer, conn, material });
    }

    /// A peer uses another one of its keys.
    pub(super) fn on_key(&mut self, peer: PeerId, ski: Ski) {
        let Some(row) = self.peers.get_mut(peer).filter(|row| row.ski != ski) else { return };
        let from = core::mem::replace(&mut row.ski, ski);
        // The certificate of the old key is not the one to compare with.
        (row.fingerprint, row.presented) = (None, None);
        self.unsaved = true;
        self.notify(Event::KeySwitched { peer, from, to: ski });
    }

    /// This node's keys change: every peer of version 1.1 is told.
    pub(super) fn set_key_material(&mut self, material: KeyMaterial) -> Result<(), Misuse> {
        if self.config.key_material.as_ref().is_none_or(|own| own.counter >= material.counter) {
            return Err(Misuse::OldKeyMaterial);
        }
        self.config.key_material = Some(material.clone());
        for id in self.conns.iter().map(|(id, _)| id).collect::<Vec<_>>() {
            let mut out = Output::default();
            if let Some(ConnStage::Ship(ship)) = self.conns.get_mut(id).map(|conn| &mut conn.stage) {
                ship.set_key_material(material.clone(), self.now, &mut out);
                self.carry_out(id, out);
            }
        }
        Ok(())
    }
}
