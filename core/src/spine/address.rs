//! Addresses within one device: entity path and feature number (SPINE 7.1.1.2).

use crate::model::{AddressDevice, AddressEntity, AddressFeature, FeatureAddress};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// The deepest entity path a peer may name; deeper ones may be discarded (SPINE 7.1.1.2).
pub const MAX_ENTITY_DEPTH: usize = 15;

/// The longest device address (SPINE `AddressDeviceType`).
pub const MAX_DEVICE_ADDRESS: usize = 256;

/// A feature address without its device: `[1,2]/7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FeaturePath {
    /// Path of the entity from the root of the device.
    pub entity: Vec<u32>,
    /// Number of the feature within its entity.
    pub feature: u32,
}

impl FeaturePath {
    /// The feature `feature` of the entity at `entity`.
    pub fn new(entity: &[u32], feature: u32) -> Self {
        Self { entity: entity.to_vec(), feature }
    }

    /// NodeManagement: entity `[0]`, feature 0 (SPINE 7.1).
    pub fn node_management() -> Self {
        Self { entity: vec![0], feature: 0 }
    }

    /// Whether this is NodeManagement.
    pub fn is_node_management(&self) -> bool {
        self.feature == 0 && self.entity == [0]
    }

    /// The address with its device.
    pub fn on(&self, device: Option<&str>) -> FeatureAddress {
        FeatureAddress {
            device: device.map(|name| AddressDevice(name.into())),
            entity: self.entity.iter().map(|&n| AddressEntity(n)).collect(),
            feature: Some(AddressFeature(self.feature)),
        }
    }

    /// Splits an address into device and path; `None` where the entity or the feature is missing, or the path too deep.
    pub fn split(address: &FeatureAddress) -> Option<(Option<&str>, Self)> {
        let feature = address.feature?.0;
        if address.entity.is_empty() || address.entity.len() > MAX_ENTITY_DEPTH {
            return None;
        }
        let entity = address.entity.iter().map(|n| n.0).collect();
        Some((address.device.as_ref().map(|d| d.0.as_str()), Self { entity, feature }))
    }
}

impl fmt::Display for FeaturePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, number) in self.entity.iter().enumerate() {
            write!(f, "{}{number}", if i > 0 { "," } else { "" })?;
        }
        write!(f, "]/{}", self.feature)
    }
}

/// An entity path out of a discovery; `None` where it is empty or deeper than [`MAX_ENTITY_DEPTH`].
pub fn entity_path(entity: &[AddressEntity]) -> Option<Vec<u32>> {
    (1..=MAX_ENTITY_DEPTH).contains(&entity.len()).then(|| entity.iter().map(|number| number.0).collect())
}

/// Whether a device address can be used at all: not empty, bounded, no white space or control characters.
///
/// The schema's pattern is stricter; devices in the field do not keep to it.
pub fn usable_device(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_DEVICE_ADDRESS
        && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}
