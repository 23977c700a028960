//! The phases of a connection as types, and what each does with a message that has no place in it.

use super::closing::{self, Closing};
use super::cmi::Cmi;
use super::config::{Own, Role, Timers, Trust};
use super::data::Data;
use super::fault::{CloseCause, Ending, Fault, FaultKind};
use super::hello::{self, Pending, Ready};
use super::key_material::Learned;
use super::message::Message;
use super::output::{Item, Output};
use super::pin::{PinPhase, Pins};
use super::protocol::{self, Protocol};
use crate::time::Instant;
use alloc::borrow::Cow;
use core::fmt;
use core::ops::Add;
use core::time::Duration;

/// Where a connection stands.
///
/// ```text
///       trusted              peer ready
/// Cmi ───────────▶ HelloReady ─────────▶ Protocol ──▶ Pin ──▶ Data ──leave──▶ Closing
///  │                   ▲                    ▲
///  │ undecided         │ trusted            │ trusted, and the peer was ready
///  └───────────▶ HelloPending ──────────────┘
///
/// every phase ──▶ Closed: refused or aborted, a fault, a timer, the peer's close, the confirmation of the own
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Phase {
    /// Connection mode initialisation (SHIP 13.4.3).
    Cmi,
    /// Hello: the peer's decision is waited for (SME_HELLO_STATE_READY_LISTEN, SHIP 13.4.4.1).
    HelloReady,
    /// Hello: this node's decision is waited for (SME_HELLO_STATE_PENDING_LISTEN, SHIP 13.4.4.1).
    HelloPending,
    /// Protocol handshake (SHIP 13.4.4.2).
    Protocol,
    /// PIN verification (SHIP 13.4.4.3).
    Pin,
    /// Data exchange (SHIP 13.4.5).
    Data,
    /// This node announced the close and waits for the confirmation (SHIP 13.4.7).
    Closing,
    /// Over.
    Closed,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cmi => "CMI",
            Self::HelloReady => "hello (ready)",
            Self::HelloPending => "hello (pending)",
            Self::Protocol => "protocol handshake",
            Self::Pin => "PIN",
            Self::Data => "data exchange",
            Self::Closing => "closing",
            Self::Closed => "closed",
        })
    }
}

/// What a deadline waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Timer {
    /// CmiTimeout (SHIP 13.4.3).
    Cmi,
    /// Wait-For-Ready-Timer: the peer becomes ready or asks for more time (SHIP 13.4.4.1.3).
    WaitForReady,
    /// Send-Prolongation-Request-Timer: this node asks for more time (SHIP 13.4.4.1.3).
    ProlongationRequest,
    /// Prolongation-Request-Reply-Timer: the peer grants it (SHIP 13.4.4.1.3).
    ProlongationReply,
    /// Wait-Timer of the protocol handshake (SHIP 13.4.4.2.3).
    Protocol,
    /// The peer's PIN state (SHIP 13.4.4.3).
    PinState,
    /// A PIN that somebody types, on either side (SHIP 13.4.4.3).
    PinEntry,
    /// The end of the penalty for wrong PINs (SHIP 13.4.4.3.4).
    PinPenalty,
    /// The answer to the own key material (SHIP 1.1.0, 12.1.3.2).
    KeyMaterial,
    /// The confirmation of the announced close (SHIP 13.4.7).
    CloseConfirmation,
}

impl Timer {
    /// What is waited for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cmi => "its CMI",
            Self::WaitForReady => "hello ready",
            Self::ProlongationRequest => "the time to ask for more time",
            Self::ProlongationReply => "the answer to a prolongation request",
            Self::Protocol => "its part of the protocol handshake",
            Self::PinState => "its PIN state",
            Self::PinEntry => "the PIN",
            Self::PinPenalty => "the end of the penalty for wrong PINs",
            Self::KeyMaterial => "the answer to the key material",
            Self::CloseConfirmation => "the confirmation of the close",
        }
    }
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The phase a connection is in; [`Phase`] shows the way. Each consumes itself and returns the next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    Cmi(Cmi),
    HelloReady(Ready),
    HelloPending(Pending),
    Protocol(Protocol),
    Pin(PinPhase),
    Data(Data),
    Closing(Closing),
    Closed,
}

impl State {
    pub(super) const fn phase(&self) -> Phase {
        match self {
            Self::Cmi(_) => Phase::Cmi,
            Self::HelloReady(_) => Phase::HelloReady,
            Self::HelloPending(_) => Phase::HelloPending,
            Self::Protocol(_) => Phase::Protocol,
            Self::Pin(_) => Phase::Pin,
            Self::Data(_) => Phase::Data,
            Self::Closing(_) => Phase::Closing,
            Self::Closed => Phase::Closed,
        }
    }

    pub(super) fn deadline(&self) -> Option<(Instant, Timer)> {
        match self {
            Self::Cmi(cmi) => Some((cmi.until, Timer::Cmi)),
            Self::HelloReady(ready) => Some((ready.until, Timer::WaitForReady)),
            Self::HelloPending(pending) => pending.deadline(),
            Self::Protocol(protocol) => Some((protocol.until, Timer::Protocol)),
            Self::Pin(pin) => Some(pin.deadline()),
            Self::Data(data) => data.deadline(),
            Self::Closing(closing) => Some((closing.until, Timer::CloseConfirmation)),
            Self::Closed => None,
        }
    }

    /// The deadline has come.
    pub(super) fn expire(self, cx: &mut Cx<'_>) -> Self {
        match self {
            Self::Cmi(_) => cx.end(Ending::TimedOut(Timer::Cmi)),
            Self::HelloReady(_) => hello::abort(Ending::TimedOut(Timer::WaitForReady), cx),
            Self::HelloPending(pending) => pending.expire(cx),
            Self::Protocol(_) => protocol::refuse(protocol::TIMEOUT, Ending::TimedOut(Timer::Protocol), cx),
            Self::Pin(pin) => pin.expire(cx),
            Self::Data(data) => data.expire(cx),
            Self::Closing(closing) => closing.end(cx),
            Self::Closed => self,
        }
    }

    pub(super) fn message(self, message: Message, cx: &mut Cx<'_>) -> Self {
        match (self, message) {
            (state, Message::Close(close)) => closing::received(state, close, cx),
            (Self::HelloReady(ready), message) => ready.message(message, cx),
            (Self::HelloPending(pending), message) => pending.message(message, cx),
            (Self::Protocol(protocol), message) => protocol.message(message, cx),
            (Self::Pin(pin), message) => pin.message(message, cx),
            (Self::Data(data), message) => data.message(message, cx),
            (state @ (Self::Cmi(_) | Self::Closing(_) | Self::Closed), _) => state,
        }
    }

    /// A SPINE document that the connection has to keep or refuse.
    pub(super) fn payload(self, payload: Cow<'_, [u8]>, cx: &mut Cx<'_>) -> Self {
        match self {
            Self::Pin(pin) => pin.payload(payload.into_owned(), cx),
            Self::Data(_) => {
                cx.out.push(Item::Payload(payload.into_owned()));
                self
            }
            Self::Closing(_) | Self::Closed => self,
            Self::Cmi(_) | Self::HelloReady(_) | Self::HelloPending(_) | Self::Protocol(_) => {
                self.wrong(FaultKind::Unexpected("data".into()), cx)
            }
        }
    }

    /// The column "undecodable or wrong message" of the phases: hello aborts, the handshake answers an error, the PIN
    /// phase has no message for it, and data exchange goes on.
    pub(super) fn wrong(self, kind: FaultKind, cx: &mut Cx<'_>) -> Self {
        if kind.is_harmless() {
            return self.ignore(kind, cx);
        }
        match self {
            Self::HelloReady(_) | Self::HelloPending(_) => hello::abort(self.fatal(kind), cx),
            Self::Protocol(_) => protocol::refuse(protocol::error_of(&kind), self.fatal(kind), cx),
            Self::Pin(_) => cx.end(self.fatal(kind)),
            Self::Cmi(_) | Self::Data(_) | Self::Closing(_) | Self::Closed => self.ignore(kind, cx),
        }
    }

    /// Names the fault and goes on.
    pub(super) fn ignore(self, kind: FaultKind, cx: &mut Cx<'_>) -> Self {
        cx.out.push(Item::Fault(Fault { phase: self.phase(), kind }));
        self
    }

    fn fatal(&self, kind: FaultKind) -> Ending {
        Ending::Fault(Fault { phase: self.phase(), kind })
    }

    /// What is known about PINs, or the own keys, changed.
    pub(super) fn refresh(self, cx: &mut Cx<'_>) -> Self {
        match self {
            Self::Pin(pin) => pin.refresh(cx),
            Self::Data(data) => data.refresh(cx),
            other => other,
        }
    }

    /// The user's decision changed to `cx.trust`.
    pub(super) fn decided(self, cx: &mut Cx<'_>) -> Self {
        match (self, cx.trust) {
            (Self::HelloPending(pending), Trust::Trusted) => pending.granted(cx),
            (Self::HelloPending(_), Trust::Refused) => hello::abort(Ending::Refused, cx),
            (state @ (Self::Cmi(_) | Self::HelloPending(_)), _) | (state, Trust::Trusted) => state,
            (state, Trust::Undecided | Trust::Refused) => state.leave(CloseCause::TrustRemoved, cx),
        }
    }

    /// Ends the connection in the way of its phase (SHIP 13.4.7: announced out of data exchange only).
    ///
    /// Hello says `aborted` only where trust is the cause: peers take it for a refusal and redial slowly.
    pub(super) fn leave(self, cause: CloseCause, cx: &mut Cx<'_>) -> Self {
        match (self, cause) {
            (Self::HelloReady(_) | Self::HelloPending(_), CloseCause::TrustRemoved) => {
                hello::abort(Ending::Refused, cx)
            }
            (Self::Data(_), _) => Closing::announce(cause, cx),
            (state @ (Self::Closing(_) | Self::Closed), _) => state,
            (
                Self::Cmi(_) | Self::HelloReady(_) | Self::HelloPending(_) | Self::Protocol(_) | Self::Pin(_),
                _,
            ) => cx.end(Ending::Closed(cause)),
        }
    }
}

/// What every phase may look at and where it writes.
pub(super) struct Cx<'a> {
    pub(super) now: Instant,
    pub(super) role: Role,
    pub(super) trust: Trust,
    pub(super) pins: &'a mut Pins,
    pub(super) learned: &'a mut Learned,
    pub(super) own: &'a Own,
    pub(super) timers: &'a Timers,
    pub(super) out: &'a mut Output,
}

impl Cx<'_> {
    /// The instant `span` from now.
    pub(super) fn after(&self, span: Duration) -> Instant {
        self.now.add(span)
    }

    pub(super) fn send(&mut self, message: &Message) {
        self.out.push(Item::Send(message.frame()));
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.out.push(Item::Entered(phase));
    }

    pub(super) fn end(&mut self, ending: Ending) -> State {
        self.out.push(Item::Close(ending));
        State::Closed
    }
}

/// A time as the messages carry it.
pub(super) fn milliseconds(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}
