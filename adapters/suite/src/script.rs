//! The same script over every transport leads to the same actions in the same order.
//!
//! A heat pump runs in the loop under test, a control box on the test's thread, both on one clock that is moved by
//! hand. What they have to say crosses before the clock moves on. The measure is the same script in memory.

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use eebus_core::ids::ConnId;
use eebus_core::node::{Action, Answer, Call, Event};
use eebus_core::ship::identity::Ski;
use eebus_core::usecase::lpc::{Limit, State};
use eebus_core::usecase::{Command, lpc, watts};
use eebus_link::Identity;
use eebus_pump::{Clock, Deed, Engine, Setup};
use tracing::dispatcher::{Dispatch, with_default};

use crate::peer::{HandClock, Peer, Pipe};
use crate::{ACTOR, App, PATIENCE, Record, Run, Running, agreeable, guard, identity, system};

/// The seed of the node under test.
pub(crate) const ENTROPY: [u8; 32] = *b"the seed of the node under test.";

/// Runs the script in memory and over sockets, and compares what the node did.
pub fn same_actions(run: Run) {
    let identities = [identity("pump"), identity("box")];
    let (expected, found) =
        (in_memory(&identities, &Dispatch::none()), over_sockets(run, &identities, &Dispatch::none()));
    let states: Vec<_> = expected.iter().filter_map(state).collect();
    let (controlled, limited) = (State::UnlimitedControlled, State::Limited);
    assert_eq!(states, [State::Init, controlled, limited, controlled]);
    assert!(matches!(expected.last(), Some(Action::Notify(Event::Stopped))));
    for (at, (expected, found)) in expected.iter().zip(&found).enumerate() {
        assert_eq!(found, expected, "action {at}");
    }
    assert_eq!(found.len(), expected.len());
}

fn state(action: &Action) -> Option<State> {
    match action {
        Action::Notify(Event::Lpc { event: lpc::Event::Limit(limit), .. }) => Some(limit.state),
        _ => None,
    }
}

/// The node under test, as the script sees it.
pub(crate) trait Subject {
    /// Lets it do what is due by now, and what it was given.
    fn settle(&mut self);

    fn shut_down(&mut self);

    /// Its peer's socket is gone: waits for its end.
    fn finish(self);
}

fn play<P: Pipe>(mut subject: impl Subject, record: &Record, mut peer: Peer<P>, clock: &HandClock) {
    let limit = Limit::active(watts(4_200)).lasting(Duration::from_secs(60));
    for second in 0..130 {
        exchange(&mut subject, record, &mut peer);
        if second == 10 {
            let command = Command::Lpc(lpc::Command::SetLimit { peer: None, limit });
            let answer = peer.driver.call(Call::UseCase { actor: ACTOR, command }, clock.now());
            assert_eq!(answer, Ok(Answer::Done));
            exchange(&mut subject, record, &mut peer);
        }
        clock.advance(Duration::from_secs(1));
        subject.settle();
        peer.tick();
    }
    exchange(&mut subject, record, &mut peer);
    subject.shut_down();
    exchange(&mut subject, record, &mut peer);
    drop(peer);
    subject.finish();
}

/// Lets both talk until neither has anything to say.
pub(crate) fn exchange<P: Pipe>(subject: &mut impl Subject, record: &Record, peer: &mut Peer<P>) {
    let start = Instant::now();
    loop {
        while peer.turn() {}
        subject.settle();
        let (ours, theirs) = (record.get().clone(), peer.record.get().clone());
        let opened = ours.opened > 0 && theirs.opened > 0;
        let crossed = (ours.received, ours.sent, ours.drained) == (theirs.sent, theirs.received, ours.sent);
        let answered = (ours.pings, theirs.pings) == (ours.pongs, theirs.pongs);
        if !theirs.lost.is_empty() || opened && crossed && answered && !peer.turn() {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{ours:?} {theirs:?}");
        thread::sleep(Duration::from_micros(200));
    }
}

fn setup(identity: &Identity, record: &Record, clock: &HandClock) -> Setup<Record> {
    let setup = Setup::new(system(identity), identity.clone());
    setup.tap(record.clone()).clock(clock.clone()).entropy(ENTROPY)
}

/// The script in memory: what the node did; what it logged goes to `log`.
pub(crate) fn in_memory([pump, guard_box]: &[Identity; 2], log: &Dispatch) -> Vec<Action> {
    let (clock, record) = (HandClock::default(), Record::default());
    let mut peer = Peer::new(guard(guard_box), guard_box.clone(), &clock);
    let memory = Memory::dialled_by(&mut peer, setup(pump, &record, &clock), pump.ski(), log);
    play(memory, &record, peer, &clock);
    std::mem::take(&mut record.get().actions)
}

/// An engine without sockets, for its peer and for the script.
#[derive(Clone)]
pub(crate) struct Memory(Rc<RefCell<Inner>>, Dispatch);

type Inner = (Engine<Record>, Option<ConnId>, App);

impl Memory {
    /// A node that a peer dials.
    pub(crate) fn dialled_by(peer: &mut Peer<Self>, setup: Setup<Record>, ski: Ski, log: &Dispatch) -> Self {
        let engine = with_default(log, || Engine::new(setup).unwrap());
        let mut memory = Self(Rc::new(RefCell::new((engine, None, agreeable()))), log.clone());
        memory.settle();
        let address = ([127, 0, 0, 1], 4712).into();
        peer.dial(ski, address, || {
            memory.with(|(engine, conn, _)| *conn = engine.accepted(address));
            memory.clone()
        });
        memory
    }

    fn with<R>(&self, change: impl FnOnce(&mut Inner) -> R) -> R {
        with_default(&self.1, || change(&mut self.0.borrow_mut()))
    }
}

impl Subject for Memory {
    fn settle(&mut self) {
        self.with(|(engine, _, app)| {
            engine.serve(&mut Context::from_waker(Waker::noop()));
            loop {
                let mut listens = false;
                while let Some(deed) = engine.poll(app) {
                    listens |= deed == Deed::Listen(true);
                }
                if listens {
                    engine.listening(4712);
                } else if engine.sleep().is_zero() {
                    engine.tick();
                } else {
                    return;
                }
            }
        });
    }

    fn shut_down(&mut self) {
        assert_eq!(self.with(|(engine, ..)| engine.at().shut_down()), Ok(Answer::Done));
    }

    fn finish(mut self) {
        self.read();
        self.with(|(engine, conn, _)| conn.map(|conn| engine.ended(conn, None)));
        self.settle();
        assert!(self.with(|(engine, ..)| engine.is_done()));
    }
}

impl Pipe for Memory {
    fn write(&mut self, octets: &[u8]) -> usize {
        self.with(|(engine, conn, _)| conn.map(|conn| engine.received(conn, octets)));
        self.settle();
        octets.len()
    }

    fn read(&mut self) -> Vec<u8> {
        self.with(|(engine, conn, _)| {
            let Some(conn) = *conn else { return Vec::new() };
            let octets = engine.output(conn).to_vec();
            engine.sent(conn, octets.len());
            octets
        })
    }
}

/// The same over sockets.
pub(crate) fn over_sockets(run: Run, [pump, guard_box]: &[Identity; 2], log: &Dispatch) -> Vec<Action> {
    let (clock, record) = (HandClock::default(), Record::default());
    let setup = setup(pump, &record, &clock);
    let start = || Running::start(run, setup, pump.ski(), record.clone(), agreeable());
    let running = with_default(log, start);
    let mut peer = Peer::new(guard(guard_box), guard_box.clone(), &clock);
    let address = running.address();
    peer.dial(pump.ski(), address, || Tcp::connect(address));
    play(running, &record, peer, &clock);
    std::mem::take(&mut record.get().actions)
}

impl Subject for Running {
    /// A loop ticks after it served a handle: the second answer comes after that.
    fn settle(&mut self) {
        for _ in 0..2 {
            // The node may be stopped already.
            let _ = self.handle.view_blocking(|_| ());
        }
    }

    fn shut_down(&mut self) {
        assert_eq!(self.handle.call_blocking(Call::Shutdown), Ok(Answer::Done));
    }

    fn finish(self) {
        self.join();
    }
}

/// A socket that does not block.
#[derive(Debug)]
pub struct Tcp(TcpStream);

impl Tcp {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self(stream)
    }
}

impl Pipe for Tcp {
    fn write(&mut self, octets: &[u8]) -> usize {
        match self.0.write(octets) {
            Ok(taken) => taken,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            // Whoever closed says so where it is read.
            Err(_) => octets.len(),
        }
    }

    fn read(&mut self) -> Vec<u8> {
        let mut octets = vec![0; 64 * 1024];
        let read = self.0.read(&mut octets).unwrap_or(0);
        octets.truncate(read);
        octets
    }
}
