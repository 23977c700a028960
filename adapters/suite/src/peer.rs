//! A node on the test's own thread, and a clock that is moved by hand.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eebus_core::ids::{AttemptId, ConnId};
use eebus_core::node::{Answer, Call, Config, Endpoint, Event, Input, Node};
use eebus_core::ship::identity::Ski;
use eebus_core::time::{Instant, WallTime};
use eebus_link::{Doing, Driver, Identity};
use eebus_pump::Clock;

use crate::{App, Record, agreeable};

/// A clock that stands until it is moved; shared by its clones.
#[derive(Clone, Debug, Default)]
pub struct HandClock(Arc<AtomicU64>);

impl HandClock {
    /// Moves it.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn wall(&self) -> WallTime {
        // Midnight of 2026-01-01, and what passed since.
        WallTime::from_unix_micros(1_767_225_600_000_000).after(self.now().since(Instant::ZERO))
    }
}

/// The peer's end of a connection.
pub trait Pipe {
    /// Takes some of the octets; answers how many.
    fn write(&mut self, octets: &[u8]) -> usize;

    /// What is there to be read now.
    fn read(&mut self) -> Vec<u8>;
}

/// A node that dials another one and trusts it, moved by the test.
pub struct Peer<P> {
    /// It.
    pub driver: Driver<Record>,
    /// Its events so far.
    pub events: Vec<Event>,
    /// What went in and out.
    pub record: Record,
    /// Whether it reads what arrives.
    pub reads: bool,
    clock: HandClock,
    app: App,
    attempt: Option<AttemptId>,
    pipe: Option<(ConnId, P)>,
}

impl<P> fmt::Debug for Peer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("driver", &self.driver).finish_non_exhaustive()
    }
}

impl<P: Pipe> Peer<P> {
    /// A node of the same world for the same seed.
    pub fn new(config: Config, identity: Identity, clock: &HandClock) -> Self {
        let record = Record::default();
        let node = Node::new(config, None, [2; 32], clock.now());
        let mut driver = Driver::new(node, identity, record.clone());
        driver.handle(Input::Clock { wall: clock.wall(), trusted: true }, clock.now());
        let (clock, app) = (clock.clone(), agreeable());
        Self { driver, events: Vec::new(), record, reads: true, clock, app, attempt: None, pipe: None }
    }

    /// Dials a node it trusts.
    pub fn dial(&mut self, ski: Ski, address: SocketAddr, connect: impl FnOnce() -> P) {
        let now = self.clock.now();
        let endpoints = vec![Endpoint::new(address)];
        let added = self.driver.call(Call::AddPeer { ski, endpoints }, now);
        let Ok(Answer::Peer(peer)) = added else { panic!("{added:?}") };
        assert_eq!(self.driver.at(now).peer(peer).trust(), Ok(Answer::Done));
        // Trust counts once it is kept.
        self.turn();
        assert_eq!(self.driver.at(now).peer(peer).connect(), Ok(Answer::Done));
        self.turn();
        let pipe = connect();
        let conn = self.driver.dialled(self.attempt.unwrap(), now).unwrap();
        self.pipe = Some((conn, pipe));
    }

    /// Time passed.
    pub fn tick(&mut self) {
        self.driver.tick(self.clock.now());
    }

    /// Writes and reads what can be; answers whether anything moved.
    pub fn turn(&mut self) -> bool {
        let now = self.clock.now();
        let mut moved = false;
        while let Some(doing) = self.driver.poll() {
            moved = true;
            match doing {
                Doing::Notify(event) => {
                    self.events.push(event.clone());
                    (self.app)(&mut self.driver.at(now), event);
                }
                Doing::Persist { seq, .. } => self.driver.handle(Input::Persisted { seq }, now),
                Doing::Dial { attempt, .. } => self.attempt = Some(attempt),
                Doing::Drop { .. } => self.pipe = None,
                _ => {}
            }
        }
        let Some((conn, pipe)) = &mut self.pipe else { return moved };
        let taken = pipe.write(self.driver.output(*conn));
        if taken > 0 {
            moved = true;
            self.driver.sent(*conn, taken, now);
        }
        if self.reads {
            let octets = pipe.read();
            moved |= !octets.is_empty();
            self.driver.received(*conn, &octets, now);
        }
        moved
    }

    /// Its connection, for what a well-behaved node would not do.
    pub fn pipe(&mut self) -> Option<&mut P> {
        self.pipe.as_mut().map(|(_, pipe)| pipe)
    }
}
