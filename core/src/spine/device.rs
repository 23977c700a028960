//! The local device: entities, features and the data of their functions (SPINE 4, 7.1).

use super::addition::NewFeature;
use super::address::{FeaturePath, MAX_ENTITY_DEPTH};
use crate::json::{ElementTag, Tape};
use crate::model::{
    DeviceType, EntityType, FeatureType, Function, FunctionId, FunctionProperty, NetworkManagementFeatureSet,
    PossibleOperations, PossibleOperationsRead, PossibleOperationsWrite, Role,
};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

/// Whether an operation is offered for parts of the data too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Offer {
    /// Only the whole function.
    Full,
    /// Also filtered (SPINE 5.3.4).
    Partial,
}

/// What peers may do with a function (`possibleOperations`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Operations {
    /// Reading.
    pub read: Option<Offer>,
    /// Writing.
    pub write: Option<Offer>,
}

impl Operations {
    /// Reading, also in part.
    pub const READ: Self = Self { read: Some(Offer::Partial), write: None };
    /// Reading and writing, also in part.
    pub const READ_WRITE: Self = Self { read: Some(Offer::Partial), write: Some(Offer::Partial) };
    /// A call.
    pub const CALL: Self = Self { read: None, write: None };

    /// As it is announced.
    pub fn announce(self, function: FunctionId) -> FunctionProperty {
        let tag = |offer| matches!(offer, Offer::Partial).then_some(ElementTag);
        FunctionProperty {
            function: Some(Function::from(function)),
            possible_operations: Some(PossibleOperations {
                read: self.read.map(|offer| PossibleOperationsRead { partial: tag(offer) }),
                write: self.write.map(|offer| PossibleOperationsWrite { partial: tag(offer) }),
            }),
        }
    }

    /// As a peer announced it; nothing stated means reading the whole.
    pub fn announced(property: &FunctionProperty) -> Self {
        let Some(operations) = &property.possible_operations else {
            return Self { read: Some(Offer::Full), write: None };
        };
        let offer = |partial: bool| if partial { Offer::Partial } else { Offer::Full };
        Self {
            read: operations.read.as_ref().map(|read| offer(read.partial.is_some())),
            write: operations.write.as_ref().map(|write| offer(write.partial.is_some())),
        }
    }
}

/// Who may write to the functions of a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum WriteAccess {
    /// Every trusted peer.
    #[default]
    Free,
    /// Client features that hold a binding (SPINE 7.3.5).
    Bound,
    /// The one client feature that holds the binding.
    Single,
    /// Client features that hold a binding, all of the one client entity that holds bindings to such features of this
    /// entity (LPC IG 3.5).
    Group,
}

/// The functions of NodeManagement and what is announced of them (SPINE 7).
pub const NODE_MANAGEMENT_FUNCTIONS: [(FunctionId, Operations); 9] = {
    const READ: Operations = Operations::READ;
    [
        (FunctionId::NODE_MANAGEMENT_DETAILED_DISCOVERY_DATA, READ),
        (FunctionId::NODE_MANAGEMENT_USE_CASE_DATA, READ),
        (FunctionId::NODE_MANAGEMENT_SUBSCRIPTION_DATA, READ),
        (FunctionId::NODE_MANAGEMENT_SUBSCRIPTION_REQUEST_CALL, Operations::CALL),
        (FunctionId::NODE_MANAGEMENT_SUBSCRIPTION_DELETE_CALL, Operations::CALL),
        (FunctionId::NODE_MANAGEMENT_BINDING_DATA, READ),
        (FunctionId::NODE_MANAGEMENT_BINDING_REQUEST_CALL, Operations::CALL),
        (FunctionId::NODE_MANAGEMENT_BINDING_DELETE_CALL, Operations::CALL),
        (FunctionId::NODE_MANAGEMENT_DESTINATION_LIST_DATA, READ),
    ]
};

/// One function of a local server feature.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalFunction {
    /// What peers may do.
    pub operations: Operations,
    /// The data; empty until somebody sets it.
    pub data: Tape,
    /// Kept over a restart, and acknowledged to a peer only once it is.
    pub durable: bool,
    /// Peers that may write may also add and remove entries of the list.
    pub open_list: bool,
}

/// One local feature.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalFeature {
    /// Its type.
    pub feature_type: FeatureType,
    /// Its role.
    pub role: Role,
    /// Its functions; none on a client feature.
    pub functions: BTreeMap<FunctionId, LocalFunction>,
    /// Who may write.
    pub access: WriteAccess,
    /// `maxResponseDelay`: how long an answer may take where that is more than 10 s.
    pub response_delay: Option<Duration>,
}

/// One local entity.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalEntity {
    /// Its type.
    pub entity_type: EntityType,
    /// Features by number.
    pub features: BTreeMap<u32, LocalFeature>,
}

/// One use case an entity takes part in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalUseCase {
    /// Path of the entity.
    pub entity: Vec<u32>,
    /// `actor`.
    pub actor: String,
    /// `useCaseName`.
    pub name: String,
    /// `useCaseVersion`.
    pub version: String,
    /// `useCaseDocumentSubRevision`.
    pub sub_revision: String,
    /// `scenarioSupport`.
    pub scenarios: Vec<u32>,
    /// `useCaseAvailable`; peers look at it only where this is a client actor (SPINE IG 2.2).
    pub available: bool,
}

/// The local device.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// SPINE device address.
    pub address: String,
    /// `deviceType`.
    pub device_type: DeviceType,
    /// `networkFeatureSet`; always `smart`.
    pub feature_set: NetworkManagementFeatureSet,
    entities: BTreeMap<Vec<u32>, LocalEntity>,
    /// Use cases in the order of their installation.
    pub use_cases: Vec<LocalUseCase>,
}

impl Device {
    /// A device with the mandatory entity `[0]` and its NodeManagement.
    pub fn new(address: impl Into<String>, device_type: DeviceType) -> Self {
        let mut device = Self {
            address: address.into(),
            device_type,
            feature_set: NetworkManagementFeatureSet::Smart,
            entities: BTreeMap::new(),
            use_cases: Vec::new(),
        };
        let functions = NODE_MANAGEMENT_FUNCTIONS.iter().map(|&(function, operations)| {
            (
                function,
                LocalFunction {
                    operations,
                    data: Tape::empty(function.info().ty),
                    durable: false,
                    open_list: false,
                },
            )
        });
        let node_management = LocalFeature {
            feature_type: FeatureType::NodeManagement,
            role: Role::Special,
            functions: functions.collect(),
            access: WriteAccess::Free,
            response_delay: None,
        };
        let root = LocalEntity {
            entity_type: EntityType::DeviceInformation,
            features: BTreeMap::from([(0, node_management)]),
        };
        device.entities.insert(vec![0], root);
        device
    }

    /// Adds an entity below `parent` (empty: below the device), with the next free number. `None` where there is no
    /// such parent, or the path would be deeper than [`MAX_ENTITY_DEPTH`].
    pub fn add_entity(&mut self, parent: &[u32], entity_type: EntityType) -> Option<Vec<u32>> {
        let fits = parent.len() < MAX_ENTITY_DEPTH && parent != [0];
        if !fits || !(parent.is_empty() || self.entities.contains_key(parent)) {
            return None;
        }
        let siblings =
            self.entities.keys().filter(|path| path.split_last().is_some_and(|(_, up)| up == parent));
        let last = siblings.filter_map(|path| path.last().copied()).max().unwrap_or(0);
        let path = [parent, &[last.saturating_add(1)]].concat();
        self.entities.insert(path.clone(), LocalEntity { entity_type, features: BTreeMap::new() });
        Some(path)
    }

    /// Adds a feature with its functions; a feature of the same type and role on the entity takes over those it does not
    /// offer yet (SPINE IG 3.4). `None` where there is no such entity.
    pub fn furnish(&mut self, entity: &[u32], new: &NewFeature) -> Option<FeaturePath> {
        let path = self.add_feature(entity, new.feature_type.clone(), new.role.clone())?;
        let feature = self.feature_mut(&path)?;
        feature.access = feature.access.max(new.access);
        feature.response_delay = feature.response_delay.max(new.response_delay);
        for new in &new.functions {
            feature.functions.entry(new.function).or_insert_with(|| new.local());
        }
        Some(path)
    }

    /// Removes an entity, everything below it, and their use cases; answers the paths.
    pub fn remove_entity(&mut self, entity: &[u32]) -> Vec<Vec<u32>> {
        if entity == [0] || !self.entities.contains_key(entity) {
            return Vec::new();
        }
        let (removed, kept) =
            core::mem::take(&mut self.entities).into_iter().partition(|(path, _)| path.starts_with(entity));
        self.entities = kept;
        self.use_cases.retain(|use_case| !use_case.entity.starts_with(entity));
        BTreeMap::into_keys(removed).collect()
    }

    /// Removes a feature; `false` where there is none, and for NodeManagement.
    pub fn remove_feature(&mut self, path: &FeaturePath) -> bool {
        let entity = self.entities.get_mut(&path.entity).filter(|_| !path.is_node_management());
        entity.is_some_and(|entity| entity.features.remove(&path.feature).is_some())
    }

    /// The feature of this type and role on `entity`, created where there is none yet (SPINE IG 3.4: one each).
    pub fn add_feature(
        &mut self,
        entity: &[u32],
        feature_type: FeatureType,
        role: Role,
    ) -> Option<FeaturePath> {
        let features = &mut self.entities.get_mut(entity)?.features;
        let there = features.iter().find(|(_, f)| f.feature_type == feature_type && f.role == role);
        if let Some((&number, _)) = there {
            return Some(FeaturePath::new(entity, number));
        }
        let first = u32::from(entity != [0]);
        let number = features.keys().next_back().map_or(first, |last| last.saturating_add(1));
        let feature = LocalFeature {
            feature_type,
            role,
            functions: BTreeMap::new(),
            access: WriteAccess::Free,
            response_delay: None,
        };
        features.insert(number, feature);
        Some(FeaturePath::new(entity, number))
    }

    /// Offers a function on a server feature; its data is empty until set.
    pub fn add_function(&mut self, feature: &FeaturePath, function: FunctionId, operations: Operations) {
        if let Some(feature) = self.feature_mut(feature) {
            let data = Tape::empty(function.info().ty);
            feature.functions.entry(function).or_insert(LocalFunction {
                operations,
                data,
                durable: false,
                open_list: false,
            });
        }
    }

    /// Entities in the order of their paths.
    pub fn entities(&self) -> impl Iterator<Item = (&[u32], &LocalEntity)> {
        self.entities.iter().map(|(path, entity)| (path.as_slice(), entity))
    }

    /// The entity at `path`.
    pub fn entity(&self, path: &[u32]) -> Option<&LocalEntity> {
        self.entities.get(path)
    }

    /// The feature at `path`.
    pub fn feature(&self, path: &FeaturePath) -> Option<&LocalFeature> {
        self.entities.get(&path.entity)?.features.get(&path.feature)
    }

    /// The feature at `path`, to change it.
    pub fn feature_mut(&mut self, path: &FeaturePath) -> Option<&mut LocalFeature> {
        self.entities.get_mut(&path.entity)?.features.get_mut(&path.feature)
    }

    /// The feature of a type and role on an entity.
    pub fn find(&self, entity: &[u32], feature_type: &FeatureType, role: &Role) -> Option<FeaturePath> {
        let features = &self.entities.get(entity)?.features;
        let (number, _) =
            features.iter().find(|(_, f)| f.feature_type == *feature_type && f.role == *role)?;
        Some(FeaturePath::new(entity, *number))
    }

    /// A function of a feature.
    pub fn function(&self, path: &FeaturePath, function: FunctionId) -> Option<&LocalFunction> {
        self.feature(path)?.functions.get(&function)
    }

    /// A function of a feature, to change it.
    pub fn function_mut(&mut self, path: &FeaturePath, function: FunctionId) -> Option<&mut LocalFunction> {
        self.feature_mut(path)?.functions.get_mut(&function)
    }

    /// Every durable function with its data.
    pub fn durable(&self) -> impl Iterator<Item = (FeaturePath, FunctionId, &Tape)> {
        self.entities.iter().flat_map(|(path, entity)| {
            entity.features.iter().flat_map(move |(number, feature)| {
                let durable = feature.functions.iter().filter(|(_, function)| function.durable);
                durable.map(move |(id, function)| (FeaturePath::new(path, *number), *id, &function.data))
            })
        })
    }
}
