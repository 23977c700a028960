//! The pleasant form of calls: every method only builds a [`Call`].

use super::action::Endpoint;
use super::call::{Answer, Call, Misuse};
use super::{Node, TrustPolicy, View};
use crate::ids::{ActorId, PeerId, RequestId, Ticket};
use crate::json::Tape;
use crate::model::{Cmd, Filter, FunctionData, FunctionId};
use crate::ship::Pin;
use crate::ship::identity::Ski;
use crate::spine::{FeaturePath, NewEntity, RelationKind};
use crate::time::Instant;
use crate::usecase::lpc::{self, Limit};
use crate::usecase::{Command, Recipe, Watts};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// A node at one moment.
#[derive(Debug)]
pub struct At<'a> {
    node: &'a mut dyn Callable,
    now: Instant,
}

/// What takes calls: a node, or something that wraps one.
pub trait Callable: core::fmt::Debug {
    /// As [`Node::call`].
    ///
    /// # Errors
    ///
    /// As [`Node::call`].
    fn call(&mut self, call: Call, now: Instant) -> Result<Answer, Misuse>;

    /// As [`Node::view`].
    fn view(&self) -> View<'_>;
}

impl Callable for Node {
    fn call(&mut self, call: Call, now: Instant) -> Result<Answer, Misuse> {
        Self::call(self, call, now)
    }

    fn view(&self) -> View<'_> {
        Self::view(self)
    }
}

impl<T: super::Tap + core::fmt::Debug> Callable for super::Tapped<T> {
    fn call(&mut self, call: Call, now: Instant) -> Result<Answer, Misuse> {
        Self::call(self, call, now)
    }

    fn view(&self) -> View<'_> {
        self.node().view()
    }
}

/// What a call comes back with.
pub type Called = Result<Answer, Misuse>;

/// The name of a request, under which [`Event::Answered`](super::Event::Answered) tells how it ended.
pub type Requested = Result<RequestId, Misuse>;

impl<'a> At<'a> {
    /// A node, or a tapped one, at `now`.
    pub fn new(node: &'a mut dyn Callable, now: Instant) -> Self {
        At { node, now }
    }

    /// Any call.
    ///
    /// # Errors
    ///
    /// As [`Node::call`].
    pub fn call(&mut self, call: Call) -> Called {
        self.node.call(call, self.now)
    }

    /// How everything stands.
    pub fn view(&self) -> View<'_> {
        self.node.view()
    }

    /// The moment.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Makes a peer known by its SKI, with addresses where discovery finds none.
    ///
    /// # Errors
    ///
    /// [`Misuse::OwnSki`], [`Misuse::TooManyPeers`].
    pub fn add_peer(&mut self, ski: Ski, endpoints: Vec<Endpoint>) -> Result<PeerId, Misuse> {
        match self.call(Call::AddPeer { ski, endpoints })? {
            Answer::Peer(peer) => Ok(peer),
            _ => Err(Misuse::TooManyPeers),
        }
    }

    /// One peer.
    pub fn peer(&mut self, peer: PeerId) -> AtPeer<'_, 'a> {
        AtPeer { at: self, peer }
    }

    /// Accepts what a ticket proposes.
    ///
    /// # Errors
    ///
    /// [`Misuse::TicketClosed`].
    pub fn accept(&mut self, ticket: Ticket) -> Called {
        self.call(Call::Accept { ticket })
    }

    /// Refuses what a ticket proposes.
    ///
    /// # Errors
    ///
    /// [`Misuse::TicketClosed`].
    pub fn refuse(&mut self, ticket: Ticket, reason: impl Into<String>) -> Called {
        self.call(Call::RefuseWrite { ticket, reason: reason.into() })
    }

    /// As an Energy Guard, limits a Controllable System, or all of them.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownActor`], [`Misuse::UseCase`].
    pub fn set_limit(&mut self, actor: ActorId, peer: Option<PeerId>, limit: Limit) -> Called {
        self.call(Call::UseCase { actor, command: Command::Lpc(lpc::Command::SetLimit { peer, limit }) })
    }

    /// As an Energy Guard, writes failsafe values; 2 h to 24 h.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownActor`], [`Misuse::UseCase`].
    pub fn set_failsafe(&mut self, actor: ActorId, peer: PeerId, value: Watts, duration: Duration) -> Called {
        let command = Command::Lpc(lpc::Command::SetFailsafe { peer, value, duration });
        self.call(Call::UseCase { actor, command })
    }

    /// Adds an entity to the device while peers know it: its path, and its actors in their order.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownPlace`] where its parent is not there, [`Misuse::UnknownRecipe`].
    pub fn add_entity(
        &mut self,
        entity: NewEntity,
        actors: Vec<Recipe>,
    ) -> Result<(Vec<u32>, Vec<ActorId>), Misuse> {
        match self.call(Call::AddEntity { entity, actors })? {
            Answer::Entity(path, actors) => Ok((path, actors)),
            _ => Err(Misuse::UnknownPlace),
        }
    }

    /// Removes an entity of the device, with everything below it.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownPlace`].
    pub fn remove_entity(&mut self, entity: &[u32]) -> Called {
        self.call(Call::RemoveEntity { entity: entity.to_vec() })
    }

    /// Replaces the data of a local function; subscribers are told where it changed.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownFunction`].
    pub fn set_data<T: FunctionData>(&mut self, feature: &FeaturePath, data: &T) -> Called {
        let (feature, data) = (feature.clone(), Tape::of(data));
        self.call(Call::SetData { feature, function: T::FUNCTION, data })
    }

    /// Replaces what is done with strangers.
    ///
    /// # Errors
    ///
    /// [`Misuse::ShuttingDown`].
    pub fn set_trust_policy(&mut self, policy: TrustPolicy) -> Called {
        self.call(Call::SetTrustPolicy { policy })
    }

    /// Announces the end to every peer, then closes.
    ///
    /// # Errors
    ///
    /// [`Misuse::ShuttingDown`].
    pub fn shut_down(&mut self) -> Called {
        self.call(Call::Shutdown)
    }
}

/// One peer of a node at one moment.
#[derive(Debug)]
pub struct AtPeer<'b, 'a> {
    at: &'b mut At<'a>,
    peer: PeerId,
}

impl AtPeer<'_, '_> {
    /// Trusts the peer, now and after every restart.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownPeer`].
    pub fn trust(&mut self) -> Called {
        self.at.call(Call::Trust { peer: self.peer })
    }

    /// Refuses the peer until it is trusted.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownPeer`].
    pub fn refuse(&mut self) -> Called {
        self.at.call(Call::Refuse { peer: self.peer })
    }

    /// Takes trust back and forgets the peer.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownPeer`].
    pub fn forget(&mut self) -> Called {
        self.at.call(Call::Forget { peer: self.peer })
    }

    /// Gives the peer a name of the user's; an empty one takes it away.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownPeer`].
    pub fn rename(&mut self, label: impl Into<String>) -> Called {
        self.at.call(Call::Rename { peer: self.peer, label: label.into() })
    }

    /// Enters a PIN for the peer: sent once it asks for one, then forgotten.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownPeer`], [`Misuse::NotTrusted`].
    pub fn enter_pin(&mut self, pin: Pin) -> Called {
        self.at.call(Call::EnterPin { peer: self.peer, pin })
    }

    /// Dials the peer now.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownPeer`], [`Misuse::NotTrusted`], [`Misuse::NoAddress`].
    pub fn connect(&mut self) -> Called {
        self.at.call(Call::Connect { peer: self.peer })
    }

    /// Reads a function: all of it, or what a filter names.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotConnected`].
    pub fn read(
        &mut self,
        from: &FeaturePath,
        to: &FeaturePath,
        function: FunctionId,
        filter: Option<Filter>,
    ) -> Requested {
        let (from, to) = (from.clone(), to.clone());
        self.request(Call::Read { peer: self.peer, from, to, function, filter })
    }

    /// Writes: [`Cmd::data`] replaces the whole, [`Cmd::partial`] changes a part.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotConnected`].
    pub fn write(&mut self, from: &FeaturePath, to: &FeaturePath, cmd: Cmd) -> Requested {
        self.request(Call::Write { peer: self.peer, from: from.clone(), to: to.clone(), cmd })
    }

    /// Calls a function.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotConnected`].
    pub fn invoke(&mut self, from: &FeaturePath, to: &FeaturePath, cmd: Cmd) -> Requested {
        self.request(Call::Invoke { peer: self.peer, from: from.clone(), to: to.clone(), cmd })
    }

    /// Asks for a subscription or a binding.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotConnected`], [`Misuse::UnknownFeature`].
    pub fn relate(&mut self, kind: RelationKind, client: &FeaturePath, server: &FeaturePath) -> Requested {
        let (client, server) = (client.clone(), server.clone());
        self.request(Call::Relate { peer: self.peer, kind, client, server })
    }

    /// Gives a subscription or a binding back.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotConnected`].
    pub fn give_up(&mut self, kind: RelationKind, client: &FeaturePath, server: &FeaturePath) -> Requested {
        let (client, server) = (client.clone(), server.clone());
        self.request(Call::GiveUp { peer: self.peer, kind, client, server })
    }

    fn request(&mut self, call: Call) -> Requested {
        match self.at.call(call)? {
            Answer::Request(request) => Ok(request),
            _ => Err(Misuse::NotConnected(self.peer)),
        }
    }
}
