//! Nodes on a simulated network, in virtual time: what the adapters do with sockets, without any.

use eebus_core::ids::{AttemptId, ConnId};
use eebus_core::node::{
    Action, Answer, Call, Cause, Endpoint, Event, Host, Input, Lost, Misuse, Node, Saved, Stage, Tap,
};
use eebus_core::ship::identity::PeerKey;
use eebus_core::time::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A node in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(pub usize);

/// What reaches a node; an [`Input`] that owns its octets.
#[derive(Clone, Debug, PartialEq)]
enum Arrival {
    Frame { conn: ConnId, bytes: Vec<u8> },
    Other(Box<Input<'static>>),
}

impl Arrival {
    fn other(input: Input<'static>) -> Self {
        Self::Other(Box::new(input))
    }
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End(Id, ConnId);

/// A tap that the world shares with whoever reads what it saw.
#[derive(Clone)]
pub struct SharedTap(Arc<Mutex<dyn Tap + Send>>);

impl SharedTap {
    /// Shares a tap with the world.
    pub fn new(tap: Arc<Mutex<impl Tap + Send + 'static>>) -> Self {
        Self(tap)
    }
}

impl fmt::Debug for SharedTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedTap")
    }
}

/// A node and the world's view of it.
#[derive(Clone, Debug)]
pub struct Member {
    /// The node.
    pub node: Node,
    /// The key it proves.
    pub key: PeerKey,
    /// Where it listens.
    pub address: SocketAddr,
    /// Every action but sends and notifications, with its time, oldest first.
    pub actions: Vec<(Instant, Action)>,
    /// Every frame it sent, oldest first.
    pub sent: Vec<(Instant, Vec<u8>)>,
    /// Every event it told, oldest first.
    pub events: Vec<(Instant, Event)>,
    /// What its store holds.
    pub saved: Option<Saved>,
    listens: bool,
    tap: Option<SharedTap>,
}

impl Member {
    fn show(&self, see: impl FnOnce(&mut dyn Tap)) {
        if let Some(SharedTap(tap)) = &self.tap {
            see(&mut *tap.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// How the network treats one direction between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Everything arrives after [`World::latency`].
    Whole,
    /// What is sent vanishes without a trace.
    Silent,
    /// Nothing is taken from the sender.
    Stuck,
}

/// The world.
#[derive(Clone, Debug)]
pub struct World {
    /// Time an octet takes from one node to another.
    pub latency: Duration,
    now: Instant,
    members: Vec<Member>,
    arrivals: BTreeMap<(Instant, u64), (Id, Arrival)>,
    links: BTreeMap<End, End>,
    wires: BTreeMap<(Id, Id), Wire>,
    stuck: BTreeMap<End, Vec<Vec<u8>>>,
    next: u64,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A world without nodes at time zero, with a latency of 5 ms.
    pub fn new() -> Self {
        Self {
            latency: Duration::from_millis(5),
            now: Instant::ZERO,
            members: Vec::new(),
            arrivals: BTreeMap::new(),
            links: BTreeMap::new(),
            wires: BTreeMap::new(),
            stuck: BTreeMap::new(),
            next: 0,
        }
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Adds a node that proves `key` and listens at `address`.
    pub fn add(&mut self, node: Node, key: PeerKey, address: SocketAddr) -> Id {
        self.add_tapped(node, key, address, None)
    }

    /// As [`World::add`], with a tap on the node.
    pub fn add_tapped(
        &mut self,
        node: Node,
        key: PeerKey,
        address: SocketAddr,
        tap: impl Into<Option<SharedTap>>,
    ) -> Id {
        let id = Id(self.members.len());
        let (actions, sent, events) = (Vec::new(), Vec::new(), Vec::new());
        let (saved, listens, tap) = (None, false, tap.into());
        self.members.push(Member { node, key, address, actions, sent, events, saved, listens, tap });
        self.drain(id);
        id
    }

    /// A node.
    pub fn member(&self, id: Id) -> &Member {
        &self.members[id.0]
    }

    /// Puts another node in the place of one that died without a word; its connections are gone.
    pub fn restart(&mut self, id: Id, node: Node) {
        self.restart_tapped(id, node, None);
    }

    /// As [`World::restart`], with a tap on the new node; that of the old one sees nothing more.
    pub fn restart_tapped(&mut self, id: Id, node: Node, tap: impl Into<Option<SharedTap>>) {
        self.arrivals.retain(|_, (to, _)| *to != id);
        let ends: Vec<_> = self.links.keys().copied().filter(|end| end.0 == id).collect();
        for end in ends {
            if let Some(other) = self.links.remove(&end) {
                self.links.remove(&other);
                let lost = Input::Lost { conn: other.1, why: Lost::Ended };
                self.arrive(other.0, Arrival::other(lost), self.latency);
            }
        }
        self.members[id.0].node = node;
        self.members[id.0].tap = tap.into();
        self.drain(id);
    }

    /// What the network does with what `from` sends to `to` from now on.
    pub fn wire(&mut self, from: Id, to: Id, wire: Wire) {
        self.wires.insert((from, to), wire);
        if wire == Wire::Stuck {
            return;
        }
        let there = |end: &End| self.links.get(end).is_none_or(|other| other.0 == to);
        let freed: Vec<_> = self.stuck.keys().copied().filter(|end| end.0 == from && there(end)).collect();
        for end in freed {
            for frame in self.stuck.remove(&end).unwrap_or_default() {
                self.send(end, frame);
            }
        }
    }

    /// Calls a node.
    ///
    /// # Errors
    ///
    /// As [`Node::call`].
    pub fn call(&mut self, id: Id, call: Call) -> Result<Answer, Misuse> {
        let now = self.now;
        let member = &mut self.members[id.0];
        let answer = member.node.call(call.clone(), now);
        member.show(|tap| tap.call(&call, &answer, now));
        self.drain(id);
        answer
    }

    /// Gives a node an input of the test's own.
    pub fn input(&mut self, id: Id, input: Input<'_>) {
        let now = self.now;
        let member = &mut self.members[id.0];
        member.show(|tap| tap.input(&input, now));
        member.node.handle(input, now);
        self.drain(id);
    }

    /// Ticks a node by a clock that shows another time than the world's.
    pub fn tick_at(&mut self, id: Id, shown: Instant) {
        let member = &mut self.members[id.0];
        member.show(|tap| tap.input(&Input::Tick, shown));
        member.node.handle(Input::Tick, shown);
        self.drain(id);
    }

    /// Lets the world run until `until`, from deadline to deadline.
    pub fn run_until(&mut self, until: Instant) {
        while self.step(until) {}
        self.now = self.now.max(until);
    }

    /// Lets the world run for `span`.
    pub fn run(&mut self, span: Duration) {
        self.run_until(self.now + span);
    }

    /// Lets the world run until `done`, at most for `span`; answers whether it came to that.
    pub fn run_until_done(&mut self, span: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let until = self.now + span;
        loop {
            if done(self) {
                return true;
            }
            if !self.step(until) {
                self.now = self.now.max(until);
                return done(self);
            }
        }
    }

    /// The next thing that happens up to `until`.
    fn step(&mut self, until: Instant) -> bool {
        let arrival = self.arrivals.first_key_value().map(|(&(at, _), _)| at);
        let deadlines = self.members.iter().enumerate();
        let tick = deadlines.filter_map(|(i, m)| m.node.poll_deadline().map(|d| (d.at, Id(i)))).min();
        match (arrival, tick) {
            (Some(at), tick) if at <= until && tick.is_none_or(|(t, _)| at <= t) => {
                self.now = self.now.max(at);
                if let Some((_, (id, arrival))) = self.arrivals.pop_first() {
                    self.deliver(id, arrival);
                }
                true
            }
            (_, Some((at, id))) if at <= until => {
                self.now = self.now.max(at);
                self.input(id, Input::Tick);
                let next = self.members[id.0].node.poll_deadline();
                assert!(next.is_none_or(|next| next.at > at), "{next:?} of {id:?} is still due at {at}");
                true
            }
            _ => false,
        }
    }

    fn deliver(&mut self, id: Id, arrival: Arrival) {
        match arrival {
            Arrival::Frame { conn, bytes } => self.input(id, Input::Frame { conn, bytes: &bytes }),
            Arrival::Other(input) => self.input(id, *input),
        }
    }

    fn arrive(&mut self, id: Id, arrival: Arrival, after: Duration) {
        self.next += 1;
        self.arrivals.insert((self.now + after, self.next), (id, arrival));
    }

    /// Carries out what a node wants done.
    fn drain(&mut self, id: Id) {
        let mut actions = VecDeque::new();
        let member = &mut self.members[id.0];
        while let Some(action) = member.node.poll_action() {
            member.show(|tap| tap.action(&action));
            actions.push_back(action);
        }
        for action in actions {
            self.carry_out(id, action);
        }
    }

    fn carry_out(&mut self, id: Id, action: Action) {
        let now = self.now;
        let member = &mut self.members[id.0];
        match action {
            Action::Notify(event) => return member.events.push((now, event)),
            Action::Send { conn, frame } => {
                member.sent.push((now, frame.clone()));
                return self.send(End(id, conn), frame);
            }
            _ => member.actions.push((now, action.clone())),
        }
        match action {
            Action::Listen(listens) => {
                member.listens = listens;
                let port = member.address.port();
                if listens {
                    self.arrive(id, Arrival::other(Input::Listening { port }), Duration::ZERO);
                }
            }
            Action::Dial { attempt, to, .. } => self.dial(id, attempt, &to),
            Action::Ping { conn } => self.ping(End(id, conn)),
            Action::Close { conn, code, reason } => self.close(End(id, conn), code, reason),
            Action::Persist { seq, saved } => {
                member.saved = Some(saved);
                self.arrive(id, Arrival::other(Input::Persisted { seq }), Duration::ZERO);
            }
            _ => {}
        }
    }

    fn dial(&mut self, id: Id, attempt: AttemptId, to: &Endpoint) {
        let target =
            self.members.iter().position(|m| m.listens && to.host == Host::Address(m.address)).map(Id);
        let reachable =
            |other: &Id| self.wires.get(&(id, *other)).copied().unwrap_or(Wire::Whole) == Wire::Whole;
        let Some(other) = target.filter(reachable) else {
            let detail = "connection refused".to_string();
            let failed =
                Input::DialFailed { attempt, stage: Stage::Connect, cause: Cause::PortClosed, detail };
            return self.arrive(id, Arrival::other(failed), self.latency);
        };
        self.next += 1;
        let (near, far) = (End(id, ConnId(self.next * 2)), End(other, ConnId(self.next * 2 + 1)));
        self.links.insert(near, far);
        self.links.insert(far, near);
        let (key, from) = (self.members[id.0].key, self.members[id.0].address);
        let theirs = self.members[other.0].key;
        let steps = [
            (near, Input::Dialled { attempt, conn: near.1 }),
            (far, Input::Accepted { conn: far.1, from }),
            (near, Input::Secured { conn: near.1, peer: theirs }),
            (far, Input::Secured { conn: far.1, peer: key }),
            (near, Input::Opened { conn: near.1 }),
            (far, Input::Opened { conn: far.1 }),
        ];
        for (n, (end, input)) in (1u32..).zip(steps) {
            self.arrive(end.0, Arrival::other(input), self.latency * n.div_ceil(2));
        }
    }

    fn wire_of(&self, from: End, to: End) -> Wire {
        self.wires.get(&(from.0, to.0)).copied().unwrap_or(Wire::Whole)
    }

    fn send(&mut self, from: End, bytes: Vec<u8>) {
        let Some(&to) = self.links.get(&from) else { return };
        let wire = self.wire_of(from, to);
        if wire == Wire::Stuck {
            return self.stuck.entry(from).or_default().push(bytes);
        }
        self.arrive(from.0, Arrival::other(Input::Drained { conn: from.1, frames: 1 }), Duration::ZERO);
        if wire == Wire::Whole {
            self.arrive(to.0, Arrival::Frame { conn: to.1, bytes }, self.latency);
        }
    }

    fn ping(&mut self, from: End) {
        let Some(&to) = self.links.get(&from) else { return };
        if self.wire_of(from, to) == Wire::Whole && self.wire_of(to, from) == Wire::Whole {
            self.arrive(from.0, Arrival::other(Input::Pong { conn: from.1 }), self.latency * 2);
        }
    }

    fn close(&mut self, from: End, code: u16, reason: String) {
        let done = Input::Lost { conn: from.1, why: Lost::Done };
        self.arrive(from.0, Arrival::other(done), self.latency);
        let Some(to) = self.links.remove(&from) else { return };
        self.links.remove(&to);
        if self.wire_of(from, to) == Wire::Whole {
            let closed = Input::Lost { conn: to.1, why: Lost::Closed { code: Some(code), reason } };
            self.arrive(to.0, Arrival::other(closed), self.latency);
        }
    }
}
