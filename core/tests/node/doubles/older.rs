//! A peer with the double connection rule of ship-go before #106: the connection whose initiator has the bigger SKI
//! survives, decided at once when the WebSocket opens, by either side.

use super::Random;
use crate::solo::{READ_DISCOVERY, key, secs};
use eebus_core::ids::{AttemptId, ConnId};
use eebus_core::node::{Action, Endpoint, Input};
use eebus_core::ship::identity::ShipId;
use eebus_core::ship::{Connection, DATA_PREFIX, DATA_SUFFIX, Item, Output, Own, Phase, Role, Timers, Trust};
use eebus_core::time::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

/// The close code by which the harness ends TCP without a close.
pub(super) const WITHOUT_A_WORD: u16 = 0;

#[derive(Debug)]
struct Conn {
    role: Role,
    ship: Option<Connection>,
    ping_at: Instant,
    pong_by: Instant,
}

/// The peer.
#[derive(Debug)]
pub(super) struct Older {
    peer: u8,
    is_bigger: bool,
    peer_address: SocketAddr,
    random: Random,
    conns: BTreeMap<ConnId, Conn>,
    registered: Option<ConnId>,
    pub(super) session: Option<ConnId>,
    actions: VecDeque<Action>,
    attempt: Option<AttemptId>,
    attempts: u64,
    /// Redials in a row: 0 to 3 s, 3 to 10 s, then 10 to 20 s (SHIP digest 13.3).
    tries: usize,
    dial_at: Option<Instant>,
}

impl Older {
    pub(super) fn new(
        own: u8,
        peer: u8,
        peer_address: SocketAddr,
        seed: u64,
        dials: bool,
        now: Instant,
    ) -> Self {
        let mut older = Self {
            peer,
            is_bigger: own > peer,
            peer_address,
            random: Random(seed),
            conns: BTreeMap::new(),
            registered: None,
            session: None,
            actions: VecDeque::new(),
            attempt: None,
            attempts: 0,
            tries: 0,
            dial_at: None,
        };
        if dials {
            older.plan(now);
        }
        older
    }

    fn plan(&mut self, now: Instant) {
        let (from, to) = [(0, 3_000), (3_000, 10_000), (10_000, 20_000)][self.tries.min(2)];
        self.tries += 1;
        self.dial_at = Some(now + Duration::from_millis(from + self.random.below(to - from)));
    }

    pub(super) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub(super) fn poll_deadline(&self) -> Option<Instant> {
        let ships = self.conns.values().filter_map(|conn| conn.ship.as_ref()?.deadline()).map(|(at, _)| at);
        let alive = self.conns.values().filter(|conn| conn.ship.is_some());
        let alive = alive.map(|conn| conn.ping_at.min(conn.pong_by));
        ships.chain(alive).chain(self.dial_at).min()
    }

    pub(super) fn handle(&mut self, input: Input<'_>, now: Instant) {
        match input {
            Input::Tick => self.tick(now),
            Input::Accepted { conn, .. } => self.insert(conn, Role::Server, now),
            Input::Dialled { attempt, conn } if self.attempt == Some(attempt) => {
                self.insert(conn, Role::Client, now);
            }
            Input::DialFailed { attempt, .. } if self.attempt == Some(attempt) => {
                self.attempt = None;
                self.plan(now);
            }
            Input::Opened { conn } => self.opened(conn, now),
            Input::Frame { conn, bytes } => {
                let mut out = Output::default();
                if let Some(ship) = self.conns.get_mut(&conn).and_then(|conn| conn.ship.as_mut()) {
                    ship.handle(bytes, now, &mut out);
                }
                self.carry_out(conn, out);
            }
            Input::Pong { conn } => {
                if let Some(conn) = self.conns.get_mut(&conn) {
                    conn.pong_by = now + secs(60);
                }
            }
            Input::Lost { conn, .. } => self.end(conn, None, now),
            _ => {}
        }
    }

    fn insert(&mut self, id: ConnId, role: Role, now: Instant) {
        let (ping_at, pong_by) = (now + secs(50), now + secs(60));
        self.conns.insert(id, Conn { role, ship: None, ping_at, pong_by });
    }

    /// Ends a connection, by a close of its own where there is a code.
    fn end(&mut self, id: ConnId, close: Option<(u16, &str)>, now: Instant) {
        let Some(conn) = self.conns.remove(&id) else { return };
        if let Some((code, reason)) = close {
            self.actions.push_back(Action::Close { conn: id, code, reason: reason.into() });
        }
        if conn.role == Role::Client {
            self.attempt = None;
        }
        if self.session == Some(id) {
            (self.session, self.tries) = (None, 0);
        }
        if self.registered == Some(id) {
            self.registered = None;
            self.plan(now);
        } else if self.registered.is_none() && self.dial_at.is_none() {
            self.plan(now);
        }
    }

    fn opened(&mut self, id: ConnId, now: Instant) {
        let Some(role) = self.conns.get(&id).map(|conn| conn.role) else { return };
        let by_bigger = (role == Role::Client) == self.is_bigger;
        match self.registered {
            Some(_) if !by_bigger => return self.end(id, Some((1000, "double connection")), now),
            Some(older) => {
                self.registered = Some(id);
                self.end(older, Some((WITHOUT_A_WORD, "")), now);
            }
            None => self.registered = Some(id),
        }
        self.dial_at = None;
        let mut out = Output::default();
        let own = Own::new(ShipId::new("older"));
        let ship = Connection::start(role, Trust::Trusted, &own, &Timers::default(), now, &mut out);
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.ship = Some(ship);
        }
        self.carry_out(id, out);
    }

    fn carry_out(&mut self, id: ConnId, mut out: Output) {
        while let Some(item) = out.pop() {
            match item {
                Item::Send(frame) => self.actions.push_back(Action::Send { conn: id, frame }),
                Item::Entered(Phase::Data) => {
                    self.session = Some(id);
                    let frame = [DATA_PREFIX, READ_DISCOVERY.as_bytes(), DATA_SUFFIX].concat();
                    self.actions.push_back(Action::Send { conn: id, frame });
                }
                Item::Close(ending) => {
                    let (code, reason) = (ending.code(), ending.reason().to_string());
                    self.actions.push_back(Action::Close { conn: id, code, reason });
                }
                _ => {}
            }
        }
    }

    fn tick(&mut self, now: Instant) {
        let ids: Vec<_> = self.conns.keys().copied().collect();
        for id in ids {
            let mut out = Output::default();
            let Some(conn) = self.conns.get_mut(&id) else { continue };
            let Some(ship) = &mut conn.ship else { continue };
            ship.tick(now, &mut out);
            if conn.pong_by <= now {
                self.end(id, Some((WITHOUT_A_WORD, "")), now);
                continue;
            }
            if conn.ping_at <= now {
                conn.ping_at = now + secs(50);
                self.actions.push_back(Action::Ping { conn: id });
            }
            self.carry_out(id, out);
        }
        if self.dial_at.is_some_and(|at| at <= now) {
            self.dial_at = None;
            if self.registered.is_none() && self.attempt.is_none() {
                self.attempts += 1;
                let attempt = AttemptId(self.attempts);
                self.attempt = Some(attempt);
                let (to, expect) = (Endpoint::new(self.peer_address), Some(key(self.peer).ski));
                self.actions.push_back(Action::Dial { attempt, to, expect });
            }
        }
    }
}
