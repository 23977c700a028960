//! What the world did: sockets, time, the store, discovery.

use super::action::Endpoint;
use super::failure::{Cause, PeerClose};
use crate::ids::{AttemptId, ConnId};
use crate::ship::identity::{PeerKey, Ski};
use crate::ship::txt::Record;
use crate::time::WallTime;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Input<'a> {
    /// Time passed. Extra ticks are free.
    Tick,
    /// The wall clock, and whether it can be believed; repeated when it is set.
    Clock {
        /// The time.
        wall: WallTime,
        /// Whether it is set from a source that knows.
        trusted: bool,
    },
    /// The listening socket is bound.
    Listening {
        /// The port it really has.
        port: u16,
    },
    /// A TCP connection was accepted.
    Accepted {
        /// A new number.
        conn: ConnId,
        /// Its other end.
        from: SocketAddr,
    },
    /// An attempt became a TCP connection.
    Dialled {
        /// The attempt.
        attempt: AttemptId,
        /// A new number.
        conn: ConnId,
    },
    /// An attempt ended without a connection.
    DialFailed {
        /// The attempt.
        attempt: AttemptId,
        /// Where it failed.
        stage: Stage,
        /// What it failed of.
        #[cfg_attr(feature = "serde", serde(default))]
        cause: Cause,
        /// What the system said.
        detail: String,
    },
    /// TLS proved who the other end is.
    Secured {
        /// The connection.
        conn: ConnId,
        /// The key it proved to hold.
        peer: PeerKey,
    },
    /// The WebSocket with subprotocol `ship` is open.
    Opened {
        /// The connection.
        conn: ConnId,
    },
    /// One binary WebSocket message. With `serde` its octets are a [`FrameText`](super::FrameText), and it is not
    /// read back: nothing would own them.
    #[cfg_attr(feature = "serde", serde(skip_deserializing))]
    Frame {
        /// The connection.
        conn: ConnId,
        /// Its octets.
        #[cfg_attr(
            feature = "serde",
            serde(serialize_with = "super::frame_text::serialize", skip_deserializing)
        )]
        bytes: &'a [u8],
    },
    /// A pong.
    Pong {
        /// The connection.
        conn: ConnId,
    },
    /// Frames left for the socket.
    Drained {
        /// The connection.
        conn: ConnId,
        /// How many, oldest first.
        frames: u32,
    },
    /// The connection is gone. Exactly one follows each `Accepted` or `Dialled`.
    Lost {
        /// The connection.
        conn: ConnId,
        /// How it ended.
        why: Lost,
    },
    /// Discovery found a node, or news of one.
    Seen(Sighting),
    /// A node said goodbye, or its record ran out: the sighting of this SKI, instance and interface ends.
    Gone {
        /// The SKI it announced.
        ski: Ski,
        /// Its instance name.
        instance: String,
        /// The interface, as in the sighting.
        interface: Option<String>,
    },
    /// The store has everything up to `seq`.
    Persisted {
        /// The sequence number of the action.
        seq: u64,
    },
    /// The store could not keep `seq`.
    PersistFailed {
        /// The sequence number of the action.
        seq: u64,
        /// What the system said.
        detail: String,
    },
}

/// The stages of a connection below SHIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Stage {
    /// Finding the address of a host name.
    Name,
    /// TCP.
    Connect,
    /// TLS.
    Secure,
    /// The WebSocket upgrade.
    Upgrade,
    /// WebSocket messages.
    Messages,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name resolution",
            Self::Connect => "TCP connection",
            Self::Secure => "TLS handshake",
            Self::Upgrade => "WebSocket upgrade",
            Self::Messages => "message exchange",
        })
    }
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Lost {
    /// The peer sent a WebSocket close.
    Closed {
        /// Its code.
        code: Option<u16>,
        /// Its reason.
        reason: String,
    },
    /// The peer ended the TCP connection without a close.
    Ended,
    /// This node closed it.
    Done,
    /// Something failed; the fault is the peer's or the network's.
    Failed {
        /// Where.
        stage: Stage,
        /// What it failed of.
        #[cfg_attr(feature = "serde", serde(default))]
        cause: Cause,
        /// What, in words.
        detail: String,
    },
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { code: Some(code), reason } => {
                write!(f, "closed by the peer with {code} {reason:?}")?;
                match PeerClose::read(Some(*code), reason) {
                    PeerClose::Other(_) => Ok(()),
                    known => write!(f, ": {known}"),
                }
            }
            Self::Closed { code: None, .. } => f.write_str("closed by the peer"),
            Self::Ended => f.write_str("ended by the peer without a close"),
            Self::Done => f.write_str("closed by this node"),
            Self::Failed { stage, detail, .. } => write!(f, "{stage} failed: {detail}"),
        }
    }
}

/// A SHIP node as discovery sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sighting {
    /// Instance name of the service. Two units may have the same one: sightings are told apart by SKI, instance name
    /// and interface.
    pub instance: String,
    /// The interface it is seen on; none where discovery does not tell interfaces apart.
    pub interface: Option<String>,
    /// What its TXT record says.
    pub record: Record,
    /// Where it listens, in the order of discovery.
    pub endpoints: Vec<Endpoint>,
}

impl Sighting {
    /// The SKI it claims; proved only by TLS.
    pub fn ski(&self) -> Ski {
        self.record.ski
    }
}
