//! Connections: the table, its caps, their deadlines and keep-alive.

use super::action::Action;
use super::credit::Credit;
use super::deadlines::earlier;
use super::event::Refused;
use super::{Node, Who};
use crate::ids::{AttemptId, ConnId, PeerId};
use crate::ship::identity::Fingerprint;
use crate::ship::{Connection, Output, Phase, Role};
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
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
/// TLS records sent on one connection before it is made anew: AES-GCM ends TLS at 2^24, and what the adapter sends by
/// itself, pongs and closes, is not counted here.
pub const MAX_RECORDS: u32 = 1 << 23;
/// Octets of a frame that surely fit in one record of 1024 octets (SHIP 9.2).
const RECORD: usize = 1_000;
/// SPINE documents kept of a connection that may yet lose against another one of the same peer.
pub const MAX_EARLY: usize = 16;

/// One connection.
#[derive(Clone, Debug)]
pub(super) struct Conn {
    pub(super) role: Role,
    pub(super) from: Option<SocketAddr>,
    pub(super) attempt: Option<AttemptId>,
    pub(super) peer: Option<PeerId>,
    /// Of the certificate TLS proved the key of.
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) stage: ConnStage,
    /// The peer's hello said `ready`.
    pub(super) peer_ready: bool,
    pub(super) credit: Credit,
    /// The largest message accepted; 0 while reading stands still.
    pub(super) receive: u32,
    /// TLS records sent, at most.
    pub(super) records: u32,
    /// The phase of SHIP it last entered.
    pub(super) entered: Phase,
    /// Since when it is in data exchange.
    pub(super) data_since: Option<Instant>,
    pub(super) ping_at: Instant,
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
    /// Counts a frame of `size` octets.
    pub(super) fn count(&mut self, size: usize) {
        let records = u32::try_from(size / RECORD).unwrap_or(u32::MAX).saturating_add(1);
        self.records = self.records.saturating_add(records);
    }

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
    pub(super) rows: alloc::collections::BTreeMap<ConnId, Conn>,
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
    pub(super) fn new_conn(&self, role: Role, from: Option<SocketAddr>, attempt: Option<AttemptId>) -> Conn {
        Conn {
            role,
            from,
            attempt,
            peer: None,
            fingerprint: None,
            stage: ConnStage::Connected(self.now + STAGE_TIME),
            peer_ready: false,
            credit: Credit::default(),
            receive: SMALL_MESSAGE,
            records: 0,
            entered: Phase::Cmi,
            data_since: None,
            ping_at: self.now + PING_INTERVAL,
            pong_by: None,
            early: VecDeque::new(),
        }
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

    pub(super) fn on_pong(&mut self, id: ConnId) {
        let next = self.now + PING_INTERVAL;
        if let Some(conn) = self.conns.get_mut(id).filter(|conn| conn.pong_by.is_some()) {
            conn.pong_by = None;
            conn.ping_at = next;
        }
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

    /// Brings the index of deadlines in line with a connection.
    pub(super) fn sync_conn(&mut self, id: ConnId) {
        let deadline = self.conns.get(id).and_then(Conn::deadline);
        self.deadlines.set(Who::Conn(id), deadline);
    }
}
