//! Two drivers with a wire between them, in virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eebus_core::ids::{ActorId, ConnId, PeerId};
use eebus_core::model::EntityType;
use eebus_core::node::{
    Action, Answer, Call, Config, Endpoint, Event, Input, Lost, Misuse, Node, Product, Tap,
};
use eebus_core::ship::identity::ShipId;
use eebus_core::time::{Instant, WallTime};
use eebus_core::usecase::lpc::{ControllableSystem, EnergyGuard};
use eebus_core::usecase::watts;
use eebus_link::{Doing, Driver, Identity};

pub(crate) const ACTOR: ActorId = ActorId(0);
pub(crate) const PEER: PeerId = PeerId(0);

/// What went in and out of a node.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) actions: Vec<Action>,
    /// Connections that began, and how connections ended.
    pub(crate) began: Vec<ConnId>,
    pub(crate) lost: Vec<(ConnId, Lost)>,
    pub(crate) drained: u32,
}

impl Tap for Record {
    fn input(&mut self, input: &Input<'_>, _: Instant) {
        match input {
            Input::Accepted { conn, .. } | Input::Dialled { conn, .. } => self.began.push(*conn),
            Input::Lost { conn, why } => self.lost.push((*conn, why.clone())),
            Input::Drained { frames, .. } => self.drained += frames,
            _ => {}
        }
    }

    fn call(&mut self, _: &Call, _: &Result<Answer, Misuse>, _: Instant) {}

    fn action(&mut self, action: &Action) {
        self.actions.push(action.clone());
    }
}

pub(crate) struct End {
    pub(crate) driver: Driver<Record>,
    pub(crate) events: Vec<Event>,
    /// Nothing is taken from this end's sockets.
    pub(crate) stuck: bool,
    /// The other ends of this end's sockets.
    other: BTreeMap<ConnId, ConnId>,
    shut: BTreeSet<ConnId>,
    listens: bool,
}

/// The control box is 0 and dials, the heat pump is 1.
pub(crate) struct Wired {
    pub(crate) ends: [End; 2],
    pub(crate) now: Instant,
    /// Octets given at once.
    pub(crate) chunk: usize,
}

pub(crate) fn identity(name: &str) -> Identity {
    Identity::create(&ShipId::new(name), WallTime::from_unix_micros(1_767_225_600_000_000)).unwrap()
}

impl Wired {
    pub(crate) fn new(identities: &[Identity; 2], chunk: usize) -> Self {
        let [guard, system] = identities;
        let mut config = Config::new(guard, Product::new("ACME", "Box", "1"));
        let entity = config.entity(EntityType::GridGuard);
        config.install(&entity, EnergyGuard::new());
        let guard =
            Driver::new(Node::new(config, None, [2; 32], Instant::ZERO), guard.clone(), Record::default());
        let mut config = Config::new(system, Product::new("ACME", "Pump", "7"));
        let entity = config.entity(EntityType::HeatPumpAppliance);
        config.install(&entity, ControllableSystem::new(watts(11_000)));
        let system =
            Driver::new(Node::new(config, None, [1; 32], Instant::ZERO), system.clone(), Record::default());
        let end = |driver| End {
            driver,
            events: Vec::new(),
            stuck: false,
            other: BTreeMap::new(),
            shut: BTreeSet::new(),
            listens: false,
        };
        let mut wired = Self { ends: [end(guard), end(system)], now: Instant::ZERO, chunk };
        let skis = identities.each_ref().map(Identity::ski);
        for (end, ski, endpoints) in
            [(0, skis[1], vec![Endpoint::new(([10, 0, 0, 1], 4712).into())]), (1, skis[0], Vec::new())]
        {
            let answer = wired.ends[end].driver.call(Call::AddPeer { ski, endpoints }, Instant::ZERO);
            assert_eq!(answer, Ok(Answer::Peer(PEER)));
            assert_eq!(wired.ends[end].driver.at(Instant::ZERO).peer(PEER).trust(), Ok(Answer::Done));
        }
        wired
    }

    pub(crate) fn call(&mut self, end: usize, call: Call) -> Result<Answer, Misuse> {
        self.ends[end].driver.call(call, self.now)
    }

    /// Lets time pass from deadline to deadline, until `done` or for `span`; answers whether it came to that.
    pub(crate) fn run(&mut self, span: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let until = self.now + span;
        loop {
            while self.carry_out(0) || self.carry_out(1) || self.carry(0) || self.carry(1) {}
            if done(self) {
                return true;
            }
            let deadline = |end: &End| end.driver.deadline();
            let Some(at) = self.ends.iter().filter_map(deadline).min().filter(|at| *at <= until) else {
                self.now = until;
                return false;
            };
            self.now = self.now.max(at);
            for end in &mut self.ends {
                end.driver.tick(self.now);
            }
        }
    }

    fn carry_out(&mut self, end: usize) -> bool {
        let now = self.now;
        let Some(doing) = self.ends[end].driver.poll() else { return false };
        match doing {
            Doing::Listen(on) => {
                self.ends[end].listens = on;
                if on {
                    self.ends[end].driver.handle(Input::Listening { port: 4712 }, now);
                }
            }
            Doing::Dial { attempt, .. } => {
                let (near, far) = self.pair(end);
                let Some(conn) = near.driver.dialled(attempt, now) else { return true };
                let accepted = far.driver.accepted(([10, 0, 0, 9], 5000).into(), now).unwrap();
                near.other.insert(conn, accepted);
                far.other.insert(accepted, conn);
            }
            Doing::Drop { conn } => {
                let (near, far) = self.pair(end);
                if let Some(other) = near.other.remove(&conn) {
                    far.driver.ended(other, None, now);
                }
            }
            Doing::Persist { seq, .. } => self.ends[end].driver.handle(Input::Persisted { seq }, now),
            Doing::Notify(event) => self.ends[end].events.push(event),
            _ => {}
        }
        true
    }

    fn pair(&mut self, end: usize) -> (&mut End, &mut End) {
        let [first, second] = &mut self.ends;
        if end == 0 { (first, second) } else { (second, first) }
    }

    /// Carries what one end has to say; answers whether anything moved.
    fn carry(&mut self, end: usize) -> bool {
        let (now, chunk) = (self.now, self.chunk);
        let (near, far) = self.pair(end);
        let mut moved = false;
        for (conn, other) in near.other.clone() {
            let (interest, theirs) = (near.driver.interest(conn), far.driver.interest(other));
            if interest.write && theirs.read && !near.stuck {
                let octets = near.driver.output(conn).to_vec();
                near.driver.sent(conn, octets.len(), now);
                for piece in octets.chunks(chunk) {
                    far.driver.received(other, piece, now);
                }
                moved = true;
            } else if interest.shut && near.shut.insert(conn) {
                far.driver.ended(other, None, now);
                moved = true;
            }
        }
        moved
    }
}
