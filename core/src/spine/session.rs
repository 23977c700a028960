//! SPINE with one peer, from the data phase of its connection to the end of it.

use super::Spine;
use super::address::FeaturePath;
use super::event::{Broken, Event, Outcome, Unsettled};
use super::fault::Refusal;
use super::relation::RelationKind;
use super::remote::Remote;
use super::request::{Owner, Pending, Requests, Step};
use super::tree::Untold;
use super::write::Asker;
use crate::ids::{PeerId, RequestId};
use crate::model::{Cmd, CmdClassifier, Filter, FunctionId};
use crate::time::Instant;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

/// Messages that may wait for one peer; a peer that lets more pile up loses its session.
pub const MAX_OUTBOX: usize = 256;
/// How long calls wait for the peer to read this node's discovery, before they are tried all the same: some peers drop
/// what comes from a feature they do not know yet.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// When an unanswered read of discovery or use cases is repeated; after the last one the connection is closed
/// (SPINE IG 2.6.2).
pub const RETRIES: [Duration; 3] =
    [Duration::from_secs(30), Duration::from_secs(300), Duration::from_secs(900)];

/// Something to send. Data is looked up when it is really sent, so a slow peer gets the latest state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// A request of this node.
    Request {
        request: RequestId,
        owner: Owner,
        classifier: CmdClassifier,
        from: FeaturePath,
        to: FeaturePath,
        cmd: Cmd,
        repeated: usize,
    },
    /// The answer to a read.
    Reply { asker: Asker, from: FeaturePath, function: FunctionId, filter: Option<Filter> },
    /// The answer to a write or a call, or the acknowledgement of a notify or a reply.
    Result { asker: Asker, from: FeaturePath, answer: Result<(), Refusal> },
    /// The current data of a function for the holder of a subscription.
    Notify { subscription: u32, function: FunctionId },
}

/// How far the peer and this node know each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The discovery read is on its way; the number counts repetitions.
    Asked(usize),
    /// It was not answered; it is repeated at this time.
    Retry(usize, Instant),
    /// The peer's tree is known; at this time calls begin even if the peer never reads this node's discovery.
    Known(Instant),
    /// Calls have begun.
    Open,
}

/// The state of one session.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// What the peer announced and reported.
    pub remote: Remote,
    /// Its requests that wait for an answer.
    pub(crate) requests: Requests,
    pub(crate) outbox: VecDeque<Item>,
    /// Changes of the local tree the peer has not been told yet.
    pub(super) untold: Untold,
    pub(crate) opening: Opening,
    /// The peer has read this node's discovery.
    pub(crate) knows_us: bool,
    /// The use case announcement arrived.
    pub(crate) use_cases_known: bool,
    /// Repetitions of the use case read, and when the next one is due.
    pub(crate) use_case_repeats: (usize, Option<Instant>),
    /// Unanswered requests of actors, and when they are sent again.
    repeats: Vec<(Instant, Item)>,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            remote: Remote::default(),
            requests: Requests::default(),
            outbox: VecDeque::new(),
            untold: Untold::default(),
            opening: Opening::Asked(0),
            knows_us: false,
            use_cases_known: false,
            use_case_repeats: (0, None),
            repeats: Vec::new(),
        }
    }

    /// Queues something; a notify that waits already moves to the end, so that it carries the latest state behind
    /// everything older.
    pub(crate) fn push(&mut self, item: Item) -> Result<(), Broken> {
        if matches!(item, Item::Notify { .. }) {
            self.outbox.retain(|waiting| *waiting != item);
        }
        if self.outbox.len() >= MAX_OUTBOX {
            return Err(Broken::OutboxFull);
        }
        self.outbox.push_back(item);
        Ok(())
    }

    /// The next thing to send. While too many requests wait for an answer, others wait unsent and answers pass them.
    pub(crate) fn pop(&mut self) -> Option<Item> {
        let room = self.requests.has_room();
        let at = self.outbox.iter().position(|item| room || !matches!(item, Item::Request { .. }))?;
        self.outbox.remove(at)
    }

    /// How far the opening exchange has come.
    pub fn opening(&self) -> Opening {
        self.opening
    }

    /// Whether the peer's use cases are known.
    pub fn use_cases_known(&self) -> bool {
        self.use_cases_known
    }

    /// Number of messages that wait to be sent.
    pub fn backlog(&self) -> usize {
        self.outbox.len()
    }

    /// When this session has to be looked at, and for what.
    pub fn deadline(&self) -> Option<(Instant, &'static str)> {
        let opening = match self.opening {
            Opening::Retry(_, at) => Some((at, "repeated discovery")),
            Opening::Known(at) => Some((at, "discovery by the peer")),
            Opening::Asked(_) | Opening::Open => None,
        };
        let use_cases = self.use_case_repeats.1.map(|at| (at, "repeated use case read"));
        let requests = self.requests.deadline().map(|at| (at, "answer of a peer"));
        let repeats = self.repeats.iter().map(|(at, _)| (*at, "repeated request"));
        opening.into_iter().chain(use_cases).chain(requests).chain(repeats).min_by_key(|(at, _)| *at)
    }
}

/// Sessions begin, are looked after, and end.
impl Spine {
    /// The data phase with a peer begins: its discovery is read (SPINE 7.1.2).
    pub fn open(&mut self, peer: PeerId) {
        self.close(peer);
        // Bindings outlive a connection, so that a reconnecting partner finds its place free; a new session binds anew.
        self.release(RelationKind::Binding, peer);
        self.sessions.insert(peer, Session::new());
        self.events.push_back(Event::Opened { peer });
        self.ask_discovery(peer);
    }

    pub(super) fn ask_discovery(&mut self, peer: PeerId) {
        let node_management = FeaturePath::node_management();
        let function = FunctionId::NODE_MANAGEMENT_DETAILED_DISCOVERY_DATA;
        let owner = Owner::Spine(Step::Discovery);
        self.read(peer, owner, &node_management, &node_management, function);
    }

    pub(super) fn ask_use_cases(&mut self, peer: PeerId) {
        let node_management = FeaturePath::node_management();
        let function = FunctionId::NODE_MANAGEMENT_USE_CASE_DATA;
        self.read(peer, Owner::Spine(Step::UseCases), &node_management, &node_management, function);
    }

    /// The data phase with a peer ended.
    pub fn close(&mut self, peer: PeerId) {
        let Some(mut session) = self.sessions.remove(&peer) else { return };
        for ticket in self.writes.of(peer) {
            self.writes.take(ticket);
            self.events.push_back(Event::Unsettled { ticket, why: Unsettled::SessionEnded });
        }
        let repeats = session.repeats.drain(..).map(|(_, item)| item);
        let unsent = session.outbox.drain(..).chain(repeats).filter_map(|item| match item {
            Item::Request { request, owner, .. } => Some((request, owner)),
            _ => None,
        });
        let sent: Vec<_> = session.requests.drain().map(|pending| (pending.request, pending.owner)).collect();
        for (request, owner) in sent.into_iter().chain(unsent) {
            self.answered(peer, request, owner, Outcome::SessionEnded, None);
        }
        self.held.retain(|held| held.asker.peer != peer);
        self.release(RelationKind::Subscription, peer);
        self.touched.insert(peer);
        self.events.push_back(Event::Closed { peer });
        self.next_write();
    }

    /// Forgets everything about a peer, its bindings included: its trust is gone.
    pub fn forget(&mut self, peer: PeerId) {
        self.close(peer);
        self.release(RelationKind::Binding, peer);
    }

    pub(super) fn release(&mut self, kind: RelationKind, peer: PeerId) {
        for relation in self.relations_mut(kind).drop_peer(peer) {
            self.unheard(kind, &relation.server);
            self.events.push_back(Event::Related { kind, relation, granted: false });
        }
    }

    /// A peer's new tree may lack features that held relations here: those are gone with them (SPINE 7.1.5).
    pub(super) fn release_vanished(&mut self, peer: PeerId) {
        for kind in [RelationKind::Subscription, RelationKind::Binding] {
            let Some(session) = self.sessions.get(&peer) else { return };
            let known = |client| session.remote.features.contains_key(client);
            let of_peer = self.relations(kind).of(peer);
            let gone: Vec<_> =
                of_peer.filter(|(_, held)| !known(&held.client)).map(|(_, held)| held.clone()).collect();
            for relation in gone {
                self.relations_mut(kind).remove(&relation);
                self.unheard(kind, &relation.server);
                self.events.push_back(Event::Related { kind, relation, granted: false });
            }
        }
    }

    /// Stops the heartbeat of a feature nobody subscribes to any more.
    pub(super) fn unheard(&mut self, kind: RelationKind, feature: &FeaturePath) {
        let heard = kind == RelationKind::Binding || self.subscriptions.at(feature).next().is_some();
        if let Some(producer) = self.heartbeats.get_mut(feature).filter(|_| !heard) {
            producer.stop();
        }
    }

    /// When a session has to be looked at, and for what.
    pub fn session_deadline(&self, peer: PeerId) -> Option<(Instant, &'static str)> {
        self.sessions.get(&peer)?.deadline()
    }

    /// Looks after one session's requests.
    pub fn tick_session(&mut self, peer: PeerId, now: Instant) {
        self.touched.insert(peer);
        let overdue = |spine: &mut Self| spine.sessions.get_mut(&peer)?.requests.overdue(now);
        while let Some(late) = overdue(self) {
            match late.owner {
                Owner::Spine(step) => self.repeat(peer, step, now),
                _ => self.repeat_request(peer, late, now),
            }
        }
        while let Some(session) = self.sessions.get_mut(&peer)
            && let Some(at) = session.repeats.iter().position(|(at, _)| *at <= now)
        {
            let (_, item) = session.repeats.swap_remove(at);
            self.push(peer, item);
        }
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if session.use_case_repeats.1.is_some_and(|at| at <= now) {
            session.use_case_repeats.1 = None;
            self.ask_use_cases(peer);
        }
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        match session.opening {
            Opening::Retry(repeated, at) if at <= now => {
                session.opening = Opening::Asked(repeated.saturating_add(1));
                self.ask_discovery(peer);
            }
            Opening::Known(at) if at <= now => self.begin_calls(peer),
            _ => {}
        }
    }

    /// A request was not answered: what reads or relates for an actor is sent again a few times, ever later
    /// (SPINE IG 2.6.2).
    fn repeat_request(&mut self, peer: PeerId, late: Pending, now: Instant) {
        let Pending { request, owner, classifier, from, to, again, repeated, .. } = late;
        match (RETRIES.get(repeated), again, self.sessions.get_mut(&peer)) {
            (Some(wait), Some(cmd), Some(session)) => {
                let repeated = repeated.saturating_add(1);
                let item = Item::Request { request, owner, classifier, from, to, cmd, repeated };
                session.repeats.push((now + *wait, item));
            }
            _ => self.answered(peer, request, owner, Outcome::TimedOut, None),
        }
    }

    pub(super) fn answered(
        &mut self,
        peer: PeerId,
        request: RequestId,
        owner: Owner,
        outcome: Outcome,
        reply: Option<Cmd>,
    ) {
        self.events.push_back(Event::Answered { peer, request, owner, outcome, reply });
    }

    /// A step of the opening was not answered: it is repeated a few times, ever later (SPINE IG 2.6.2).
    pub(super) fn repeat(&mut self, peer: PeerId, step: Step, now: Instant) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        let wait = match (step, session.opening) {
            (Step::Discovery, Opening::Asked(repeated)) => {
                let wait = RETRIES.get(repeated);
                wait.inspect(|wait| session.opening = Opening::Retry(repeated, now + **wait))
            }
            (Step::UseCases, _) if !session.use_cases_known => {
                let (repeated, at) = &mut session.use_case_repeats;
                let wait = RETRIES.get(*repeated);
                *repeated = repeated.saturating_add(1);
                *at = wait.map(|wait| now + *wait);
                wait
            }
            _ => return,
        };
        if wait.is_none() {
            self.events.push_back(Event::Broken { peer, why: Broken::NoDiscovery });
        }
    }
}
