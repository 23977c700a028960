//! SPINE: the local device, what peers announced, and every exchange between the two.
//!
//! [`Spine`] holds one session a peer. Datagrams enter with the [`PeerId`] that TLS proved; a device address is only
//! data a peer claims. What is to be sent waits in the session until the node has credit for it, and is built then.

pub mod address;
pub mod counter;
pub mod datagram;
pub mod device;
pub mod discovery;
pub mod event;
pub mod exchange;
pub mod fault;
pub mod heartbeat;
mod receive;
pub mod relation;
pub mod remote;
pub mod request;
mod send;
pub mod session;
pub mod write;

pub use address::FeaturePath;
pub use device::{Device, Offer, Operations};
pub use event::{Broken, Event, Fault, Outcome, Unsettled};
pub use fault::{ErrorNumber, Refusal};
pub use relation::{Relation, RelationKind};
pub use remote::{Remote, RemoteFeature, RemoteUseCase};
pub use request::{Owner, Step};
pub use session::Session;
pub use write::{Asker, Proposal, Vote, Voter};

use crate::ids::{PeerId, RequestId, Ticket};
use crate::json::Tape;
use crate::model::{CmdClassifier, FunctionData, FunctionId};
use crate::time::{Instant, WallTime};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::ToString;
use alloc::vec::Vec;
use counter::Counter;
use heartbeat::Producer;
use relation::Relations;
use session::{Item, Opening, RETRIES};
use write::Writes;

/// A result that is sent once the store has what it promises.
#[derive(Clone, Debug, PartialEq)]
struct Held {
    asker: Asker,
    feature: FeaturePath,
    function: FunctionId,
    /// What the function held before, for the case that the store fails.
    before: Tape,
    /// The sequence number of the store; `None` until it is asked.
    seq: Option<u64>,
}

/// SPINE of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Spine {
    device: Device,
    counter: Counter,
    sessions: BTreeMap<PeerId, Session>,
    subscriptions: Relations,
    bindings: Relations,
    writes: Writes,
    heartbeats: BTreeMap<FeaturePath, Producer>,
    held: Vec<Held>,
    unsaved: bool,
    events: VecDeque<Event>,
    touched: BTreeSet<PeerId>,
    next_request: u64,
    next_ticket: u64,
    wall: Option<(Instant, WallTime)>,
}

impl Spine {
    /// SPINE for `device`, with counters behind those an earlier run reserved.
    pub fn new(device: Device, counter: Counter) -> Self {
        Self {
            device,
            counter,
            sessions: BTreeMap::new(),
            subscriptions: Relations::default(),
            bindings: Relations::default(),
            writes: Writes::default(),
            heartbeats: BTreeMap::new(),
            held: Vec::new(),
            unsaved: false,
            events: VecDeque::new(),
            touched: BTreeSet::new(),
            next_request: 0,
            next_ticket: 0,
            wall: None,
        }
    }

    /// The local device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The local device, to furnish it before the first session.
    pub fn device_mut(&mut self) -> &mut Device {
        &mut self.device
    }

    /// The counter reservation to store, when it is time.
    pub fn reserve_counters(&mut self) -> Option<u64> {
        self.counter.reserve()
    }

    /// The counter up to which a restart has to skip.
    pub fn reserved_counters(&self) -> u64 {
        self.counter.reserved()
    }

    /// Wall-clock time for time stamps; only where it is trusted.
    pub fn set_wall(&mut self, wall: Option<WallTime>, now: Instant) {
        self.wall = wall.map(|wall| (now, wall));
    }

    fn wall(&self, now: Instant) -> Option<WallTime> {
        self.wall.map(|(at, wall)| wall.after(now.since(at)))
    }

    /// What happened, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Sessions with something new to send or a new deadline.
    pub fn take_touched(&mut self) -> BTreeSet<PeerId> {
        core::mem::take(&mut self.touched)
    }

    /// The session with a peer.
    pub fn session(&self, peer: PeerId) -> Option<&Session> {
        self.sessions.get(&peer)
    }

    /// What a peer announced and reported.
    pub fn remote(&self, peer: PeerId) -> Option<&Remote> {
        self.sessions.get(&peer).map(|session| &session.remote)
    }

    /// Relations that peers hold here.
    pub fn relations(&self, kind: RelationKind) -> &Relations {
        match kind {
            RelationKind::Subscription => &self.subscriptions,
            RelationKind::Binding => &self.bindings,
        }
    }

    fn relations_mut(&mut self, kind: RelationKind) -> &mut Relations {
        match kind {
            RelationKind::Subscription => &mut self.subscriptions,
            RelationKind::Binding => &mut self.bindings,
        }
    }

    /// Open tickets.
    pub fn writes(&self) -> &Writes {
        &self.writes
    }

    // ---- sessions

    /// The data phase with a peer begins: its discovery is read (SPINE 7.1.2).
    pub fn open(&mut self, peer: PeerId) {
        self.close(peer);
        // Bindings outlive a connection, so that a reconnecting partner finds its place free; a new session binds anew.
        self.release(RelationKind::Binding, peer);
        self.sessions.insert(peer, Session::new());
        self.events.push_back(Event::Opened { peer });
        self.ask_discovery(peer);
    }

    fn ask_discovery(&mut self, peer: PeerId) {
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
        let unsent = session.outbox.drain(..).filter_map(|item| match item {
            Item::Request { request, owner, .. } => Some((request, owner)),
            _ => None,
        });
        let sent: Vec<_> = session.requests.drain().map(|pending| (pending.request, pending.owner)).collect();
        for (request, owner) in sent.into_iter().chain(unsent) {
            self.events.push_back(Event::Answered { peer, request, owner, outcome: Outcome::SessionEnded });
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

    fn release(&mut self, kind: RelationKind, peer: PeerId) {
        for relation in self.relations_mut(kind).drop_peer(peer) {
            self.unheard(kind, &relation.server);
            self.events.push_back(Event::Related { kind, relation, granted: false });
        }
    }

    /// A peer's new tree may lack features that held relations here: those are gone with them (SPINE 7.1.5).
    fn release_vanished(&mut self, peer: PeerId) {
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
    fn unheard(&mut self, kind: RelationKind, feature: &FeaturePath) {
        let heard = kind == RelationKind::Binding || self.subscriptions.at(feature).next().is_some();
        if let Some(producer) = self.heartbeats.get_mut(feature).filter(|_| !heard) {
            producer.stop();
        }
    }

    // ---- time

    /// When a session has to be looked at, and for what.
    pub fn session_deadline(&self, peer: PeerId) -> Option<(Instant, &'static str)> {
        self.sessions.get(&peer)?.deadline()
    }

    /// When the next heartbeat is due.
    pub fn heartbeat_deadline(&self) -> Option<Instant> {
        self.heartbeats.values().filter_map(Producer::deadline).min()
    }

    /// When the next ticket is over.
    pub fn write_deadline(&self) -> Option<Instant> {
        self.writes.deadline()
    }

    /// Looks after one session's requests.
    pub fn tick_session(&mut self, peer: PeerId, now: Instant) {
        self.touched.insert(peer);
        let overdue = |spine: &mut Self| spine.sessions.get_mut(&peer)?.requests.overdue(now);
        while let Some(late) = overdue(self) {
            if let Owner::Spine(step) = late.owner {
                self.repeat(peer, step, now);
                continue;
            }
            let (request, owner) = (late.request, late.owner);
            self.events.push_back(Event::Answered { peer, request, owner, outcome: Outcome::TimedOut });
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

    /// A step of the opening was not answered: it is repeated a few times, ever later (SPINE IG 2.6.2).
    fn repeat(&mut self, peer: PeerId, step: Step, now: Instant) {
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

    /// Sends the heartbeats that are due.
    pub fn tick_heartbeats(&mut self, now: Instant) {
        let is_due = |producer: &Producer| producer.deadline().is_some_and(|at| at <= now);
        let due =
            self.heartbeats.iter().filter(|(_, producer)| is_due(producer)).map(|(path, _)| path.clone());
        for feature in due.collect::<Vec<_>>() {
            self.beat(&feature, now);
        }
    }

    /// Refuses the tickets nobody decided in time.
    pub fn tick_writes(&mut self, now: Instant) {
        const LATE: &str = "no decision in time";
        while let Some(late) = self.writes.overdue_behind(now) {
            self.answer(late.asker, late.feature, Err(Refusal::new(ErrorNumber::COMMAND_REJECTED, LATE)));
        }
        while let Some(ticket) = self.writes.overdue(now) {
            self.refuse(ticket, Unsettled::Unanswered, LATE);
        }
    }

    // ---- local data

    /// The data of a local function.
    pub fn tape(&self, feature: &FeaturePath, function: FunctionId) -> Option<&Tape> {
        self.device.function(feature, function).map(|function| &function.data)
    }

    /// The data of a local function, as its type.
    pub fn data<T: FunctionData>(&self, feature: &FeaturePath) -> Option<T> {
        self.tape(feature, T::FUNCTION)?.get()
    }

    /// Replaces the data of a local function; subscribers are told where it changed. Answers whether it did.
    pub fn set<T: FunctionData>(&mut self, feature: &FeaturePath, data: &T) -> bool {
        self.commit(feature, T::FUNCTION, Tape::of(data), None)
    }

    /// As [`Spine::set`], for data without a type. `false` where the function is not offered or the data another's.
    pub fn set_tape(&mut self, feature: &FeaturePath, function: FunctionId, data: Tape) -> bool {
        let fits = core::ptr::eq(data.ty(), function.info().ty);
        let offered = fits && self.device.function(feature, function).is_some();
        if offered {
            self.commit(feature, function, data, None);
        }
        offered
    }

    /// Replaces the data of a local function by what the store kept, before the first session.
    pub fn restore(&mut self, feature: &FeaturePath, function: FunctionId, data: Tape) {
        if let Some(slot) = self.device.function_mut(feature, function).filter(|slot| slot.durable) {
            slot.data = data;
        }
    }

    fn commit(
        &mut self,
        feature: &FeaturePath,
        function: FunctionId,
        data: Tape,
        ticket: Option<Ticket>,
    ) -> bool {
        let Some(slot) = self.device.function_mut(feature, function) else { return false };
        let changed = slot.data != data;
        if changed {
            self.unsaved |= slot.durable;
            slot.data = data;
            self.notify(feature, function);
        }
        if changed || ticket.is_some() {
            self.events.push_back(Event::Changed { feature: feature.clone(), function, ticket });
        }
        changed
    }

    fn notify(&mut self, feature: &FeaturePath, function: FunctionId) {
        let holders: Vec<_> = self.subscriptions.at(feature).map(|(number, r)| (number, r.peer)).collect();
        for (subscription, peer) in holders {
            self.push(peer, Item::Notify { subscription, function });
        }
    }

    /// Offers a heartbeat on a DeviceDiagnosis server feature.
    pub fn add_heartbeat(&mut self, feature: &FeaturePath) {
        self.device.add_function(feature, FunctionId::DEVICE_DIAGNOSIS_HEARTBEAT_DATA, Operations::READ);
        self.heartbeats.entry(feature.clone()).or_default();
    }

    /// Sends a heartbeat now to everybody who subscribed to the feature (LPC-913).
    pub fn beat(&mut self, feature: &FeaturePath, now: Instant) {
        let wall = self.wall(now);
        if let Some(producer) = self.heartbeats.get_mut(feature) {
            let heartbeat = producer.beat(now, wall);
            self.set(feature, &heartbeat);
            self.unheard(RelationKind::Subscription, feature);
        }
    }

    // ---- durability

    /// Whether durable data changed since this was last asked.
    pub fn take_unsaved(&mut self) -> bool {
        core::mem::take(&mut self.unsaved)
    }

    /// The results that wait, wait for this sequence number of the store.
    pub fn hold_for(&mut self, seq: u64) {
        for held in &mut self.held {
            held.seq.get_or_insert(seq);
        }
    }

    /// The store has everything up to `seq`: what waited for it is sent.
    pub fn persisted(&mut self, seq: u64) {
        for held in self.take_held(|held| held.seq.is_some_and(|waits| waits <= seq)) {
            self.answer(held.asker, held.feature, Ok(()));
        }
    }

    /// The store failed at `seq`: what it should have kept is taken back and refused, with what was built on it.
    pub fn persist_failed(&mut self, seq: u64) {
        let failed = |held: &Held| held.seq.is_some_and(|waits| waits <= seq);
        let lost: Vec<_> =
            self.held.iter().filter(|held| failed(held)).map(|h| (h.feature.clone(), h.function)).collect();
        let taken = self.take_held(|held| lost.iter().any(|of| *of == (held.feature.clone(), held.function)));
        // Backwards, so that what stood before the first of them stands again.
        for held in taken.iter().rev() {
            self.commit(&held.feature, held.function, held.before.clone(), None);
        }
        for held in taken {
            let refusal = Refusal::new(ErrorNumber::GENERAL, "the value could not be stored");
            self.answer(held.asker, held.feature, Err(refusal));
        }
    }

    fn take_held(&mut self, which: impl Fn(&Held) -> bool) -> Vec<Held> {
        let (taken, kept) = core::mem::take(&mut self.held).into_iter().partition(which);
        self.held = kept;
        taken
    }

    // ---- tickets

    /// Carries a ticket out, as it resolves against the data of this moment. `false` where it is not open.
    pub fn accept(&mut self, ticket: Ticket) -> bool {
        let Some(proposal) = self.writes.take(ticket) else { return false };
        let Proposal { asker, feature, cmd, .. } = proposal;
        let Some(before) = self.tape(&feature, cmd.function).cloned() else { return false };
        match exchange::apply_write(&before, &cmd) {
            Ok(data) => {
                let changed = self.commit(&feature, cmd.function, data, Some(ticket));
                let durable = self.device.function(&feature, cmd.function).is_some_and(|slot| slot.durable);
                let function = cmd.function;
                // What does not change is promised no earlier than what made it so.
                let same = |held: &&Held| (&held.feature, held.function) == (&feature, function);
                let waiting = self.held.iter().rev().find(same).map(|held| held.seq);
                let seq = if changed { Some(None) } else { waiting };
                if let Some(seq) = seq.filter(|_| durable) {
                    self.held.push(Held { asker, feature, function, before, seq });
                } else {
                    self.answer(asker, feature, Ok(()));
                }
            }
            Err(refusal) => {
                self.events.push_back(Event::Unsettled { ticket, why: Unsettled::Outdated(refusal.clone()) });
                self.answer(asker, feature, Err(refusal));
            }
        }
        self.next_write();
        true
    }

    /// Refuses a ticket with error 7. `false` where it is not open.
    pub fn refuse(&mut self, ticket: Ticket, why: Unsettled, reason: &str) -> bool {
        let Some(proposal) = self.writes.take(ticket) else { return false };
        self.events.push_back(Event::Unsettled { ticket, why });
        let refusal = Refusal::new(ErrorNumber::COMMAND_REJECTED, reason.to_string());
        self.answer(proposal.asker, proposal.feature, Err(refusal));
        self.next_write();
        true
    }

    /// One voter's decision; the last acceptance carries the ticket out, one refusal ends it.
    pub fn vote(&mut self, ticket: Ticket, voter: Voter, vote: Vote) -> bool {
        match vote {
            Vote::Refuse(reason) => {
                let why = Unsettled::Refused(reason.clone());
                self.refuse(ticket, why, &reason)
            }
            Vote::Ask => self.writes.get_mut(ticket).is_some_and(|open| open.undecided.insert(voter)),
            Vote::Accept | Vote::Abstain => {
                let Some(open) = self.writes.get_mut(ticket) else { return false };
                open.undecided.remove(&voter);
                !open.undecided.is_empty() || self.accept(ticket)
            }
        }
    }

    fn answer(&mut self, asker: Asker, from: FeaturePath, answer: Result<(), Refusal>) {
        if asker.ack || answer.is_err() {
            self.push(asker.peer, Item::Result { asker, from, answer });
        }
    }

    // ---- requests

    fn push(&mut self, peer: PeerId, item: Item) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        self.touched.insert(peer);
        if let Err(why) = session.push(item) {
            self.events.push_back(Event::Broken { peer, why });
        }
    }

    /// Reads a function of a peer in full.
    pub fn read(
        &mut self,
        peer: PeerId,
        owner: Owner,
        from: &FeaturePath,
        to: &FeaturePath,
        function: FunctionId,
    ) -> Option<RequestId> {
        self.request(peer, owner, CmdClassifier::Read, from, to, crate::model::Cmd::read(function))
    }

    /// Asks a peer for a relation between a local client feature and one of its server features.
    pub fn relate(
        &mut self,
        peer: PeerId,
        owner: Owner,
        kind: RelationKind,
        client: &FeaturePath,
        server: &FeaturePath,
    ) -> Option<RequestId> {
        let remote = self.remote(peer)?;
        let server_type = match remote.features.get(server) {
            Some(feature) => feature.feature_type.clone(),
            None if server.is_node_management() => crate::model::FeatureType::NodeManagement,
            None => return None,
        };
        let ends = discovery::Ends {
            own: &self.device.address,
            peer: remote.device.as_deref(),
            server_type: &server_type,
        };
        let cmd = discovery::request(kind, client, server, ends);
        let node_management = FeaturePath::node_management();
        self.request(peer, owner, CmdClassifier::Call, &node_management, &node_management, cmd)
    }

    /// Sends a request; `None` where there is no session with the peer.
    pub fn request(
        &mut self,
        peer: PeerId,
        owner: Owner,
        classifier: CmdClassifier,
        from: &FeaturePath,
        to: &FeaturePath,
        cmd: crate::model::Cmd,
    ) -> Option<RequestId> {
        self.sessions.get(&peer)?;
        let request = RequestId(self.next_request);
        self.next_request = self.next_request.wrapping_add(1);
        let (from, to) = (from.clone(), to.clone());
        self.push(peer, Item::Request { request, owner, classifier, from, to, cmd });
        Some(request)
    }
}
