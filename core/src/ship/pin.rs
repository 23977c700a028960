//! PIN phase (SHIP 13.4.4.3): each side tells whether it demands a PIN. This node demands none.
//!
//! The own state is the first message of the phase and nothing else is sent before the peer's state has arrived:
//! ship-go and OpenEEBUS end the connection otherwise. SPINE data that arrives before is kept.

use super::access;
use super::fault::{Ending, FaultKind};
use super::message::{Message, PinState};
use super::output::Item;
use super::state::{Cx, Phase, State};
use crate::time::Instant;
use alloc::vec::Vec;

/// Most data messages kept before the peer's PIN state: a peer opens with two reads and a few subscriptions.
pub const MAX_EARLY_FRAMES: usize = 16;
/// Most octets of them: as much as a connection may have in flight.
pub const MAX_EARLY_BYTES: usize = 64 * 1024;

/// The peer's PIN state is waited for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pin {
    pub(super) until: Instant,
    early: Vec<Vec<u8>>,
}

impl Pin {
    pub(super) fn enter(cx: &mut Cx<'_>) -> State {
        cx.enter(Phase::Pin);
        cx.send(&Message::PinState(PinState::None));
        State::Pin(Self { until: cx.after(cx.timers.pin), early: Vec::new() })
    }

    /// An optional PIN restricts what the peer allows, not what may be sent.
    pub(super) fn message(self, message: Message, cx: &mut Cx<'_>) -> State {
        match message {
            Message::PinState(PinState::Required(_)) => cx.end(Ending::PinRequired),
            Message::PinState(PinState::None | PinState::Ok | PinState::Optional(_)) => {
                cx.enter(Phase::Data);
                access::ask(cx);
                for payload in self.early {
                    cx.out.push(Item::Payload(payload));
                }
                State::Data
            }
            other => State::Pin(self).wrong(FaultKind::Unexpected(other.name().into()), cx),
        }
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
}
