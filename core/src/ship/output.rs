//! What a connection wants done.

use super::access::AccessMethods;
use super::fault::{Ending, Fault};
use super::key_material::KeyMaterial;
use super::pin::PinNews;
use super::state::Phase;
use crate::json::Repairs;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// One thing to do or to know, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item {
    /// Send this WebSocket binary message, message type included.
    Send(Vec<u8>),
    /// A SPINE document that could not be handed on as a slice of the frame it came in: it was early, or not minified.
    Payload(Vec<u8>),
    /// The connection stands in another phase now.
    Entered(Phase),
    /// The peer's user trusts this node: its hello said `ready` (SHIP 13.4.4.1). At most once a connection.
    PeerReady,
    /// The peer's user has not decided yet: its hello said `pending` (SHIP 13.4.4.1). At most once a connection.
    PeerPending,
    /// The peer's answer about how it can be reached (SHIP 13.4.6).
    AccessMethods(AccessMethods),
    /// The peer's keys changed; trust in those that are gone ends (SHIP 1.1.0, 12.1.3.3).
    KeyMaterial(KeyMaterial),
    /// Something happened about PINs; `Connection::pins` has what is known now (SHIP 13.4.4.3).
    Pin(PinNews),
    /// A message was understood although it is not written as SHIP 11.4 demands.
    Repaired(Repairs),
    /// The peer broke a rule; the connection goes on.
    Fault(Fault),
    /// Close the WebSocket with [`Ending::code`] and [`Ending::reason`] once everything is sent. Nothing follows.
    Close(Ending),
}

/// The items of a connection, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output(VecDeque<Item>);

impl Output {
    /// Takes the oldest item.
    #[must_use]
    pub fn pop(&mut self) -> Option<Item> {
        self.0.pop_front()
    }

    pub(super) fn push(&mut self, item: Item) {
        self.0.push_back(item);
    }
}
