//! What NodeManagement answers: detailed discovery, use cases, relation tables, destination list (SPINE 7).

use super::Refusal;
use super::address::FeaturePath;
use super::datagram::VERSION;
use super::device::{Device, LocalEntity, LocalFeature, LocalUseCase};
use super::relation::{RelationKind, Relations};
use super::remote::DEFAULT_RESPONSE_DELAY;
use crate::ids::PeerId;
use crate::json::Tape;
use crate::model::*;
use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

fn address_entity(path: &[u32]) -> Vec<AddressEntity> {
    path.iter().map(|&number| AddressEntity(number)).collect()
}

/// The whole tree, as a reply to a read (SPINE 7.1.2).
pub fn detailed(device: &Device) -> NodeManagementDetailedDiscoveryData {
    let entities = device.entities().map(|(path, entity)| entity_information(path, Some(entity), None));
    let features = features(device)
        .map(|(path, feature)| feature_information(&path.entity, path.feature, feature, None));
    NodeManagementDetailedDiscoveryData {
        specification_version_list: Some(NodeManagementSpecificationVersionList {
            specification_version: vec![SpecificationVersion(VERSION.to_string())],
        }),
        device_information: Some(NodeManagementDetailedDiscoveryDeviceInformation {
            description: Some(NodeManagementDetailedDiscoveryDeviceInformationDescription {
                device_type: Some(device.device_type.clone()),
                network_feature_set: Some(device.feature_set.clone()),
                ..device_description(device)
            }),
        }),
        entity_information: entities.collect(),
        feature_information: features.collect(),
    }
}

/// The part of the tree a read asks for (SPINE 7.1.3): a selected entity comes with its features, a selected feature
/// alone; whose tree it is stands in every part. `None` where everything is asked for.
///
/// # Errors
///
/// Elements that cannot be evaluated.
pub fn detailed_part(device: &Device, filter: &Filter) -> Result<Option<Tape>, Refusal> {
    if filter.selectors.is_empty() && filter.elements.is_none() {
        return Ok(None);
    }
    let mut tree = detailed(device);
    if !filter.selectors.is_empty() {
        let selected: Vec<_> = filter.selectors.iter().map(|one| Selected::by(one.into(), device)).collect();
        if !selected.iter().any(|part| part.device) {
            tree.specification_version_list = None;
            tree.device_information = Some(NodeManagementDetailedDiscoveryDeviceInformation {
                description: Some(device_description(device)),
            });
        }
        tree.entity_information = (device.entities())
            .filter(|(path, _)| selected.iter().any(|part| part.entities.contains(*path)))
            .map(|(path, entity)| entity_information(path, Some(entity), None))
            .collect();
        tree.feature_information = features(device)
            .filter(|(path, _)| selected.iter().any(|part| part.features.contains(path)))
            .map(|(path, feature)| feature_information(&path.entity, path.feature, feature, None))
            .collect();
    }
    let elements =
        filter.elements.as_ref().and_then(Tape::get).map(|elements| Tape::of(&addressed(elements)));
    Ok(Some(project(&Tape::of(&tree), &[], elements.as_ref().map(Criterion::from))?))
}

/// The same elements, with the addresses: they are what identifies the parts of a tree.
fn addressed(
    mut elements: NodeManagementDetailedDiscoveryDataElements,
) -> NodeManagementDetailedDiscoveryDataElements {
    if elements == Default::default() {
        return elements;
    }
    // A description that names nothing names everything.
    let device = elements.device_information.get_or_insert_with(|| {
        let address = NodeManagementDetailedDiscoveryDeviceInformationElementsDescription {
            device_address: Some(Default::default()),
            ..Default::default()
        };
        NodeManagementDetailedDiscoveryDeviceInformationElements { description: Some(address) }
    });
    if let Some(description) = device.description.as_mut().filter(|d| **d != Default::default()) {
        description.device_address = Some(Default::default());
    }
    let entities = elements.entity_information.as_mut().and_then(|entity| entity.description.as_mut());
    if let Some(description) = entities.filter(|description| **description != Default::default()) {
        description.entity_address = Some(Default::default());
    }
    let features = elements.feature_information.as_mut().and_then(|feature| feature.description.as_mut());
    if let Some(description) = features.filter(|description| **description != Default::default()) {
        description.feature_address = Some(Default::default());
    }
    elements
}

fn features(device: &Device) -> impl Iterator<Item = (FeaturePath, &LocalFeature)> {
    device.entities().flat_map(|(path, entity)| {
        entity.features.iter().map(move |(number, feature)| (FeaturePath::new(path, *number), feature))
    })
}

/// What one selectors element of a discovery read means.
struct Selected {
    device: bool,
    entities: BTreeSet<Vec<u32>>,
    features: BTreeSet<FeaturePath>,
}

impl Selected {
    fn by(selectors: Criterion<'_>, device: &Device) -> Self {
        let part = |name| selectors.part(name);
        let (of_device, of_entity, of_feature) =
            (part("deviceInformation"), part("entityInformation"), part("featureInformation"));
        let all = of_device.is_none() && of_entity.is_none() && of_feature.is_none();
        // Every field of these selectors stands in the descriptions, so that none is unknown.
        let fits = |criterion: Option<Criterion<'_>>, item: Tape| {
            criterion.map_or(all, |one| selects(one, item.ty(), item.root()).unwrap_or(false))
        };
        let whole = detailed(device).device_information.and_then(|information| information.description);
        let entities = device.entities().filter(|(path, entity)| {
            let information = entity_information(path, Some(entity), None);
            fits(of_entity, Tape::of(&information.description.unwrap_or_default()))
        });
        let entities: BTreeSet<_> = entities.map(|(path, _)| path.to_vec()).collect();
        let features = features(device).filter(|(path, feature)| {
            let information = feature_information(&path.entity, path.feature, feature, None);
            let description = Tape::of(&information.description.unwrap_or_default());
            match (of_entity, of_feature) {
                (Some(_), None) => entities.contains(&path.entity),
                (Some(_), Some(_)) => entities.contains(&path.entity) && fits(of_feature, description),
                (None, _) => fits(of_feature, description),
            }
        });
        let features = features.map(|(path, _)| path).collect();
        Self { device: fits(of_device, Tape::of(&whole.unwrap_or_default())), entities, features }
    }
}

/// Whose tree it is.
pub(super) fn device_description(
    device: &Device,
) -> NodeManagementDetailedDiscoveryDeviceInformationDescription {
    NodeManagementDetailedDiscoveryDeviceInformationDescription {
        device_address: Some(NodeManagementDetailedDiscoveryDeviceInformationDescriptionDeviceAddress {
            device: Some(AddressDevice(device.address.clone())),
        }),
        ..Default::default()
    }
}

/// One entity; without its type where it is gone.
pub(super) fn entity_information(
    path: &[u32],
    entity: Option<&LocalEntity>,
    change: Option<NetworkManagementStateChange>,
) -> NodeManagementDetailedDiscoveryEntityInformation {
    NodeManagementDetailedDiscoveryEntityInformation {
        description: Some(NodeManagementDetailedDiscoveryEntityInformationDescription {
            entity_address: Some(NodeManagementDetailedDiscoveryEntityInformationDescriptionEntityAddress {
                entity: address_entity(path),
            }),
            entity_type: entity.map(|entity| entity.entity_type.clone()),
            last_state_change: change,
            ..Default::default()
        }),
    }
}

/// One feature with the functions it offers.
pub(super) fn feature_information(
    path: &[u32],
    number: u32,
    feature: &LocalFeature,
    change: Option<NetworkManagementStateChange>,
) -> NodeManagementDetailedDiscoveryFeatureInformation {
    let functions = feature.functions.iter().map(|(id, function)| function.operations.announce(*id));
    let longer = feature.response_delay.filter(|delay| *delay > DEFAULT_RESPONSE_DELAY);
    NodeManagementDetailedDiscoveryFeatureInformation {
        description: Some(NodeManagementDetailedDiscoveryFeatureInformationDescription {
            feature_type: Some(feature.feature_type.clone()),
            role: Some(feature.role.clone()),
            supported_function: functions.collect(),
            max_response_delay: longer.map(XsDuration::from_core),
            ..feature_description(path, number, change)
        }),
    }
}

/// Where a feature stands, and what became of it.
pub(super) fn feature_description(
    path: &[u32],
    number: u32,
    change: Option<NetworkManagementStateChange>,
) -> NodeManagementDetailedDiscoveryFeatureInformationDescription {
    NodeManagementDetailedDiscoveryFeatureInformationDescription {
        feature_address: Some(NodeManagementDetailedDiscoveryFeatureInformationDescriptionFeatureAddress {
            entity: address_entity(path),
            feature: Some(AddressFeature(number)),
        }),
        last_state_change: change,
        ..Default::default()
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
        use_case_available: Some(use_case.available),
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

/// The call that asks a peer for a relation (SPINE 7.3.2, 7.4.2). Some peers fail without the type of their feature.
pub fn request(
    kind: RelationKind,
    client: &FeaturePath,
    server: &FeaturePath,
    ends: Ends<'_>,
    server_type: FeatureType,
) -> Cmd {
    let client_address = Some(client.on(Some(ends.own)));
    let server_address = Some(server.on(ends.peer));
    let server_feature_type = Some(server_type);
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

/// The call that gives a relation back (SPINE 7.3.4, 7.4.4).
pub fn deletion(kind: RelationKind, client: &FeaturePath, server: &FeaturePath, ends: Ends<'_>) -> Cmd {
    let client_address = Some(client.on(Some(ends.own)));
    let server_address = Some(server.on(ends.peer));
    match kind {
        RelationKind::Subscription => Cmd::data(&NodeManagementSubscriptionDeleteCall {
            subscription_delete: Some(NodeManagementSubscriptionDeleteCallSubscriptionDelete {
                client_address,
                server_address,
                ..Default::default()
            }),
        }),
        RelationKind::Binding => Cmd::data(&NodeManagementBindingDeleteCall {
            binding_delete: Some(NodeManagementBindingDeleteCallBindingDelete {
                client_address,
                server_address,
                ..Default::default()
            }),
        }),
    }
}

/// The devices at the two ends of a relation.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    /// Own device address.
    pub own: &'a str,
    /// Device address of the peer.
    pub peer: Option<&'a str>,
}
