//! A configuration as data: what a trace begins with, and what makes the same node again.

use super::config::{Config, Entity, Product};
use super::trust_level::TrustPolicy;
use crate::model::{DeviceType, EntityType};
use crate::ship::identity::PeerKey;
use crate::ship::txt::Record;
use crate::ship::{Access, KeyMaterial, PinDemand, Timers, Version};
use crate::spine::NewFeature;
use crate::usecase::{Actor, Recipe};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// Everything a [`Config`] was made from.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConfigData {
    /// Own SKI and certificate fingerprint.
    pub key: PeerKey,
    /// The product.
    pub product: Product,
    /// What discovery announces.
    pub record: Record,
    /// Timers of SHIP.
    pub timers: Timers,
    /// Connections of all kinds at a time.
    pub max_connections: usize,
    /// Peers that are kept.
    pub max_peers: usize,
    /// Whether trusted peers are dialled.
    pub dial: bool,
    /// What is done with strangers.
    pub trust_policy: TrustPolicy,
    /// Access methods: whether to ask, and what to answer.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Access::is_usual"))]
    pub access: Access,
    /// Whether a PIN is demanded of peers.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "PinDemand::is_none"))]
    pub pin: PinDemand,
    /// The highest version of SHIP that is announced.
    #[cfg_attr(feature = "serde", serde(default = "Version::v1_0", skip_serializing_if = "Version::is_1_0"))]
    pub version: Version,
    /// This node's keys, where certificate updates are in use.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub key_material: Option<KeyMaterial>,
    /// `deviceType`.
    pub device_type: DeviceType,
    /// What the device is made of, in the order it was added: numbers follow from it.
    pub parts: Vec<Part>,
}

/// Something a configuration adds to the device.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Part {
    /// An entity.
    Entity {
        /// Path of the entity above it; empty: the device itself.
        parent: Vec<u32>,
        /// Its type.
        entity_type: EntityType,
    },
    /// A feature of the application's own.
    Feature {
        /// Path of its entity.
        entity: Vec<u32>,
        /// The feature.
        feature: NewFeature,
    },
    /// An actor.
    Actor {
        /// Path of its entity.
        entity: Vec<u32>,
        /// What it was made from.
        recipe: Recipe,
    },
}

/// An actor that nobody here can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownActor(pub Recipe);

impl fmt::Display for UnknownActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nobody can make the actor {:?}", self.0)
    }
}

impl core::error::Error for UnknownActor {}

impl Config {
    /// Everything this configuration was made from.
    pub fn data(&self) -> ConfigData {
        // Named one by one, so that a new field is not forgotten. The actors stand among the parts.
        let Self {
            key,
            record,
            timers,
            max_connections,
            max_peers,
            dial,
            trust_policy,
            access,
            pin,
            version,
            key_material,
            device,
            actors: _,
            parts,
            product,
        } = self;
        ConfigData {
            key: *key,
            product: product.clone(),
            record: record.clone(),
            timers: *timers,
            max_connections: *max_connections,
            max_peers: *max_peers,
            dial: *dial,
            trust_policy: trust_policy.clone(),
            access: access.clone(),
            pin: pin.clone(),
            version: *version,
            key_material: key_material.clone(),
            device_type: device.device_type.clone(),
            parts: parts.clone(),
        }
    }
}

impl ConfigData {
    /// The configuration. `make` is asked for actors outside this crate.
    ///
    /// # Errors
    ///
    /// The first actor that nobody can make.
    pub fn config(
        &self,
        mut make: impl FnMut(&Recipe) -> Option<Box<dyn Actor>>,
    ) -> Result<Config, UnknownActor> {
        let mut config = Config::new(self.key, self.product.clone());
        config.record = self.record.clone();
        config.timers = self.timers;
        config.max_connections = self.max_connections;
        config.max_peers = self.max_peers;
        config.dial = self.dial;
        config.trust_policy = self.trust_policy.clone();
        config.access = self.access.clone();
        config.pin = self.pin.clone();
        config.version = self.version;
        config.key_material = self.key_material.clone();
        config.device_type(self.device_type.clone());
        for part in &self.parts {
            match part {
                Part::Entity { parent, entity_type } => {
                    config.entity_below(&Entity(parent.clone()), entity_type.clone());
                }
                Part::Feature { entity, feature } => {
                    config.feature(&Entity(entity.clone()), feature.clone());
                }
                Part::Actor { entity, recipe } => {
                    let actor = recipe.make().or_else(|| make(recipe));
                    config.install_boxed(entity, actor.ok_or_else(|| UnknownActor(recipe.clone()))?);
                }
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ActorId;
    use crate::model::{FeatureType, SetpointListData};
    use crate::ship::identity::{Fingerprint, Ski};
    use crate::spine::{NewFunction, WriteAccess};
    use crate::usecase::lpc::{Approval, ControllableSystem, EnergyGuard, Limit};
    use crate::usecase::watts;
    use core::time::Duration;

    fn config() -> Config {
        let key = PeerKey { ski: Ski::new([7; 20]), fingerprint: Fingerprint([9; 32]) };
        let mut config = Config::new(key, Product::new("ACME", "Box", "1"));
        config.record.register = true;
        config.timers.close = Duration::from_millis(2_500);
        config.max_peers = 3;
        config.dial = false;
        config.trust_policy = TrustPolicy::Window(Duration::from_secs(90));
        config.access.ask = false;
        config.version = Version::V1_1;
        config.key_material = Some(KeyMaterial::of(config.key.ski));
        config.pin = PinDemand::Optional("1234ABCD".parse().unwrap());
        config.device_type(DeviceType::EnergyManagementSystem);
        let guard = config.entity(EntityType::GridGuard);
        config.install(&guard, EnergyGuard::limiting(Limit::active(watts(4_200))));
        let pump = config.entity(EntityType::from("AcmePump"));
        let system = ControllableSystem::new(watts(9_000)).failsafe(watts(1), Duration::from_secs(9_000));
        assert_eq!(config.install(&pump, system.approval(Approval::Automatic)), ActorId(1));
        let compressor = config.entity_below(&pump, EntityType::Compressor);
        assert_eq!(compressor.path(), [2, 1]);
        let setpoints = NewFunction::of(&SetpointListData::default()).writable().durable().open_list();
        let delay = Duration::from_secs(30);
        let setpoint =
            NewFeature::server(FeatureType::Setpoint).access(WriteAccess::Single).response_delay(delay);
        config.feature(&compressor, setpoint.with(setpoints));
        config
    }

    #[test]
    fn a_configuration_becomes_data_and_back() {
        let (config, mut asked) = (config(), 0);
        let data = config.data();
        let again = data.config(|_| {
            asked += 1;
            None
        });
        let again = again.unwrap();
        assert_eq!((asked, again.data()), (0, data));
        assert_eq!(again.device, config.device);
    }

    #[test]
    fn an_actor_outside_the_crate_is_asked_for() {
        let mut data = config().data();
        let recipe = Recipe::Custom { name: "acme".into(), detail: "1".into() };
        data.parts.push(Part::Actor { entity: [1].into(), recipe: recipe.clone() });
        assert_eq!(data.config(|_| None).err(), Some(UnknownActor(recipe)));
        assert!(data.config(|_| Some(Box::new(EnergyGuard::new()))).is_ok());
    }

    #[cfg(feature = "serde")]
    #[test]
    fn data_becomes_json_and_back() {
        let data = config().data();
        let text = serde_json::to_string(&data).unwrap();
        assert!(text.contains(r#""ski":"0707070707070707070707070707070707070707""#), "{text}");
        assert!(text.contains(r#""parts":[{"Entity":{"parent":[],"entity_type":"GridGuard"}}"#), "{text}");
        assert_eq!(serde_json::from_str::<ConfigData>(&text).unwrap(), data);
    }
}
