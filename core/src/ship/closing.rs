//! Connection close (SHIP 13.4.7; 13.4.8 in 1.1.0): announced out of the data phase only, confirmed in any phase.

use super::fault::{CloseCause, Ending, FaultKind};
use super::message::{Close, ClosePhase, CloseReason, Message};
use super::state::{Cx, Phase, State, milliseconds};
use crate::time::Instant;

/// This node announced its close and waits for the confirmation. It sends nothing more.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Closing {
    pub(super) until: Instant,
    cause: CloseCause,
}

impl Closing {
    pub(super) fn announce(cause: CloseCause, cx: &mut Cx<'_>) -> State {
        let reason = match cause {
            CloseCause::TrustRemoved => CloseReason::RemovedConnection,
            CloseCause::Unspecific | CloseCause::DoubleConnection => CloseReason::Unspecific,
        };
        cx.enter(Phase::Closing);
        cx.send(&Message::Close(Close {
            phase: ClosePhase::Announce,
            max_time: Some(milliseconds(cx.timers.close)),
            reason: Some(reason),
        }));
        State::Closing(Self { until: cx.after(cx.timers.close), cause })
    }

    /// The confirmation came, or its time is over.
    pub(super) fn end(self, cx: &mut Cx<'_>) -> State {
        cx.end(Ending::Closed(self.cause))
    }
}

/// A `connectionClose` of the peer.
pub(super) fn received(state: State, close: Close, cx: &mut Cx<'_>) -> State {
    match (close.phase, state) {
        (ClosePhase::Announce, _) => {
            cx.send(&Message::Close(Close { phase: ClosePhase::Confirm, max_time: None, reason: None }));
            cx.end(Ending::ClosedByPeer(close.reason.unwrap_or(CloseReason::Unspecific)))
        }
        (ClosePhase::Confirm, State::Closing(closing)) => closing.end(cx),
        (ClosePhase::Confirm, state) => state.wrong(FaultKind::UnaskedConfirmation, cx),
    }
}
