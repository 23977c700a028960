//! What a peer is: its device, entities, features and functions, and its use cases.

use eebus_core::model::FunctionId;
use eebus_core::spine::{Offer, Operations, Remote};
use std::collections::BTreeMap;

/// An entity, a feature of it, a function of that: in this order parents come before their children.
pub(super) type Place = (Vec<u32>, Option<u32>, Option<FunctionId>);

/// The device tree, a line a place.
pub(super) fn places(remote: &Remote) -> BTreeMap<Place, String> {
    let mut places = BTreeMap::new();
    for (path, entity_type) in &remote.entities {
        places.insert((path.clone(), None, None), format!("entity {} {entity_type}", entity(path)));
    }
    for (address, feature) in &remote.features {
        let place = (address.entity.clone(), Some(address.feature));
        let (kind, role) = (&feature.feature_type, &feature.role);
        places.insert((place.0.clone(), place.1, None), format!("feature {address} {kind} {role}"));
        // Every device has those of NodeManagement.
        for (function, operations) in feature.functions.iter().filter(|_| !address.is_node_management()) {
            let line = format!("{function}: {}", words(*operations));
            places.insert((place.0.clone(), place.1, Some(*function)), line);
        }
    }
    places
}

/// How far a line is set off.
pub(super) fn indent((_, feature, function): &Place) -> usize {
    2 + 2 * usize::from(feature.is_some()) + 2 * usize::from(function.is_some())
}

/// Whether what holds this place is among `places`.
pub(super) fn is_within((entity, feature, function): &Place, places: &BTreeMap<Place, String>) -> bool {
    let holder = match (feature, function) {
        (_, Some(_)) => Some((entity.clone(), *feature, None)),
        (Some(_), None) => Some((entity.clone(), None, None)),
        (None, None) => entity.split_last().map(|(_, path)| (path.to_vec(), None, None)),
    };
    holder.is_some_and(|holder| places.contains_key(&holder))
}

/// `[1,2]`.
pub(super) fn entity(path: &[u32]) -> String {
    let numbers: Vec<_> = path.iter().map(u32::to_string).collect();
    format!("[{}]", numbers.join(","))
}

fn words(operations: Operations) -> String {
    let offer = |name: &str, offer: Option<Offer>| match offer? {
        Offer::Full => Some(name.to_owned()),
        Offer::Partial => Some(format!("{name} (also in part)")),
    };
    let offers: Vec<_> =
        [offer("read", operations.read), offer("write", operations.write)].into_iter().flatten().collect();
    if offers.is_empty() { "call".into() } else { offers.join(", ") }
}

/// The use cases, a line each.
pub(super) fn use_cases(remote: &Remote) -> BTreeMap<(String, String, String), String> {
    let line = |use_case: &eebus_core::spine::RemoteUseCase| {
        let at = use_case.entity.as_deref().map(|path| format!(" on entity {}", entity(path)));
        let at = at.unwrap_or_default();
        let scenarios: Vec<_> = use_case.scenarios.iter().map(u32::to_string).collect();
        let scenarios = match scenarios.as_slice() {
            [] => "scenarios not stated".into(),
            [one] => format!("scenario {one}"),
            many => format!("scenarios {}", many.join(", ")),
        };
        let available = if use_case.available { "" } else { ", not available now" };
        let (actor, name, version) = (&use_case.actor, &use_case.name, &use_case.version);
        let key = (at.clone(), actor.clone(), name.clone());
        (key, format!("use case {name} {version} as {actor}{at}: {scenarios}{available}"))
    };
    remote.use_cases.iter().map(line).collect()
}
