//! Subscriptions and bindings that peers hold at this device (SPINE 7.3, 7.4).

use super::address::FeaturePath;
use super::device::{Device, WriteAccess};
use super::fault::{ErrorNumber, Refusal};
use super::remote::Remote;
use crate::ids::PeerId;
use crate::model::{FeatureAddress, FeatureType, Role};
use alloc::collections::BTreeMap;
use alloc::format;

/// Relations of each kind one peer may hold here.
pub const MAX_RELATIONS: usize = 64;

/// The two kinds of relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RelationKind {
    /// Being told of changes.
    Subscription,
    /// Being allowed to write.
    Binding,
}

/// One relation: a client feature of a peer and a server feature of this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Who holds it.
    pub peer: PeerId,
    /// The peer's feature.
    pub client: FeaturePath,
    /// The local feature.
    pub server: FeaturePath,
}

/// All relations of one kind, by the number that is told to peers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    entries: BTreeMap<u32, Relation>,
    next: u32,
}

impl Relations {
    /// Adds a relation; the number of the one that exists already where it does (requests are idempotent).
    pub fn add(&mut self, relation: Relation) -> (u32, bool) {
        if let Some(number) = self.number(&relation) {
            return (number, false);
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.entries.insert(number, relation);
        (number, true)
    }

    fn number(&self, relation: &Relation) -> Option<u32> {
        self.entries.iter().find(|(_, entry)| *entry == relation).map(|(number, _)| *number)
    }

    /// Removes a relation; `false` where there was none.
    pub fn remove(&mut self, relation: &Relation) -> bool {
        self.number(relation).is_some_and(|number| self.entries.remove(&number).is_some())
    }

    /// Removes everything a peer holds and hands it out.
    pub fn drop_peer(&mut self, peer: PeerId) -> impl Iterator<Item = Relation> + use<> {
        let (gone, kept) = core::mem::take(&mut self.entries).into_iter().partition(|(_, r)| r.peer == peer);
        self.entries = kept;
        let gone: BTreeMap<u32, Relation> = gone;
        gone.into_values()
    }

    /// The relation of this number.
    pub fn get(&self, number: u32) -> Option<&Relation> {
        self.entries.get(&number)
    }

    /// Relations at a local feature.
    pub fn at<'a>(&'a self, server: &'a FeaturePath) -> impl Iterator<Item = (u32, &'a Relation)> {
        self.iter().filter(move |(_, relation)| relation.server == *server)
    }

    /// Relations of one peer.
    pub fn of(&self, peer: PeerId) -> impl Iterator<Item = (u32, &Relation)> {
        self.iter().filter(move |(_, relation)| relation.peer == peer)
    }

    /// All relations.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Relation)> {
        self.entries.iter().map(|(number, relation)| (*number, relation))
    }

    /// Whether the peer's feature holds this relation to the local feature.
    pub fn holds(&self, peer: PeerId, client: &FeaturePath, server: &FeaturePath) -> bool {
        self.at(server).any(|(_, relation)| relation.peer == peer && relation.client == *client)
    }
}

/// A request for a relation as it arrived: addresses and the type the peer expects.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// `clientAddress`.
    pub client: Option<&'a FeatureAddress>,
    /// `serverAddress`.
    pub server: Option<&'a FeatureAddress>,
    /// `serverFeatureType`.
    pub server_type: Option<&'a FeatureType>,
}

/// Checks who asks for what, and answers with the relation meant (SPINE 7.3.4, 7.4.4).
pub fn resolve(
    peer: PeerId,
    remote: &Remote,
    device: &Device,
    wanted: &Wanted<'_>,
) -> Result<Relation, Refusal> {
    let incomplete =
        |side: &str| Refusal::new(ErrorNumber::GENERAL, format!("{side} is missing or incomplete"));
    let split = |address: Option<&FeatureAddress>| {
        let (device, path) = FeaturePath::split(address?)?;
        Some((device.map(alloc::string::ToString::to_string), path))
    };
    let (client_device, client) = split(wanted.client).ok_or_else(|| incomplete("clientAddress"))?;
    let (server_device, server) = split(wanted.server).ok_or_else(|| incomplete("serverAddress"))?;
    if client_device.is_some() && remote.device.is_some() && client_device != remote.device {
        return Err(Refusal::new(
            ErrorNumber::COMMAND_REJECTED,
            "clientAddress names another device than the sender's",
        ));
    }
    if server_device.is_some_and(|name| name != device.address) {
        return Err(Refusal::new(ErrorNumber::DESTINATION_UNKNOWN, "serverAddress names another device"));
    }
    Ok(Relation { peer, client, server })
}

/// Whether a relation may be granted.
pub fn check(
    kind: RelationKind,
    relation: &Relation,
    expected: Option<&FeatureType>,
    remote: &Remote,
    device: &Device,
) -> Result<(), Refusal> {
    let rejected = |reason: &str| Err(Refusal::new(ErrorNumber::COMMAND_REJECTED, reason));
    let Some(server) = device.feature(&relation.server) else {
        let reason = format!("there is no feature {}", relation.server);
        return Err(Refusal::new(ErrorNumber::DESTINATION_UNKNOWN, reason));
    };
    match (&server.role, kind) {
        (Role::Client | Role::Extended(_), _) => return rejected("the serverAddress is a client feature"),
        (Role::Special, RelationKind::Binding) => {
            return rejected("NodeManagement cannot be bound (SPINE 7.3.2)");
        }
        (Role::Special, RelationKind::Subscription) | (Role::Server, _) => {}
    }
    if expected.is_some_and(|expected| *expected != server.feature_type) {
        return rejected("serverFeatureType is not the type of the feature");
    }
    match remote.features.get(&relation.client) {
        Some(feature) if feature.role == Role::Server => rejected("the clientAddress is a server feature"),
        Some(_) => Ok(()),
        None if remote.features.is_empty() => Ok(()),
        None => Err(Refusal::new(
            ErrorNumber::DESTINATION_UNKNOWN,
            format!("the sender's discovery has no feature {}", relation.client),
        )),
    }
}

/// Whether another client holds the place this binding would take ([`WriteAccess::Single`], [`WriteAccess::Group`]).
pub fn taken(bindings: &Relations, device: &Device, relation: &Relation) -> bool {
    let access = |path: &FeaturePath| device.feature(path).map(|feature| feature.access).unwrap_or_default();
    let rival = |held: &Relation| match access(&relation.server) {
        WriteAccess::Free | WriteAccess::Bound => false,
        WriteAccess::Single => {
            held.server == relation.server && (held.peer, &held.client) != (relation.peer, &relation.client)
        }
        WriteAccess::Group => {
            held.server.entity == relation.server.entity
                && access(&held.server) == WriteAccess::Group
                && (held.peer, &held.client.entity) != (relation.peer, &relation.client.entity)
        }
    };
    bindings.iter().any(|(_, held)| rival(held))
}
