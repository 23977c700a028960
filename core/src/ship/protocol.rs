//! Protocol handshake (SHIP 13.4.4.2): the client announces, the server selects, the client confirms.

use super::config::{Role, Version};
use super::fault::{Ending, FaultKind};
use super::message::{Handshake, HandshakeType, HelloPhase, Message};
use super::pin::PinPhase;
use super::state::{Cx, Phase, State};
use crate::time::Instant;
use alloc::vec;

/// `messageProtocolHandshakeError`: the peer was silent.
pub(super) const TIMEOUT: u8 = 1;
/// The peer sent something else.
const UNEXPECTED: u8 = 2;
/// Announcement and selection do not fit.
const MISMATCH: u8 = 3;

/// The only format every node supports, and the only one in use (SHIP 13.4.4.2.2).
const JSON_UTF8: &str = "JSON-UTF8";

/// The next message of the handshake is waited for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Protocol {
    pub(super) until: Instant,
    /// Answers to own prolongation requests that may still arrive.
    late_hellos: u8,
    step: Step,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// Server, waiting for `announceMax`.
    Listen,
    /// Server, waiting for the confirmation of this selection.
    Selected(Handshake),
    /// Client, waiting for the selection.
    Announced,
}

impl Protocol {
    pub(super) fn enter(late_hellos: u8, cx: &mut Cx<'_>) -> State {
        cx.enter(Phase::Protocol);
        let step = match cx.role {
            Role::Server => Step::Listen,
            Role::Client => {
                cx.send(&Message::Handshake(handshake(HandshakeType::AnnounceMax, cx.own.version)));
                Step::Announced
            }
        };
        State::Protocol(Self { until: cx.after(cx.timers.protocol), late_hellos, step })
    }

    pub(super) fn message(mut self, message: Message, cx: &mut Cx<'_>) -> State {
        match (message, &self.step) {
            (Message::Handshake(announced), Step::Listen)
                if announced.handshake_type == HandshakeType::AnnounceMax =>
            {
                self.announced(&announced, cx)
            }
            (Message::Handshake(confirmed), Step::Selected(selected))
                if confirmed.handshake_type == HandshakeType::Select =>
            {
                if confirmed == *selected {
                    cx.learned.version = confirmed.version;
                    PinPhase::enter(cx)
                } else {
                    self.mismatch(cx)
                }
            }
            (Message::Handshake(selected), Step::Announced)
                if selected.handshake_type == HandshakeType::Select =>
            {
                self.selected(selected, cx)
            }
            (Message::HandshakeError(code), _) => cx.end(Ending::ProtocolError(code)),
            (Message::Hello(hello), _)
                if self.late_hellos > 0
                    && hello.phase != HelloPhase::Aborted
                    && !hello.prolongation_request =>
            {
                self.late_hellos = self.late_hellos.saturating_sub(1);
                State::Protocol(self)
            }
            (other, _) => State::Protocol(self).wrong(FaultKind::Unexpected(other.name().into()), cx),
        }
    }

    /// Server: selects the smaller of both versions.
    fn announced(self, announced: &Handshake, cx: &mut Cx<'_>) -> State {
        if announced.version < Version::V1_0 || !announced.formats.iter().any(|format| format == JSON_UTF8) {
            return State::Protocol(self).wrong(FaultKind::NothingInCommon, cx);
        }
        let selected = handshake(HandshakeType::Select, announced.version.min(cx.own.version));
        cx.send(&Message::Handshake(selected.clone()));
        State::Protocol(Self { until: cx.after(cx.timers.protocol), step: Step::Selected(selected), ..self })
    }

    /// Client: confirms with the same message.
    fn selected(self, selected: Handshake, cx: &mut Cx<'_>) -> State {
        let in_range = (Version::V1_0..=cx.own.version).contains(&selected.version);
        if !in_range || selected.formats != [JSON_UTF8] {
            return self.mismatch(cx);
        }
        cx.learned.version = selected.version;
        cx.send(&Message::Handshake(selected));
        PinPhase::enter(cx)
    }

    fn mismatch(self, cx: &mut Cx<'_>) -> State {
        State::Protocol(self).wrong(FaultKind::SelectionMismatch, cx)
    }
}

fn handshake(handshake_type: HandshakeType, version: Version) -> Handshake {
    Handshake { handshake_type, version, formats: vec![JSON_UTF8.into()] }
}

/// Sends the error and closes.
pub(super) fn refuse(error: u8, ending: Ending, cx: &mut Cx<'_>) -> State {
    cx.send(&Message::HandshakeError(error));
    cx.end(ending)
}

/// The error code that answers a fault.
pub(super) const fn error_of(kind: &FaultKind) -> u8 {
    match kind {
        FaultKind::NothingInCommon | FaultKind::SelectionMismatch => MISMATCH,
        _ => UNEXPECTED,
    }
}
