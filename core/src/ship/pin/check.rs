//! The side that demands a PIN (SHIP 13.4.4.3.5.1).

use super::known::{PinDemand, PinNews};
use super::secret::Pin;
use crate::ship::message::{InputPermission, Message, PinState};
use crate::ship::output::Item;
use crate::ship::state::Cx;
use crate::time::Instant;

/// `connectionPinError`: the PIN was wrong, the only code there is.
const WRONG_PIN: u8 = 1;

/// Where this node stands with its own demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Check {
    /// Nothing is demanded, or it was met (SME_PIN_STATE_CHECK_OK).
    Met,
    /// A PIN of the peer is looked at (SME_PIN_STATE_CHECK_LISTEN).
    Listen,
    /// No PIN of the peer is looked at before this instant (SME_PIN_STATE_CHECK_BUSY_WAIT).
    Busy(Instant),
}

impl Check {
    /// Tells the demand (SME_PIN_STATE_CHECK_INIT).
    pub(super) fn begin(cx: &mut Cx<'_>) -> Self {
        let check = match cx.pins.penalty(cx.now) {
            _ if cx.own.pin.is_none() || cx.pins.accepted => Self::Met,
            Some(until) => Self::Busy(until),
            None => Self::Listen,
        };
        check.tell(cx);
        check
    }

    /// Whether data may come from the peer.
    pub(super) fn permits(self, demand: &PinDemand) -> bool {
        self == Self::Met || !matches!(demand, PinDemand::Required(_))
    }

    pub(super) fn is_busy(self) -> bool {
        matches!(self, Self::Busy(_))
    }

    /// The peer entered a PIN: looked at only while none is being paid for. `None` where none is asked for.
    pub(super) fn input(self, pin: &Pin, cx: &mut Cx<'_>) -> Option<Self> {
        match self {
            Self::Met => return None,
            Self::Busy(_) => self.tell(cx),
            Self::Listen if cx.own.pin.is(pin) => {
                cx.pins.accepted = true;
                cx.pins.wrong = 0;
                cx.out.push(Item::Pin(PinNews::Accepted));
            }
            Self::Listen => {
                cx.pins.count_wrong(cx.now);
                cx.send(&Message::PinError(WRONG_PIN));
                let (count, busy_until) = (cx.pins.wrong, cx.pins.busy_until);
                cx.out.push(Item::Pin(PinNews::Wrong { count, busy_until }));
            }
        }
        Some(self)
    }

    /// Moves to where what is known puts it, and tells the peer.
    pub(super) fn refresh(self, cx: &mut Cx<'_>) -> Self {
        let next = match (self, cx.pins.penalty(cx.now)) {
            (Self::Met, _) => Self::Met,
            _ if cx.pins.accepted => Self::Met,
            (_, Some(until)) => Self::Busy(until),
            (_, None) => Self::Listen,
        };
        if core::mem::discriminant(&next) != core::mem::discriminant(&self) {
            next.tell(cx);
        }
        next
    }

    fn tell(self, cx: &mut Cx<'_>) {
        let permission = if self.is_busy() { InputPermission::Busy } else { InputPermission::Ok };
        let state = match (self, &cx.own.pin) {
            (_, PinDemand::None) => PinState::None,
            (Self::Met, _) => PinState::Ok,
            (_, PinDemand::Optional(_)) => PinState::Optional(permission),
            (_, PinDemand::Required(_)) => PinState::Required(permission),
        };
        cx.send(&Message::PinState(state));
    }

    pub(super) fn deadline(self) -> Option<Instant> {
        if let Self::Busy(until) = self { Some(until) } else { None }
    }
}
