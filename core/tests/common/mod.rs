//! Two nodes that limit and are limited, on a simulated network.

use eebus_core::ids::{ActorId, PeerId};
use eebus_core::model::EntityType;
use eebus_core::node::{Answer, Call, Config, Endpoint, Event, Misuse, Node, Product, Rung, Saved};
use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::{self, ControllableSystem, EnergyGuard, Limit, LimitProposed, State};
use eebus_core::usecase::{Command, View, Watts, watts};
use eebus_testvectors::world::{Id, Wire, World};
use std::net::SocketAddr;
use std::time::Duration;

/// The key whose octets are all `octet`.
pub(crate) fn key(octet: u8) -> PeerKey {
    PeerKey { ski: Ski::new([octet; 20]), fingerprint: Fingerprint([octet; 32]) }
}

/// 10.0.0.`octet`:4712.
pub(crate) fn address(octet: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, octet], 4712))
}

/// The control box.
pub(crate) fn guard(octet: u8, saved: Option<Saved>, now: Instant) -> Node {
    let mut config = Config::new(key(octet), Product::new("ACME", "Box", "1"));
    let entity = config.entity(EntityType::GridGuard);
    config.install(&entity, EnergyGuard::new());
    Node::new(config, saved, [octet; 32], now)
}

/// The heat pump.
pub(crate) fn system(octet: u8, saved: Option<Saved>, now: Instant) -> Node {
    let mut config = Config::new(key(octet), Product::new("ACME", "Pump", "7"));
    let entity = config.entity(EntityType::HeatPumpAppliance);
    let actor = ControllableSystem::new(watts(11_000)).failsafe(watts(3_500), Duration::from_secs(7_200));
    config.install(&entity, actor);
    Node::new(config, saved, [octet; 32], now)
}

/// The one actor of either node.
pub(crate) const ACTOR: ActorId = ActorId(0);
/// The one peer of either node.
pub(crate) const PEER: PeerId = PeerId(0);

/// A control box and a heat pump; the box has the bigger SKI.
pub(crate) struct Pair {
    pub(crate) world: World,
    pub(crate) guard: Id,
    pub(crate) system: Id,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let guard = world.add(guard(2, None, Instant::ZERO), key(2), address(2));
        let system = world.add(system(1, None, Instant::ZERO), key(1), address(1));
        Self { world, guard, system }
    }

    /// Each user trusts the other's device; the box dials.
    pub(crate) fn meet(&mut self) {
        let ends = [(self.guard, 1, vec![Endpoint::new(address(1))]), (self.system, 2, Vec::new())];
        for (id, octet, endpoints) in ends {
            let answer = self.world.call(id, Call::AddPeer { ski: key(octet).ski, endpoints });
            assert_eq!(answer, Ok(Answer::Peer(PEER)));
            assert_eq!(self.world.call(id, Call::Trust { peer: PEER }), Ok(Answer::Done));
        }
    }
}

/// The rung the one peer of a node stands on.
pub(crate) fn rung(world: &World, id: Id) -> Option<Rung> {
    world.member(id).node.view().peer(PEER).map(|peer| peer.readiness.rung)
}

impl Pair {
    /// What the actor of a node told, oldest first.
    pub(crate) fn lpc(&self, id: Id) -> Vec<lpc::Event> {
        let told = self.world.member(id).events.iter();
        told.filter_map(|(_, event)| match event {
            Event::Lpc { event, .. } => Some(event.clone()),
            _ => None,
        })
        .collect()
    }

    /// What the guard last heard of the limit.
    pub(crate) fn reported(&self) -> Option<Limit> {
        self.lpc(self.guard).into_iter().rev().find_map(|event| match event {
            lpc::Event::Reported { limit, .. } => Some(limit),
            _ => None,
        })
    }

    /// State and ceiling of the system.
    pub(crate) fn state(&self) -> (State, Option<Watts>) {
        match self.world.member(self.system).node.view().actor(ACTOR) {
            Some(View::Lpc(lpc::View::System { limit, .. })) => (limit.state, limit.ceiling),
            other => panic!("{other:?}"),
        }
    }

    fn proposals(world: &World, id: Id) -> Vec<LimitProposed> {
        let told = world.member(id).events.iter();
        told.filter_map(|(_, event)| match event {
            Event::Lpc { event: lpc::Event::LimitProposed(proposed), .. } => Some(*proposed),
            _ => None,
        })
        .collect()
    }

    /// Runs until the system has an undecided limit.
    pub(crate) fn next_proposal(&mut self) -> LimitProposed {
        let id = self.system;
        let open = |world: &World| {
            let node = &world.member(id).node;
            Self::proposals(world, id).into_iter().rev().find(|p| node.view().proposal(p.ticket).is_some())
        };
        assert!(self.world.run_until_done(Duration::from_secs(200), |world| open(world).is_some()));
        open(&self.world).unwrap()
    }

    /// Runs until the system is asked for a limit, accepts it and lets the answer travel.
    pub(crate) fn accept_next(&mut self) -> Limit {
        let LimitProposed { ticket, limit, .. } = self.next_proposal();
        assert_eq!(self.world.call(self.system, Call::Accept { ticket }), Ok(Answer::Done));
        self.world.run(Duration::from_millis(100));
        limit
    }

    /// The guard wants this limit from now on.
    pub(crate) fn set_limit(&mut self, limit: Limit) {
        let command = Command::Lpc(lpc::Command::SetLimit { peer: None, limit });
        assert_eq!(self.world.call(self.guard, Call::UseCase { actor: ACTOR, command }), Ok(Answer::Done));
    }

    /// The guard writes failsafe values.
    pub(crate) fn try_failsafe(&mut self, value: Watts, duration: Duration) -> Result<Answer, Misuse> {
        let command = Command::Lpc(lpc::Command::SetFailsafe { peer: PEER, value, duration });
        self.world.call(self.guard, Call::UseCase { actor: ACTOR, command })
    }

    pub(crate) fn set_failsafe(&mut self, value: Watts, duration: Duration) {
        assert_eq!(self.try_failsafe(value, duration), Ok(Answer::Done));
    }

    /// Nothing gets through any more.
    pub(crate) fn cut(&mut self) {
        self.world.wire(self.guard, self.system, Wire::Silent);
        self.world.wire(self.system, self.guard, Wire::Silent);
    }

    /// Everything gets through again.
    pub(crate) fn mend(&mut self) {
        self.world.wire(self.guard, self.system, Wire::Whole);
        self.world.wire(self.system, self.guard, Wire::Whole);
    }
}
