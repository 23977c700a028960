//! The whole node: connections, trust, dialling, SHIP, SPINE and use cases behind three verbs.
//!
//! **Give** [`Node::handle`] what the world did, or [`Node::call`] what the application wants. Then **take**
//! [`Node::poll_action`] until it answers `None`. [`Node::poll_deadline`] says **when** to give [`Input::Tick`] if
//! nothing else happens before. Same configuration, saved state, entropy, inputs and calls: same actions.

mod action;
mod arbiter;
mod at;
mod call;
mod calls;
mod closing;
mod config;
mod config_data;
mod connections;
mod credit;
mod deadlines;
mod dialer;
mod event;
mod failure;
mod frame_name;
mod frame_text;
mod frames;
mod input;
mod key_material;
mod peers;
mod pins;
mod readiness;
mod recall;
mod requests;
mod routing;
mod saved;
mod sightings;
mod stages;
mod tap;
mod trust;
mod trust_level;
mod view;

pub use action::{Action, Endpoint, Host};
pub use arbiter::{GRACE, SMALLER_WAITS};
pub use at::{At, AtPeer, Callable, Called, Requested};
pub use call::{Answer, Call, Misuse};
pub use config::{Config, Entity, MAX_CONNECTIONS, MAX_PEERS, Product};
pub use config_data::{ConfigData, Part, UnknownActor};
pub use connections::{
    LARGE_MESSAGE, MAX_EARLY, MAX_PER_PEER, MAX_REASSEMBLY, MAX_RECORDS, MAX_STRANGERS, MAX_UNPROVED,
    PING_INTERVAL, PONG_TIME, SCARCE_MESSAGE, SMALL_MESSAGE, STAGE_TIME,
};
pub use credit::{MAX_FRAMES, MAX_OCTETS, STALL};
pub use deadlines::{Deadline, Who};
pub use dialer::{
    CONNECT_TIME, FIRST_DELAY, MAX_BACK_OFF, MAX_REACHED, MAX_ROUND, REFUSED_BACK_OFF, SMALLER_SKI_DELAY,
    STAGGER, STEADY,
};
pub use event::{Event, PairingRequested, Refused};
pub use failure::{Cause, Failure, FailureStage, PeerClose, Remedy};
pub use frame_name::{FrameName, Layer};
pub use frame_text::FrameText;
pub use input::{Input, Lost, Sighting, Stage};
pub use peers::{
    Decision, MAX_ENDPOINTS, MAX_LABEL, MAX_REQUESTS, MAX_SEEN_STRANGERS, MAX_SIGHTINGS, REQUEST_TIME,
    Request,
};
pub use readiness::{Readiness, Rung, WaitsFor};
pub use saved::{Saved, SavedData, SavedPeer, SavedPin, SavedVersion, Saves};
pub use sightings::Seen;
pub use tap::{NoTap, Tap, Tapped};
pub use trust_level::{TrustLevel, TrustPolicy, TrustSource, Trusted};
pub use view::{PeerView, View};

use crate::ids::{ActorId, AttemptId, PeerId};
use crate::spine::Spine;
use crate::spine::counter::Counter;
use crate::time::{Instant, WallTime};
use crate::usecase;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use config::Installed;
use connections::Conns;
use core::time::Duration;
use deadlines::Deadlines;
use peers::Peers;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One EEBUS node.
#[derive(Clone, Debug)]
pub struct Node {
    config: Config,
    now: Instant,
    random: ChaCha8Rng,
    actions: VecDeque<Action>,
    deadlines: Deadlines,
    peers: Peers,
    conns: Conns,
    attempts: BTreeMap<AttemptId, PeerId>,
    spine: Spine,
    actors: BTreeMap<ActorId, Installed>,
    told: VecDeque<(ActorId, usecase::Event)>,
    touched: BTreeSet<PeerId>,
    next_actor: u32,
    next_attempt: u64,
    next_seq: u64,
    saves: Saves,
    unsaved: bool,
    /// Until when strangers are trusted unseen.
    accepts_until: Option<Instant>,
    /// The port that is listened on, once it is.
    port: Option<u16>,
    stage: Running,
}

/// Whether the node works, or how far its end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Running {
    Yes,
    Stopping,
    Stopped,
}

impl Node {
    /// A node at work: its first actions are there at once.
    ///
    /// `saved` is what the last [`Action::Persist`] of an earlier run carried; `entropy` seeds every random choice.
    pub fn new(mut config: Config, saved: Option<Saved>, entropy: [u8; 32], now: Instant) -> Self {
        let saved = saved.unwrap_or_default();
        let installed = core::mem::take(&mut config.actors);
        let spine = Spine::new(config.device.clone(), Counter::resume(saved.counters));
        let ids = (0..).map(ActorId);
        let next_actor = u32::try_from(installed.len()).unwrap_or(u32::MAX);
        let mut node = Self {
            config,
            now,
            random: ChaCha8Rng::from_seed(entropy),
            actions: VecDeque::new(),
            deadlines: Deadlines::default(),
            peers: Peers::default(),
            conns: Conns::default(),
            attempts: BTreeMap::new(),
            spine,
            actors: ids.zip(installed).collect(),
            told: VecDeque::new(),
            touched: BTreeSet::new(),
            next_actor,
            next_attempt: 0,
            next_seq: 0,
            saves: Saves::default(),
            unsaved: false,
            accepts_until: None,
            port: None,
            stage: Running::Yes,
        };
        node.furnish(&saved);
        node.recall(saved.peers);
        node.set_trust_policy(node.config.trust_policy.clone());
        node.act(Action::Listen(true));
        node.act(Action::Browse(true));
        node.settle();
        node
    }

    /// Takes what the world did. Never fails and never panics on a peer's octets; a `now` that runs backwards counts
    /// as the latest one.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.advance(now);
        match input {
            Input::Tick => {}
            Input::Clock { wall, trusted } => self.on_clock(wall, trusted),
            Input::Listening { port } => self.on_listening(port),
            Input::Accepted { conn, from } => self.on_accepted(conn, from),
            Input::Dialled { attempt, conn } => self.on_dialled(attempt, conn),
            Input::DialFailed { attempt, stage, cause, detail } => {
                self.attempt_failed(attempt, stage, cause, detail);
            }
            Input::Secured { conn, peer } => self.on_secured(conn, peer),
            Input::Opened { conn } => self.on_opened(conn),
            Input::Frame { conn, bytes } => self.on_frame(conn, bytes),
            Input::Pong { conn } => self.on_pong(conn),
            Input::Drained { conn, frames } => self.on_drained(conn, frames),
            Input::Lost { conn, why } => self.on_lost(conn, why),
            Input::Seen(sighting) => self.on_seen(sighting),
            Input::Gone { ski, instance, interface } => self.on_gone(ski, instance, interface),
            Input::Persisted { seq } => {
                self.saves.kept = self.saves.kept.max(seq);
                self.on_persisted(seq);
            }
            Input::PersistFailed { seq, detail } => {
                self.saves.failed = self.saves.failed.max(seq);
                self.on_persist_failed(seq, detail);
            }
        }
        self.settle();
    }

    /// Takes what the application wants.
    ///
    /// # Errors
    ///
    /// The caller's mistake, or that it is too late; nothing happened then.
    pub fn call(&mut self, call: Call, now: Instant) -> Result<Answer, Misuse> {
        self.advance(now);
        let answer = self.on_call(call);
        self.settle();
        answer
    }

    /// The next thing to do; to be asked until there is none, after every `handle` and `call`.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to give a tick at the latest. Waiting exactly until then is enough, earlier ticks are free.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Deadline> {
        self.deadlines.first()
    }

    /// How everything stands, to look at.
    pub fn view(&self) -> View<'_> {
        View::new(self)
    }

    /// The pleasant form of [`Node::call`].
    pub fn at(&mut self, now: Instant) -> At<'_> {
        At::new(self, now)
    }

    /// Lets pass everything that is due before what happens at `now`.
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        while let Some(who) = self.deadlines.due(self.now) {
            match who {
                Who::Conn(conn) => self.tick_conn(conn),
                Who::Peer(peer) => {
                    self.tick_contest(peer);
                    self.tick_dial(peer);
                    self.tick_request(peer);
                }
                Who::Session(peer) => self.spine.tick_session(peer, self.now),
                Who::Actor(actor) => self.with_actor(actor, |actor, cx| actor.tick(cx)).unwrap_or(()),
                Who::Heartbeats => self.spine.tick_heartbeats(self.now),
                Who::Writes => self.spine.tick_writes(self.now),
            }
            self.settle();
        }
    }

    fn on_clock(&mut self, wall: WallTime, trusted: bool) {
        self.spine.set_wall(trusted.then_some(wall), self.now);
    }

    fn on_listening(&mut self, port: u16) {
        self.notify(Event::Listening { port });
        self.port = Some(port);
        self.announce();
    }

    fn announce(&mut self) {
        if self.port.is_some() && !self.is_stopping() {
            self.act(Action::Announce(self.config.record.clone()));
        }
    }

    fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    fn notify(&mut self, event: Event) {
        self.act(Action::Notify(event));
    }

    /// A peer's row changed: its deadlines, its rung and what waits for it are looked at before the input is done.
    fn touch(&mut self, peer: PeerId) {
        self.touched.insert(peer);
    }

    fn random_below(&mut self, span: Duration) -> Duration {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX).max(1);
        Duration::from_micros(self.random.next_u64().checked_rem(micros).unwrap_or(0))
    }

    fn is_stopping(&self) -> bool {
        self.stage != Running::Yes
    }
}
