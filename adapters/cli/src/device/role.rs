//! What a device can be: one row a role.

use eebus_core::model::{DeviceType, EntityType, FeatureType};
use eebus_core::node::{Config, Entity, Product};
use eebus_core::spine::NewFeature;
use eebus_core::usecase::lpc::{Approval, ControllableSystem, EnergyGuard, Limit};
use eebus_core::usecase::{Watts, watts};
use eebus_smol::Identity;

/// Most the wallbox draws: three phases of 16 A at 230 V.
const WALLBOX: Watts = watts(11_040);
/// Brand of the devices of this program.
const BRAND: &str = "EEBUS";

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// An energy manager: limits what its peers draw.
    Hems,
    /// A wallbox: obeys the limits of its peer.
    Evse,
}

struct Row {
    role: Role,
    name: &'static str,
    model: &'static str,
    device_type: DeviceType,
    entity_type: EntityType,
    /// `cat` of its TXT record.
    category: u16,
    install: fn(&mut Config, &Entity, Limit),
}

static ROLES: [Row; 2] = [
    Row {
        role: Role::Hems,
        name: "hems",
        model: "HEMS",
        device_type: DeviceType::EnergyManagementSystem,
        entity_type: EntityType::Cem,
        category: 2,
        install: |config, entity, limit| {
            config.install(entity, EnergyGuard::limiting(limit));
        },
    },
    Row {
        role: Role::Evse,
        name: "evse",
        model: "EVSE",
        device_type: DeviceType::ChargingStation,
        entity_type: EntityType::Evse,
        category: 3,
        install: |config, entity, _| {
            config.install(entity, ControllableSystem::new(WALLBOX).approval(Approval::Automatic));
        },
    },
];

impl Role {
    /// The role of this name, as on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        <Self as clap::ValueEnum>::from_str(name, false).ok()
    }

    /// Its name, as on the command line.
    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }

    fn row(self) -> &'static Row {
        ROLES.iter().find(|row| row.role == self).expect("every role has a row")
    }

    /// The product, made unique by its serial number.
    pub(super) fn product(self, serial: impl Into<String>) -> Product {
        Product::new(BRAND, self.row().model, serial)
    }

    /// A node of this role. An energy manager writes `limit` to whomever it can limit.
    pub(super) fn config(self, identity: &Identity, limit: Limit) -> Config {
        let row = self.row();
        // Stays with the certificate.
        let serial: String = identity.ski().to_string().chars().take(8).collect();
        let mut config = Config::new(identity, self.product(serial));
        config.record.device_type = row.device_type.to_string();
        config.record.categories = vec![row.category];
        config.device_type(row.device_type.clone());
        let entity = config.entity(row.entity_type.clone());
        (row.install)(&mut config, &entity, limit);
        // From which the device asks what others offer.
        config.feature(&entity, NewFeature::client(FeatureType::Generic));
        config
    }
}
