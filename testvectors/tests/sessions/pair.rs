//! A control box and a heat pump on a simulated network, both recorded.

use eebus_core::ids::{ActorId, PeerId};
use eebus_core::model::EntityType;
use eebus_core::node::{Answer, Call, Config, Endpoint, Event, Node, Product, Saved};
use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::{self, ControllableSystem, EnergyGuard, Limit, LimitProposed, State};
use eebus_core::usecase::{Command, View, Watts, watts};
use eebus_testvectors::Recorder;
use eebus_testvectors::world::{Id, SharedTap, Wire, World};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const GUARD: u8 = 2;
const SYSTEM: u8 = 1;
const ACTOR: ActorId = ActorId(0);
const PEER: PeerId = PeerId(0);

/// What a node did from its start to its end or death.
pub(crate) struct Trace {
    /// `guard`, `system`, or `system-2` after a restart.
    pub(crate) node: String,
    recorder: Arc<Mutex<Recorder<Vec<u8>>>>,
}

impl Trace {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.recorder.lock().unwrap().writer().clone()
    }
}

pub(crate) struct Pair {
    pub(crate) world: World,
    guard: Id,
    system: Id,
    traces: Vec<Trace>,
}

fn key(octet: u8) -> PeerKey {
    PeerKey { ski: Ski::new([octet; 20]), fingerprint: Fingerprint([octet; 32]) }
}

fn address(octet: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, octet], 4712))
}

fn config(octet: u8) -> Config {
    if octet == GUARD {
        let mut config = Config::new(key(octet), Product::new("ACME", "Box", "1"));
        let entity = config.entity(EntityType::GridGuard);
        config.install(&entity, EnergyGuard::new());
        return config;
    }
    let mut config = Config::new(key(octet), Product::new("ACME", "Pump", "7"));
    let entity = config.entity(EntityType::HeatPumpAppliance);
    let actor = ControllableSystem::new(watts(11_000)).failsafe(watts(3_500), Duration::from_secs(7_200));
    config.install(&entity, actor);
    config
}

/// A node under recording.
fn start(
    traces: &mut Vec<Trace>,
    node: &str,
    octet: u8,
    saved: Option<Saved>,
    now: Instant,
) -> (Node, SharedTap) {
    let (config, entropy) = (config(octet), [octet; 32]);
    let recorder = Recorder::start(Vec::new(), &config, saved.as_ref(), &entropy, now).unwrap();
    let recorder = Arc::new(Mutex::new(recorder));
    traces.push(Trace { node: node.into(), recorder: recorder.clone() });
    (Node::new(config, saved, entropy, now), SharedTap::new(recorder))
}

impl Pair {
    /// Both trust each other; the box dials.
    pub(crate) fn meet() -> Self {
        let (mut world, mut traces) = (World::new(), Vec::new());
        let mut add = |name, octet| {
            let (node, tap) = start(&mut traces, name, octet, None, Instant::ZERO);
            world.add_tapped(node, key(octet), address(octet), tap)
        };
        let (guard, system) = (add("guard", GUARD), add("system", SYSTEM));
        let mut pair = Self { world, guard, system, traces };
        let endpoints = vec![Endpoint::new(address(SYSTEM))];
        for (id, octet, endpoints) in [(guard, SYSTEM, endpoints), (system, GUARD, Vec::new())] {
            let added = pair.world.call(id, Call::AddPeer { ski: key(octet).ski, endpoints });
            assert_eq!(added, Ok(Answer::Peer(PEER)));
            assert_eq!(pair.world.call(id, Call::Trust { peer: PEER }), Ok(Answer::Done));
        }
        pair
    }

    /// The opening limit is accepted: the system is unlimited and under control.
    pub(crate) fn controlled() -> Self {
        let mut pair = Self::meet();
        pair.accept_next();
        pair.expect(State::UnlimitedControlled);
        pair
    }

    /// Runs until the system has an undecided limit.
    fn next_proposal(&mut self) -> LimitProposed {
        let id = self.system;
        let open = |world: &World| {
            let member = world.member(id);
            member.events.iter().rev().find_map(|(_, event)| match event {
                Event::Lpc { event: lpc::Event::LimitProposed(proposed), .. } => {
                    member.node.view().proposal(proposed.ticket).map(|_| *proposed)
                }
                _ => None,
            })
        };
        assert!(self.world.run_until_done(Duration::from_secs(200), |world| open(world).is_some()));
        open(&self.world).unwrap()
    }

    pub(crate) fn accept_next(&mut self) {
        let ticket = self.next_proposal().ticket;
        assert_eq!(self.world.call(self.system, Call::Accept { ticket }), Ok(Answer::Done));
        self.world.run(Duration::from_millis(100));
    }

    pub(crate) fn refuse_next(&mut self, reason: &str) {
        let ticket = self.next_proposal().ticket;
        let refuse = Call::RefuseWrite { ticket, reason: reason.into() };
        assert_eq!(self.world.call(self.system, refuse), Ok(Answer::Done));
        self.world.run(Duration::from_millis(100));
    }

    pub(crate) fn set_limit(&mut self, limit: Limit) {
        self.command(lpc::Command::SetLimit { peer: None, limit });
    }

    pub(crate) fn set_failsafe(&mut self, value: Watts, duration: Duration) {
        self.command(lpc::Command::SetFailsafe { peer: PEER, value, duration });
        self.world.run(Duration::from_secs(1));
    }

    fn command(&mut self, command: lpc::Command) {
        let call = Call::UseCase { actor: ACTOR, command: Command::Lpc(command) };
        assert_eq!(self.world.call(self.guard, call), Ok(Answer::Done));
    }

    pub(crate) fn wire(&mut self, wire: Wire) {
        self.world.wire(self.guard, self.system, wire);
        self.world.wire(self.system, self.guard, wire);
    }

    /// The system dies without a word and comes back with what its store holds.
    pub(crate) fn restart_system(&mut self) {
        let saved = self.world.member(self.system).saved.clone();
        assert!(saved.is_some());
        let (node, tap) = start(&mut self.traces, "system-2", SYSTEM, saved, self.world.now());
        self.world.restart_tapped(self.system, node, tap);
        self.expect(State::Init);
    }

    pub(crate) fn expect(&self, state: State) {
        match self.world.member(self.system).node.view().actor(ACTOR) {
            Some(View::Lpc(lpc::View::System { limit, .. })) => assert_eq!(limit.state, state),
            other => panic!("{other:?}"),
        }
    }

    /// Ends the recordings of the nodes that are still at work.
    pub(crate) fn finish(self) -> Vec<Trace> {
        let restarted = self.traces.iter().any(|trace| trace.node == "system-2");
        for trace in self.traces.iter().filter(|trace| !(restarted && trace.node == "system")) {
            trace.recorder.lock().unwrap().finish().unwrap();
        }
        self.traces
    }
}
