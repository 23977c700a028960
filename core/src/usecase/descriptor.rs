//! What a use case actor is, as data: one row an actor.

use crate::model::{EntityType, FeatureType, FunctionId, Role};
use crate::spine::device::{Device, LocalUseCase};
use crate::spine::{Operations, WriteAccess};
use alloc::string::ToString;
use alloc::vec::Vec;

/// One actor of one use case.
#[derive(Debug)]
pub struct Descriptor {
    /// `useCaseName`.
    pub name: &'static str,
    /// `actor`.
    pub actor: &'static str,
    /// `actor` of the partner.
    pub partner: &'static str,
    /// `useCaseVersion`.
    pub version: &'static str,
    /// `useCaseDocumentSubRevision`.
    pub sub_revision: &'static str,
    /// `scenarioSupport`.
    pub scenarios: &'static [u32],
    /// Features its entity must have.
    pub features: &'static [FeatureNeed],
    /// What a partner's entity must offer as a server; the first row finds the entity where a peer names none.
    pub partner_functions: &'static [(FeatureType, FunctionId)],
}

/// One feature an actor needs on its entity.
#[derive(Debug)]
pub struct FeatureNeed {
    /// Its type.
    pub feature_type: FeatureType,
    /// Its role.
    pub role: Role,
    /// Functions it offers.
    pub functions: &'static [(FunctionId, Operations)],
    /// Who may write.
    pub access: WriteAccess,
    /// Offers a heartbeat.
    pub heartbeat: bool,
}

impl Descriptor {
    /// Furnishes an entity with the features this actor needs, and announces the use case.
    pub fn furnish(&self, entity: &[u32], device: &mut Device) {
        for need in self.features {
            let added = device.add_feature(entity, need.feature_type.clone(), need.role.clone());
            let Some(path) = added else { continue };
            for &(function, operations) in need.functions {
                device.add_function(&path, function, operations);
            }
            if let Some(feature) = device.feature_mut(&path) {
                feature.access = feature.access.max(need.access);
            }
        }
        device.use_cases.push(LocalUseCase {
            entity: entity.to_vec(),
            actor: self.actor.to_string(),
            name: self.name.to_string(),
            version: self.version.to_string(),
            sub_revision: self.sub_revision.to_string(),
            scenarios: self.scenarios.to_vec(),
            available: true,
        });
    }

    /// The features of `entity` that offer a heartbeat for this actor.
    pub fn heartbeats(&self, entity: &[u32], device: &Device) -> Vec<crate::spine::FeaturePath> {
        let needs = self.features.iter().filter(|need| need.heartbeat);
        needs.filter_map(|need| device.find(entity, &need.feature_type, &need.role)).collect()
    }
}

/// Whether an entity type stands for an energy manager (LPC 2.6: contractual instead of nominal maximum).
pub(crate) fn is_energy_manager(entity_type: &EntityType) -> bool {
    *entity_type == EntityType::Cem
}
