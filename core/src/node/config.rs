//! What a node is made of, decided before it runs.

use super::config_data::Part;
use super::trust_level::TrustPolicy;
use crate::ids::ActorId;
use crate::json::Tape;
use crate::model::{
    DeviceClassificationManufacturerData, DeviceType, EntityType, FeatureType, FunctionData, Role,
};
use crate::ship::identity::{PeerKey, ShipId};
use crate::ship::txt::Record;
use crate::ship::{Access, KeyMaterial, Own, PinDemand, Timers, Version};
use crate::spine::{Device, FeaturePath, NewFeature, Operations};
use crate::usecase::Actor;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What people call the device: announced in discovery and in its manufacturer data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Product {
    /// Brand: `ACME`.
    pub brand: String,
    /// Model: `HP-7`.
    pub model: String,
    /// Serial number: `0815`; makes names unique.
    pub serial: String,
}

impl Product {
    /// A product by its names.
    pub fn new(brand: impl Into<String>, model: impl Into<String>, serial: impl Into<String>) -> Self {
        Self { brand: brand.into(), model: model.into(), serial: serial.into() }
    }

    /// `ACME-HP-7-0815`: the SHIP ID.
    fn ship_id(&self) -> ShipId {
        // ship-go takes every message with this word for SPINE.
        let name = clean(&format!("{}-{}-{}", self.brand, self.model, self.serial));
        ShipId::new(&name.replace("datagram", "data-gram"))
    }

    /// `d:_n:ACME_HP-7-0815`: the SPINE device address (SPINE 7.1.1.2).
    fn device_address(&self) -> String {
        format!("d:_n:{}_{}", clean(&self.brand), clean(&format!("{}-{}", self.model, self.serial)))
    }
}

/// Without what names in SHIP and SPINE must not have (SRIP-220).
fn clean(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(48).collect()
}

/// A local entity, as a place to install actors on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity(pub(super) Vec<u32>);

impl Entity {
    /// Its path.
    pub fn path(&self) -> &[u32] {
        &self.0
    }
}

/// An actor with its place.
#[derive(Clone, Debug)]
pub(super) struct Installed {
    pub(super) entity: Vec<u32>,
    pub(super) actor: Box<dyn Actor>,
}

/// The configuration of a node.
#[derive(Clone, Debug)]
pub struct Config {
    /// Own SKI and certificate fingerprint.
    pub key: PeerKey,
    /// What discovery announces; the SHIP ID stands in it.
    pub record: Record,
    /// Timers of SHIP.
    pub timers: Timers,
    /// Connections of all kinds at a time; at least 2, so that one slot remains for each direction (SHIP 8.1).
    pub max_connections: usize,
    /// Peers that are kept.
    pub max_peers: usize,
    /// Whether trusted peers are dialled; every node listens.
    pub dial: bool,
    /// What is done with strangers; a window begins with the node.
    pub trust_policy: TrustPolicy,
    /// Access methods: whether to ask, and what to answer (SHIP 13.4.6).
    pub access: Access,
    /// Whether a PIN is demanded of peers (SHIP 12.5).
    pub pin: PinDemand,
    /// The highest version of SHIP that is announced; 1.0 unless configured (SHIP 13.4.4.2).
    pub version: Version,
    /// This node's keys, where certificate updates are in use; they need version 1.1 (SHIP 12.1.3).
    pub key_material: Option<KeyMaterial>,
    pub(super) device: Device,
    pub(super) actors: Vec<Installed>,
    pub(super) parts: Vec<Part>,
    pub(super) product: Product,
}

/// Connections of all kinds, unless configured otherwise.
pub const MAX_CONNECTIONS: usize = 64;
/// Peers that are kept, unless configured otherwise.
pub const MAX_PEERS: usize = 256;

impl Config {
    /// A node with this key, for this product, without entities yet.
    pub fn new(key: impl Into<PeerKey>, product: Product) -> Self {
        let key = key.into();
        let mut record = Record::new(product.ship_id(), key.ski);
        record.brand.clone_from(&product.brand);
        record.model.clone_from(&product.model);
        record.serial.clone_from(&product.serial);
        let mut device = Device::new(product.device_address(), DeviceType::Generic);
        install_manufacturer(&mut device, &product);
        Self {
            key,
            record,
            timers: Timers::default(),
            max_connections: MAX_CONNECTIONS,
            max_peers: MAX_PEERS,
            dial: true,
            trust_policy: TrustPolicy::Manual,
            access: Access::default(),
            pin: PinDemand::None,
            version: Version::V1_0,
            key_material: None,
            device,
            actors: Vec::new(),
            parts: Vec::new(),
            product,
        }
    }

    /// The product.
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// Sets `deviceType` of the device.
    pub fn device_type(&mut self, device_type: DeviceType) {
        self.device.device_type = device_type;
    }

    /// Adds an entity.
    pub fn entity(&mut self, entity_type: EntityType) -> Entity {
        self.entity_below(&Entity(Vec::new()), entity_type)
    }

    /// Adds an entity below another one of this configuration, as an EV is below its EVSE.
    pub fn entity_below(&mut self, parent: &Entity, entity_type: EntityType) -> Entity {
        let parent = parent.0.clone();
        let path = self.device.add_entity(&parent, entity_type.clone());
        self.parts.push(Part::Entity { parent, entity_type });
        Entity(path.unwrap_or_default())
    }

    /// Adds a feature of the application's own to an entity of this configuration; what the entity has of that type and
    /// role already takes over the functions it lacks.
    pub fn feature(&mut self, entity: &Entity, feature: NewFeature) -> FeaturePath {
        let path = self.device.furnish(&entity.0, &feature);
        self.parts.push(Part::Feature { entity: entity.0.clone(), feature });
        path.unwrap_or_else(|| FeaturePath::new(&entity.0, 0))
    }

    /// Installs an actor on an entity of this configuration.
    pub fn install(&mut self, entity: &Entity, actor: impl Actor + 'static) -> ActorId {
        self.install_boxed(entity.path(), Box::new(actor))
    }

    pub(super) fn install_boxed(&mut self, entity: &[u32], mut actor: Box<dyn Actor>) -> ActorId {
        let id = ActorId(u32::try_from(self.actors.len()).unwrap_or(u32::MAX));
        self.parts.push(Part::Actor { entity: entity.to_vec(), recipe: actor.recipe() });
        if let Some(entity_type) = self.device.entity(entity).map(|e| e.entity_type.clone()) {
            let descriptor = actor.descriptor();
            descriptor.furnish(entity, &mut self.device);
            actor.install(entity, &entity_type, &mut self.device);
        }
        self.actors.push(Installed { entity: entity.to_vec(), actor });
        id
    }

    pub(super) fn own(&self) -> Own {
        let (pin, key_material) = (self.pin.clone(), self.key_material.clone());
        let access = self.access.clone();
        Own { access, pin, version: self.version, key_material, ..Own::new(self.record.id.clone()) }
    }
}

/// DeviceClassification on entity `[0]`, which every known device has.
fn install_manufacturer(device: &mut Device, product: &Product) {
    let function = DeviceClassificationManufacturerData::FUNCTION;
    let Some(feature) = device.add_feature(&[0], FeatureType::DeviceClassification, Role::Server) else {
        return;
    };
    device.add_function(&feature, function, Operations::READ);
    if let Some(slot) = device.function_mut(&feature, function) {
        slot.data = Tape::of(&DeviceClassificationManufacturerData {
            device_name: Some(product.model.clone()),
            device_code: Some(product.model.clone()),
            serial_number: Some(product.serial.clone()),
            vendor_name: Some(product.brand.clone()),
            brand_name: Some(product.brand.clone()),
            ..Default::default()
        });
    }
}
