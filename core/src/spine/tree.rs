//! The local device changes while peers know it (SPINE 7.1.5).

use super::addition::{NewEntity, NewFeature};
use super::address::FeaturePath;
use super::device::Device;
use super::discovery::{device_description, entity_information, feature_description, feature_information};
use super::event::{Event, Unsettled};
use super::relation::RelationKind;
use super::remote::TreeNews;
use super::session::{Item, Opening};
use super::{Refusal, Spine, fault::ErrorNumber};
use crate::ids::PeerId;
use crate::model::{
    Cmd, FunctionId, NetworkManagementStateChange as Change, NodeManagementDetailedDiscoveryData,
    NodeManagementDetailedDiscoveryDeviceInformation, NodeManagementDetailedDiscoveryFeatureInformation,
};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// What a subscriber has not been told of the tree yet: entities by path, and the features of those that stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Untold(BTreeMap<Vec<u32>, (Change, BTreeMap<u32, Change>)>);

impl Untold {
    fn entity(&mut self, path: &[u32], change: Change) {
        if change == Change::Removed {
            self.0.retain(|below, _| !below.starts_with(path));
        }
        self.0.insert(path.to_vec(), (change, BTreeMap::new()));
    }

    fn feature(&mut self, path: &FeaturePath, change: Change) {
        let modified = || (Change::Modified, BTreeMap::new());
        let (_, features) = self.0.entry(path.entity.clone()).or_insert_with(modified);
        features.insert(path.feature, change);
    }

    /// The partial notify that tells it; `None` where there is nothing to tell.
    pub(super) fn take(&mut self, device: &Device) -> Option<Cmd> {
        let changes = core::mem::take(&mut self.0);
        if changes.is_empty() {
            return None;
        }
        let entities = changes
            .iter()
            .map(|(path, (change, _))| entity_information(path, device.entity(path), Some(change.clone())));
        let features = changes.iter().flat_map(|(path, (change, features))| match change {
            Change::Added => all_features(device, path),
            _ => features.iter().map(|(&number, change)| one_feature(device, path, number, change)).collect(),
        });
        Some(Cmd::partial(&NodeManagementDetailedDiscoveryData {
            device_information: Some(NodeManagementDetailedDiscoveryDeviceInformation {
                description: Some(device_description(device)),
            }),
            entity_information: entities.collect(),
            feature_information: features.collect(),
            ..Default::default()
        }))
    }
}

fn all_features(device: &Device, path: &[u32]) -> Vec<NodeManagementDetailedDiscoveryFeatureInformation> {
    let features = device.entity(path).into_iter().flat_map(|entity| &entity.features);
    features.map(|(number, feature)| feature_information(path, *number, feature, None)).collect()
}

fn one_feature(
    device: &Device,
    path: &[u32],
    number: u32,
    change: &Change,
) -> NodeManagementDetailedDiscoveryFeatureInformation {
    match device.feature(&FeaturePath::new(path, number)) {
        Some(feature) => feature_information(path, number, feature, Some(change.clone())),
        None => NodeManagementDetailedDiscoveryFeatureInformation {
            description: Some(feature_description(path, number, Some(change.clone()))),
        },
    }
}

/// Entities and features come and go.
impl Spine {
    /// Adds an entity with its features; its path. `None` where there is no such parent.
    pub fn add_entity(&mut self, new: &NewEntity) -> Option<Vec<u32>> {
        let path = self.device.add_entity(&new.parent, new.entity_type.clone())?;
        for feature in &new.features {
            self.device.furnish(&path, feature);
        }
        self.tell_tree(|untold| untold.entity(&path, Change::Added));
        Some(path)
    }

    /// Removes an entity with everything below it, with the relations and writes that touch it. Answers the paths.
    pub fn remove_entity(&mut self, entity: &[u32]) -> Vec<Vec<u32>> {
        let use_cases = self.device.use_cases.len();
        let gone = self.device.remove_entity(entity);
        if !gone.is_empty() {
            self.drop_gone();
            self.tell_tree(|untold| untold.entity(entity, Change::Removed));
            if self.device.use_cases.len() != use_cases {
                self.tell_use_cases();
            }
        }
        gone
    }

    /// Adds a feature, or functions to one of the same type and role. `None` where there is no such entity.
    pub fn add_feature(&mut self, entity: &[u32], new: &NewFeature) -> Option<FeaturePath> {
        let before = self.device.entity(entity)?.features.len();
        let path = self.device.furnish(entity, new)?;
        let added = self.device.entity(entity).is_some_and(|entity| entity.features.len() > before);
        let change = if added { Change::Added } else { Change::Modified };
        self.tell_tree(|untold| untold.feature(&path, change.clone()));
        Some(path)
    }

    /// Removes a feature with the relations and writes that touch it. `false` where there is none.
    pub fn remove_feature(&mut self, feature: &FeaturePath) -> bool {
        let removed = self.device.remove_feature(feature);
        if removed {
            self.drop_gone();
            self.tell_tree(|untold| untold.feature(feature, Change::Removed));
        }
        removed
    }

    /// Says whether a use case of a client actor is in use (`useCaseAvailable`). `false` where there is none.
    pub fn set_available(&mut self, entity: &[u32], name: &str, available: bool) -> bool {
        let mut found = false;
        let mut changed = false;
        for use_case in self.device.use_cases.iter_mut().filter(|u| u.entity == entity && u.name == name) {
            found = true;
            changed |= core::mem::replace(&mut use_case.available, available) != available;
        }
        if changed {
            self.tell_use_cases();
        }
        found
    }

    /// What an actor has missed that is installed while there are sessions.
    pub fn so_far(&self) -> Vec<Event> {
        let known = self.sessions.iter().flat_map(|(&peer, session)| {
            let tree = !matches!(session.opening, Opening::Asked(_) | Opening::Retry(..));
            let tree = tree.then(|| Event::Discovered { peer, news: TreeNews::default() });
            let use_cases = session.use_cases_known.then_some(Event::UseCases { peer });
            core::iter::once(Event::Opened { peer }).chain(tree).chain(use_cases)
        });
        known.collect()
    }

    /// Tells the subscribers of NodeManagement that the use cases are others now.
    pub fn tell_use_cases(&mut self) {
        self.notify(&FeaturePath::node_management(), FunctionId::NODE_MANAGEMENT_USE_CASE_DATA);
    }

    fn tell_tree(&mut self, note: impl Fn(&mut Untold)) {
        let node_management = FeaturePath::node_management();
        let holders: Vec<(u32, PeerId)> =
            self.subscriptions.at(&node_management).map(|(number, held)| (number, held.peer)).collect();
        for (subscription, peer) in holders {
            if let Some(session) = self.sessions.get_mut(&peer) {
                note(&mut session.untold);
            }
            let function = FunctionId::NODE_MANAGEMENT_DETAILED_DISCOVERY_DATA;
            self.push(peer, Item::Notify { subscription, function });
        }
    }

    /// Relations, heartbeats and writes end with the feature they were at.
    fn drop_gone(&mut self) {
        for kind in [RelationKind::Subscription, RelationKind::Binding] {
            let held = self.relations(kind).iter().map(|(_, held)| held);
            let gone: Vec<_> =
                held.filter(|held| self.device.feature(&held.server).is_none()).cloned().collect();
            for relation in gone {
                self.relations_mut(kind).remove(&relation);
                self.events.push_back(Event::Related { kind, relation, granted: false });
            }
        }
        let device = &self.device;
        self.heartbeats.retain(|feature, _| device.feature(feature).is_some());
        let writes = self.writes.iter().filter(|open| device.feature(&open.feature).is_none());
        for ticket in writes.map(|open| open.ticket).collect::<Vec<_>>() {
            let reason = "the feature is gone";
            let refusal = Refusal::new(ErrorNumber::DESTINATION_UNKNOWN, reason);
            self.refuse(ticket, Unsettled::Outdated(refusal), reason);
        }
    }
}
