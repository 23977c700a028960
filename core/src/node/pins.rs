//! PINs of peers and for peers (SHIP 12.5): what is known of them outlives connections.

use super::call::Misuse;
use super::event::Event;
use super::peers::{Decision, Peer};
use super::{Node, connections::ConnStage};
use crate::ids::{ConnId, PeerId};
use crate::ship::{Output, PIN_USER_TRUST, Pin, PinNews, Pins, Trust};
use alloc::vec::Vec;

impl Node {
    /// Keeps a PIN until the peer asks for one.
    pub(super) fn enter_pin(&mut self, id: PeerId, pin: Pin) -> Result<(), Misuse> {
        let row = self.peers.get_mut(id).ok_or(Misuse::UnknownPeer(id))?;
        if !may_get_pin(row) {
            return Err(Misuse::NotTrusted(id));
        }
        row.pins.entry = Some(pin);
        self.tell_pins(id, None);
        Ok(())
    }

    /// What a connection of a peer has to know: a PIN is sent only where the user trusts the peer.
    pub(super) fn pins_of(&self, id: PeerId) -> Pins {
        let row = self.peers.get(id);
        row.map(|row| Pins {
            may_send: may_get_pin(row) && row.trust() == Trust::Trusted,
            ..row.pins.clone()
        })
        .unwrap_or_default()
    }

    /// Tells the connections of a peer, but this one.
    pub(super) fn tell_pins(&mut self, id: PeerId, but: Option<ConnId>) {
        let (now, pins) = (self.now, self.pins_of(id));
        let conns: Vec<_> = self.peers.get(id).map(|row| row.conns.clone()).unwrap_or_default();
        for conn in conns.into_iter().filter(|conn| Some(*conn) != but) {
            if let Some(ConnStage::Ship(ship)) = self.conns.get_mut(conn).map(|conn| &mut conn.stage) {
                let mut out = Output::default();
                ship.set_pins(pins.clone(), now, &mut out);
                self.carry_out(conn, out);
            }
        }
    }

    /// A connection learned something.
    pub(super) fn on_pin_news(&mut self, peer: PeerId, conn: ConnId, news: PinNews) {
        self.notify(Event::Pin { peer, conn, news });
        let Some(pins) = self.conns.get(conn).and_then(|conn| conn.ship()).map(|ship| ship.pins().clone())
        else {
            return;
        };
        let Some(row) = self.peers.get_mut(peer).filter(|row| row.pins != pins) else { return };
        self.unsaved |= (row.pins.wrong, row.pins.accepted) != (pins.wrong, pins.accepted);
        row.pins = pins;
        self.tell_pins(peer, Some(conn));
    }
}

/// Whether the user trusts a peer enough for a PIN (SHIP 12.5).
fn may_get_pin(row: &Peer) -> bool {
    row.decision == Decision::Trusted
        && row.trusted.is_some_and(|trusted| trusted.level.user >= PIN_USER_TRUST)
}
