//! What last went wrong with a peer, at which stage, and what to try next.

use super::Node;
use super::event::Refused;
use super::input::{Lost, Stage};
use crate::ids::PeerId;
use crate::ship::identity::Ski;
use crate::ship::message::CloseReason;
use crate::ship::{CloseCause, Ending, Phase, Timer};
use crate::time::Instant;
use alloc::string::{String, ToString};
use core::fmt;

/// The last thing that went wrong with a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Failure {
    /// When.
    pub at: Instant,
    /// How far it had come.
    pub stage: FailureStage,
    /// What happened, in words.
    pub detail: String,
    /// What to try next.
    pub remedy: Remedy,
}

/// How far a connection had come when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum FailureStage {
    /// Below SHIP.
    Link(Stage),
    /// In a phase of SHIP before data exchange.
    Ship(Phase),
    /// In SPINE.
    Spine,
}

impl fmt::Display for FailureStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(stage) => stage.fmt(f),
            Self::Ship(phase) => write!(f, "SHIP, {phase}"),
            Self::Spine => f.write_str("SPINE"),
        }
    }
}

/// What made a connection fail below SHIP, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Cause {
    /// Something else; the detail says what.
    #[default]
    Other,
    /// Nobody listens on the port.
    PortClosed,
    /// No way leads there.
    Unreachable,
    /// No answer in time.
    NoAnswer,
    /// What answers does not speak TLS.
    NotTls,
    /// TLS has no version, cipher suite or curve in common (SHIP 9).
    NothingInCommon,
    /// The peer ended TLS by this fatal alert (RFC 5246 7.2).
    Alert(u8),
    /// The peer has no certificate, or not one of a SHIP node (SHIP 12.1.1).
    Certificate,
    /// This node answered in place of the wanted one.
    WrongSki(Ski),
}

/// What to try next. The variant is the key, its `Display` a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Remedy {
    /// Nothing has to be done.
    Wait,
    /// Trust the peer here.
    TrustHere,
    /// Trust this node at the peer.
    TrustAtPeer,
    /// Remove this node at the peer and pair anew: it knows another SHIP ID.
    PairAnewAtPeer,
    /// Enter the peer's PIN.
    EnterPin,
    /// The host name does not resolve.
    CheckName,
    /// The peer can't be reached.
    CheckNetwork,
    /// The port is closed.
    CheckPort,
    /// The port is not one of SHIP.
    CheckService,
    /// Another SKI answers.
    CheckSki,
    /// The clock or the certificate of an end is out of date.
    CheckClock,
    /// The certificate is none of a SHIP node.
    CheckCertificate,
    /// The TLS parameters do not fit.
    CheckTls,
    /// The peer hangs.
    RestartPeer,
    /// The peer breaks the protocol.
    ReportPeer,
    /// This node is full.
    MakeRoom,
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wait => "nothing to do: it is tried again",
            Self::TrustHere => "trust the peer here, after comparing its SKI",
            Self::TrustAtPeer => "trust this node at the peer: compare this node's SKI there and confirm it",
            Self::PairAnewAtPeer => {
                "remove this node at the peer and pair anew: it knows another SHIP ID for this SKI"
            }
            Self::EnterPin => "enter the PIN that is printed on the peer or shown by it",
            Self::CheckName => "give the peer's IP address: its host name is not found",
            Self::CheckNetwork => "check power, network and firewall of the peer, and its address",
            Self::CheckPort => "check the port, and whether EEBUS is switched on at the peer",
            Self::CheckService => "check address and port: what answers there is no EEBUS service",
            Self::CheckSki => "compare the SKI: another device answers at this address",
            Self::CheckClock => "set date and time at the peer, and check that the certificates are valid",
            Self::CheckCertificate => "update or reset the peer: its certificate is none of EEBUS",
            Self::CheckTls => "update the peer: it offers no TLS parameters that are known here",
            Self::RestartPeer => "restart the peer: it does not answer any more",
            Self::ReportPeer => {
                "update the peer, and report a recording to its maker: it breaks the protocol"
            }
            Self::MakeRoom => "remove peers that are not needed: this node takes no more",
        })
    }
}

/// What a peer means by its WebSocket close: the codes of the field, none is prescribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum PeerClose {
    /// 1000 with `double connection`: it keeps another connection.
    DoubleConnection,
    /// 4001: the usual end.
    Usual,
    /// 4450: it knows this SKI under another SHIP ID.
    ShipIdMismatch,
    /// 4452: its user has not trusted this node.
    NotTrusted,
    /// 4500: its user removed the trust.
    TrustRemoved,
    /// Any other code, or none.
    Other(Option<u16>),
}

impl PeerClose {
    /// Reads code and reason of a close.
    pub fn read(code: Option<u16>, reason: &str) -> Self {
        match code {
            Some(1000) if reason == "double connection" => Self::DoubleConnection,
            Some(4001) => Self::Usual,
            Some(4450) => Self::ShipIdMismatch,
            Some(4452) => Self::NotTrusted,
            Some(4500) => Self::TrustRemoved,
            other => Self::Other(other),
        }
    }

    const fn remedy(self) -> Remedy {
        match self {
            Self::ShipIdMismatch => Remedy::PairAnewAtPeer,
            Self::NotTrusted | Self::TrustRemoved => Remedy::TrustAtPeer,
            Self::DoubleConnection | Self::Usual | Self::Other(_) => Remedy::Wait,
        }
    }
}

impl fmt::Display for PeerClose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoubleConnection => f.write_str("it keeps another connection"),
            Self::Usual => f.write_str("its usual end"),
            Self::ShipIdMismatch => f.write_str("it knows another SHIP ID for this SKI"),
            Self::NotTrusted => f.write_str("its user has not trusted this node"),
            Self::TrustRemoved => f.write_str("its user removed the trust"),
            Self::Other(Some(code)) => write!(f, "code {code}"),
            Self::Other(None) => f.write_str("no code"),
        }
    }
}

impl Cause {
    /// What to try where a stage failed of this.
    fn remedy(self, stage: Stage) -> Remedy {
        match (self, stage) {
            (Self::WrongSki(_), _) => Remedy::CheckSki,
            (Self::NotTls, _) => Remedy::CheckService,
            (Self::PortClosed, _) => Remedy::CheckPort,
            (Self::Certificate, _) => Remedy::CheckCertificate,
            // handshake_failure, protocol_version, insufficient_security
            (Self::NothingInCommon | Self::Alert(40 | 70 | 71), _) => Remedy::CheckTls,
            // certificate_expired
            (Self::Alert(45), _) => Remedy::CheckClock,
            (_, Stage::Name) => Remedy::CheckName,
            (_, Stage::Connect) => Remedy::CheckNetwork,
            // Peers that know only paired nodes end here, by an alert about the certificate or without a word.
            (_, Stage::Secure | Stage::Upgrade) => Remedy::TrustAtPeer,
            (_, Stage::Messages) => Remedy::Wait,
        }
    }
}

impl Node {
    /// Notes what went wrong with a peer.
    pub(super) fn failed(&mut self, peer: PeerId, stage: FailureStage, detail: String, remedy: Remedy) {
        let at = self.now;
        if let Some(row) = self.peers.get_mut(peer) {
            row.failure = Some(Failure { at, stage, detail, remedy });
        }
    }

    /// A stage below SHIP failed.
    pub(super) fn link_failed(&mut self, peer: PeerId, stage: Stage, cause: Cause, detail: String) {
        self.failed(peer, FailureStage::Link(stage), detail, cause.remedy(stage));
    }

    /// The other end of a connection went away; `phase` is that of SHIP, once it began.
    pub(super) fn loss_noted(&mut self, peer: PeerId, phase: Option<Phase>, why: &Lost) {
        let stage = match phase {
            None => FailureStage::Link(Stage::Upgrade),
            Some(Phase::Data | Phase::Closing | Phase::Closed) => FailureStage::Link(Stage::Messages),
            Some(phase) => FailureStage::Ship(phase),
        };
        let remedy = match (why, phase) {
            (Lost::Done, _) => return,
            (Lost::Closed { code, reason }, _) if PeerClose::read(*code, reason).remedy() != Remedy::Wait => {
                PeerClose::read(*code, reason).remedy()
            }
            (_, Some(Phase::HelloReady)) => Remedy::TrustAtPeer,
            (_, Some(Phase::HelloPending)) => Remedy::TrustHere,
            (Lost::Failed { stage, cause, detail }, _) => {
                return self.link_failed(peer, *stage, *cause, detail.clone());
            }
            (_, None) => Remedy::TrustAtPeer,
            (Lost::Closed { .. } | Lost::Ended, Some(_)) => Remedy::Wait,
        };
        self.failed(peer, stage, why.to_string(), remedy);
    }

    /// SHIP came to an end in this phase.
    pub(super) fn ending_noted(&mut self, peer: PeerId, phase: Phase, ending: &Ending) {
        let remedy = match ending {
            Ending::Closed(
                CloseCause::Unspecific | CloseCause::DoubleConnection | CloseCause::TrustRemoved,
            ) => {
                return;
            }
            Ending::TimedOut(Timer::WaitForReady | Timer::ProlongationReply)
                if phase == Phase::HelloPending =>
            {
                Remedy::TrustHere
            }
            Ending::Refused => Remedy::TrustHere,
            Ending::AbortedByPeer
            | Ending::TimedOut(Timer::WaitForReady | Timer::ProlongationReply)
            | Ending::ClosedByPeer(CloseReason::RemovedConnection) => Remedy::TrustAtPeer,
            Ending::PinRequired => Remedy::EnterPin,
            Ending::TimedOut(_) => Remedy::RestartPeer,
            Ending::Fault(_) | Ending::ProtocolError(_) => Remedy::ReportPeer,
            _ => Remedy::Wait,
        };
        self.failed(peer, FailureStage::Ship(phase), ending.to_string(), remedy);
    }

    /// This node refused or closed a connection of the peer.
    pub(super) fn refusal_noted(&mut self, peer: PeerId, phase: Option<Phase>, why: Refused) {
        let remedy = match why {
            Refused::DoubleConnection
            | Refused::RecordLimit
            | Refused::ShuttingDown
            | Refused::NotTrusted => return,
            Refused::NoPong => Remedy::CheckNetwork,
            Refused::SelfConnection => Remedy::CheckSki,
            Refused::WriteStalled
            | Refused::OutboxFull
            | Refused::NoDiscovery
            | Refused::NotSecuredInTime
            | Refused::NotOpenedInTime => Remedy::RestartPeer,
            Refused::TooManyConnections
            | Refused::TooManyUnproved
            | Refused::TooManyPeers
            | Refused::TooManyStrangers => Remedy::MakeRoom,
        };
        let stage = match (why, phase) {
            (Refused::NoDiscovery | Refused::OutboxFull, _) => FailureStage::Spine,
            (_, Some(phase)) if phase < Phase::Data => FailureStage::Ship(phase),
            (_, Some(_)) => FailureStage::Link(Stage::Messages),
            (_, None) => FailureStage::Link(Stage::Upgrade),
        };
        self.failed(peer, stage, why.to_string(), remedy);
    }
}
