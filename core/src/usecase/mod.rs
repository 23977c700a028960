//! Use cases: what two devices agree to do over SPINE.
//!
//! An [`Actor`] is one side of a use case, installed on a local entity. It is told what happens in SPINE, votes on
//! writes of peers, and acts through its [`Context`]. Actors outside this crate are equal to those inside.

mod descriptor;
pub mod lpc;
mod partner;
mod recipe;
mod watts;

pub use descriptor::{Descriptor, FeatureNeed};
pub use partner::{Partner, partners};
pub use recipe::Recipe;
pub use watts::{Watts, watts};

use crate::ids::{ActorId, PeerId, RequestId};
use crate::model::{CmdClassifier, EntityType, FunctionId};
use crate::spine::{Device, Event as SpineEvent, FeaturePath, Owner, Proposal, RelationKind, Spine, Vote};
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;

/// One side of a use case.
pub trait Actor: fmt::Debug + Send + Sync {
    /// What it is: names, versions, scenarios, features.
    fn descriptor(&self) -> &'static Descriptor;

    /// What it was made from, so that a trace can make it again; asked before it is at work.
    fn recipe(&self) -> Recipe;

    /// Fills the features of its entity with its initial data; they exist already, as the descriptor names them.
    fn install(&mut self, entity: &[u32], entity_type: &EntityType, device: &mut Device);

    /// The store put durable data back in place; the first session comes after this.
    fn restored(&mut self, cx: &mut Context<'_>);

    /// Something happened in SPINE.
    fn handle(&mut self, event: &SpineEvent, cx: &mut Context<'_>);

    /// A peer wants to change data of this entity. An actor that does not look after it abstains.
    fn vote(&mut self, proposal: &Proposal, cx: &mut Context<'_>) -> Vote;

    /// The application wants something.
    fn command(&mut self, command: &Command, cx: &mut Context<'_>) -> Result<(), CommandMisuse>;

    /// When to call [`Actor::tick`] at the latest, and for what.
    fn deadline(&self) -> Option<(Instant, &'static str)>;

    /// Time has come.
    fn tick(&mut self, cx: &mut Context<'_>);

    /// How things stand.
    fn view(&self, cx: &ViewContext<'_>) -> View;

    /// A copy; a node can be cloned as a whole.
    fn boxed_clone(&self) -> Box<dyn Actor>;
}

impl Clone for Box<dyn Actor> {
    fn clone(&self) -> Self {
        self.as_ref().boxed_clone()
    }
}

/// What an actor tells the application.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Limitation of power consumption.
    Lpc(lpc::Event),
    /// Something of a use case outside this crate.
    Custom {
        /// What happened.
        name: String,
        /// Details, in a form of the actor's own.
        detail: String,
    },
}

/// What the application wants of an actor.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Command {
    /// Limitation of power consumption.
    Lpc(lpc::Command),
    /// Something of a use case outside this crate.
    Custom {
        /// What to do.
        name: String,
        /// Details, in a form of the actor's own.
        detail: String,
    },
}

/// How things stand with an actor.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum View {
    /// Limitation of power consumption.
    Lpc(lpc::View),
    /// A use case outside this crate, in a form of its own.
    Custom(String),
}

/// Why a command was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum CommandMisuse {
    /// This actor knows no such command.
    NotMine,
    /// The peer is no partner of this actor.
    NoPartner(PeerId),
    /// A value is outside its range; names which and the range.
    Range(String),
}

impl fmt::Display for CommandMisuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMine => f.write_str("the actor does not know this command"),
            Self::NoPartner(peer) => write!(f, "{peer} does not take part in this use case"),
            Self::Range(text) => f.write_str(text),
        }
    }
}

impl core::error::Error for CommandMisuse {}

/// Through which an actor acts.
#[derive(Debug)]
pub struct Context<'a> {
    /// The time of what is being handled.
    pub now: Instant,
    /// The actor's own name.
    pub actor: ActorId,
    /// The entity it is installed on.
    pub entity: &'a [u32],
    /// SPINE of this node.
    pub spine: &'a mut Spine,
    /// What the application is told.
    pub events: &'a mut VecDeque<(ActorId, Event)>,
}

impl Context<'_> {
    /// Tells the application.
    pub fn emit(&mut self, event: Event) {
        self.events.push_back((self.actor, event));
    }

    /// Reads a function of a peer; the answer comes with `tag`.
    pub fn read(
        &mut self,
        peer: PeerId,
        tag: u32,
        from: &FeaturePath,
        to: &FeaturePath,
        function: FunctionId,
    ) {
        let owner = Owner::Actor(self.actor, tag);
        self.spine.read(peer, owner, from, to, function);
    }

    /// Asks a peer for a relation; the answer comes with `tag`.
    pub fn relate(
        &mut self,
        peer: PeerId,
        tag: u32,
        kind: RelationKind,
        client: &FeaturePath,
        server: &FeaturePath,
    ) {
        let owner = Owner::Actor(self.actor, tag);
        self.spine.relate(peer, owner, kind, client, server);
    }

    /// Writes to a peer; the answer comes with `tag`.
    pub fn write(
        &mut self,
        peer: PeerId,
        tag: u32,
        from: &FeaturePath,
        to: &FeaturePath,
        cmd: crate::model::Cmd,
    ) -> Option<RequestId> {
        let owner = Owner::Actor(self.actor, tag);
        self.spine.request(peer, owner, CmdClassifier::Write, from, to, cmd)
    }
}

/// What an actor may look at to say how things stand.
#[derive(Clone, Copy, Debug)]
pub struct ViewContext<'a> {
    /// The entity the actor is installed on.
    pub entity: &'a [u32],
    /// SPINE of this node.
    pub spine: &'a Spine,
}
