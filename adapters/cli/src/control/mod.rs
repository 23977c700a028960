#![doc = include_str!("../../../../docs/control-socket.md")]

mod alone;
mod answer;
mod client;
#[cfg(unix)]
mod server;
mod status;

pub(crate) use alone::{Alone, Serving, with_node};
pub(crate) use answer::answer;
pub(crate) use client::{Asker, Local, Reached, reach};
#[cfg(unix)]
pub(crate) use server::Server;
pub(crate) use status::{ConnectionStatus, NodeStatus, PeerStatus, SightingStatus};

use eebus_core::node::Call;
use eebus_core::ship::identity::{ShipId, Ski};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the protocol.
pub(crate) const VERSION: u32 = 1;
/// The longest line: more than any view of a full table of peers.
pub(crate) const MAX_LINE: usize = 1 << 20;
/// Those who speak with a node at a time: some commands and a few programs that watch.
pub(crate) const MAX_CLIENTS: usize = 16;
/// The name of the socket in the folder.
pub(crate) const SOCKET: &str = "control.sock";

/// The first line of the node.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// `control`.
    pub(crate) eebus: String,
    pub(crate) version: u32,
    pub(crate) pid: u32,
    pub(crate) ski: Ski,
    pub(crate) ship_id: ShipId,
}

/// A line of the other end. One wish exactly.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) view: Option<Look>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<Call>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<bool>,
}

/// What to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Look {
    Node,
    Peers,
    Connections,
}

/// A line of the node.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Reply {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ok: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Refusal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<Value>,
}

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) kind: Kind,
    pub(crate) message: String,
}

/// The kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Protocol,
    Misuse,
    Busy,
    NotKept,
    Stopped,
    /// One of a later version.
    #[serde(other)]
    Unknown,
}
