//! PIN phase (SHIP 13.4.4.3): each side tells whether it demands a PIN; two machines that do not depend on each other.
//!
//! The own state is the first message of the phase and nothing else is sent before the peer's state has arrived:
//! ship-go and OpenEEBUS end the connection otherwise. SPINE data that arrives before data exchange is kept. Where a PIN
//! is optional, both machines go on beside data exchange.

mod ask;
mod check;
mod known;
mod secret;

pub use known::{LONG_PIN_PENALTY, PIN_ENTRY_TIME, PIN_PENALTY, PIN_USER_TRUST, PinDemand, PinNews, Pins};
pub use secret::{MAX_PIN, MIN_PIN, Pin, PinTextError};

use super::data::Data;
use super::fault::{Ending, FaultKind};
use super::message::Message;
use super::output::Item;
use super::state::{Cx, Phase, State, Timer};
use crate::time::Instant;
use alloc::vec::Vec;
use ask::Ask;
use check::Check;

/// Most data messages kept before data exchange: a peer opens with two reads and a few subscriptions.
pub const MAX_EARLY_FRAMES: usize = 16;
/// Most octets of them: as much as a connection may have in flight.
pub const MAX_EARLY_BYTES: usize = 64 * 1024;

/// Both demands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exchange {
    check: Check,
    ask: Ask,
}

impl Exchange {
    /// Takes a message of the PIN exchange. `None` where it has no place here.
    pub(super) fn message(self, message: Message, cx: &mut Cx<'_>) -> Option<Self> {
        let next = match message {
            Message::PinState(state) => self.ask.state(state, cx).map(|ask| Self { ask, ..self }),
            _ if self.ask == Ask::Unknown => None,
            Message::PinInput(pin) => self.check.input(&pin, cx).map(|check| Self { check, ..self }),
            Message::PinError(_) => self.ask.error(cx).map(|ask| Self { ask, ..self }),
            _ => None,
        };
        next.map(|next| next.refresh(cx))
    }

    /// Does what is to be done by what is known now.
    pub(super) fn refresh(self, cx: &mut Cx<'_>) -> Self {
        Self { check: self.check.refresh(cx), ask: self.ask.refresh(cx) }
    }

    /// The end of the penalty.
    pub(super) fn deadline(&self) -> Option<(Instant, Timer)> {
        self.check.deadline().map(|until| (until, Timer::PinPenalty))
    }
}

/// The PINs are waited for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PinPhase {
    until: Instant,
    exchange: Exchange,
    early: Vec<Vec<u8>>,
}

impl PinPhase {
    pub(super) fn enter(cx: &mut Cx<'_>) -> State {
        cx.enter(Phase::Pin);
        let exchange = Exchange { check: Check::begin(cx), ask: Ask::Unknown };
        State::Pin(Self { until: cx.after(cx.timers.pin), exchange, early: Vec::new() })
    }

    pub(super) fn message(mut self, message: Message, cx: &mut Cx<'_>) -> State {
        let waits_anew = match &message {
            Message::PinState(_) => self.exchange.ask == Ask::Unknown,
            Message::PinInput(_) => !self.exchange.check.is_busy(),
            _ => true,
        };
        let name = message.name();
        let Some(exchange) = self.exchange.message(message, cx) else {
            return State::Pin(self).wrong(FaultKind::Unexpected(name.into()), cx);
        };
        self.exchange = exchange;
        if waits_anew {
            self.until = cx.after(PIN_ENTRY_TIME);
        }
        self.proceed(cx)
    }

    /// Enters data exchange once both demands permit it.
    fn proceed(self, cx: &mut Cx<'_>) -> State {
        if !(self.exchange.check.permits(&cx.own.pin) && self.exchange.ask.permits()) {
            return State::Pin(self);
        }
        let state = Data::enter(self.exchange, cx);
        for payload in self.early {
            cx.out.push(Item::Payload(payload));
        }
        state
    }

    /// What is known about PINs changed, or a penalty is over.
    pub(super) fn refresh(mut self, cx: &mut Cx<'_>) -> State {
        self.exchange = self.exchange.refresh(cx);
        self.proceed(cx)
    }

    /// Keeps a data message that is early.
    pub(super) fn payload(mut self, payload: Vec<u8>, cx: &mut Cx<'_>) -> State {
        let bytes = self.early.iter().map(Vec::len).fold(payload.len(), usize::saturating_add);
        if self.early.len() >= MAX_EARLY_FRAMES || bytes > MAX_EARLY_BYTES {
            return State::Pin(self).wrong(FaultKind::TooMuchEarlyData, cx);
        }
        self.early.push(payload);
        State::Pin(self)
    }

    pub(super) fn deadline(&self) -> (Instant, Timer) {
        let timer = if self.exchange.ask == Ask::Unknown { Timer::PinState } else { Timer::PinEntry };
        let penalty = self.exchange.deadline();
        penalty.into_iter().fold((self.until, timer), core::cmp::Ord::min)
    }

    pub(super) fn expire(self, cx: &mut Cx<'_>) -> State {
        match self.deadline() {
            (_, Timer::PinPenalty) => self.refresh(cx),
            (_, Timer::PinEntry) if !self.exchange.ask.permits() => cx.end(Ending::PinRequired),
            (_, timer) => cx.end(Ending::TimedOut(timer)),
        }
    }

    /// Whether the peer waits for a PIN of this node's user.
    pub(super) fn waits_for_us(&self) -> bool {
        matches!(self.exchange.ask, Ask::Open { required: true, .. })
    }
}
