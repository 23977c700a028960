//! Frames in and out of open connections: SHIP does its part, SPINE gets its documents, credit bounds both.

use super::Node;
use super::action::Action;
use super::closing::is_refusal;
use super::connections::{
    Conn, ConnStage, LARGE_MESSAGE, MAX_EARLY, MAX_REASSEMBLY, MAX_RECORDS, SCARCE_MESSAGE, SMALL_MESSAGE,
};
use super::event::{Event, Refused};
use super::peers::Decision;
use crate::ids::{ConnId, PeerId};
use crate::ship::identity::ShipId;
use crate::ship::{CloseCause, Connection, DATA_PREFIX, DATA_SUFFIX, Item, Output, Phase};
use alloc::string::ToString;
use alloc::vec::Vec;

impl Node {
    pub(super) fn on_frame(&mut self, id: ConnId, bytes: &[u8]) {
        let now = self.now;
        let mut out = Output::default();
        let Some(conn) = self.conns.get_mut(id) else { return };
        let ConnStage::Ship(ship) = &mut conn.stage else { return };
        let document = ship.handle(bytes, now, &mut out);
        self.carry_out(id, out);
        if let Some(document) = document {
            self.document(id, document);
        }
    }

    /// A SPINE document: for the session, or kept until it is decided which connection carries it.
    fn document(&mut self, id: ConnId, document: &[u8]) {
        let Some(conn) = self.conns.get_mut(id) else { return };
        let Some(peer) = conn.peer else { return };
        if self.peers.get(peer).is_some_and(|row| row.session == Some(id)) {
            self.spine.receive(peer, document, self.now);
        } else if conn.early.len() < MAX_EARLY {
            conn.early.push_back(document.to_vec());
        } else {
            self.refuse_conn(id, Refused::DoubleConnection);
        }
    }

    pub(super) fn on_drained(&mut self, id: ConnId, frames: u32) {
        let now = self.now;
        let Some(conn) = self.conns.get_mut(id) else { return };
        conn.credit.give_back(frames, now);
        if let Some(peer) = conn.peer {
            self.touch(peer);
        }
        self.set_receive(id);
        self.sync_conn(id);
    }

    /// Does what SHIP wants done.
    pub(super) fn carry_out(&mut self, id: ConnId, mut out: Output) {
        while let Some(item) = out.pop() {
            let Some(peer) = self.conns.get(id).and_then(|conn| conn.peer) else { return };
            match item {
                Item::Send(frame) => self.send(id, frame),
                Item::Payload(document) => self.document(id, &document),
                Item::Entered(phase) => self.entered(peer, id, phase),
                Item::PeerReady => {
                    if let Some(conn) = self.conns.get_mut(id) {
                        conn.peer_ready = true;
                    }
                }
                Item::AccessMethods(methods) => self.ship_id_told(peer, methods.id),
                Item::Repaired(repairs) => self.notify(Event::Repaired { peer, repairs }),
                Item::Fault(fault) => self.notify(Event::Ship { peer, conn: id, fault }),
                Item::Close(ending) => {
                    let (code, reason) = (ending.code(), ending.reason().to_string());
                    let refused = is_refusal(&ending);
                    let phase = self.conns.get(id).map_or(Phase::Cmi, |conn| conn.entered);
                    self.ending_noted(peer, phase, &ending);
                    self.handshake_failed(id, Some(&ending));
                    self.notify(Event::Ended { peer, conn: id, ending });
                    self.close(id, code, reason, refused);
                }
                Item::KeyMaterial(material) => self.on_key_material(peer, id, material),
                Item::Pin(news) => self.on_pin_news(peer, id, news),
                Item::PeerPending => {}
            }
            self.touch(peer);
        }
        self.set_receive(id);
        self.sync_conn(id);
    }

    fn ship_id_told(&mut self, peer: PeerId, now: ShipId) {
        let Some(row) = self.peers.get_mut(peer).filter(|row| row.ship_id.as_ref() != Some(&now)) else {
            return;
        };
        self.unsaved |= row.decision == Decision::Trusted;
        if let Some(before) = row.ship_id.replace(now.clone()) {
            self.notify(Event::ShipIdChanged { peer, before, now });
        }
    }

    fn entered(&mut self, peer: PeerId, id: ConnId, phase: Phase) {
        let now = self.now;
        if let Some(conn) = self.conns.get_mut(id) {
            conn.entered = phase;
            if phase == Phase::Data {
                conn.data_since = Some(now);
            }
        }
        if phase == Phase::Data {
            self.dial_succeeded(peer);
            self.elect(peer);
        }
    }

    /// Sets how large a message may be, by phase and by what waits for the peer.
    pub(super) fn set_receive(&mut self, id: ConnId) {
        let promised = self.conns.iter().filter(|(other, _)| *other != id).map(|(_, conn)| conn.receive);
        let promised = promised.fold(0u32, u32::saturating_add);
        let Some(conn) = self.conns.get_mut(id) else { return };
        let Some(peer) = conn.peer else { return };
        let Some(phase) = conn.ship().map(Connection::phase) else { return };
        let backlog = self.spine.session(peer).map_or(0, crate::spine::Session::backlog);
        let limit = match phase {
            _ if conn.credit.is_overdrawn() => 0,
            Phase::Cmi | Phase::HelloReady | Phase::HelloPending => SMALL_MESSAGE,
            // A peer that does not read is not read from either.
            Phase::Data if backlog > 0 && !conn.credit.is_open() => 0,
            _ if promised.saturating_add(LARGE_MESSAGE) > MAX_REASSEMBLY => SCARCE_MESSAGE,
            _ => LARGE_MESSAGE,
        };
        if limit != conn.receive {
            conn.receive = limit;
            self.act(Action::Receive { conn: id, limit });
        }
    }

    fn send(&mut self, id: ConnId, frame: Vec<u8>) {
        let now = self.now;
        if let Some(conn) = self.conns.get_mut(id) {
            conn.credit.spend(frame.len(), now);
            conn.count(frame.len());
            self.act(Action::Send { conn: id, frame });
        }
    }

    /// Sends what waits in a peer's session, as far as credit goes.
    pub(super) fn flush(&mut self, peer: PeerId) {
        let Some(id) = self.peers.get(peer).and_then(|row| row.session) else { return };
        while self.conns.get(id).is_some_and(|conn| conn.in_data_phase() && conn.credit.is_open()) {
            let mut frame = DATA_PREFIX.to_vec();
            if !self.spine.next_datagram(peer, self.now, &mut frame) {
                break;
            }
            frame.extend_from_slice(DATA_SUFFIX);
            self.send(id, frame);
        }
        self.renew(id);
        self.set_receive(id);
        self.sync_conn(id);
    }

    /// Leaves a connection on which TLS may soon carry no more; the peer is dialled anew.
    fn renew(&mut self, id: ConnId) {
        let is_worn = |conn: &&Conn| conn.records >= MAX_RECORDS && conn.in_data_phase();
        let Some(conn) = self.conns.get(id).filter(is_worn) else { return };
        let (peer, from, why) = (conn.peer, conn.from, Refused::RecordLimit);
        self.notify(Event::Refused { conn: id, peer, from, why });
        self.leave(id, CloseCause::Unspecific);
    }

    /// The user's decision about a peer reaches its connections.
    pub(super) fn tell_trust(&mut self, peer: PeerId) {
        let now = self.now;
        let Some(row) = self.peers.get(peer) else { return };
        for id in row.conns.clone() {
            let trust = self.trust_on(peer, id);
            let mut out = Output::default();
            if let Some(ConnStage::Ship(ship)) = self.conns.get_mut(id).map(|conn| &mut conn.stage) {
                ship.trust(trust, now, &mut out);
                self.carry_out(id, out);
            }
        }
        self.tell_pins(peer, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Config, Endpoint, Event, Input, Product, Saved, SavedPeer, TrustSource};
    use crate::ship::identity::{Fingerprint, PeerKey, Ski};
    use crate::time::Instant;
    use alloc::format;
    use alloc::string::String;

    const CONN: ConnId = ConnId(1);

    fn key(octet: u8) -> PeerKey {
        PeerKey { ski: Ski::new([octet; 20]), fingerprint: Fingerprint([octet; 32]) }
    }

    /// A node in data exchange with a peer that dialled it.
    fn connected() -> Node {
        let trust = Some(TrustSource::UserInput.trust());
        let endpoints = [Endpoint::new(([10, 0, 0, 1], 4712).into())].into();
        let peer = SavedPeer { endpoints, ..SavedPeer::new(key(1).ski, trust) };
        let saved = Saved { peers: [peer].into(), ..Default::default() };
        let config = Config::new(key(2), Product::new("ACME", "Box", "1"));
        let mut node = Node::new(config, Some(saved), [0; 32], Instant::ZERO);
        let handshake = |kind| {
            format!(
                "\x01{{\"messageProtocolHandshake\":[{{\"handshakeType\":\"{kind}\"}},{{\"version\":[{{\"major\":1}},\
                 {{\"minor\":0}}]}},{{\"formats\":[{{\"format\":[\"JSON-UTF8\"]}}]}}]}}"
            )
        };
        let hello = "\x01{\"connectionHello\":[{\"phase\":\"ready\"},{\"waiting\":60000}]}";
        let pin = "\x01{\"connectionPinState\":[{\"pinState\":\"none\"}]}";
        let frames =
            [String::from("\0\0"), hello.into(), handshake("announceMax"), handshake("select"), pin.into()];
        for input in [
            Input::Accepted { conn: CONN, from: ([10, 0, 0, 1], 1).into() },
            Input::Secured { conn: CONN, peer: key(1) },
            Input::Opened { conn: CONN },
        ] {
            node.handle(input, Instant::ZERO);
        }
        for frame in &frames {
            node.handle(Input::Frame { conn: CONN, bytes: frame.as_bytes() }, Instant::ZERO);
        }
        while node.poll_action().is_some() {}
        assert!(node.conns.get(CONN).unwrap().in_data_phase());
        node
    }

    /// What a node does once the count is `records`.
    fn sends(node: &mut Node, records: u32) -> Vec<Action> {
        node.conns.get_mut(CONN).unwrap().records = records;
        let peer = node.view().find(key(1).ski).unwrap();
        node.flush(peer);
        core::iter::from_fn(|| node.poll_action()).collect()
    }

    #[test]
    fn a_connection_is_announced_to_end_before_aes_gcm_does_it() {
        let mut node = connected();
        let is_end =
            |action: &Action| matches!(action, Action::Send { frame, .. } if frame.starts_with(b"\x03"));
        let refused = |action: &Action| {
            matches!(action, Action::Notify(Event::Refused { why: Refused::RecordLimit, .. }))
        };
        let before = sends(&mut node, MAX_RECORDS.saturating_sub(1));
        assert!(!before.iter().any(|action| is_end(action) || refused(action)));
        let after = sends(&mut node, MAX_RECORDS);
        assert!(after.iter().any(is_end) && after.iter().any(refused), "{after:?}");
        // The peer says nothing to it; it is dialled anew.
        node.handle(Input::Tick, Instant::from_secs(2));
        let closed =
            core::iter::from_fn(|| node.poll_action()).any(|action| matches!(action, Action::Close { .. }));
        assert!(closed);
        node.handle(Input::Lost { conn: CONN, why: crate::node::Lost::Done }, Instant::from_secs(2));
        node.handle(Input::Tick, Instant::from_secs(4));
        assert!(
            core::iter::from_fn(|| node.poll_action()).any(|action| matches!(action, Action::Dial { .. }))
        );
    }

    #[test]
    fn a_frame_counts_as_the_records_it_may_need() {
        let mut node = connected();
        let conn = node.conns.get_mut(CONN).unwrap();
        let before = conn.records;
        for (size, records) in [(1, 1), (999, 1), (1_000, 2), (65_536, 66)] {
            let counted = conn.records;
            conn.count(size);
            assert_eq!(conn.records - counted, records);
        }
        assert!(before > 4, "what was sent in the handshake counts");
    }
}
