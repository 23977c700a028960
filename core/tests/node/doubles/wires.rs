//! Two sides and the links between them, each with a latency of its own; what was sent first arrives first.

use super::older::{Older, WITHOUT_A_WORD};
use super::{Random, SMALL};
use crate::solo::{address, key};
use eebus_core::ids::{AttemptId, ConnId};
use eebus_core::node::{Action, Cause, Event, Input, Lost, Node, Stage};
use eebus_core::ship::DATA_PREFIX;
use eebus_core::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One of the two.
#[derive(Debug)]
pub(super) enum Side {
    Ours(Box<Node>),
    Older(Box<Older>),
}

impl Side {
    fn handle(&mut self, input: Input<'_>, now: Instant) {
        match self {
            Self::Ours(node) => node.handle(input, now),
            Self::Older(older) => older.handle(input, now),
        }
    }

    fn poll_action(&mut self) -> Option<Action> {
        match self {
            Self::Ours(node) => node.poll_action(),
            Self::Older(older) => older.poll_action(),
        }
    }

    fn poll_deadline(&self) -> Option<Instant> {
        match self {
            Self::Ours(node) => node.poll_deadline().map(|due| due.at),
            Self::Older(older) => older.poll_deadline(),
        }
    }

    /// The connection that carries SPINE.
    fn session(&self) -> Option<ConnId> {
        match self {
            Self::Ours(node) => node.view().peers().find_map(|peer| peer.session),
            Self::Older(older) => older.session,
        }
    }
}

#[derive(Debug)]
enum Arrival {
    Frame(Vec<u8>),
    Other(Box<Input<'static>>),
}

impl Arrival {
    fn other(input: Input<'static>) -> Self {
        Self::Other(Box::new(input))
    }
}

/// A connection; ends by side.
#[derive(Debug, Default)]
struct Link {
    latency: Duration,
    /// Whether the side still has its end.
    ends: [bool; 2],
    secured: [bool; 2],
    opened: [bool; 2],
    /// Nothing gets through any more, and nobody is told.
    dead: bool,
    last: [Instant; 2],
}

impl Link {
    fn is_live(&self) -> bool {
        self.ends == [true; 2] && self.opened == [true; 2] && !self.dead
    }
}

/// Everything between the two.
#[derive(Debug)]
pub(super) struct Wires {
    pub(super) seed: u64,
    pub(super) now: Instant,
    pub(super) sides: [Side; 2],
    pub(super) random: Random,
    links: BTreeMap<ConnId, Link>,
    arrivals: BTreeMap<(Instant, u64), (usize, ConnId, Arrival)>,
    given_up: BTreeSet<(usize, AttemptId)>,
    next: u64,
    /// Where each side sent SPINE last, and where it did before.
    carriers: [Option<ConnId>; 2],
    left: BTreeSet<(usize, ConnId)>,
    /// When a connection last opened or ended, at either side.
    changed: Instant,
    /// How often a connection opened, and how often beside another one.
    pub(super) opened: u64,
    pub(super) doubles: u64,
}

impl Wires {
    pub(super) fn new(seed: u64, sides: [Side; 2], random: Random) -> Self {
        Self {
            seed,
            now: Instant::ZERO,
            sides,
            random,
            links: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            given_up: BTreeSet::new(),
            next: 0,
            carriers: [None; 2],
            left: BTreeSet::new(),
            changed: Instant::ZERO,
            opened: 0,
            doubles: 0,
        }
    }

    /// The connections both sides have open.
    pub(super) fn live(&self) -> Vec<ConnId> {
        self.links.iter().filter(|(_, link)| link.is_live()).map(|(id, _)| *id).collect()
    }

    pub(super) fn sessions(&self) -> [Option<ConnId>; 2] {
        [self.sides[0].session(), self.sides[1].session()]
    }

    /// Both ends learn that a connection is gone, or nobody does.
    pub(super) fn cut(&mut self, silently: bool) {
        for id in self.live() {
            if silently {
                self.links.get_mut(&id).unwrap().dead = true;
            } else {
                for side in [0, 1] {
                    self.arrive(side, id, Arrival::other(Input::Lost { conn: id, why: Lost::Ended }));
                }
            }
        }
    }

    /// Carries out what the sides want before anything happened.
    pub(super) fn start(&mut self) {
        (0..2).for_each(|side| self.give(side, Input::Tick));
    }

    pub(super) fn run(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let arrival = self.arrivals.keys().next().map(|(at, _)| *at);
            let ticks =
                self.sides.iter().enumerate().filter_map(|(i, side)| Some((side.poll_deadline()?, i)));
            let tick = ticks.min();
            let next =
                arrival.into_iter().chain(tick.map(|(at, _)| at)).min().map_or(until, |at| at.min(until));
            self.check_quiet(next);
            self.now = self.now.max(next);
            match (arrival, tick) {
                (Some(at), _) if at <= next && at <= until && at == next => {
                    let (_, (side, id, arrival)) = self.arrivals.pop_first().unwrap();
                    self.deliver(side, id, arrival);
                }
                (_, Some((at, side))) if at <= next => self.give(side, Input::Tick),
                _ => return,
            }
        }
    }

    /// 15 s after the last connection event no more than one connection is left, and both sides use it.
    fn check_quiet(&self, until: Instant) {
        if until.since(self.changed) < Duration::from_secs(15) {
            return;
        }
        let live = self.live();
        let used: Vec<_> = live.iter().map(|id| [Some(*id); 2]).collect();
        let ok = live.len() <= 1 && used.iter().all(|used| *used == self.sessions());
        assert!(
            ok,
            "seed {} at {}: {live:?} are live, {:?} carry SPINE",
            self.seed,
            self.now,
            self.sessions()
        );
    }

    fn arrive(&mut self, side: usize, id: ConnId, arrival: Arrival) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let jitter = Duration::from_micros(self.random.below(2_000));
        let at = (self.now + link.latency + jitter).max(link.last[side]);
        link.last[side] = at;
        self.next += 1;
        self.arrivals.insert((at, self.next), (side, id, arrival));
    }

    fn deliver(&mut self, side: usize, id: ConnId, arrival: Arrival) {
        let link = self.links.get_mut(&id).unwrap();
        let is_there = link.ends[side];
        match arrival {
            Arrival::Frame(bytes) if is_there && !link.dead => {
                self.give(side, Input::Frame { conn: id, bytes: &bytes });
            }
            Arrival::Frame(_) => {}
            Arrival::Other(input) => match *input {
                // What this side did itself is told in any case.
                input @ (Input::Lost { why: Lost::Done, .. } | Input::DialFailed { .. }) => {
                    self.give(side, input);
                }
                input @ Input::Drained { .. } if is_there => self.give(side, input),
                input if is_there && !link.dead => self.happen(side, id, input),
                _ => {}
            },
        }
    }

    fn happen(&mut self, side: usize, id: ConnId, input: Input<'static>) {
        let link = self.links.get_mut(&id).unwrap();
        match input {
            Input::Dialled { attempt, .. } if self.given_up.contains(&(side, attempt)) => {
                return self.close(side, id, WITHOUT_A_WORD, String::new(), false);
            }
            Input::Secured { .. } => link.secured[side] = true,
            Input::Opened { .. } => {
                link.opened[side] = true;
                let is_open = link.is_live();
                self.changed = self.now;
                self.opened += u64::from(is_open);
                self.doubles += u64::from(is_open && self.live().len() > 1);
            }
            Input::Lost { .. } => {
                link.ends[side] = false;
                self.changed = self.now;
            }
            _ => {}
        }
        self.give(side, input);
    }

    fn give(&mut self, side: usize, input: Input<'_>) {
        self.sides[side].handle(input, self.now);
        let mut actions = Vec::new();
        while let Some(action) = self.sides[side].poll_action() {
            actions.push(action);
        }
        for action in actions {
            if let Action::Send { conn, frame } = &action
                && frame.starts_with(DATA_PREFIX)
            {
                self.carries(side, *conn);
            }
            self.carry_out(side, action);
        }
    }

    /// SPINE moves from one connection to another, and never back.
    fn carries(&mut self, side: usize, id: ConnId) {
        if let Some(left) = self.carriers[side].replace(id).filter(|left| *left != id) {
            self.left.insert((side, left));
        }
        assert!(
            !self.left.contains(&(side, id)),
            "seed {}: SPINE on two connections at {}",
            self.seed,
            self.now
        );
    }

    fn carry_out(&mut self, side: usize, action: Action) {
        match action {
            Action::Dial { attempt, .. } => self.dial(side, attempt),
            Action::CancelDial { attempt } => drop(self.given_up.insert((side, attempt))),
            Action::Send { conn, frame } => {
                self.next += 1;
                let drained = Arrival::other(Input::Drained { conn, frames: 1 });
                self.arrivals.insert((self.now, self.next), (side, conn, drained));
                self.arrive(1 - side, conn, Arrival::Frame(frame));
            }
            // Answered by the other end's system, as long as it has that end.
            Action::Ping { conn } if self.links[&conn].ends[1 - side] => {
                self.arrive(side, conn, Arrival::other(Input::Pong { conn }));
            }
            Action::Close { conn, code, reason } => self.close(side, conn, code, reason, true),
            Action::Persist { seq, .. } => self.give(side, Input::Persisted { seq }),
            Action::Notify(Event::Refused { why, .. }) => {
                use eebus_core::node::Refused::{
                    DoubleConnection, NoPong, NotOpenedInTime, NotSecuredInTime,
                };
                let known = [DoubleConnection, NoPong, NotOpenedInTime, NotSecuredInTime];
                assert!(known.contains(&why), "seed {}: {why}", self.seed);
            }
            _ => {}
        }
    }

    fn close(&mut self, side: usize, id: ConnId, code: u16, reason: String, told: bool) {
        let Some(link) = self.links.get_mut(&id).filter(|link| link.ends[side]) else { return };
        link.ends[side] = false;
        self.changed = self.now;
        let why = match code {
            WITHOUT_A_WORD => Lost::Ended,
            _ => Lost::Closed { code: Some(code), reason },
        };
        self.arrive(1 - side, id, Arrival::other(Input::Lost { conn: id, why }));
        if told {
            self.next += 1;
            let done = Arrival::other(Input::Lost { conn: id, why: Lost::Done });
            self.arrivals.insert((self.now, self.next), (side, id, done));
        }
    }

    fn dial(&mut self, side: usize, attempt: AttemptId) {
        // Never while the peer's own handshake runs.
        let ours = matches!(self.sides[side], Side::Ours(_));
        let busy = ours && self.links.values().any(|link| link.ends[side] && link.secured[side]);
        assert!(!busy, "seed {}: dialled beside a connection at {}", self.seed, self.now);
        self.next += 1;
        let id = ConnId(self.next);
        let latency = Duration::from_millis(1 + self.random.below(self.random.clone().below(2) * 250 + 50));
        self.links.insert(id, Link { latency, ends: [true; 2], ..Link::default() });
        if self.random.below(20) == 0 {
            let (stage, cause, detail) = (Stage::Connect, Cause::PortClosed, "refused".into());
            self.links.get_mut(&id).unwrap().ends = [false; 2];
            return self.arrive(
                side,
                id,
                Arrival::other(Input::DialFailed { attempt, stage, cause, detail }),
            );
        }
        let keys = if side == 0 { [SMALL, super::BIG] } else { [super::BIG, SMALL] };
        let (near, far) = (key(keys[0]), key(keys[1]));
        let other = 1 - side;
        for (to, input) in [
            (other, Input::Accepted { conn: id, from: address(keys[0]) }),
            (side, Input::Dialled { attempt, conn: id }),
            (other, Input::Secured { conn: id, peer: near }),
            (side, Input::Secured { conn: id, peer: far }),
            (other, Input::Opened { conn: id }),
            (side, Input::Opened { conn: id }),
        ] {
            // Each step takes its time, and the other end is a way behind.
            let link = self.links.get_mut(&id).unwrap();
            link.last[to] = link.last[0].max(link.last[1]).max(self.now) + link.latency;
            self.arrive(to, id, Arrival::other(input));
        }
    }
}
