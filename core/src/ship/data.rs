//! Data exchange (SHIP 13.4.5), and what runs beside it: access methods, an optional PIN, key material.

use super::access;
use super::fault::FaultKind;
use super::key_material::Telling;
use super::message::Message;
use super::output::Item;
use super::pin::Exchange;
use super::state::{Cx, Phase, State, Timer};
use crate::time::Instant;

/// Data may flow both ways.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Data {
    pins: Exchange,
    telling: Telling,
}

impl Data {
    pub(super) fn enter(pins: Exchange, cx: &mut Cx<'_>) -> State {
        cx.enter(Phase::Data);
        access::ask(cx);
        State::Data(Self { pins, telling: Telling::begin(cx) })
    }

    /// A control message. Nothing wrong ends data exchange.
    pub(super) fn message(mut self, message: Message, cx: &mut Cx<'_>) -> State {
        let name = message.name();
        match message {
            Message::AccessMethodsRequest => access::answer(cx),
            Message::AccessMethods(methods) => cx.out.push(Item::AccessMethods(methods)),
            Message::PinState(_) | Message::PinInput(_) | Message::PinError(_) => {
                match self.pins.message(message, cx) {
                    Some(pins) => self.pins = pins,
                    None => return State::Data(self).wrong(FaultKind::Unexpected(name.into()), cx),
                }
            }
            other => match self.telling.message(other, cx) {
                Ok(telling) => self.telling = telling,
                Err(fault) => return State::Data(self).wrong(fault, cx),
            },
        }
        State::Data(self)
    }

    /// What is known about PINs or the own keys changed.
    pub(super) fn refresh(self, cx: &mut Cx<'_>) -> State {
        State::Data(Self { pins: self.pins.refresh(cx), telling: self.telling.refresh(cx) })
    }

    pub(super) fn deadline(&self) -> Option<(Instant, Timer)> {
        let answer = self.telling.deadline().map(|until| (until, Timer::KeyMaterial));
        self.pins.deadline().into_iter().chain(answer).min()
    }

    pub(super) fn expire(mut self, cx: &mut Cx<'_>) -> State {
        match self.telling.expire(cx) {
            Ok(telling) => self.telling = telling,
            Err(closing) => return closing,
        }
        self.refresh(cx)
    }
}
