//! A control box and its heat pumps under random faults, one seed after the other. A failure names its seed.

use crate::common::{address, guard, key};
use crate::solo::secs;
use eebus_core::ids::{ActorId, PeerId};
use eebus_core::model::EntityType;
use eebus_core::node::{Answer, Call, Config, Endpoint, Node, Product, Saved};
use eebus_core::ship::Phase;
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::{self, Approval, ControllableSystem, Limit, State};
use eebus_core::usecase::{Command, View, watts};
use eebus_testvectors::world::{Id, Wire, World};
use std::time::Duration;

const SEEDS: u64 = 200;
/// The virtual time of one seed before the network is mended for good.
const SPAN: u64 = 1_800;
/// After this time without faults everything is well again: stale connections, back-off, contests.
const QUIET: u64 = 400;
const ACTOR: ActorId = ActorId(0);
const GUARD: u8 = 100;

/// splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

fn pump(octet: u8, saved: Option<Saved>, now: Instant) -> Node {
    let mut config = Config::new(key(octet), Product::new("ACME", "Pump", octet.to_string()));
    let entity = config.entity(EntityType::HeatPumpAppliance);
    let system = ControllableSystem::new(watts(11_000)).approval(Approval::Automatic);
    config.install(&entity, system);
    Node::new(config, saved, [octet; 32], now)
}

struct Sim {
    seed: u64,
    random: Random,
    world: World,
    guard: Id,
    /// SKI octet, name in the world, name at the guard.
    pumps: Vec<(u8, Id, PeerId)>,
}

impl Sim {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let mut world = World::new();
        world.latency = Duration::from_millis(1 + random.below(300));
        let guard = world.add(guard(GUARD, None, Instant::ZERO), key(GUARD), address(GUARD));
        let mut sim = Self { seed, random, world, guard, pumps: Vec::new() };
        for n in 0..1 + sim.random.below(3) {
            // Bigger and smaller than the guard's.
            let octet = u8::try_from(50 + 60 * n).unwrap();
            let id = sim.world.add(pump(octet, None, Instant::ZERO), key(octet), address(octet));
            let dials = sim.random.below(3);
            let peer = sim.trust(guard, octet, dials != 1);
            sim.trust(id, GUARD, dials != 0);
            sim.pumps.push((octet, id, peer));
        }
        let limit = Limit::active(watts(4_200));
        let command = Command::Lpc(lpc::Command::SetLimit { peer: None, limit });
        sim.world.call(guard, Call::UseCase { actor: ACTOR, command }).unwrap();
        sim
    }

    fn trust(&mut self, id: Id, octet: u8, dials: bool) -> PeerId {
        let endpoints = if dials { vec![Endpoint::new(address(octet))] } else { Vec::new() };
        let answer = self.world.call(id, Call::AddPeer { ski: key(octet).ski, endpoints });
        let Ok(Answer::Peer(peer)) = answer else { panic!("seed {}: {answer:?}", self.seed) };
        self.world.call(id, Call::Trust { peer }).unwrap();
        peer
    }

    /// Lets time pass and looks at the pumps meanwhile.
    fn run(&mut self, seconds: u64) {
        for _ in 0..seconds.div_ceil(10) {
            self.world.run(secs(10));
            for &(_, id, _) in &self.pumps {
                self.check_silence(id);
            }
        }
    }

    fn state(&self, id: Id) -> (State, Option<Instant>) {
        match self.world.member(id).node.view().actor(ACTOR) {
            Some(View::Lpc(lpc::View::System { limit, heartbeat, .. })) => (limit.state, heartbeat),
            other => panic!("seed {}: {other:?}", self.seed),
        }
    }

    /// LPC-911, LPC-912: no controlled state while the guard is silent for more than 120 s.
    fn check_silence(&self, id: Id) {
        let (state, heartbeat) = self.state(id);
        let silent = heartbeat.is_none_or(|last| self.world.now().since(last) > secs(120));
        assert!(
            !(silent && state.is_controlled()),
            "seed {}: {state:?} at {} without a guard since {heartbeat:?}",
            self.seed,
            self.world.now()
        );
    }

    fn fault(&mut self) {
        let (octet, id, _) = self.pumps[usize::try_from(self.random.below(self.pumps.len() as u64)).unwrap()];
        let now = self.world.now();
        match self.random.below(5) {
            // Longer than a ping takes to find out: the simulated wire loses what TCP would repeat.
            0 => {
                self.wires(id, Wire::Silent, Wire::Silent);
                let span = 70 + self.random.below(200);
                self.run(span);
            }
            1 => {
                self.wires(id, Wire::Stuck, Wire::Whole);
                let span = 1 + self.random.below(30);
                self.run(span);
            }
            2 => {
                self.wires(id, Wire::Whole, Wire::Stuck);
                let span = 1 + self.random.below(30);
                self.run(span);
            }
            3 => {
                let saved = self.world.member(id).saved.clone();
                self.world.restart(id, pump(octet, saved, now));
            }
            _ => {
                let saved = self.world.member(self.guard).saved.clone();
                self.world.restart(self.guard, guard(GUARD, saved, now));
                let limit = Limit::active(watts(4_200));
                let command = Command::Lpc(lpc::Command::SetLimit { peer: None, limit });
                self.world.call(self.guard, Call::UseCase { actor: ACTOR, command }).unwrap();
            }
        }
        self.wires(id, Wire::Whole, Wire::Whole);
    }

    fn wires(&mut self, id: Id, to_pump: Wire, to_guard: Wire) {
        self.world.wire(self.guard, id, to_pump);
        self.world.wire(id, self.guard, to_guard);
    }

    /// Everything is well: one connection a pair in the data phase, no leftovers, every pump limited.
    fn check_quiet(&self) {
        let seed = self.seed;
        let phases = |id: Id| -> Vec<_> {
            self.world.member(id).node.view().connections().map(|(_, _, phase)| phase).collect()
        };
        assert_eq!(phases(self.guard), vec![Some(Phase::Data); self.pumps.len()], "seed {seed}");
        for &(octet, id, _) in &self.pumps {
            assert_eq!(phases(id), [Some(Phase::Data)], "seed {seed}: pump {octet}");
            assert_eq!(self.state(id).0, State::Limited, "seed {seed}: pump {octet}");
        }
    }

    /// SPINE 5.2.3.1, also over restarts.
    fn check_counters(&self) {
        for id in self.pumps.iter().map(|(_, id, _)| *id).chain([self.guard]) {
            let mut last = 0;
            for (at, frame) in &self.world.member(id).sent {
                let text = std::str::from_utf8(frame).unwrap();
                let Some((_, rest)) = text.split_once("\"msgCounter\":") else { continue };
                let counter: u64 = rest.split('}').next().unwrap().parse().unwrap();
                assert!(counter > last, "seed {}: {counter} after {last} at {at}", self.seed);
                last = counter;
            }
        }
    }
}

fn survive(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        let mut sim = Sim::new(seed);
        sim.run(60);
        while sim.world.now() < Instant::from_secs(SPAN) {
            sim.fault();
            let span = 5 + sim.random.below(300);
            sim.run(span);
        }
        sim.run(QUIET);
        sim.check_quiet();
        sim.check_counters();
    }
}

// Two tests, so that two cores share the work.

#[test]
fn whatever_happens_control_comes_back_and_silence_never_keeps_a_limit() {
    survive((0..SEEDS).step_by(2));
}

#[test]
fn whatever_else_happens_control_comes_back_and_silence_never_keeps_a_limit() {
    survive((1..SEEDS).step_by(2));
}
