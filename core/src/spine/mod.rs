//! SPINE: the local device, what peers announced, and every exchange between the two.
//!
//! [`Spine`] holds one session a peer. Datagrams enter with the [`PeerId`] that TLS proved; a device address is only
//! data a peer claims. What is to be sent waits in the session until the node has credit for it, and is built then.

pub mod addition;
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
mod tree;
pub mod write;

pub use addition::{NewEntity, NewFeature, NewFunction};
pub use address::FeaturePath;
pub use device::{Device, Offer, Operations, WriteAccess};
pub use event::{Broken, Event, Fault, Outcome, Unsettled};
pub use fault::{ErrorNumber, Refusal};
pub use relation::{Relation, RelationKind};
pub use remote::{Remote, RemoteFeature, RemoteUseCase, TreeNews};
pub use request::{Owner, Step};
pub use session::Session;
pub use write::{Asker, Proposal, Vote, Voter};

use crate::ids::{PeerId, RequestId, Ticket};
use crate::json::Tape;
use crate::model::{Cmd, CmdClassifier, FunctionData, FunctionId};
use crate::time::{Instant, WallTime};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use counter::Counter;
use discovery::Ends;
use heartbeat::Producer;
use relation::Relations;
use session::Item;
use write::{Held, Writes};

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

    // ---- time

    /// When the next heartbeat is due.
    pub fn heartbeat_deadline(&self) -> Option<Instant> {
        self.heartbeats.values().filter_map(Producer::deadline).min()
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
        self.request(peer, owner, CmdClassifier::Read, from, to, Cmd::read(function))
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
        let ends = Ends { own: &self.device.address, peer: remote.device.as_deref() };
        let cmd = discovery::request(kind, client, server, ends, server_type);
        self.call_node_management(peer, owner, cmd)
    }

    /// Gives a relation back that a local client feature holds at a peer (SPINE 7.3.4, 7.4.4).
    pub fn give_up(
        &mut self,
        peer: PeerId,
        owner: Owner,
        kind: RelationKind,
        client: &FeaturePath,
        server: &FeaturePath,
    ) -> Option<RequestId> {
        let ends = Ends { own: &self.device.address, peer: self.remote(peer)?.device.as_deref() };
        let cmd = discovery::deletion(kind, client, server, ends);
        self.call_node_management(peer, owner, cmd)
    }

    fn call_node_management(&mut self, peer: PeerId, owner: Owner, cmd: Cmd) -> Option<RequestId> {
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
        cmd: Cmd,
    ) -> Option<RequestId> {
        self.sessions.get(&peer)?;
        let request = RequestId(self.next_request);
        self.next_request = self.next_request.wrapping_add(1);
        let (from, to) = (from.clone(), to.clone());
        self.push(peer, Item::Request { request, owner, classifier, from, to, cmd, repeated: 0 });
        Some(request)
    }
}
