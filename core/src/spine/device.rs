//! The local device: entities, features and the data of their functions (SPINE 4, 7.1).

use super::address::FeaturePath;
use crate::json::{ElementTag, Tape};
use crate::model::{
    DeviceType, EntityType, FeatureType, Function, FunctionId, FunctionProperty, NetworkManagementFeatureSet,
    PossibleOperations, PossibleOperationsRead, PossibleOperationsWrite, Role,
};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Whether an operation is offered for parts of the data too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Only the whole function.
    Full,
    /// Also filtered (SPINE 5.3.4).
    Partial,
}

/// What peers may do with a function (`possibleOperations`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// The functions of NodeManagement and what is announced of them (SPINE 7).
pub const NODE_MANAGEMENT_FUNCTIONS: [(FunctionId, Operations); 9] = {
    const READ: Operations = Operations { read: Some(Offer::Full), write: None };
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
    /// Writing needs a binding, and only one client entity may hold bindings to such features of an entity
    /// (LPC IG 3.5).
    pub exclusive: bool,
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
            (function, LocalFunction { operations, data: Tape::empty(function.info().ty), durable: false })
        });
        let node_management = LocalFeature {
            feature_type: FeatureType::NodeManagement,
            role: Role::Special,
            functions: functions.collect(),
            exclusive: false,
        };
        let root = LocalEntity {
            entity_type: EntityType::DeviceInformation,
            features: BTreeMap::from([(0, node_management)]),
        };
        device.entities.insert(vec![0], root);
        device
    }

    /// Adds an entity below the root, with the next free number.
    pub fn add_entity(&mut self, entity_type: EntityType) -> Vec<u32> {
        let last = self.entities.keys().filter_map(|path| path.first().copied()).max().unwrap_or(0);
        let path = vec![last.saturating_add(1)];
        self.entities.insert(path.clone(), LocalEntity { entity_type, features: BTreeMap::new() });
        path
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
        let feature = LocalFeature { feature_type, role, functions: BTreeMap::new(), exclusive: false };
        features.insert(number, feature);
        Some(FeaturePath::new(entity, number))
    }

    /// Offers a function on a server feature; its data is empty until set.
    pub fn add_function(&mut self, feature: &FeaturePath, function: FunctionId, operations: Operations) {
        if let Some(feature) = self.feature_mut(feature) {
            let data = Tape::empty(function.info().ty);
            feature.functions.entry(function).or_insert(LocalFunction { operations, data, durable: false });
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
