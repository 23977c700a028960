//! Everything of a loop that needs no sockets: the driver with its clock, store, application and handles.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use eebus_core::ids::{AttemptId, ConnId};
use eebus_core::node::{At, Endpoint, Event, Input, NoTap, Node, Stage, Tap};
use eebus_core::time::{Instant, WallTime};
use eebus_link::{Doing, Driver, Interest, entropy};
use eebus_mdns::Discovery;
use tracing::debug;

use crate::handle::{Inbox, MAX_REQUESTS, Request};
use crate::store::{Saving, Store};
use crate::{Clock, Setup};

/// The longest sleep of a loop: timers of systems stand still during suspend, and the wall clock may be set.
pub const MAX_SLEEP: Duration = Duration::from_secs(30);

/// 2020-01-01T00:00:00Z: a wall clock before it was never set.
const SET_SINCE: WallTime = WallTime::from_unix_micros(1_577_836_800_000_000);
/// The wall clock was set if it moved by more than this against the monotonic one.
const SET_BY: u64 = 1_000_000;

/// What a loop has to do with sockets.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Deed {
    /// Listen, or stop; answered by [`Engine::listening`].
    Listen(bool),
    /// Open a TCP connection; answered by [`Engine::dialled`] or [`Engine::dial_failed`].
    Dial {
        /// Its number.
        attempt: AttemptId,
        /// Where.
        to: Endpoint,
    },
    /// Give an attempt up.
    CancelDial {
        /// Its number.
        attempt: AttemptId,
    },
    /// From now on this is what the socket is wanted for.
    Attend {
        /// The connection.
        conn: ConnId,
        /// What for.
        interest: Interest,
    },
    /// Drop the socket.
    Drop {
        /// The connection.
        conn: ConnId,
    },
}

/// A node at work, without its sockets. What it says of them is said by [`Driver`]; time is taken from its clock.
#[derive(Debug)]
pub struct Engine<T = NoTap> {
    driver: Driver<T>,
    store: Box<dyn Store>,
    clock: Box<dyn Clock>,
    discovery: Option<Box<dyn Discovery>>,
    /// Where the node listens.
    port: u16,
    inbox: Inbox,
    /// Wall time less monotonic time, in microseconds, as the node knows it.
    offset: Option<i64>,
    stopped: bool,
}

impl<T: Tap + fmt::Debug> Engine<T> {
    /// Starts a node.
    ///
    /// # Errors
    ///
    /// The store can't be read, or there is no randomness.
    pub fn new(setup: Setup<T>) -> io::Result<Self> {
        let Setup { config, identity, mut store, clock, discovery, entropy: seed, tap, inbox, .. } = setup;
        if discovery.is_none() {
            debug!(target: "eebus::discovery", "there is none: peers are reached by address");
        }
        let saved = store.load()?;
        let entropy = seed.map_or_else(entropy, Ok)?;
        let node = Node::new(config, saved, entropy, clock.now());
        let driver = Driver::new(node, identity, tap);
        let mut engine =
            Self { driver, store, clock, discovery, port: 0, inbox, offset: None, stopped: false };
        engine.tick();
        Ok(engine)
    }

    /// The next thing to do; to be asked until there is none. The application is told what it has to be told.
    pub fn poll(&mut self, app: &mut dyn FnMut(&mut At<'_>, Event)) -> Option<Deed> {
        loop {
            return Some(match self.driver.poll()? {
                Doing::Listen(on) => Deed::Listen(on),
                Doing::Dial { attempt, to } => Deed::Dial { attempt, to },
                Doing::CancelDial { attempt } => Deed::CancelDial { attempt },
                Doing::Attend { conn, interest } => Deed::Attend { conn, interest },
                Doing::Drop { conn } => Deed::Drop { conn },
                Doing::Notify(event) => {
                    self.stopped |= event == Event::Stopped;
                    self.inbox.publish(&event);
                    app(&mut self.driver.at(self.clock.now()), event);
                    continue;
                }
                Doing::Persist { seq, saved } => {
                    self.store.save(saved, Saving::new(seq, self.inbox.input()));
                    // A store that is done already is heard before anything else happens.
                    if let Some(input) = self.inbox.waiting_input() {
                        self.driver.handle(input, self.clock.now());
                    }
                    continue;
                }
                other => {
                    self.discover(other);
                    continue;
                }
            });
        }
    }

    fn discover(&mut self, doing: Doing) {
        let Some(discovery) = &mut self.discovery else { return };
        match doing {
            Doing::Announce(record) => discovery.announce(&record, self.port),
            Doing::Withdraw => discovery.withdraw(),
            Doing::Browse(on) => discovery.browse(on),
            // Everything else is carried out before it comes here.
            _ => {}
        }
    }

    /// What discovery found next.
    fn found(&mut self, cx: &mut Context<'_>) -> Option<Input<'static>> {
        let discovery = self.discovery.as_mut()?;
        loop {
            let Poll::Ready(found) = discovery.poll(cx) else { return None };
            // A warning was logged where it arose.
            if let Some(input) = found.input() {
                return Some(input);
            }
        }
    }

    /// Takes what handles ask, stores answer and discovery finds, and lets `cx` be woken for more. Answers whether more
    /// waits.
    pub fn serve(&mut self, cx: &mut Context<'_>) -> bool {
        for _ in 0..MAX_REQUESTS {
            let input = self.inbox.next_input(cx);
            if let Some(input) = input.or_else(|| self.found(cx)) {
                self.driver.handle(input, self.clock.now());
                continue;
            }
            match self.inbox.next_request(cx) {
                Some(Request::Call { call, answer }) => {
                    // Whoever asked may have lost interest.
                    let _ = answer.try_send(self.driver.call(call, self.clock.now()));
                }
                Some(Request::View(look)) => {
                    // What is looked at is as of now.
                    self.driver.tick(self.clock.now());
                    look(self.driver.view());
                }
                None => return false,
            }
        }
        true
    }

    /// Time passed.
    pub fn tick(&mut self) {
        let (now, wall) = (self.clock.now(), self.clock.wall());
        let monotonic = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        let offset = wall.as_unix_micros().saturating_sub(monotonic);
        if self.offset.is_none_or(|known| known.abs_diff(offset) > SET_BY) {
            self.offset = Some(offset);
            let trusted = wall >= SET_SINCE;
            self.driver.handle(Input::Clock { wall, trusted }, now);
        }
        self.driver.tick(now);
    }

    /// The node, for those who hold the loop themselves.
    pub fn at(&mut self) -> At<'_> {
        self.driver.at(self.clock.now())
    }

    /// How long to sleep at most until the next [`tick`](Self::tick).
    pub fn sleep(&self) -> Duration {
        let now = self.clock.now();
        self.driver.deadline().map_or(MAX_SLEEP, |at| at.since(now).min(MAX_SLEEP))
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Whether the node was shut down and every socket is dropped; from then on handles answer `Stopped`.
    pub fn is_done(&mut self) -> bool {
        let done = self.stopped && self.driver.is_idle();
        if done {
            self.inbox.close();
            // Its goodbye is on its way before the loop ends.
            self.discovery = None;
        }
        done
    }

    /// The listening socket is bound.
    pub fn listening(&mut self, port: u16) {
        self.port = port;
        self.driver.handle(Input::Listening { port }, self.clock.now());
    }

    /// As [`Driver::accepted`].
    pub fn accepted(&mut self, from: SocketAddr) -> Option<ConnId> {
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        self.driver.accepted(from, self.clock.now())
    }

    /// As [`Driver::dialled`].
    pub fn dialled(&mut self, attempt: AttemptId) -> Option<ConnId> {
        self.driver.dialled(attempt, self.clock.now())
    }

    /// As [`Driver::dial_failed`].
    pub fn dial_failed(&mut self, attempt: AttemptId, stage: Stage, error: &io::Error) {
        self.driver.dial_failed(attempt, stage, error, self.clock.now());
    }

    /// As [`Driver::received`].
    pub fn received(&mut self, conn: ConnId, octets: &[u8]) {
        self.driver.received(conn, octets, self.clock.now());
    }

    /// As [`Driver::ended`].
    pub fn ended(&mut self, conn: ConnId, failure: Option<&io::Error>) {
        self.driver.ended(conn, failure.map(ToString::to_string), self.clock.now());
    }

    /// As [`Driver::output`].
    pub fn output(&self, conn: ConnId) -> &[u8] {
        self.driver.output(conn)
    }

    /// As [`Driver::sent`].
    pub fn sent(&mut self, conn: ConnId, octets: usize) {
        self.driver.sent(conn, octets, self.clock.now());
    }

    /// As [`Driver::interest`].
    pub fn interest(&self, conn: ConnId) -> Interest {
        self.driver.interest(conn)
    }
}
