//! What the application is told.

use super::action::Endpoint;
use super::input::{Lost, Stage};
use super::peers::Decision;
use super::readiness::Readiness;
use super::trust_level::TrustSource;
use crate::ids::{ActorId, ConnId, PeerId, RequestId, Ticket};
use crate::json::Repairs;
use crate::model::{Cmd, FunctionId};
use crate::ship::identity::{Fingerprint, ShipId, Ski};
use crate::ship::{Ending, Fault as ShipFault, KeyMaterial, PinNews};
use crate::spine::{Fault as SpineFault, FeaturePath, Outcome, TreeNews};
use crate::time::Instant;
use crate::usecase::lpc;
use alloc::string::String;
use core::fmt;
use core::net::SocketAddr;

/// Something the application may want to know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Event {
    /// The node listens.
    Listening {
        /// On this port.
        port: u16,
    },
    /// Discovery found a peer, or news of it.
    Seen {
        /// The peer.
        peer: PeerId,
        /// Its SKI as announced.
        ski: Ski,
        /// Its SHIP ID as announced.
        ship_id: ShipId,
    },
    /// Discovery lost a peer.
    Gone {
        /// The peer.
        peer: PeerId,
    },
    /// A peer came a rung up or down the ladder.
    Readiness {
        /// The peer.
        peer: PeerId,
        /// Where it stands now.
        readiness: Readiness,
    },
    /// A stranger is connected and waits for trust: trust or refuse it.
    PairingRequested(PairingRequested),
    /// A stranger that asked for trust is gone for so long, or so many others asked, that its request is dropped.
    PairingExpired {
        /// The peer.
        peer: PeerId,
    },
    /// Somebody decided about a peer: the user, or the trust policy.
    Decided {
        /// The peer.
        peer: PeerId,
        /// What; undecided where it was forgotten, or where the store could not keep the trust.
        decision: Decision,
        /// Who, where it is trusted.
        source: Option<TrustSource>,
    },
    /// A trusted peer proved its key by another certificate than before, for instance a renewed one. It waits until it is
    /// trusted anew, or refused (SHIP 12.2).
    FingerprintChanged {
        /// The peer.
        peer: PeerId,
        /// The certificate that is trusted.
        known: Fingerprint,
        /// The certificate it has now.
        presented: Fingerprint,
    },
    /// A peer tells another SHIP ID than before under the same SKI, for instance after its electronics were reset. Trust
    /// stays, as it goes by the SKI; other nodes may close with 4450 and want to pair anew.
    ShipIdChanged {
        /// The peer.
        peer: PeerId,
        /// What it told before.
        before: ShipId,
        /// What it tells now.
        now: ShipId,
    },
    /// A connection is open and proved to be this peer's.
    Connected {
        /// The peer.
        peer: PeerId,
        /// The connection.
        conn: ConnId,
    },
    /// A connection of a peer ended.
    Disconnected {
        /// The peer.
        peer: PeerId,
        /// The connection.
        conn: ConnId,
        /// How.
        why: Lost,
        /// When it is dialled again, where it is.
        retry: Option<Instant>,
    },
    /// An accepted connection ended before it proved whose it is.
    Unproved {
        /// The connection.
        conn: ConnId,
        /// Its other end.
        from: SocketAddr,
        /// How: for instance without a certificate, or without TLS.
        why: Lost,
    },
    /// An attempt to reach a peer failed.
    DialFailed {
        /// The peer.
        peer: PeerId,
        /// Where.
        endpoint: Endpoint,
        /// At which stage.
        stage: Stage,
        /// What the system said.
        detail: String,
    },
    /// A connection was refused or closed by this node.
    Refused {
        /// The connection.
        conn: ConnId,
        /// The peer, once known.
        peer: Option<PeerId>,
        /// Its other end, where it was accepted.
        from: Option<SocketAddr>,
        /// Why.
        why: Refused,
    },
    /// A peer broke a rule of SHIP.
    Ship {
        /// The peer.
        peer: PeerId,
        /// The connection.
        conn: ConnId,
        /// What.
        fault: ShipFault,
    },
    /// A PIN is asked for, or was entered (SHIP 13.4.4.3).
    Pin {
        /// The peer.
        peer: PeerId,
        /// The connection.
        conn: ConnId,
        /// What happened.
        news: PinNews,
    },
    /// A peer told which keys it uses and will use; they are trusted as it is (SHIP 1.1.0, 12.1.3).
    KeyMaterial {
        /// The peer.
        peer: PeerId,
        /// The connection.
        conn: ConnId,
        /// The keys.
        material: KeyMaterial,
    },
    /// A peer uses another one of the keys it told of.
    KeySwitched {
        /// The peer.
        peer: PeerId,
        /// The SKI of before.
        from: Ski,
        /// The SKI of now.
        to: Ski,
    },
    /// SHIP came to its end on a connection, which closes.
    Ended {
        /// The peer.
        peer: PeerId,
        /// The connection.
        conn: ConnId,
        /// Why.
        ending: Ending,
    },
    /// A peer broke a rule of SPINE; what was refused, dropped or taken all the same.
    Spine {
        /// The peer.
        peer: PeerId,
        /// What.
        fault: SpineFault,
    },
    /// A peer's messages were read although their form was not right.
    Repaired {
        /// The peer.
        peer: PeerId,
        /// What was repaired, counted by kind.
        repairs: Repairs,
    },
    /// A peer's device tree is known, or changed.
    Discovered {
        /// The peer.
        peer: PeerId,
        /// What is new.
        news: TreeNews,
    },
    /// A peer's use cases are known, or changed.
    UseCases {
        /// The peer.
        peer: PeerId,
    },
    /// A peer reported data; the view has it.
    Data {
        /// The peer.
        peer: PeerId,
        /// Its feature.
        feature: FeaturePath,
        /// The function.
        function: FunctionId,
    },
    /// A request of the application came to its end.
    Answered {
        /// The peer.
        peer: PeerId,
        /// The request.
        request: RequestId,
        /// How.
        outcome: Outcome,
        /// What a read was answered with: all of it, or the part that was asked for. The view has the whole.
        reply: Option<Cmd>,
    },
    /// A peer writes what no actor looks after: accept or refuse it. The view has the details.
    WriteProposed {
        /// The ticket.
        ticket: Ticket,
        /// The peer.
        peer: PeerId,
        /// The local feature.
        feature: FeaturePath,
        /// The function.
        function: FunctionId,
    },
    /// A ticket ended without being carried out.
    WriteEnded {
        /// The ticket.
        ticket: Ticket,
        /// Why.
        why: crate::spine::Unsettled,
    },
    /// Limitation of power consumption.
    Lpc {
        /// The actor that tells.
        actor: ActorId,
        /// What.
        event: lpc::Event,
    },
    /// A use case outside this crate.
    Custom {
        /// The actor that tells.
        actor: ActorId,
        /// What happened.
        name: String,
        /// Details, in a form of the actor's own.
        detail: String,
    },
    /// The store could not keep something; what depended on it was not promised.
    PersistFailed {
        /// The sequence number.
        seq: u64,
        /// What the system said.
        detail: String,
    },
    /// The application was too slow: this many events were left out. The view is whole.
    Lagged {
        /// How many.
        missed: u64,
    },
    /// Every connection is closed after a shutdown.
    Stopped,
}

/// A stranger that waits for trust (SHIP 13.4.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PairingRequested {
    /// The peer.
    pub peer: PeerId,
    /// Its SKI, proved by TLS; to be compared by the user.
    pub ski: Ski,
    /// Its SHIP ID, where discovery knows it.
    pub ship_id: Option<ShipId>,
}

/// Why this node refused or closed a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Refused {
    /// More connections than the node takes.
    TooManyConnections,
    /// More connections that have not proved who they are than the node takes.
    TooManyUnproved,
    /// More peers than the node keeps.
    TooManyPeers,
    /// More strangers wait for trust than the node takes.
    TooManyStrangers,
    /// TLS was not done in time.
    NotSecuredInTime,
    /// The WebSocket was not open in time.
    NotOpenedInTime,
    /// The other end is this node itself.
    SelfConnection,
    /// Another connection of the peer was kept (SHIP 12.2.2).
    DoubleConnection,
    /// No pong within 10 s (SHIP 10.4).
    NoPong,
    /// The peer took nothing for 10 s.
    WriteStalled,
    /// Too much waits for the peer.
    OutboxFull,
    /// TLS may soon carry no more on the connection; the next one follows at once.
    RecordLimit,
    /// The peer never answered the discovery read (SPINE IG 2.6.2).
    NoDiscovery,
    /// The user refused the peer, or took its trust back.
    NotTrusted,
    /// The node shuts down.
    ShuttingDown,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooManyConnections => "the node takes no more connections",
            Self::TooManyUnproved => "the node takes no more unproved connections",
            Self::TooManyPeers => "the node keeps no more peers",
            Self::TooManyStrangers => "the node takes no more strangers",
            Self::NotSecuredInTime => "TLS was not done within 10 s",
            Self::NotOpenedInTime => "the WebSocket was not open within 10 s",
            Self::SelfConnection => "the other end is this node itself",
            Self::DoubleConnection => "double connection",
            Self::NoPong => "no pong within 10 s",
            Self::WriteStalled => "nothing was taken for 10 s",
            Self::OutboxFull => "too many messages wait for the peer",
            Self::RecordLimit => "the connection is made anew before TLS ends it",
            Self::NoDiscovery => "the discovery read was never answered",
            Self::NotTrusted => "the peer is not trusted",
            Self::ShuttingDown => "the node is shutting down",
        })
    }
}
