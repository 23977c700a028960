//! A node with its links: what sockets did goes in, what is to be done with them comes out.

mod log;
mod socket;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use eebus_core::ids::{AttemptId, ConnId};
use eebus_core::node::{
    Action, Answer, At, Call, Callable, Cause, Endpoint, Event, Host, Input, Lost, Misuse, NoTap, Node,
    Saved, Stage, Tap, Tapped, View,
};
use eebus_core::ship::identity::Ski;
use eebus_core::ship::txt::Record;
use eebus_core::time::Instant;
use tracing::error;

use crate::{Identity, Link, LinkError, LinkEvent};
use log::Log;
use socket::{Closing, Socket};

/// Time for the last octets of a connection that is over, and for the peer to end its half.
pub const CLOSE_TIME: Duration = Duration::from_secs(2);
/// Connections that are over and still have an open socket; beyond it the oldest one is dropped at once, so that
/// strangers who come and go do not pile up.
pub const MAX_CLOSING: usize = 64;

/// What a runtime has to do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Doing {
    /// Listen, or stop listening; answered by `Input::Listening` through [`Driver::handle`].
    Listen(bool),
    /// Open a TCP connection; answered by [`Driver::dialled`] or [`Driver::dial_failed`].
    Dial {
        /// Its number.
        attempt: AttemptId,
        /// Where.
        to: Endpoint,
    },
    /// Give an attempt up; no answer is needed.
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
    /// Drop the socket; nothing about it needs to be told any more.
    Drop {
        /// The connection.
        conn: ConnId,
    },
    /// Announce this node, or announce it anew.
    Announce(Record),
    /// Say goodbye in discovery.
    Withdraw,
    /// Look for nodes, or stop.
    Browse(bool),
    /// Keep this over a restart; answered by `Input::Persisted` or `Input::PersistFailed`.
    Persist {
        /// Ascending; a later one contains everything of an earlier one.
        seq: u64,
        /// The whole.
        saved: Saved,
    },
    /// Tell the application.
    Notify(Event),
}

/// What a socket is wanted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// It is to be read: [`Driver::received`], [`Driver::ended`].
    pub read: bool,
    /// There is something to write: [`Driver::output`], [`Driver::sent`].
    pub write: bool,
    /// Everything is written: its writing half is to be shut, once.
    pub shut: bool,
}

/// A node with its connections, without sockets.
///
/// **Give** it what sockets did, **take** [`poll`](Self::poll) until there is none, and **when** nothing else happens,
/// [`tick`](Self::tick) at the [`deadline`](Self::deadline). Nothing is decided here: the node decides, links carry
/// its octets. What is said about a connection that is over is ignored. A `now` that runs backwards counts as the
/// latest one.
///
/// # Sockets
///
/// Read what arrives into [`received`](Self::received), at most some kB a turn, and its end into
/// [`ended`](Self::ended). Write [`output`](Self::output) and tell by [`sent`](Self::sent) how much of it the
/// socket took: until then the octets stay here, and a frame counts as drained once its last octet was taken. So a
/// peer that does not read costs the runtime nothing, and the node sees it stall. Once `shut` is wanted, shut the
/// writing half. A connection that is over is read on and dropped, until the peer ended its half too, or for
/// [`CLOSE_TIME`], so that a reset does not overtake what was said last; then comes [`Doing::Drop`].
///
/// Exactly one `Input::Lost` follows each connection: at once where the peer ended it, and at the drop of the socket
/// where this node did.
#[derive(Debug)]
pub struct Driver<T = NoTap> {
    node: Tapped<T>,
    identity: Identity,
    sockets: BTreeMap<ConnId, Socket>,
    dials: BTreeMap<AttemptId, (Endpoint, Option<Ski>)>,
    /// Connections whose link may have something to tell.
    stirred: BTreeSet<ConnId>,
    doings: VecDeque<Doing>,
    log: Log,
    now: Instant,
    next_conn: u64,
}

impl<T: Tap> Driver<T> {
    /// A node, the identity it proves in TLS, and what watches it.
    pub fn new(node: Node, identity: Identity, tap: T) -> Self {
        let now = node.view().now();
        let mut driver = Self {
            node: Tapped::new(node, tap),
            identity,
            sockets: BTreeMap::new(),
            dials: BTreeMap::new(),
            stirred: BTreeSet::new(),
            doings: VecDeque::new(),
            log: Log::default(),
            now,
            next_conn: 0,
        };
        driver.settle();
        driver
    }

    /// A socket was accepted. `None` where TLS can't begin: drop it.
    pub fn accepted(&mut self, from: SocketAddr, now: Instant) -> Option<ConnId> {
        self.advance(now);
        let link = Link::server(&self.identity);
        let conn =
            self.insert(link.inspect_err(|error| error!(target: log::LINK, %error, "not accepted")).ok()?);
        self.give(Input::Accepted { conn, from });
        Some(conn)
    }

    /// An attempt became a socket. `None` where nobody waits for it any more: drop it.
    pub fn dialled(&mut self, attempt: AttemptId, now: Instant) -> Option<ConnId> {
        self.advance(now);
        let (to, expect) = self.dials.remove(&attempt)?;
        match Link::client(&self.identity, expect, &authority(&to), &to.path) {
            Ok(link) => {
                let conn = self.insert(link);
                self.give(Input::Dialled { attempt, conn });
                Some(conn)
            }
            Err(error) => {
                let (stage, cause, detail) = (Stage::Secure, error.cause(), error.to_string());
                self.give(Input::DialFailed { attempt, stage, cause, detail });
                None
            }
        }
    }

    /// An attempt came to nothing.
    pub fn dial_failed(&mut self, attempt: AttemptId, stage: Stage, error: &io::Error, now: Instant) {
        self.advance(now);
        if self.dials.remove(&attempt).is_some() {
            self.give(Input::DialFailed { attempt, stage, cause: cause(error), detail: error.to_string() });
        }
    }

    /// Octets arrived.
    pub fn received(&mut self, conn: ConnId, octets: &[u8], now: Instant) {
        self.advance(now);
        self.with_socket(conn, |socket| socket.link.receive(octets));
    }

    /// The peer's half of a socket is at its end, or the socket failed.
    pub fn ended(&mut self, conn: ConnId, failure: Option<String>, now: Instant) {
        self.advance(now);
        self.with_socket(conn, |socket| socket.end(failure));
    }

    /// What is to be written to a socket.
    pub fn output(&self, conn: ConnId) -> &[u8] {
        self.sockets.get(&conn).map_or(&[], Socket::output)
    }

    /// A socket took the first `octets` of its output.
    pub fn sent(&mut self, conn: ConnId, octets: usize, now: Instant) {
        self.advance(now);
        let mut frames = 0;
        self.with_socket(conn, |socket| frames = socket.sent(octets));
        if frames > 0 {
            self.give(Input::Drained { conn, frames });
        }
    }

    /// What a socket is wanted for; nothing where it is gone.
    pub fn interest(&self, conn: ConnId) -> Interest {
        self.sockets.get(&conn).map_or_else(Interest::default, Socket::interest)
    }

    /// What concerns no connection: ticks, the clock, the listening port, discovery, the store.
    pub fn handle(&mut self, input: Input<'static>, now: Instant) {
        self.advance(now);
        self.give(input);
    }

    /// Time passed.
    pub fn tick(&mut self, now: Instant) {
        self.advance(now);
        let late = |socket: &Socket| socket.closing.as_ref().is_some_and(|closing| closing.until <= self.now);
        let late: Vec<_> = self.sockets.iter().filter(|(_, s)| late(s)).map(|(conn, _)| *conn).collect();
        for conn in late {
            self.drop_socket(conn);
        }
        self.give(Input::Tick);
    }

    /// When to [`tick`](Self::tick) at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let closing = self.sockets.values().filter_map(|socket| Some(socket.closing.as_ref()?.until)).min();
        let node = self.node.poll_deadline().map(|deadline| deadline.at);
        [closing, node].into_iter().flatten().min()
    }

    /// The next thing to do; to be asked until there is none.
    #[must_use]
    pub fn poll(&mut self) -> Option<Doing> {
        self.doings.pop_front()
    }

    /// As [`Node::call`].
    ///
    /// # Errors
    ///
    /// As [`Node::call`].
    pub fn call(&mut self, call: Call, now: Instant) -> Result<Answer, Misuse> {
        self.advance(now);
        let name = log::name(&call);
        let answer = self.node.call(call, self.now);
        self.log.call(name, &answer);
        self.settle();
        answer
    }

    /// How everything stands.
    pub fn view(&self) -> View<'_> {
        self.node.node().view()
    }

    /// Whether every socket is dropped.
    pub fn is_idle(&self) -> bool {
        self.sockets.is_empty()
    }

    /// What watches the node.
    pub fn tap_mut(&mut self) -> &mut T {
        self.node.tap_mut()
    }

    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    fn insert(&mut self, link: Link) -> ConnId {
        let closing = |s: &Socket| s.closing.as_ref().map(|closing| closing.until);
        let mut over: Vec<_> = self.sockets.iter().filter_map(|(c, s)| Some((closing(s)?, *c))).collect();
        over.sort_unstable();
        let surplus = over.len().saturating_sub(MAX_CLOSING.saturating_sub(1));
        for (_, conn) in over.into_iter().take(surplus) {
            self.drop_socket(conn);
        }
        let conn = ConnId(self.next_conn);
        self.next_conn = self.next_conn.saturating_add(1);
        let span = self.log.begin(conn);
        self.sockets.insert(conn, Socket::new(link, span));
        self.stirred.insert(conn);
        conn
    }

    fn with_socket(&mut self, conn: ConnId, change: impl FnOnce(&mut Socket)) {
        if let Some(socket) = self.sockets.get_mut(&conn) {
            socket.span.clone().in_scope(|| change(socket));
            self.stirred.insert(conn);
        }
        self.settle();
    }

    fn give(&mut self, input: Input<'_>) {
        self.take(input);
        self.settle();
    }

    fn take(&mut self, input: Input<'_>) {
        self.log.input(&input);
        self.node.handle(input, self.now);
    }

    /// Carries out what the node wants, and gives it what links tell, until both are quiet.
    fn settle(&mut self) {
        loop {
            if let Some(action) = self.node.poll_action() {
                self.log.action(&action, self.node.node().view());
                self.carry_out(action);
            } else if let Some(&conn) = self.stirred.first() {
                self.stir(conn);
            } else {
                break;
            }
        }
        self.log.settled();
    }

    fn carry_out(&mut self, action: Action) {
        let doing = match action {
            Action::Listen(on) => Doing::Listen(on),
            Action::Dial { attempt, to, expect } => {
                self.dials.insert(attempt, (to.clone(), expect));
                Doing::Dial { attempt, to }
            }
            Action::CancelDial { attempt } => {
                self.dials.remove(&attempt);
                Doing::CancelDial { attempt }
            }
            Action::Receive { conn, limit } => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                return self.on_socket(conn, |socket| socket.link.limit(limit));
            }
            Action::Send { conn, frame } => return self.on_socket(conn, |socket| socket.send(&frame)),
            Action::Ping { conn } => return self.on_socket(conn, |socket| socket.link.ping()),
            Action::Close { conn, code, reason } => {
                let until = self.now + CLOSE_TIME;
                return self.on_socket(conn, |socket| {
                    socket.link.close(code, &reason);
                    socket.closing.get_or_insert(Closing { until, lost: Some(Lost::Done) });
                });
            }
            Action::Announce(record) => Doing::Announce(record),
            Action::Withdraw => Doing::Withdraw,
            Action::Browse(on) => Doing::Browse(on),
            Action::Persist { seq, saved } => Doing::Persist { seq, saved },
            Action::Notify(event) => Doing::Notify(event),
        };
        self.doings.push_back(doing);
    }

    fn on_socket(&mut self, conn: ConnId, change: impl FnOnce(&mut Socket)) {
        if let Some(socket) = self.sockets.get_mut(&conn) {
            socket.span.clone().in_scope(|| change(socket));
            self.stirred.insert(conn);
        }
    }

    /// The next event of a link, or, where there is none, what its socket is wanted for now.
    fn stir(&mut self, conn: ConnId) {
        let Some(socket) = self.sockets.get_mut(&conn) else {
            self.stirred.remove(&conn);
            return;
        };
        if let Some(event) = socket.span.in_scope(|| socket.link.poll_event()) {
            return self.on_event(conn, event);
        }
        self.stirred.remove(&conn);
        socket.collect();
        if socket.is_done() {
            self.drop_socket(conn);
        } else if let Some(interest) = socket.news() {
            self.doings.push_back(Doing::Attend { conn, interest });
        }
    }

    fn on_event(&mut self, conn: ConnId, event: LinkEvent) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        match event {
            LinkEvent::Secured(peer) => {
                socket.stage = Stage::Upgrade;
                self.take(Input::Secured { conn, peer });
                self.log.proved(conn, peer.ski, self.view().find(peer.ski));
            }
            LinkEvent::Opened { .. } => {
                socket.stage = Stage::Messages;
                self.take(Input::Opened { conn });
            }
            LinkEvent::Frame(bytes) => self.take(Input::Frame { conn, bytes: &bytes }),
            LinkEvent::Pong => self.take(Input::Pong { conn }),
            LinkEvent::Closed { code, reason } => self.lost(conn, Lost::Closed { code, reason }),
            LinkEvent::Ended => {
                let (stage, failure) = (socket.stage, socket.failure.clone());
                let failed = |detail| Lost::Failed { stage, cause: Cause::Other, detail };
                self.lost(conn, failure.map_or(Lost::Ended, failed));
            }
            LinkEvent::Failed(error) => self.failed(conn, &error),
        }
    }

    fn failed(&mut self, conn: ConnId, error: &LinkError) {
        let stage = self.sockets.get(&conn).map_or(Stage::Secure, |socket| socket.stage);
        self.lost(conn, Lost::Failed { stage, cause: error.cause(), detail: error.to_string() });
    }

    /// A link is over by the peer's doing.
    fn lost(&mut self, conn: ConnId, why: Lost) {
        let until = self.now + CLOSE_TIME;
        if let Some(socket) = self.sockets.get_mut(&conn) {
            socket.closing = Some(Closing { until, lost: None });
        }
        self.take(Input::Lost { conn, why });
    }

    fn drop_socket(&mut self, conn: ConnId) {
        let Some(socket) = self.sockets.remove(&conn) else { return };
        self.doings.push_back(Doing::Drop { conn });
        if let Some(why) = socket.closing.and_then(|closing| closing.lost) {
            self.take(Input::Lost { conn, why });
        }
    }
}

impl<T: Tap + std::fmt::Debug> Driver<T> {
    /// The pleasant form of [`call`](Self::call).
    pub fn at(&mut self, now: Instant) -> At<'_> {
        At::new(self, now)
    }
}

impl<T: Tap + std::fmt::Debug> Callable for Driver<T> {
    fn call(&mut self, call: Call, now: Instant) -> Result<Answer, Misuse> {
        Self::call(self, call, now)
    }

    fn view(&self) -> View<'_> {
        Self::view(self)
    }
}

/// What the peer is called in TLS and HTTP.
fn authority(to: &Endpoint) -> String {
    match &to.host {
        Host::Address(address) => address.to_string(),
        Host::Name { name, port } => format!("{name}:{port}"),
    }
}

/// What the system's error means to the node.
fn cause(error: &io::Error) -> Cause {
    match error.kind() {
        ErrorKind::ConnectionRefused => Cause::PortClosed,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            Cause::Unreachable
        }
        ErrorKind::TimedOut => Cause::NoAnswer,
        _ => Cause::Other,
    }
}
