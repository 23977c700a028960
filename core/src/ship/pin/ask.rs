//! The side that is asked for a PIN (SHIP 13.4.4.3.5.2).

use super::known::PinNews;
use crate::ship::message::{InputPermission, Message, PinState};
use crate::ship::output::Item;
use crate::ship::state::Cx;

/// Where this node stands with the peer's demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ask {
    /// The peer's PIN state is waited for (SME_PIN_STATE_ASK_INIT).
    Unknown,
    /// The peer demands nothing, or takes this node's PIN (SME_PIN_STATE_ASK_OK).
    Met,
    /// The peer asks for a PIN (SME_PIN_STATE_ASK_PROCESS, or ASK_RESTRICTED_OK where it is optional).
    Open { required: bool, busy: bool, sent: bool },
}

impl Ask {
    /// Whether data may be sent. An optional PIN restricts what the peer allows, not what may be sent.
    pub(super) fn permits(self) -> bool {
        matches!(self, Self::Met | Self::Open { required: false, .. })
    }

    /// The peer told its demand. `None` where it takes back what it granted.
    pub(super) fn state(self, state: PinState, cx: &mut Cx<'_>) -> Option<Self> {
        let (required, permission) = match (self, state) {
            (_, PinState::None | PinState::Ok) => {
                if matches!(self, Self::Open { .. }) {
                    cx.out.push(Item::Pin(PinNews::Granted));
                }
                return Some(Self::Met);
            }
            (Self::Met, _) => return None,
            (_, PinState::Required(permission)) => (true, permission),
            (_, PinState::Optional(permission)) => (false, permission),
        };
        let next = Self::Open { required, busy: permission == InputPermission::Busy, sent: false };
        if !matches!(self, Self::Open { .. }) || next != self.unsent() {
            let busy = permission == InputPermission::Busy;
            cx.out.push(Item::Pin(PinNews::Wanted { required, busy }));
        }
        Some(next)
    }

    /// The peer says that the PIN was wrong. `None` where none was sent.
    pub(super) fn error(self, cx: &mut Cx<'_>) -> Option<Self> {
        let Self::Open { sent: true, .. } = self else { return None };
        cx.out.push(Item::Pin(PinNews::Refused));
        Some(self.unsent())
    }

    /// Sends the PIN where there is one, the peer looks at it and the trust allows it.
    pub(super) fn refresh(self, cx: &mut Cx<'_>) -> Self {
        let Self::Open { required, busy: false, sent: false } = self else { return self };
        if !cx.pins.may_send {
            return self;
        }
        let Some(pin) = cx.pins.entry.take() else { return self };
        cx.send(&Message::PinInput(pin));
        cx.out.push(Item::Pin(PinNews::Sent));
        Self::Open { required, busy: false, sent: true }
    }

    fn unsent(self) -> Self {
        match self {
            Self::Open { required, busy, .. } => Self::Open { required, busy, sent: false },
            other => other,
        }
    }
}
