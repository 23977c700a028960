//! Connection mode initialisation (SHIP 13.4.3): two octets each way, the client's first.

use super::config::Role;
use super::fault::{Ending, Fault, FaultKind};
use super::frame::{CMI, Kind};
use super::hello;
use super::output::Item;
use super::state::{Cx, Phase, State};
use crate::time::Instant;

/// The peer's CMI is waited for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cmi {
    pub(super) until: Instant,
}

impl Cmi {
    pub(super) fn enter(cx: &mut Cx<'_>) -> State {
        if cx.role == Role::Client {
            send(cx);
        }
        State::Cmi(Self { until: cx.after(cx.timers.cmi) })
    }

    /// The first message. A server answers with its own CMI whatever came, and only then closes; only a
    /// `connectionClose` is not answered.
    pub(super) fn message(self, frame: &[u8], cx: &mut Cx<'_>) -> State {
        if cx.role == Role::Server && frame.first() != Some(&Kind::End.octet()) {
            send(cx);
        }
        if frame == CMI {
            return hello::enter(cx);
        }
        cx.end(Ending::Fault(Fault { phase: Phase::Cmi, kind: FaultKind::NotCmi }))
    }
}

fn send(cx: &mut Cx<'_>) {
    cx.out.push(Item::Send(CMI.into()));
}
