//! Access methods (SHIP 13.4.6): asked for once as soon as data may flow, answered whenever asked.
//!
//! No phase: nothing waits for an answer, since some peers never give one. The own question leaves first, since
//! ship-go ignores a question that comes after its own was answered.

use super::identity::ShipId;
use super::message::Message;
use super::state::Cx;
use alloc::string::String;

/// How a node can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessMethods {
    /// The SHIP ID.
    pub id: ShipId,
    /// mDNS finds it (`dnsSd_mDns`).
    pub mdns: bool,
    /// A URI that works without mDNS (`dns`).
    pub uri: Option<String>,
}

/// Asks the peer, if this node is configured to.
pub(super) fn ask(cx: &mut Cx<'_>) {
    if cx.own.access.ask {
        cx.send(&Message::AccessMethodsRequest);
    }
}

/// Answers the peer.
pub(super) fn answer(cx: &mut Cx<'_>) {
    cx.send(&Message::AccessMethods(AccessMethods {
        id: cx.own.ship_id.clone(),
        mdns: cx.own.access.mdns,
        uri: cx.own.access.uri.clone(),
    }));
}
