//! What a peer announced: its device tree, its use cases, and the data it reported.

use super::address::{FeaturePath, entity_path};
use super::device::{Offer, Operations};
use super::exchange;
use crate::json::{Enumeration, Tape};
use crate::model::{
    Cmd, CmdClassifier, DeviceType, EntityType, FeatureType, FunctionData, FunctionId, FunctionProperty,
    NetworkManagementStateChange as Change, NodeManagementDetailedDiscoveryData as Tree,
    NodeManagementDetailedDiscoveryEntityInformationDescription as EntityDescription,
    NodeManagementDetailedDiscoveryFeatureInformationDescription as FeatureDescription,
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

/// What became of a peer's tree; paths of entities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TreeNews {
    /// Entities that are new.
    pub added: Vec<Vec<u32>>,
    /// Entities that are gone.
    pub removed: Vec<Vec<u32>>,
    /// Entities that stay, with another type or other features.
    pub modified: Vec<Vec<u32>>,
}

impl Remote {
    /// Takes over a full detailed discovery (SPINE 7.1). Items without an address are left out.
    pub fn replace_tree(&mut self, tree: &Tree) -> TreeNews {
        let mut new = Self::default();
        if let Some(device) = tree.device_information.as_ref().and_then(|info| info.description.as_ref()) {
            new.device = device.device_address.as_ref().and_then(|a| a.device.as_ref()).map(|d| d.0.clone());
            new.device_type.clone_from(&device.device_type);
        }
        for entity in tree.entity_information.iter().filter_map(|info| info.description.as_ref()) {
            let address = entity.entity_address.as_ref();
            if let Some(path) = address.and_then(|address| entity_path(&address.entity)) {
                new.put_entity(path, entity.entity_type.clone());
            }
        }
        for feature in tree.feature_information.iter().filter_map(|info| info.description.as_ref()) {
            if let Some(path) = address(feature) {
                // What lacks its type or role is of no use.
                let _ = new.put_feature(path, feature);
            }
        }
        self.take_tree(new)
    }

    /// Takes over a partial detailed discovery (SPINE 7.1.5), in which addresses are the keys; all of it or nothing.
    ///
    /// # Errors
    ///
    /// What does not fit the known tree; the whole is to be read.
    pub fn merge_tree(&mut self, tree: &Tree) -> Result<TreeNews, &'static str> {
        let mut new = Self {
            device: self.device.clone(),
            device_type: self.device_type.clone(),
            entities: self.entities.clone(),
            features: self.features.clone(),
            ..Self::default()
        };
        if let Some(device) = tree.device_information.as_ref().and_then(|info| info.description.as_ref()) {
            let named = device.device_address.as_ref().and_then(|a| a.device.as_ref()).map(|d| &d.0);
            if named.is_some_and(|named| Some(named) != self.device.as_ref()) {
                return Err("the discovery names another device");
            }
            new.device_type = device.device_type.clone().or(new.device_type);
        }
        for entity in tree.entity_information.iter().filter_map(|info| info.description.as_ref()) {
            new.merge_entity(entity)?;
        }
        for feature in tree.feature_information.iter().filter_map(|info| info.description.as_ref()) {
            let path = address(feature).ok_or("a feature without its address")?;
            if !new.entities.contains_key(&path.entity) {
                return Err("a feature of an unknown entity");
            }
            if feature.last_state_change == Some(Change::Removed) {
                new.features.remove(&path);
            } else {
                new.put_feature(path, feature).ok_or("a new feature without its type or role")?;
            }
        }
        Ok(self.take_tree(new))
    }

    fn merge_entity(&mut self, entity: &EntityDescription) -> Result<(), &'static str> {
        let path = entity.entity_address.as_ref().and_then(|address| entity_path(&address.entity));
        let path = path.ok_or("an entity without its address")?;
        let known = self.entities.contains_key(&path);
        match &entity.last_state_change {
            Some(Change::Removed) => {
                self.entities.retain(|below, _| !below.starts_with(&path));
                self.features.retain(|below, _| !below.entity.starts_with(&path));
                return Ok(());
            }
            Some(Change::Modified) if !known => return Err("an unknown entity is modified"),
            Some(Change::Added) => self.features.retain(|below, _| below.entity != path),
            _ => {}
        }
        if path.split_last().is_some_and(|(_, up)| !up.is_empty() && !self.entities.contains_key(up)) {
            return Err("an entity below an unknown one");
        }
        self.put_entity(path, entity.entity_type.clone());
        Ok(())
    }

    fn put_entity(&mut self, path: Vec<u32>, entity_type: Option<EntityType>) {
        if let Some(known) = self.entities.get_mut(&path) {
            *known = entity_type.unwrap_or_else(|| known.clone());
        } else if self.entities.len() < MAX_ENTITIES {
            self.entities.insert(path, entity_type.unwrap_or(EntityType::Generic));
        }
    }

    /// Takes over what is stated of a feature; `None` where it is new and lacks its type or role.
    fn put_feature(&mut self, path: FeaturePath, stated: &FeatureDescription) -> Option<()> {
        let known = self.features.get(&path);
        let feature_type = stated.feature_type.clone().or(known.map(|known| known.feature_type.clone()))?;
        let role = stated.role.clone().or(known.map(|known| known.role.clone()))?;
        let functions = match known {
            Some(known) if stated.supported_function.is_empty() => known.functions.clone(),
            _ => stated.supported_function.iter().filter_map(announced).collect(),
        };
        let response_delay = stated.max_response_delay.as_ref().and_then(delay);
        let response_delay = response_delay.or(known.and_then(|known| known.response_delay));
        if known.is_some() || self.features.len() < MAX_FEATURES {
            self.features.insert(path, RemoteFeature { feature_type, role, functions, response_delay });
        }
        Some(())
    }

    /// Puts another tree in place of the known one; the data of features that are gone goes with them.
    fn take_tree(&mut self, new: Self) -> TreeNews {
        let gone = |path: &&Vec<u32>| !new.entities.contains_key(*path);
        let features = |of: &Self, path: &[u32]| -> Vec<_> {
            let features = of.features.iter().filter(|(at, _)| at.entity == path);
            features.map(|(at, feature)| (at.feature, feature.clone())).collect()
        };
        let modified = new.entities.iter().filter(|(path, entity_type)| {
            let known = self.entities.get(*path);
            known.is_some_and(|known| known != *entity_type || features(self, path) != features(&new, path))
        });
        let news = TreeNews {
            added: new.entities.keys().filter(|path| !self.entities.contains_key(*path)).cloned().collect(),
            removed: self.entities.keys().filter(gone).cloned().collect(),
            modified: modified.map(|(path, _)| path.clone()).collect(),
        };
        let Self { device, device_type, entities, features, .. } = new;
        (self.device, self.device_type) = (device, device_type);
        (self.entities, self.features) = (entities, features);
        self.data.retain(|(path, _), _| self.features.contains_key(path));
        news
    }

    /// Takes over a full use case announcement (SPINE 7.5).
    pub fn replace_use_cases(&mut self, announced: &NodeManagementUseCaseData) {
        self.use_cases.clear();
        self.put_use_cases(announced);
    }

    /// Takes over a partial use case announcement: what is known of a stated pair of address and actor is replaced
    /// (SPINE 7.5.4).
    pub fn merge_use_cases(&mut self, announced: &NodeManagementUseCaseData) {
        for information in &announced.use_case_information {
            let entity = information.address.as_ref().and_then(|a| entity_path(&a.entity));
            let actor = information.actor.as_ref().map(ToString::to_string).unwrap_or_default();
            self.use_cases.retain(|known| (&known.entity, &known.actor) != (&entity, &actor));
        }
        self.put_use_cases(announced);
    }

    fn put_use_cases(&mut self, announced: &NodeManagementUseCaseData) {
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

    /// A command in the form the peer offers: it is not asked for a part where it announces none, and a change of a part
    /// is then written as the whole, made of what it reported.
    pub fn suited(&self, classifier: &CmdClassifier, to: &FeaturePath, cmd: Cmd) -> Cmd {
        let function = cmd.function;
        let offered = self.features.get(to).and_then(|feature| feature.functions.get(&function));
        let Some(offered) = offered.filter(|_| !cmd.filters.is_empty()) else { return cmd };
        match classifier {
            CmdClassifier::Read if offered.read == Some(Offer::Full) => Cmd::read(function),
            CmdClassifier::Write if offered.write == Some(Offer::Full) => {
                let empty = Tape::empty(function.info().ty);
                let whole = exchange::apply(self.tape(to, function).unwrap_or(&empty), &cmd);
                whole.map_or(cmd, |data| Cmd { function, filters: Vec::new(), data })
            }
            _ => cmd,
        }
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

fn address(feature: &FeatureDescription) -> Option<FeaturePath> {
    let address = feature.feature_address.as_ref()?;
    Some(FeaturePath { entity: entity_path(&address.entity)?, feature: address.feature?.0 })
}

fn announced(property: &FunctionProperty) -> Option<(FunctionId, Operations)> {
    let function = FunctionId::from_name(property.function.as_ref()?.as_str())?;
    Some((function, Operations::announced(property)))
}

fn delay(announced: &XsDuration) -> Option<Duration> {
    announced.to_core().ok().map(|delay| delay.clamp(DEFAULT_RESPONSE_DELAY, MAX_RESPONSE_DELAY))
}
