//! What the application wants, as data.

use super::action::Endpoint;
use super::trust_level::TrustPolicy;
use crate::ids::{ActorId, PeerId, RequestId, Ticket};
use crate::json::Tape;
use crate::model::{Cmd, Filter, FunctionId};
use crate::ship::identity::Ski;
use crate::ship::{KeyMaterial, Pin};
use crate::spine::{FeaturePath, NewEntity, NewFeature, RelationKind};
use crate::usecase::{Command, CommandMisuse, Recipe};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One wish.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Call {
    /// Makes a peer known by its SKI, with addresses where discovery finds none.
    AddPeer {
        /// Its SKI.
        ski: Ski,
        /// Where it can be dialled; kept in addition to what discovery finds.
        endpoints: Vec<Endpoint>,
    },
    /// Trusts a peer, or the new certificate of a trusted one, now and after every restart (SHIP 12.3). A peer that is
    /// gone meanwhile is dialled where it is known to be, or trusted when it comes.
    Trust {
        /// The peer.
        peer: PeerId,
    },
    /// Refuses a peer, also after restarts, until it is trusted or forgotten; what is connected is closed.
    Refuse {
        /// The peer.
        peer: PeerId,
    },
    /// Takes trust back and forgets the peer; what is connected is closed. No other peer is touched.
    Forget {
        /// The peer.
        peer: PeerId,
    },
    /// Takes all trust back and forgets every peer (SHIP 12.2).
    ForgetAll,
    /// Gives a peer a name of the user's; an empty one takes it away.
    Rename {
        /// The peer.
        peer: PeerId,
        /// Its name, of which 64 characters are kept.
        label: String,
    },
    /// Replaces what is done with strangers. A window begins now, also for those that wait already.
    SetTrustPolicy {
        /// What.
        policy: TrustPolicy,
    },
    /// Announces another `register`: many devices list only peers that set it. It accepts nobody.
    SetRegister {
        /// Whether a user opened a pairing window.
        register: bool,
    },
    /// Dials a trusted peer now instead of at the end of its back-off.
    Connect {
        /// The peer.
        peer: PeerId,
    },
    /// Enters a PIN for a trusted peer: sent once the peer asks for one, then forgotten (SHIP 12.5).
    EnterPin {
        /// The peer.
        peer: PeerId,
        /// The PIN.
        pin: Pin,
    },
    /// Tells every peer that this node's keys change; needs a configuration with key material and a counter that
    /// grew (SHIP 1.1.0, 12.1.3).
    SetKeyMaterial {
        /// The keys.
        material: KeyMaterial,
    },
    /// Accepts what a ticket proposes.
    Accept {
        /// The ticket.
        ticket: Ticket,
    },
    /// Refuses what a ticket proposes.
    RefuseWrite {
        /// The ticket.
        ticket: Ticket,
        /// Told to the peer.
        reason: String,
    },
    /// A wish to a use case actor.
    UseCase {
        /// The actor.
        actor: ActorId,
        /// The wish.
        command: Command,
    },
    /// Reads a function of a peer; answered by `Event::Answered`.
    Read {
        /// The peer.
        peer: PeerId,
        /// The local feature that asks.
        from: FeaturePath,
        /// The peer's feature.
        to: FeaturePath,
        /// The function.
        function: FunctionId,
        /// The entries and elements that are asked for; everything where the peer reads no parts.
        filter: Option<Filter>,
    },
    /// Writes to a peer; answered by `Event::Answered`. A part is written as the whole where the peer takes no parts.
    Write {
        /// The peer.
        peer: PeerId,
        /// The local feature that writes.
        from: FeaturePath,
        /// The peer's feature.
        to: FeaturePath,
        /// What.
        cmd: Cmd,
    },
    /// Calls a function of a peer; answered by `Event::Answered`.
    Invoke {
        /// The peer.
        peer: PeerId,
        /// The local feature that calls.
        from: FeaturePath,
        /// The peer's feature.
        to: FeaturePath,
        /// What.
        cmd: Cmd,
    },
    /// Asks a peer for a subscription or a binding; answered by `Event::Answered`.
    Relate {
        /// The peer.
        peer: PeerId,
        /// Which.
        kind: RelationKind,
        /// The local feature.
        client: FeaturePath,
        /// The peer's feature.
        server: FeaturePath,
    },
    /// Gives a subscription or a binding at a peer back; answered by `Event::Answered`.
    GiveUp {
        /// The peer.
        peer: PeerId,
        /// Which.
        kind: RelationKind,
        /// The local feature.
        client: FeaturePath,
        /// The peer's feature.
        server: FeaturePath,
    },
    /// Adds an entity to the device, with its features and its actors; subscribers are told (SPINE 7.1.5).
    AddEntity {
        /// The entity.
        entity: NewEntity,
        /// Actors to install on it.
        actors: Vec<Recipe>,
    },
    /// Removes an entity of the device, with everything below it.
    RemoveEntity {
        /// Its path.
        entity: Vec<u32>,
    },
    /// Adds a feature to an entity of the device, or functions to the one it has of the same type and role.
    AddFeature {
        /// Path of the entity.
        entity: Vec<u32>,
        /// The feature.
        feature: NewFeature,
    },
    /// Removes a feature of the device.
    RemoveFeature {
        /// The feature.
        feature: FeaturePath,
    },
    /// Says whether a use case of a client actor is in use (SPINE 7.5.2, `useCaseAvailable`).
    SetAvailable {
        /// Path of the entity.
        entity: Vec<u32>,
        /// `useCaseName`.
        use_case: String,
        /// Whether it is.
        available: bool,
    },
    /// Replaces the data of a local function; subscribers are told where it changed.
    SetData {
        /// The local feature.
        feature: FeaturePath,
        /// The function.
        function: FunctionId,
        /// The data.
        data: Tape,
    },
    /// Announces the end to every peer, then closes (SHIP 13.4.7).
    Shutdown,
}

/// What a call comes back with at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Answer {
    /// Taken.
    Done,
    /// The peer's name in this node.
    Peer(PeerId),
    /// The request, whose answer comes as an event.
    Request(RequestId),
    /// The path of the new entity, and its actors in their order.
    Entity(Vec<u32>, Vec<ActorId>),
    /// The feature.
    Feature(FeaturePath),
}

/// A call that cannot be taken: the caller's mistake, or too late.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Misuse {
    /// There is no such peer.
    UnknownPeer(PeerId),
    /// The SKI is this node's own.
    OwnSki,
    /// The peer is not trusted; trust it first.
    NotTrusted(PeerId),
    /// Nothing is known of where the peer is; it has to be seen, or be given an address.
    NoAddress(PeerId),
    /// There is no SPINE session with the peer.
    NotConnected(PeerId),
    /// The peer announces no such feature.
    UnknownFeature(PeerId),
    /// The ticket is not open: decided, over, or its peer is gone.
    TicketClosed(Ticket),
    /// There is no such actor.
    UnknownActor(ActorId),
    /// The actor does not take the wish.
    UseCase(CommandMisuse),
    /// There is no such local feature, or it does not offer the function.
    UnknownFunction,
    /// There is no such local entity, feature or use case; NodeManagement stays as it is.
    UnknownPlace,
    /// Nobody here can make the actor.
    UnknownRecipe(Recipe),
    /// More peers than a node keeps.
    TooManyPeers,
    /// No key material is configured, or its counter did not grow.
    OldKeyMaterial,
    /// The node is shutting down.
    ShuttingDown,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPeer(peer) => write!(f, "there is no {peer}"),
            Self::OwnSki => f.write_str("this is the node's own SKI"),
            Self::NotTrusted(peer) => write!(f, "{peer} is not trusted"),
            Self::NoAddress(peer) => write!(f, "no address of {peer} is known"),
            Self::NotConnected(peer) => write!(f, "{peer} is not connected"),
            Self::UnknownFeature(peer) => write!(f, "{peer} announces no such feature"),
            Self::TicketClosed(ticket) => write!(f, "{ticket} is not open any more"),
            Self::UnknownActor(actor) => write!(f, "there is no {actor}"),
            Self::UseCase(misuse) => misuse.fmt(f),
            Self::UnknownFunction => f.write_str("no local feature offers this function"),
            Self::UnknownPlace => f.write_str("there is no such local entity, feature or use case"),
            Self::UnknownRecipe(recipe) => write!(f, "nobody here can make the actor {recipe:?}"),
            Self::TooManyPeers => f.write_str("the node keeps no more peers"),
            Self::OldKeyMaterial => f.write_str("the counter of the key material did not grow"),
            Self::ShuttingDown => f.write_str("the node is shutting down"),
        }
    }
}

impl core::error::Error for Misuse {}
