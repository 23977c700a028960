//! How a running node is spoken to: lines of JSON over the Unix-domain socket `control.sock` of its state folder.
//!
//! The node begins with one line that says who it is, and closes where there are too many who speak already:
//!
//! ```json
//! {"eebus":"control","version":1,"pid":4711,"ski":"a80556a2…","ship_id":"EEBUS-0123456789ab"}
//! ```
//!
//! Each further line of the other end is a request with a number of its own choice and exactly one wish; each is
//! answered, in order, by one line with that number. Unknown members of a request are refused, those of an answer are to
//! be ignored: later versions add some, and another `version` means another protocol.
//!
//! ```json
//! {"id":1,"view":"peers"}
//! {"id":1,"ok":[{"peer":0,"ski":"…","decision":"trusted","rung":"secured","waits_for":"peers_user","since_s":12,…}]}
//! {"id":2,"call":{"Trust":{"peer":0}}}
//! {"id":2,"ok":"Done"}
//! {"id":3,"events":true}
//! {"id":3,"ok":true}
//! {"event":{"Connected":{"peer":0,"conn":1}}}
//! {"id":4,"view":"nonsense"}
//! {"id":4,"error":{"kind":"protocol","message":"…"}}
//! ```
//!
//! * `view`: `node`, `peers` or `connections`, as [`NodeStatus`], [`PeerStatus`] and [`ConnectionStatus`].
//! * `call`: a [`Call`] of the core in its serde form. Its answer comes once the store keeps what the call decided: what
//!   is answered survives a loss of power.
//! * `events`: `true` sends every event from now on as a line of its own, `false` ends that. Whoever reads too slowly
//!   finds an event `Lagged` with the number of those left out.
//!
//! Errors have a `kind`: `protocol` (not understood), `misuse` (the node does not take the call), `busy` (try again),
//! `not_kept` (the store failed: the decision may not survive a restart), `stopped`.
//!
//! A line has [`MAX_LINE`] octets at most; [`MAX_CLIENTS`] speak at a time.

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
