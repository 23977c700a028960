//! What SPINE tells the rooms above it: actors and the node.

use super::address::FeaturePath;
use super::fault::{ErrorNumber, Refusal};
use super::relation::{Relation, RelationKind};
use super::remote::TreeNews;
use super::request::Owner;
use crate::ids::{PeerId, RequestId, Ticket};
use crate::json::Repairs;
use crate::model::{Cmd, FunctionId};
use alloc::string::String;
use core::fmt;

/// Something happened in a session, or to local data.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// SPINE starts with a peer: nothing of an earlier session holds any more.
    Opened {
        /// The peer.
        peer: PeerId,
    },
    /// The session ended; requests are over, relations of the peer are gone.
    Closed {
        /// The peer.
        peer: PeerId,
    },
    /// The peer's device tree is known, or changed.
    Discovered {
        /// The peer.
        peer: PeerId,
        /// What is new.
        news: TreeNews,
    },
    /// The peer's use cases are known, or changed.
    UseCases {
        /// The peer.
        peer: PeerId,
    },
    /// A peer obtained or released a relation to a local feature.
    Related {
        /// Subscription or binding.
        kind: RelationKind,
        /// Between whom.
        relation: Relation,
        /// Obtained, or released.
        granted: bool,
    },
    /// A peer reported data: by reply or by notify.
    Data {
        /// The peer.
        peer: PeerId,
        /// Its feature.
        feature: FeaturePath,
        /// The function.
        function: FunctionId,
    },
    /// A request of this node came to its end.
    Answered {
        /// The peer.
        peer: PeerId,
        /// The request.
        request: RequestId,
        /// Who asked.
        owner: Owner,
        /// How it ended.
        outcome: Outcome,
        /// What a read of the application was answered with.
        reply: Option<Cmd>,
    },
    /// Local data changed and subscribers are told.
    Changed {
        /// The local feature.
        feature: FeaturePath,
        /// The function.
        function: FunctionId,
        /// The ticket whose write did it; `None` for the device itself.
        ticket: Option<Ticket>,
    },
    /// A peer wrote: actors vote on the ticket, then the application where they leave it to it.
    Proposed {
        /// The ticket.
        ticket: Ticket,
    },
    /// A ticket ended without being carried out.
    Unsettled {
        /// The ticket.
        ticket: Ticket,
        /// Why.
        why: Unsettled,
    },
    /// Something of a peer was refused or ignored.
    Fault {
        /// The peer.
        peer: PeerId,
        /// What it did.
        fault: Fault,
    },
    /// A peer's message was read although its form was not right.
    Repaired {
        /// The peer.
        peer: PeerId,
        /// What was repaired, counted by kind.
        repairs: Repairs,
    },
    /// The session can not go on: the peer's connection is to be closed.
    Broken {
        /// The peer.
        peer: PeerId,
        /// Why.
        why: Broken,
    },
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Outcome {
    /// Carried out (result 0), or answered with data.
    Done,
    /// The peer refused.
    Refused {
        /// `errorNumber`.
        error: ErrorNumber,
        /// `description` of the result; empty where absent.
        description: String,
    },
    /// No answer within the time the feature may take (SPINE 5.2.5.3).
    TimedOut,
    /// The session ended first.
    SessionEnded,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Refused { error, description } if description.is_empty() => {
                write!(f, "refused with {error}")
            }
            Self::Refused { error, description } => {
                write!(f, "refused with {error}: {}", description.escape_debug())
            }
            Self::TimedOut => f.write_str("no answer in time"),
            Self::SessionEnded => f.write_str("the connection ended first"),
        }
    }
}

/// Why a ticket was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Unsettled {
    /// Somebody voted against it.
    Refused(String),
    /// Nobody decided in time; the peer was refused, which is not an evaluated refusal.
    Unanswered,
    /// The peer's session ended.
    SessionEnded,
    /// What it would have changed is no longer what it was proposed on.
    Outdated(Refusal),
}

impl fmt::Display for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => write!(f, "refused: {reason}"),
            Self::Unanswered => f.write_str("nobody decided in time"),
            Self::SessionEnded => f.write_str("the connection ended first"),
            Self::Outdated(refusal) => write!(f, "it does not fit any more: {refusal}"),
        }
    }
}

/// What a peer did wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Fault {
    /// Not a datagram, or not in the data model; dropped.
    Unreadable(String),
    /// The header cannot be answered; dropped (SPINE IG 2.1).
    Header(super::datagram::HeaderFault),
    /// The sender claims this node's own address; dropped.
    OwnAddress,
    /// A request that was refused.
    Refused {
        /// The local feature.
        feature: FeaturePath,
        /// Why.
        refusal: Refusal,
    },
    /// Reported data that could not be taken over; it is read anew.
    Data {
        /// The peer's feature.
        feature: FeaturePath,
        /// Why.
        refusal: Refusal,
    },
    /// A reply or result that answers nothing; dropped or taken as news.
    Unsolicited {
        /// The reference it carries.
        reference: Option<u64>,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "a message that can't be read: {why}"),
            Self::Header(fault) => write!(f, "a message that can't be answered: {fault}"),
            Self::OwnAddress => f.write_str("a message with this node's own address as its sender"),
            Self::Refused { feature, refusal } => write!(f, "a request to {feature}, refused with {refusal}"),
            Self::Data { feature, refusal } => {
                write!(f, "data of its {feature} that can't be taken over: {refusal}")
            }
            Self::Unsolicited { reference: Some(counter) } => {
                write!(f, "an answer to message {counter}, which waits for none")
            }
            Self::Unsolicited { reference: None } => f.write_str("an answer that names no question"),
        }
    }
}

/// Why a session can not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// More messages wait for the peer than `MAX_OUTBOX`.
    OutboxFull,
    /// The peer never answered the discovery read (SPINE IG 2.6.2).
    NoDiscovery,
}
