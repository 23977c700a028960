//! One SHIP connection, from the opened WebSocket to its close.

use super::cmi::Cmi;
use super::config::{Own, Role, Timers, Trust, Version};
use super::fault::CloseCause;
use super::frame::{Received, read_frame};
use super::hello::Waiting;
use super::key_material::{KeyMaterial, Learned};
use super::output::{Item, Output};
use super::pin::Pins;
use super::state::{Cx, Phase, State, Timer};
use crate::time::Instant;
use alloc::borrow::Cow;

/// The SHIP message exchange of one connection (SHIP 13.4).
///
/// Starts when the WebSocket is open. Every input first lets pass what its `now` makes due, so extra ticks change
/// nothing; a `now` before the latest one counts as that one. What is to be done is appended to the [`Output`].
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    role: Role,
    trust: Trust,
    pins: Pins,
    learned: Learned,
    own: Own,
    timers: Timers,
    now: Instant,
    state: State,
}

/// What it means that the peer's side of a connection ended (SHIP 13.4.4.1 and the close codes of the field).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// The peer's user has not trusted this node: lost while this node was ready, or closed with 4452. Redial slowly.
    NotTrustedByPeer,
    /// The peer no longer waits for this node's user. The request stays worth showing.
    PeerGaveUp,
    /// The peer's user removed the trust: closed with 4500.
    TrustRemovedByPeer,
    /// The peer keeps another connection: closed with 1000 and `double connection`.
    DoubleConnection,
    /// Nothing but a lost connection.
    Ordinary,
}

impl Connection {
    /// Begins the exchange on an open WebSocket.
    pub fn start(
        role: Role,
        trust: Trust,
        own: &Own,
        timers: &Timers,
        now: Instant,
        out: &mut Output,
    ) -> Self {
        let (own, timers) = (own.clone(), *timers);
        let mut connection = Self {
            role,
            trust,
            pins: Pins::default(),
            learned: Learned::default(),
            own,
            timers,
            now,
            state: State::Closed,
        };
        connection.step(out, |_, cx| Cmi::enter(cx));
        connection
    }

    /// Takes one WebSocket binary message; answers the SPINE document in it, if it is one to be processed now.
    ///
    /// A document that is not minified, or came before the peer's PIN state, leaves as [`Item::Payload`].
    pub fn handle<'a>(&mut self, frame: &'a [u8], now: Instant, out: &mut Output) -> Option<&'a [u8]> {
        self.tick(now, out);
        let mut document = None;
        self.step(out, |state, cx| match state {
            State::Closed => state,
            State::Cmi(cmi) => cmi.message(frame, cx),
            state => {
                let (received, repairs) = match read_frame(frame) {
                    Ok(read) => read,
                    Err(fault) => return state.wrong(fault, cx),
                };
                if !repairs.is_empty() {
                    cx.out.push(Item::Repaired(repairs));
                }
                match received {
                    Received::Payload(Cow::Borrowed(payload)) if matches!(state, State::Data(_)) => {
                        document = Some(payload);
                        state
                    }
                    Received::Payload(payload) => state.payload(payload, cx),
                    Received::Message(message) => state.message(message, cx),
                }
            }
        });
        document
    }

    /// Tells a decision of the user about the peer: granted, refused or withdrawn.
    pub fn trust(&mut self, trust: Trust, now: Instant, out: &mut Output) {
        self.tick(now, out);
        self.trust = trust;
        self.step(out, State::decided);
    }

    /// Tells what is known about PINs with the peer: at the start, and when the application or another connection of
    /// the peer changed it.
    pub fn set_pins(&mut self, pins: Pins, now: Instant, out: &mut Output) {
        self.tick(now, out);
        self.pins = pins;
        self.step(out, State::refresh);
    }

    /// What is known about PINs now; [`Item::Pin`] tells when it changed.
    #[must_use]
    pub const fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Tells up to which counter the peer's key material is known (SHIP 1.1.0, 12.1.3.4); at the start.
    pub fn know_key_material(&mut self, counter: u16) {
        self.learned.known = counter;
    }

    /// Tells that the own keys changed: the peer is told as soon as data may flow (SHIP 1.1.0, 12.1.3).
    pub fn set_key_material(&mut self, material: KeyMaterial, now: Instant, out: &mut Output) {
        self.tick(now, out);
        self.own.key_material = Some(material);
        self.step(out, State::refresh);
    }

    /// The version agreed on; 1.0 before (SHIP 13.4.4.2).
    #[must_use]
    pub const fn version(&self) -> Version {
        self.learned.version
    }

    /// Whether the peer waits for a PIN that this node's user has to enter.
    #[must_use]
    pub fn waits_for_pin(&self) -> bool {
        matches!(&self.state, State::Pin(pin) if pin.waits_for_us())
    }

    /// Leaves: announced and confirmed in data exchange, at once before (SHIP 13.4.7).
    pub fn announce_close(&mut self, cause: CloseCause, now: Instant, out: &mut Output) {
        self.tick(now, out);
        self.step(out, |state, cx| state.leave(cause, cx));
    }

    /// Lets pass what is due.
    pub fn tick(&mut self, now: Instant, out: &mut Output) {
        self.now = self.now.max(now);
        while self.deadline().is_some_and(|(at, _)| at <= self.now) {
            self.step(out, State::expire);
        }
    }

    /// When to give a tick, and what is waited for until then.
    #[must_use]
    pub fn deadline(&self) -> Option<(Instant, Timer)> {
        self.state.deadline()
    }

    /// Where the connection stands.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// Who is being waited for, in hello.
    #[must_use]
    pub fn waiting(&self) -> Option<Waiting> {
        match &self.state {
            State::HelloReady(ready) => Some(ready.waiting()),
            State::HelloPending(pending) => Some(pending.waiting()),
            _ => None,
        }
    }

    /// What it means that the connection was lost, or closed by the peer with this code and text.
    #[must_use]
    pub fn loss(&self, code: Option<u16>, reason: &str) -> Loss {
        match (code, self.phase()) {
            (Some(4452), _) => Loss::NotTrustedByPeer,
            (Some(4500), _) => Loss::TrustRemovedByPeer,
            (Some(1000), _) if reason == "double connection" => Loss::DoubleConnection,
            (_, Phase::HelloReady) => Loss::NotTrustedByPeer,
            (_, Phase::HelloPending) => Loss::PeerGaveUp,
            _ => Loss::Ordinary,
        }
    }

    fn step(&mut self, out: &mut Output, next: impl FnOnce(State, &mut Cx<'_>) -> State) {
        let state = core::mem::replace(&mut self.state, State::Closed);
        let mut cx = Cx {
            now: self.now,
            role: self.role,
            trust: self.trust,
            pins: &mut self.pins,
            learned: &mut self.learned,
            own: &self.own,
            timers: &self.timers,
            out,
        };
        self.state = next(state, &mut cx);
    }
}
