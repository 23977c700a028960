//! What a peer did wrong, and why a connection ends.

use super::message::{CloseReason, MessageFault};
use super::state::{Phase, Timer};
use alloc::string::String;
use core::fmt;

/// A rule the peer broke. Reported once: as an item where the connection goes on, inside [`Ending::Fault`] where not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Fault {
    /// Where the connection stood.
    pub phase: Phase,
    /// What arrived.
    pub kind: FaultKind,
}

/// What arrived that should not have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum FaultKind {
    /// A WebSocket message without any octet (SHIP 13.4.2). Ignored.
    EmptyFrame,
    /// A message type without a value (SHIP 13.4.2). Ignored.
    EmptyValue,
    /// A reserved message type (SHIP 13.4.2). Ignored.
    ReservedType(u8),
    /// A CMI message after the first (SHIP 13.4.3). Ignored.
    SecondCmi,
    /// The first message is no CMI: not of type `init`, not two octets, or its CmiHead is not 0 (SHIP 13.4.3).
    NotCmi,
    /// A message that cannot be read (SHIP 11.4, 13.4.2).
    Unreadable(MessageFault),
    /// A readable message that has no place here; carries its name (SHIP 13.4.4).
    Unexpected(String),
    /// A message under the wrong message type; carries its name (SHIP 13.4.2).
    WrongType(String),
    /// No common format, or a version below 1.0 (SHIP 13.4.4.2.2).
    NothingInCommon,
    /// A selection outside what was announced, or a confirmation that differs from it (SHIP 13.4.4.2.2).
    SelectionMismatch,
    /// More data before the end of the PIN phase than is kept (SHIP 13.4.4.3).
    TooMuchEarlyData,
    /// A data message of another protocol than `ee1.0`; carries its name (SHIP 13.4.5). Ignored.
    OtherProtocol(String),
    /// Key material older than what is known of the peer (SHIP 1.1.0, 12.1.3.4). Ignored.
    OldKeyMaterial,
    /// A `connectionClose` confirmation nobody asked for (SHIP 13.4.7). Ignored.
    UnaskedConfirmation,
}

impl FaultKind {
    /// Every phase goes on: nothing was said that could be wrong.
    pub(super) const fn is_harmless(&self) -> bool {
        matches!(
            self,
            Self::EmptyFrame
                | Self::EmptyValue
                | Self::ReservedType(_)
                | Self::SecondCmi
                | Self::OtherProtocol(_)
                | Self::UnaskedConfirmation
        )
    }

    /// The section of SHIP 1.0.1 that holds the rule.
    pub const fn section(&self) -> &'static str {
        match self {
            Self::EmptyFrame | Self::EmptyValue | Self::ReservedType(_) | Self::WrongType(_) => "13.4.2",
            Self::SecondCmi | Self::NotCmi => "13.4.3",
            Self::Unreadable(_) => "11.4",
            Self::Unexpected(_) => "13.4.4",
            Self::NothingInCommon | Self::SelectionMismatch => "13.4.4.2.2",
            Self::TooMuchEarlyData => "13.4.4.3",
            Self::OtherProtocol(_) => "13.4.5",
            Self::OldKeyMaterial => "12.1.3.4",
            Self::UnaskedConfirmation => "13.4.7",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyFrame => f.write_str("an empty message"),
            Self::EmptyValue => f.write_str("a message type without a value"),
            Self::ReservedType(octet) => write!(f, "the reserved message type {octet:#04x}"),
            Self::SecondCmi => f.write_str("a second CMI message"),
            Self::NotCmi => f.write_str("something else than the CMI message 00 00"),
            Self::Unreadable(fault) => write!(f, "an unreadable message: {fault}"),
            Self::Unexpected(name) => write!(f, "an unexpected `{name}`"),
            Self::WrongType(name) => write!(f, "`{name}` under the wrong message type"),
            Self::NothingInCommon => f.write_str("an announcement without a common version and format"),
            Self::SelectionMismatch => f.write_str("a selection that does not match the announcement"),
            Self::TooMuchEarlyData => f.write_str("too much data before the PIN state"),
            Self::OtherProtocol(name) => write!(f, "data of the protocol `{name}`"),
            Self::OldKeyMaterial => f.write_str("key material older than known"),
            Self::UnaskedConfirmation => f.write_str("a confirmation of a close nobody announced"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the peer sent {} (SHIP {})", self.phase, self.kind, self.kind.section())
    }
}

impl core::error::Error for Fault {}

/// Why this node leaves a connection of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum CloseCause {
    /// The node stops, restarts or makes room. The peer may dial again.
    Unspecific,
    /// Another connection with the same peer is kept (SHIP 12.2.2).
    DoubleConnection,
    /// The user no longer trusts the peer (SHIP 12.2, 13.4.7).
    TrustRemoved,
}

/// Why a connection ends. Each knows the WebSocket close code and text that tell the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Ending {
    /// The peer broke a rule this phase does not forgive.
    Fault(Fault),
    /// The peer was silent for too long.
    TimedOut(Timer),
    /// The peer's hello said `aborted`: its user does not trust this node (SHIP 13.4.4.1).
    AbortedByPeer,
    /// This node's user does not trust the peer: hello ended with `aborted` (SHIP 13.4.4.1).
    Refused,
    /// The peer answered the protocol handshake with this error (SHIP 13.4.4.2.3).
    ProtocolError(u8),
    /// The peer demands a PIN, and nobody entered it in time (SHIP 13.4.4.3).
    PinRequired,
    /// The peer announced the close (SHIP 13.4.7).
    ClosedByPeer(CloseReason),
    /// This node left; in the data phase with announcement, and confirmed or `maxTime` is over (SHIP 13.4.7).
    Closed(CloseCause),
}

impl Ending {
    /// The WebSocket close code. SHIP prescribes none but 1002 and 1003; the others are those the field uses.
    pub const fn code(&self) -> u16 {
        match self {
            Self::Fault(Fault { phase: Phase::Cmi, .. }) => 1002,
            Self::Fault(Fault { phase: Phase::HelloReady | Phase::HelloPending, .. })
            | Self::TimedOut(Timer::WaitForReady | Timer::ProlongationReply)
            | Self::Refused => 4452,
            Self::Closed(CloseCause::DoubleConnection) => 1000,
            Self::Closed(CloseCause::TrustRemoved) => 4500,
            Self::Fault(_)
            | Self::TimedOut(_)
            | Self::AbortedByPeer
            | Self::ProtocolError(_)
            | Self::PinRequired
            | Self::ClosedByPeer(_)
            | Self::Closed(CloseCause::Unspecific) => 4001,
        }
    }

    /// The text of the WebSocket close frame.
    pub const fn reason(&self) -> &'static str {
        match self.code() {
            1000 => "double connection",
            1002 => "protocol error",
            4452 => "Node rejected by application",
            4500 => "User close",
            _ => "close",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::TimedOut(timer) => write!(f, "the peer did not send {timer} in time"),
            Self::AbortedByPeer => f.write_str("the peer does not trust this node"),
            Self::Refused => f.write_str("this node does not trust the peer"),
            Self::ProtocolError(code) => {
                write!(f, "the peer refused the protocol handshake with error {code}")
            }
            Self::PinRequired => f.write_str("the peer demands a PIN and nobody entered it"),
            Self::ClosedByPeer(reason) => write!(f, "the peer closed the connection: {reason}"),
            Self::Closed(CloseCause::Unspecific) => f.write_str("this node closed the connection"),
            Self::Closed(CloseCause::DoubleConnection) => {
                f.write_str("another connection with the peer is kept")
            }
            Self::Closed(CloseCause::TrustRemoved) => f.write_str("the user removed the trust in the peer"),
        }
    }
}
