//! Reads and subscribes to what a peer offers to tell, for its user to see.

use super::told::KINDS;
use eebus_core::ids::{ConnId, PeerId};
use eebus_core::model::{FeatureType, FunctionId, Role};
use eebus_core::node::{At, Call, Event, Rung};
use eebus_core::spine::{FeaturePath, RelationKind, Remote};
use eebus_core::usecase::lpc::{self, EnergyGuard};
use eebus_core::usecase::{Actor, View, partners};
use std::collections::{BTreeMap, BTreeSet};

/// Requests of one session: a quarter of what may wait for a peer.
const MAX_REQUESTS: usize = 64;

/// Where the Energy Guard looks.
const GUARDED: [(FeatureType, FunctionId); 4] = [
    (FeatureType::LoadControl, FunctionId::LOAD_CONTROL_LIMIT_LIST_DATA),
    (FeatureType::DeviceConfiguration, FunctionId::DEVICE_CONFIGURATION_KEY_VALUE_LIST_DATA),
    (FeatureType::DeviceDiagnosis, FunctionId::DEVICE_DIAGNOSIS_HEARTBEAT_DATA),
    (FeatureType::ElectricalConnection, FunctionId::ELECTRICAL_CONNECTION_CHARACTERISTIC_LIST_DATA),
];

/// What was asked for already, in the session of each peer.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<PeerId, (ConnId, BTreeSet<FeaturePath>, usize)>);

impl Watch {
    /// Looks at what is new in the tree of a peer.
    pub(super) fn event(&mut self, node: &mut At<'_>, event: &Event) {
        if let Event::UseCases { peer } | Event::Discovered { peer, .. } = *event {
            for call in self.calls(node, peer) {
                // A peer that is gone meanwhile is asked again when it is back.
                let _ = node.call(call);
            }
        }
    }

    fn calls(&mut self, node: &At<'_>, peer: PeerId) -> Vec<Call> {
        let view = node.view();
        let known = view.peer(peer).filter(|peer| peer.readiness.rung == Rung::UseCases);
        let Some((session, remote)) = known.and_then(|peer| Some((peer.session?, peer.remote?))) else {
            return Vec::new();
        };
        let subscribed = subscribed(node, peer, remote);
        let Some(client) = client(node) else { return Vec::new() };
        if self.0.get(&peer).is_none_or(|(known, ..)| *known != session) {
            self.0.insert(peer, (session, BTreeSet::new(), 0));
        }
        let Some((_, asked, requests)) = self.0.get_mut(&peer) else { return Vec::new() };
        let mut calls = Vec::new();
        for (path, feature) in remote.features.iter().filter(|(_, feature)| feature.role == Role::Server) {
            let offers =
                |function| feature.functions.get(function).is_some_and(|offered| offered.read.is_some());
            let kinds = KINDS.iter().filter(|kind| kind.functions.iter().all(offers));
            let kinds: Vec<_> = kinds.collect();
            if kinds.is_empty() || *requests >= MAX_REQUESTS || !asked.insert(path.clone()) {
                continue;
            }
            let first = calls.len();
            if kinds.iter().any(|kind| kind.live) && !subscribed.contains(path) {
                let kind = RelationKind::Subscription;
                calls.push(Call::Relate { peer, kind, client: client.clone(), server: path.clone() });
            }
            calls.extend(kinds.iter().flat_map(|kind| kind.functions).map(|&function| {
                let (from, to) = (client.clone(), path.clone());
                Call::Read { peer, from, to, function, filter: None }
            }));
            *requests += calls.len() - first;
        }
        calls
    }
}

/// What the Energy Guard subscribes to by itself; peers refuse a second subscription.
fn subscribed(node: &At<'_>, peer: PeerId, remote: &Remote) -> Vec<FeaturePath> {
    let view = node.view();
    let is_guard = |actor| matches!(view.actor(actor), Some(View::Lpc(lpc::View::Guard(_))));
    if !view.actors().any(is_guard) {
        return Vec::new();
    }
    let guard = EnergyGuard::new();
    let entities = partners(peer, remote, guard.descriptor()).into_iter();
    let servers = entities.flat_map(|partner| {
        GUARDED.map(|(feature_type, function)| remote.server(&partner.entity, &feature_type, function))
    });
    servers.flatten().collect()
}

/// The feature that asks.
fn client(node: &At<'_>) -> Option<FeaturePath> {
    let view = node.view();
    let device = view.device();
    device.entities().find_map(|(path, _)| device.find(path, &FeatureType::Generic, &Role::Client))
}
