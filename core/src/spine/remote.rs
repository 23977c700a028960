//! What a peer announced: its device tree, its use cases, and the data it reported.

use super::address::{FeaturePath, entity_path};
use super::device::Operations;
use crate::json::{Enumeration, Tape};
use crate::model::{
    DeviceType, EntityType, FeatureType, FunctionData, FunctionId, NodeManagementDetailedDiscoveryData,
    NodeManagementUseCaseData, Role, XsDuration,
};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

/// Entities kept of one peer; the largest known device announces a dozen.
pub const MAX_ENTITIES: usize = 64;
/// Features kept of one peer.
pub const MAX_FEATURES: usize = 512;
/// Functions whose data is kept of one peer.
pub const MAX_FUNCTIONS: usize = 256;
/// Use cases kept of one peer.
pub const MAX_USE_CASES: usize = 128;
/// Longest time a feature may ask for to answer; larger values are cut (SPINE `maxResponseDelay`).
pub const MAX_RESPONSE_DELAY: Duration = Duration::from_secs(120);
/// Time to answer where a feature announces none (SPINE 5.2.5.3).
pub const DEFAULT_RESPONSE_DELAY: Duration = Duration::from_secs(10);

/// A feature of a peer.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteFeature {
    /// Its type.
    pub feature_type: FeatureType,
    /// Its role.
    pub role: Role,
    /// Functions it announced that are in the data model.
    pub functions: BTreeMap<FunctionId, Operations>,
    /// `maxResponseDelay`.
    pub response_delay: Option<Duration>,
}

/// A use case a peer announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteUseCase {
    /// The entity it names; `None` where the peer names none (SPINE 1.1.x, or device only).
    pub entity: Option<Vec<u32>>,
    /// `actor`.
    pub actor: String,
    /// `useCaseName`.
    pub name: String,
    /// `useCaseVersion`, as sent.
    pub version: String,
    /// `scenarioSupport`; empty where not stated.
    pub scenarios: Vec<u32>,
    /// `useCaseAvailable`; absent means available. Only client actors may say `false` (SPINE IG 2.2).
    pub available: bool,
}

/// Everything known of a peer's device within one session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remote {
    /// SPINE device address, once announced.
    pub device: Option<String>,
    /// `deviceType`.
    pub device_type: Option<DeviceType>,
    /// Entity types by path.
    pub entities: BTreeMap<Vec<u32>, EntityType>,
    /// Features by address.
    pub features: BTreeMap<FeaturePath, RemoteFeature>,
    /// Announced use cases.
    pub use_cases: Vec<RemoteUseCase>,
    data: BTreeMap<(FeaturePath, FunctionId), Tape>,
}

impl Remote {
    /// Takes over a full detailed discovery (SPINE 7.1). Items without an address are left out.
    pub fn replace_tree(&mut self, tree: &NodeManagementDetailedDiscoveryData) {
        self.entities.clear();
        self.features.clear();
        if let Some(device) = tree.device_information.as_ref().and_then(|info| info.description.as_ref()) {
            self.device = device.device_address.as_ref().and_then(|a| a.device.as_ref()).map(|d| d.0.clone());
            self.device_type.clone_from(&device.device_type);
        }
        for entity in tree.entity_information.iter().filter_map(|info| info.description.as_ref()) {
            let Some(address) = &entity.entity_address else { continue };
            let Some(path) = entity_path(&address.entity) else { continue };
            if self.entities.len() < MAX_ENTITIES {
                let entity_type = entity.entity_type.clone().unwrap_or(EntityType::Generic);
                self.entities.insert(path, entity_type);
            }
        }
        for feature in tree.feature_information.iter().filter_map(|info| info.description.as_ref()) {
            let Some(address) = &feature.feature_address else { continue };
            let (Some(entity), Some(number)) = (entity_path(&address.entity), address.feature) else {
                continue;
            };
            let (Some(feature_type), Some(role)) = (feature.feature_type.clone(), feature.role.clone())
            else {
                continue;
            };
            let known = feature.supported_function.iter().filter_map(|property| {
                let function = FunctionId::from_name(property.function.as_ref()?.as_str())?;
                Some((function, Operations::announced(property)))
            });
            let response_delay = feature.max_response_delay.as_ref().and_then(delay);
            let feature = RemoteFeature { feature_type, role, functions: known.collect(), response_delay };
            if self.features.len() < MAX_FEATURES {
                self.features.insert(FeaturePath { entity, feature: number.0 }, feature);
            }
        }
        self.data.retain(|(path, _), _| self.features.contains_key(path));
    }

    /// Takes over a full use case announcement (SPINE 7.5).
    pub fn replace_use_cases(&mut self, announced: &NodeManagementUseCaseData) {
        self.use_cases.clear();
        for information in &announced.use_case_information {
            let entity = information.address.as_ref().and_then(|a| entity_path(&a.entity));
            let Some(actor) = &information.actor else { continue };
            for support in &information.use_case_support {
                let Some(name) = &support.use_case_name else { continue };
                if self.use_cases.len() >= MAX_USE_CASES {
                    return;
                }
                self.use_cases.push(RemoteUseCase {
                    entity: entity.clone(),
                    actor: actor.to_string(),
                    name: name.to_string(),
                    version: support.use_case_version.as_ref().map(|v| v.0.clone()).unwrap_or_default(),
                    scenarios: support.scenario_support.iter().map(|s| s.0).collect(),
                    available: support.use_case_available != Some(false),
                });
            }
        }
    }

    /// The server feature of a type on an entity that offers `function`; a `Generic` server may stand in.
    pub fn server(
        &self,
        entity: &[u32],
        feature_type: &FeatureType,
        function: FunctionId,
    ) -> Option<FeaturePath> {
        let offers = |(path, feature): &(&FeaturePath, &RemoteFeature)| {
            path.entity == entity && feature.role == Role::Server && feature.functions.contains_key(&function)
        };
        let mut candidates = self.features.iter().filter(offers);
        let exact = candidates.clone().find(|(_, feature)| feature.feature_type == *feature_type);
        exact.or_else(|| candidates.next()).map(|(path, _)| path.clone())
    }

    /// How long this feature may take to answer.
    pub fn response_delay(&self, feature: &FeaturePath) -> Duration {
        let announced = self.features.get(feature).and_then(|feature| feature.response_delay);
        announced.unwrap_or(DEFAULT_RESPONSE_DELAY)
    }

    /// What the peer last reported of a function.
    pub fn tape(&self, feature: &FeaturePath, function: FunctionId) -> Option<&Tape> {
        self.data.get(&(feature.clone(), function))
    }

    /// What the peer last reported of a function, as its type.
    pub fn data<T: FunctionData>(&self, feature: &FeaturePath) -> Option<T> {
        self.tape(feature, T::FUNCTION)?.get()
    }

    /// Keeps what the peer reported; `false` where the peer has reached [`MAX_FUNCTIONS`].
    pub fn keep(&mut self, feature: &FeaturePath, function: FunctionId, data: Tape) -> bool {
        let key = (feature.clone(), function);
        if self.data.len() >= MAX_FUNCTIONS && !self.data.contains_key(&key) {
            return false;
        }
        self.data.insert(key, data);
        true
    }

    /// Everything the peer reported so far.
    pub fn reported(&self) -> impl Iterator<Item = (&FeaturePath, FunctionId, &Tape)> {
        self.data.iter().map(|((path, function), tape)| (path, *function, tape))
    }
}

fn delay(announced: &XsDuration) -> Option<Duration> {
    announced.to_core().ok().map(|delay| delay.clamp(DEFAULT_RESPONSE_DELAY, MAX_RESPONSE_DELAY))
}
