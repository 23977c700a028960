//! What NodeManagement answers: detailed discovery, use cases, relation tables, destination list (SPINE 7).

use super::address::FeaturePath;
use super::datagram::VERSION;
use super::device::{Device, LocalFeature, LocalUseCase};
use super::relation::{RelationKind, Relations};
use crate::ids::PeerId;
use crate::json::Tape;
use crate::model::*;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

fn address_entity(path: &[u32]) -> Vec<AddressEntity> {
    path.iter().map(|&number| AddressEntity(number)).collect()
}

/// The whole tree, as a reply to a read (SPINE 7.1.2).
pub fn detailed(device: &Device) -> NodeManagementDetailedDiscoveryData {
    let description = NodeManagementDetailedDiscoveryDeviceInformationDescription {
        device_address: Some(NodeManagementDetailedDiscoveryDeviceInformationDescriptionDeviceAddress {
            device: Some(AddressDevice(device.address.clone())),
        }),
        device_type: Some(device.device_type.clone()),
        network_feature_set: Some(device.feature_set.clone()),
        ..Default::default()
    };
    let entities = device.entities().map(|(path, entity)| NodeManagementDetailedDiscoveryEntityInformation {
        description: Some(NodeManagementDetailedDiscoveryEntityInformationDescription {
            entity_address: Some(NodeManagementDetailedDiscoveryEntityInformationDescriptionEntityAddress {
                entity: address_entity(path),
            }),
            entity_type: Some(entity.entity_type.clone()),
            ..Default::default()
        }),
    });
    let features = device.entities().flat_map(|(path, entity)| {
        entity.features.iter().map(move |(number, feature)| self::feature(path, *number, feature))
    });
    NodeManagementDetailedDiscoveryData {
        specification_version_list: Some(NodeManagementSpecificationVersionList {
            specification_version: vec![SpecificationVersion(VERSION.to_string())],
        }),
        device_information: Some(NodeManagementDetailedDiscoveryDeviceInformation {
            description: Some(description),
        }),
        entity_information: entities.collect(),
        feature_information: features.collect(),
    }
}

fn feature(
    path: &[u32],
    number: u32,
    feature: &LocalFeature,
) -> NodeManagementDetailedDiscoveryFeatureInformation {
    let functions = feature.functions.iter().map(|(id, function)| function.operations.announce(*id));
    NodeManagementDetailedDiscoveryFeatureInformation {
        description: Some(NodeManagementDetailedDiscoveryFeatureInformationDescription {
            feature_address: Some(
                NodeManagementDetailedDiscoveryFeatureInformationDescriptionFeatureAddress {
                    entity: address_entity(path),
                    feature: Some(AddressFeature(number)),
                },
            ),
            feature_type: Some(feature.feature_type.clone()),
            role: Some(feature.role.clone()),
            supported_function: functions.collect(),
            ..Default::default()
        }),
    }
}

/// Every use case, one entry for each pair of entity and actor (SPINE 7.5.2).
pub fn use_cases(device: &Device) -> NodeManagementUseCaseData {
    let mut entries: Vec<(&LocalUseCase, Vec<&LocalUseCase>)> = Vec::new();
    for use_case in &device.use_cases {
        let same = |(first, _): &&mut (&LocalUseCase, Vec<_>)| {
            (&first.entity, &first.actor) == (&use_case.entity, &use_case.actor)
        };
        match entries.iter_mut().find(same) {
            Some((_, list)) => list.push(use_case),
            None => entries.push((use_case, vec![use_case])),
        }
    }
    let entry =
        |(first, list): (&LocalUseCase, Vec<&LocalUseCase>)| NodeManagementUseCaseDataUseCaseInformation {
            address: Some(FeatureAddress {
                device: Some(AddressDevice(device.address.clone())),
                entity: address_entity(&first.entity),
                feature: None,
            }),
            actor: Some(first.actor.as_str().into()),
            use_case_support: list.into_iter().map(support).collect(),
        };
    NodeManagementUseCaseData { use_case_information: entries.into_iter().map(entry).collect() }
}

fn support(use_case: &LocalUseCase) -> NodeManagementUseCaseDataUseCaseInformationUseCaseSupport {
    NodeManagementUseCaseDataUseCaseInformationUseCaseSupport {
        use_case_name: Some(use_case.name.as_str().into()),
        use_case_version: Some(SpecificationVersion(use_case.version.clone())),
        use_case_available: Some(true),
        scenario_support: use_case.scenarios.iter().map(|&n| UseCaseScenarioSupport(n)).collect(),
        use_case_document_sub_revision: Some(use_case.sub_revision.clone()),
    }
}

/// The relations of one kind that involve the reader, and no others (SPINE 7.3.3, 7.4.3).
pub fn relations(
    kind: RelationKind,
    table: &Relations,
    device: &Device,
    peer: PeerId,
    name: Option<&str>,
) -> Tape {
    let own = Some(device.address.as_str());
    let mine = table.of(peer).map(|(n, relation)| (n, relation.client.on(name), relation.server.on(own)));
    match kind {
        RelationKind::Subscription => {
            let entry = |(number, client, server)| NodeManagementSubscriptionDataSubscriptionEntry {
                subscription_id: Some(SubscriptionId(number)),
                client_address: Some(client),
                server_address: Some(server),
                ..Default::default()
            };
            Tape::of(&NodeManagementSubscriptionData { subscription_entry: mine.map(entry).collect() })
        }
        RelationKind::Binding => {
            let entry = |(number, client, server)| NodeManagementBindingDataBindingEntry {
                binding_id: Some(BindingId(number)),
                client_address: Some(client),
                server_address: Some(server),
                ..Default::default()
            };
            Tape::of(&NodeManagementBindingData { binding_entry: mine.map(entry).collect() })
        }
    }
}

/// The destinations behind this node: itself (SPINE 7.2).
pub fn destinations(device: &Device) -> NodeManagementDestinationListData {
    let description = NodeManagementDestinationDataDeviceDescription {
        device_address: Some(DeviceAddress { device: Some(AddressDevice(device.address.clone())) }),
        network_feature_set: Some(device.feature_set.clone()),
        ..Default::default()
    };
    NodeManagementDestinationListData {
        node_management_destination_data: vec![NodeManagementDestinationData {
            device_description: Some(description),
        }],
    }
}

/// The call that asks a peer for a relation (SPINE 7.3.2, 7.4.2).
pub fn request(kind: RelationKind, client: &FeaturePath, server: &FeaturePath, ends: Ends<'_>) -> Cmd {
    let client_address = Some(client.on(Some(ends.own)));
    let server_address = Some(server.on(ends.peer));
    let server_feature_type = Some(ends.server_type.clone());
    match kind {
        RelationKind::Subscription => Cmd::data(&NodeManagementSubscriptionRequestCall {
            subscription_request: Some(NodeManagementSubscriptionRequestCallSubscriptionRequest {
                client_address,
                server_address,
                server_feature_type,
            }),
        }),
        RelationKind::Binding => Cmd::data(&NodeManagementBindingRequestCall {
            binding_request: Some(NodeManagementBindingRequestCallBindingRequest {
                client_address,
                server_address,
                server_feature_type,
            }),
        }),
    }
}

/// Who stands at the two ends of a relation that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    /// Own device address.
    pub own: &'a str,
    /// Device address of the peer.
    pub peer: Option<&'a str>,
    /// Type of the peer's feature; some peers fail without it.
    pub server_type: &'a FeatureType,
}
