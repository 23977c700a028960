//! Connections from the first socket to the last close: stages, caps, keep-alive, frames in and out.

use super::action::Action;
use super::credit::Credit;
use super::deadlines::earlier;
use super::event::{Event, PairingRequested, Refused};
use super::input::{Lost, Stage};
use super::peers::Decision;
use super::{Node, Who};
use crate::ids::{AttemptId, ConnId, PeerId};
use crate::ship::identity::PeerKey;
use crate::ship::message::CloseReason;
use crate::ship::{
    CloseCause, Connection, DATA_PREFIX, DATA_SUFFIX, Ending, Item, Loss, Output, Phase, Role, Timer, Trust,
};
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

/// Time for TLS, and again for the WebSocket upgrade.
pub const STAGE_TIME: Duration = Duration::from_secs(10);
/// Accepted connections that have not proved who they are.
pub const MAX_UNPROVED: usize = 16;
/// Connections of strangers that wait for trust.
pub const MAX_STRANGERS: usize = 4;
/// Connections of one peer; one more than a double connection needs.
pub const MAX_PER_PEER: usize = 3;
/// Time between two pings (SHIP 10.4).
pub const PING_INTERVAL: Duration = Duration::from_secs(50);
/// Time for the pong (SHIP 10.4).
pub const PONG_TIME: Duration = Duration::from_secs(10);
/// Largest message until hello is through; control messages are far smaller.
pub const SMALL_MESSAGE: u32 = 4 * 1024;
/// Largest message once both sides trust; discoveries of large devices reach 60 kB.
pub const LARGE_MESSAGE: u32 = 1024 * 1024;
/// Octets of partly received messages in the whole node; connections beyond it get [`SCARCE_MESSAGE`].
pub const MAX_REASSEMBLY: u32 = 64 * 1024 * 1024;
/// Largest message of a trusted peer once [`MAX_REASSEMBLY`] is promised.
pub const SCARCE_MESSAGE: u32 = 64 * 1024;
/// SPINE documents kept of a connection that may yet lose against another one of the same peer.
pub const MAX_EARLY: usize = 16;

/// One connection.
#[derive(Clone, Debug)]
pub(super) struct Conn {
    pub(super) role: Role,
    pub(super) from: Option<SocketAddr>,
    pub(super) attempt: Option<AttemptId>,
    pub(super) peer: Option<PeerId>,
    pub(super) stage: ConnStage,
    /// The peer's hello said `ready`.
    pub(super) peer_ready: bool,
    pub(super) credit: Credit,
    /// The largest message accepted; 0 while reading stands still.
    pub(super) receive: u32,
    ping_at: Instant,
    pong_by: Option<Instant>,
    /// SPINE documents of a connection that does not carry the session.
    pub(super) early: VecDeque<Vec<u8>>,
}

/// How far a connection is.
#[derive(Clone, Debug)]
pub(super) enum ConnStage {
    /// TCP stands; TLS has until then.
    Connected(Instant),
    /// TLS proved the peer; the upgrade has until then.
    Secured(Instant),
    /// SHIP.
    Ship(Box<Connection>),
    /// This node asked for the close.
    Closing,
}

impl Conn {
    pub(super) fn ship(&self) -> Option<&Connection> {
        match &self.stage {
            ConnStage::Ship(ship) => Some(ship),
            _ => None,
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        matches!(self.stage, ConnStage::Closing)
    }

    pub(super) fn in_data_phase(&self) -> bool {
        self.ship().is_some_and(|ship| ship.phase() == Phase::Data)
    }

    fn deadline(&self) -> Option<(Instant, &'static str)> {
        let stage = match &self.stage {
            ConnStage::Connected(until) => return Some((*until, "TLS")),
            ConnStage::Secured(until) => return Some((*until, "WebSocket upgrade")),
            ConnStage::Closing => return None,
            ConnStage::Ship(ship) => ship.deadline().map(|(at, timer)| (at, timer.name())),
        };
        let alive = match self.pong_by {
            Some(by) => (by, "pong"),
            None => (self.ping_at, "ping"),
        };
        let stalled = self.credit.deadline().map(|at| (at, "stalled peer"));
        earlier(earlier(stage, Some(alive)), stalled)
    }
}

/// The table of connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Conns {
    rows: alloc::collections::BTreeMap<ConnId, Conn>,
}

impl Conns {
    pub(super) fn get(&self, id: ConnId) -> Option<&Conn> {
        self.rows.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: ConnId) -> Option<&mut Conn> {
        self.rows.get_mut(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ConnId, &Conn)> {
        self.rows.iter().map(|(id, conn)| (*id, conn))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Node {
    fn new_conn(&self, role: Role, from: Option<SocketAddr>, attempt: Option<AttemptId>) -> Conn {
        Conn {
            role,
            from,
            attempt,
            peer: None,
            stage: ConnStage::Connected(self.now + STAGE_TIME),
            peer_ready: false,
            credit: Credit::default(),
            receive: SMALL_MESSAGE,
            ping_at: self.now + PING_INTERVAL,
            pong_by: None,
            early: VecDeque::new(),
        }
    }

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

    /// Whether one more connection of this role may be made: one slot stays for the other direction (SHIP 8.1).
    pub(super) fn has_slot(&self, role: Role) -> bool {
        let max = self.config.max_connections.max(2);
        let live = || self.conns.iter().filter(|(_, conn)| !conn.is_closing());
        let same = match role {
            Role::Server => live().filter(|(_, conn)| conn.attempt.is_none()).count(),
            Role::Client => {
                let won = live().filter(|(_, conn)| conn.attempt.is_some() && conn.peer.is_some()).count();
                won.saturating_add(self.rounds())
            }
        };
        live().count() < max && same.saturating_add(1) < max
    }

    /// Whether a connection of a peer is open or on its way to be.
    pub(super) fn has_connection(&self, peer: PeerId) -> bool {
        self.conns.iter().any(|(_, conn)| conn.peer == Some(peer) && !conn.is_closing())
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
        let Some(peer) = self.peers.find_or_add(key.ski, self.config.max_peers) else {
            return self.refuse_conn(id, Refused::TooManyPeers);
        };
        self.on_key(peer, key.ski);
        if let Some(attempt) = attempt {
            if !self.is_attempt_at(peer, attempt) {
                self.attempt_failed(attempt, Stage::Secure, "another node answered".to_string());
                return self.close_unproved(id);
            }
            self.round_won(peer, attempt);
        } else {
            self.stop_round(peer);
        }
        let until = self.now + STAGE_TIME;
        if let Some(conn) = self.conns.get_mut(id) {
            conn.peer = Some(peer);
            conn.stage = ConnStage::Secured(until);
        }
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

    fn is_stranger(&self, conn: &Conn) -> bool {
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
        let trust = row.trust();
        let ship_id = row.ship_id.clone();
        let ski = row.ski;
        self.notify(Event::Connected { peer, conn: id });
        self.act(Action::Receive { conn: id, limit: SMALL_MESSAGE });
        self.contest_begins(peer);
        let mut out = Output::default();
        let own = self.own_for(peer);
        let keys = self.peers.get(peer).map_or(0, |row| row.keys.counter);
        let mut ship = Connection::start(role, trust, &own, &self.config.timers, now, &mut out);
        ship.know_key_material(keys);
        if let Some(conn) = self.conns.get_mut(id) {
            conn.stage = ConnStage::Ship(Box::new(ship));
        }
        if trust == Trust::Undecided
            && self.peers.get(peer).is_some_and(|p| p.decision == Decision::Undecided)
        {
            self.notify(Event::PairingRequested(PairingRequested { peer, ski, ship_id }));
        }
        self.carry_out(id, out);
        self.tell_pins(peer, None);
    }

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

    pub(super) fn on_pong(&mut self, id: ConnId) {
        let next = self.now + PING_INTERVAL;
        if let Some(conn) = self.conns.get_mut(id).filter(|conn| conn.pong_by.is_some()) {
            conn.pong_by = None;
            conn.ping_at = next;
        }
        self.sync_conn(id);
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

    pub(super) fn on_lost(&mut self, id: ConnId, why: Lost) {
        self.handshake_failed(id, None);
        let Some(conn) = self.conns.rows.remove(&id) else { return };
        self.deadlines.set(Who::Conn(id), None);
        let Some(peer) = conn.peer else {
            if let Some(attempt) = conn.attempt {
                let (stage, detail) = match why {
                    Lost::Failed { stage, detail } => (stage, detail),
                    other => (Stage::Secure, other.to_string()),
                };
                self.attempt_failed(attempt, stage, detail);
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
        self.detach(peer, id);
        // A close of this node's own has set the time of the next round already.
        if !conn.is_closing() {
            let refused =
                matches!(loss, Loss::NotTrustedByPeer | Loss::TrustRemovedByPeer | Loss::DoubleConnection);
            self.redial(peer, refused);
        }
        let retry = self.peers.get(peer).and_then(|row| row.dialling.not_before);
        self.notify(Event::Disconnected { peer, conn: id, why, retry });
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

    /// Does what SHIP wants done.
    pub(super) fn carry_out(&mut self, id: ConnId, mut out: Output) {
        while let Some(item) = out.pop() {
            let Some(peer) = self.conns.get(id).and_then(|conn| conn.peer) else { return };
            match item {
                Item::Send(frame) => self.send(id, frame),
                Item::Payload(document) => self.document(id, &document),
                Item::Entered(phase) => self.entered(peer, phase),
                Item::PeerReady => {
                    if let Some(conn) = self.conns.get_mut(id) {
                        conn.peer_ready = true;
                    }
                }
                Item::AccessMethods(methods) => {
                    if let Some(row) =
                        self.peers.get_mut(peer).filter(|row| row.ship_id.as_ref() != Some(&methods.id))
                    {
                        row.ship_id = Some(methods.id);
                        self.unsaved |= row.decision == Decision::Trusted;
                    }
                }
                Item::Repaired(repairs) => self.notify(Event::Repaired { peer, repairs }),
                Item::Fault(fault) => self.notify(Event::Ship { peer, conn: id, fault }),
                Item::Close(ending) => {
                    let (code, reason) = (ending.code(), ending.reason().to_string());
                    let refused = is_refusal(&ending);
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

    fn entered(&mut self, peer: PeerId, phase: Phase) {
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
        self.set_receive(id);
        self.sync_conn(id);
    }

    /// A connection's time has come.
    pub(super) fn tick_conn(&mut self, id: ConnId) {
        let now = self.now;
        let Some(conn) = self.conns.get_mut(id) else { return };
        match &mut conn.stage {
            ConnStage::Connected(until) if *until <= now => {
                return self.refuse_conn(id, Refused::NotSecuredInTime);
            }
            ConnStage::Secured(until) if *until <= now => {
                return self.refuse_conn(id, Refused::NotOpenedInTime);
            }
            ConnStage::Connected(_) | ConnStage::Secured(_) | ConnStage::Closing => {}
            ConnStage::Ship(ship) => {
                let mut out = Output::default();
                ship.tick(now, &mut out);
                if conn.credit.deadline().is_some_and(|at| at <= now) {
                    return self.refuse_conn(id, Refused::WriteStalled);
                }
                if conn.pong_by.is_some_and(|by| by <= now) {
                    return self.refuse_conn(id, Refused::NoPong);
                }
                if conn.pong_by.is_none() && conn.ping_at <= now {
                    self.ping(id);
                }
                self.carry_out(id, out);
            }
        }
        self.sync_conn(id);
    }

    /// Pings a connection, unless a pong is waited for already.
    pub(super) fn ping(&mut self, id: ConnId) {
        let by = self.now + PONG_TIME;
        let Some(conn) = self.conns.get_mut(id).filter(|conn| conn.ship().is_some()) else { return };
        if conn.pong_by.is_none() {
            conn.pong_by = Some(by);
            self.act(Action::Ping { conn: id });
            self.sync_conn(id);
        }
    }

    /// The user's decision about a peer reaches its connections.
    pub(super) fn tell_trust(&mut self, peer: PeerId) {
        let now = self.now;
        let Some(row) = self.peers.get(peer) else { return };
        let (trust, conns) = (row.trust(), row.conns.clone());
        for id in conns {
            let mut out = Output::default();
            if let Some(ConnStage::Ship(ship)) = self.conns.get_mut(id).map(|conn| &mut conn.stage) {
                ship.trust(trust, now, &mut out);
                self.carry_out(id, out);
            }
        }
        self.tell_pins(peer, None);
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
        let (peer, from) = (conn.peer, conn.from);
        self.notify(Event::Refused { conn: id, peer, from, why });
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

    fn close(&mut self, id: ConnId, code: u16, reason: alloc::string::String, refused: bool) {
        let Some(conn) = self.conns.get_mut(id).filter(|conn| !conn.is_closing()) else { return };
        conn.stage = ConnStage::Closing;
        conn.early.clear();
        let peer = conn.peer;
        self.act(Action::Close { conn: id, code, reason });
        if let Some(peer) = peer {
            self.detach(peer, id);
            self.redial(peer, refused);
        }
        self.sync_conn(id);
    }

    /// Brings the index of deadlines in line with a connection.
    pub(super) fn sync_conn(&mut self, id: ConnId) {
        let deadline = self.conns.get(id).and_then(Conn::deadline);
        self.deadlines.set(Who::Conn(id), deadline);
    }
}

/// Whether a connection ended because a user did not trust, did not decide, or did not enter a PIN.
fn is_refusal(ending: &Ending) -> bool {
    matches!(
        ending,
        Ending::AbortedByPeer
            | Ending::TimedOut(Timer::WaitForReady | Timer::PinEntry)
            | Ending::PinRequired
            | Ending::ClosedByPeer(CloseReason::RemovedConnection)
    )
}
