//! What is to be carried out.

use super::event::Event;
use super::saved::Saved;
use crate::ids::{AttemptId, ConnId};
use crate::ship::identity::Ski;
use crate::ship::txt::Record;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;

/// One thing to do. Actions are carried out in their order.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Action {
    /// Listen, or stop listening; answered by `Input::Listening`.
    Listen(bool),
    /// Dial; answered by `Input::Dialled` or `Input::DialFailed`.
    Dial {
        /// Its number.
        attempt: AttemptId,
        /// Where.
        to: Endpoint,
        /// Who has to be there; anybody else is a failure of the TLS stage.
        expect: Option<Ski>,
    },
    /// Give an attempt up; no answer is needed.
    CancelDial {
        /// Its number.
        attempt: AttemptId,
    },
    /// The largest message accepted from now on; 0 stops reading.
    Receive {
        /// The connection.
        conn: ConnId,
        /// In octets.
        limit: u32,
    },
    /// Send one binary WebSocket message; answered by `Input::Drained`.
    Send {
        /// The connection.
        conn: ConnId,
        /// Its octets.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::frame_text::serialize"))]
        frame: Vec<u8>,
    },
    /// Send a ping; answered by `Input::Pong`.
    Ping {
        /// The connection.
        conn: ConnId,
    },
    /// Close, once everything before is sent; answered by `Input::Lost`.
    Close {
        /// The connection.
        conn: ConnId,
        /// WebSocket close code.
        code: u16,
        /// Reason in the close.
        reason: String,
    },
    /// Announce this node, or announce it anew.
    Announce(Record),
    /// Say goodbye.
    Withdraw,
    /// Look for nodes, or stop.
    Browse(bool),
    /// Keep this over a restart; answered by `Input::Persisted` or `Input::PersistFailed`.
    Persist {
        /// Ascending; a later one contains everything of an earlier one.
        seq: u64,
        /// The whole.
        saved: Saved,
    },
    /// Tell the application.
    Notify(Event),
}

/// Where a node can be dialled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Endpoint {
    /// Address and port.
    pub host: Host,
    /// Path of the WebSocket: `/ship/`.
    pub path: String,
}

/// An address, or a name that has to be resolved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Host {
    /// An address; a link-local one carries its scope.
    Address(SocketAddr),
    /// A name, resolved when everything else failed.
    Name {
        /// The name.
        name: String,
        /// The port.
        port: u16,
    },
}

impl Endpoint {
    /// An address with the usual path.
    pub fn new(address: SocketAddr) -> Self {
        Self { host: Host::Address(address), path: "/ship/".into() }
    }

    /// The order in which endpoints are tried: IPv4, global IPv6, unique local, link-local, names last.
    pub fn rank(&self) -> u8 {
        match &self.host {
            Host::Address(SocketAddr::V4(_)) => 0,
            Host::Address(SocketAddr::V6(v6)) => match v6.ip().segments() {
                [first, ..] if first & 0xffc0 == 0xfe80 => 3,
                [first, ..] if first & 0xfe00 == 0xfc00 => 2,
                _ => 1,
            },
            Host::Name { .. } => 4,
        }
    }

    /// Whether it can be dialled: a link-local address needs a scope.
    pub fn is_usable(&self) -> bool {
        match &self.host {
            Host::Address(address) if address.port() == 0 || address.ip().is_unspecified() => false,
            Host::Address(SocketAddr::V6(v6)) => self.rank() != 3 || v6.scope_id() != 0,
            Host::Address(SocketAddr::V4(_)) => true,
            Host::Name { name, port } => !name.is_empty() && *port != 0,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(address) => write!(f, "{address}{}", self.path),
            Host::Name { name, port } => write!(f, "{name}:{port}{}", self.path),
        }
    }
}
