//! Devices that change while peers know them, and parts of NodeManagement (SPINE 7.1.3, 7.1.5, 7.5.3, 7.5.4).

use crate::solo::*;
use crate::tester::*;
use eebus_core::model::CmdClassifier::{Notify, Read};
use eebus_core::model::*;
use eebus_core::node::{Answer, Call, Event, Input, Misuse};
use eebus_core::spine::{FeaturePath, NewEntity, NewFeature, NewFunction, TreeNews, WriteAccess};
use eebus_core::usecase::Actor;
use eebus_core::usecase::lpc::{ControllableSystem, EnergyGuard};
use eebus_core::usecase::watts;
use std::time::Duration;

/// A peer that subscribed to NodeManagement.
fn subscriber() -> Tester {
    let mut tester = Tester::met();
    let counter = tester.send(Head::new("call", NM, NM).ack(), &relate("Subscription", NM, NM));
    assert_eq!(tester.answer_to(counter).error(), Some(0));
    tester.solo.fresh();
    tester
}

fn notified(tester: &Tester) -> Vec<String> {
    tester.of(&Notify).into_iter().map(|got| got.cmd).collect()
}

/// A partial discovery: entities, then features.
fn partial(device: &str, entities: &str, features: &str) -> String {
    let features = if features.is_empty() {
        String::new()
    } else {
        format!(r#",{{"featureInformation":[{features}]}}"#)
    };
    format!(
        r#"{{"function":"nodeManagementDetailedDiscoveryData"}},{{"filter":[[{{"cmdControl":[{{"partial":[]}}]}}]]}},{{"nodeManagementDetailedDiscoveryData":[{{"deviceInformation":[{{"description":[{{"deviceAddress":[{{"device":"{device}"}}]}}]}}]}},{{"entityInformation":[{entities}]}}{features}]}}"#
    )
}

fn entity(path: &str, kind: &str, change: &str) -> String {
    let kind = if kind.is_empty() { String::new() } else { format!(r#",{{"entityType":"{kind}"}}"#) };
    format!(
        r#"[{{"description":[{{"entityAddress":[{{"entity":{path}}}]}}{kind},{{"lastStateChange":"{change}"}}]}}]"#
    )
}

fn measurement() -> NewFeature {
    let data = MeasurementListData::default();
    NewFeature::server(FeatureType::Measurement).with(NewFunction::of(&data))
}

const MEASUREMENT: &str = r#"{"featureType":"Measurement"},{"role":"server"},{"supportedFunction":[[{"function":"measurementListData"},{"possibleOperations":[{"read":[{"partial":[]}]}]}]]}"#;

fn feature(path: &str, number: u32, rest: &str) -> String {
    format!(
        r#"[{{"description":[{{"featureAddress":[{{"entity":{path}}},{{"feature":{number}}}]}},{rest}]}}]"#
    )
}

#[test]
fn spine_7_1_5_entities_that_come_and_go_are_told() {
    let mut tester = subscriber();
    let ev = NewEntity::new(EntityType::Ev).below(&[1]).with(measurement());
    let added = tester.solo.call(Call::AddEntity { entity: ev, actors: Vec::new() });
    assert_eq!(added, Ok(Answer::Entity(vec![1, 1], Vec::new())));
    let come = partial(NODE, &entity("[1,1]", "EV", "added"), &feature("[1,1]", 1, MEASUREMENT));
    assert_eq!(notified(&tester), [come]);
    tester.solo.fresh();
    assert_eq!(tester.solo.call(Call::RemoveEntity { entity: vec![1, 1] }), Ok(Answer::Done));
    assert_eq!(notified(&tester), [partial(NODE, &entity("[1,1]", "", "removed"), "")]);
    for entity in [vec![1, 1], vec![0], vec![]] {
        assert_eq!(tester.solo.call(Call::RemoveEntity { entity }), Err(Misuse::UnknownPlace));
    }
    let orphan = NewEntity::new(EntityType::Ev).below(&[7]);
    assert_eq!(
        tester.solo.call(Call::AddEntity { entity: orphan, actors: Vec::new() }),
        Err(Misuse::UnknownPlace)
    );
}

#[test]
fn spine_7_1_5_features_that_come_and_go_are_told() {
    let mut tester = subscriber();
    let slow = measurement().response_delay(secs(30));
    let added = tester.solo.call(Call::AddFeature { entity: vec![1], feature: slow });
    let path = FeaturePath::new(&[1], 6);
    assert_eq!(added, Ok(Answer::Feature(path.clone())));
    let modified = entity("[1]", "HeatPumpAppliance", "modified");
    let rest = format!(r#"{MEASUREMENT},{{"lastStateChange":"added"}},{{"maxResponseDelay":"PT30S"}}"#);
    assert_eq!(notified(&tester), [partial(NODE, &modified, &feature("[1]", 6, &rest))]);
    tester.solo.fresh();
    assert_eq!(tester.solo.call(Call::RemoveFeature { feature: path.clone() }), Ok(Answer::Done));
    let gone = feature("[1]", 6, r#"{"lastStateChange":"removed"}"#);
    assert_eq!(notified(&tester), [partial(NODE, &modified, &gone)]);
    for feature in [path, FeaturePath::node_management()] {
        assert_eq!(tester.solo.call(Call::RemoveFeature { feature }), Err(Misuse::UnknownPlace));
    }
}

#[test]
fn what_changes_while_a_peer_reads_nothing_is_told_at_once_later() {
    let mut tester = subscriber();
    tester.solo.drains = false;
    for _ in 0..16 {
        tester.send(Head::new("read", NM, NM), READ_TREE);
    }
    tester.solo.fresh();
    for _ in 0..20 {
        let entity = NewEntity::new(EntityType::Ev).below(&[1]).with(measurement());
        tester.solo.call(Call::AddEntity { entity, actors: Vec::new() }).unwrap();
        tester.solo.call(Call::RemoveEntity { entity: vec![1, 1] }).unwrap();
    }
    assert_eq!(tester.got(), []);
    let conn = tester.conn;
    tester.solo.give(Input::Drained { conn, frames: 16 });
    assert_eq!(notified(&tester), [partial(NODE, &entity("[1,1]", "", "removed"), "")]);
}

#[test]
fn relations_and_writes_end_with_the_entity_they_were_at() {
    let mut tester = Tester::with(system_config(eebus_core::usecase::lpc::Approval::Application));
    tester.meet(&guard_tree());
    tester.bind(CLIENT);
    let subscribe = relate("Subscription", CLIENT, LOAD);
    tester.send(Head::new("call", NM, NM).ack(), &subscribe);
    tester.confirm_calls();
    tester.beat();
    let counter = tester.send(Head::new("write", CLIENT, LOAD).ack(), &active(4_200));
    tester.solo.fresh();
    tester.solo.call(Call::RemoveEntity { entity: vec![1] }).unwrap();
    assert_eq!(tester.answer_to(counter).error(), Some(7));
    assert!(tester.solo.events().iter().any(|event| matches!(event, Event::WriteEnded { .. })));
    let spine = tester.solo.node.view();
    assert_eq!((spine.actors().count(), spine.device().use_cases.len()), (0, 0));
    for table in ["nodeManagementBindingData", "nodeManagementSubscriptionData"] {
        let got = tester.ask(Head::new("read", NM, NM), &format!(r#"{{"{table}":[]}}"#));
        assert_eq!(got[0].cmd, format!(r#"{{"{table}":[]}}"#));
    }
    tester.solo.wait(secs(120));
    assert_eq!(tester.of(&Notify), [], "no heartbeat of what is gone");
}

#[test]
fn an_actor_on_a_new_entity_takes_up_the_peers_there_are() {
    let mut tester = Tester::with(guard_config());
    let load: &[&str] = &["loadControlLimitListData", "loadControlLimitDescriptionListData"];
    let keys: &[&str] =
        &["deviceConfigurationKeyValueListData", "deviceConfigurationKeyValueDescriptionListData"];
    tester.meet(&tree(
        &[("[1]", "HeatPumpAppliance")],
        &[
            ("[1]/1", "LoadControl", "server", load),
            ("[1]/2", "DeviceConfiguration", "server", keys),
            ("[1]/3", "DeviceDiagnosis", "server", &["deviceDiagnosisHeartbeatData"]),
        ],
    ));
    let announced = r#"{"nodeManagementUseCaseData":[{"useCaseInformation":[[{"actor":"ControllableSystem"},{"useCaseSupport":[[{"useCaseName":"limitationOfPowerConsumption"}]]}]]}]}"#;
    tester.send(Head::new("notify", NM, NM), announced);
    tester.solo.fresh();
    let actors = vec![EnergyGuard::new().recipe()];
    let added = tester.solo.call(Call::AddEntity { entity: NewEntity::new(EntityType::Cem), actors });
    let Ok(Answer::Entity(path, actors)) = added else { panic!("{added:?}") };
    assert_eq!((path, actors.len()), (vec![2], 1));
    let calls: Vec<_> = tester.of(&CmdClassifier::Call).into_iter().map(|got| got.cmd).collect();
    let binding = r#"{"clientAddress":[{"device":"d:_n:ACME_Pump-7"},{"entity":[2]},{"feature":1}]}"#;
    assert!(calls[0].contains("BindingRequest") && calls[0].contains(binding), "{calls:?}");
}

#[test]
fn a_use_case_comes_with_its_entity_goes_with_it_and_may_be_out_of_use() {
    let mut tester = subscriber();
    let actors = vec![EnergyGuard::new().recipe(), ControllableSystem::new(watts(1_000)).recipe()];
    let entity = NewEntity::new(EntityType::Cem);
    tester.solo.call(Call::AddEntity { entity, actors }).unwrap();
    let last = |tester: &Tester| notified(tester).pop().unwrap();
    assert_eq!(last(&tester).matches("useCaseName").count(), 3);
    let name = "limitationOfPowerConsumption";
    let set = |entity: u32, available| Call::SetAvailable {
        entity: vec![entity],
        use_case: name.into(),
        available,
    };
    tester.solo.call(set(2, false)).unwrap();
    assert_eq!(last(&tester).matches(r#"{"useCaseAvailable":false}"#).count(), 2);
    assert_eq!(tester.solo.call(set(3, false)), Err(Misuse::UnknownPlace));
    tester.solo.call(Call::RemoveEntity { entity: vec![2] }).unwrap();
    assert_eq!(last(&tester).matches("useCaseName").count(), 1);
}

/// What the node holds of the peer's tree: paths of entities and features.
fn known(tester: &Tester) -> (Vec<Vec<u32>>, Vec<String>) {
    let remote = tester.solo.node.view().peer(tester.peer).unwrap().remote.unwrap();
    (remote.entities.keys().cloned().collect(), remote.features.keys().map(ToString::to_string).collect())
}

fn news(tester: &Tester) -> Vec<TreeNews> {
    let news = |event| if let Event::Discovered { news, .. } = event { Some(news) } else { None };
    tester.solo.events().into_iter().filter_map(news).collect()
}

#[test]
fn spine_7_1_5_a_part_of_the_discovery_is_merged() {
    let mut tester = Tester::met();
    assert_eq!(
        known(&tester),
        (vec![vec![0], vec![1]], vec!["[0]/0".into(), "[1]/1".into(), "[1]/2".into()])
    );
    let rows = [
        (
            partial(TT, &entity("[1,1]", "EV", "added"), &feature("[1,1]", 1, MEASUREMENT)),
            TreeNews { added: vec![vec![1, 1]], ..Default::default() },
            (vec![vec![0], vec![1], vec![1, 1]], vec!["[0]/0", "[1]/1", "[1]/2", "[1,1]/1"]),
        ),
        (
            partial(
                TT,
                &entity("[1]", "GridGuard", "modified"),
                &feature("[1]", 2, r#"{"lastStateChange":"removed"}"#),
            ),
            TreeNews { modified: vec![vec![1]], ..Default::default() },
            (vec![vec![0], vec![1], vec![1, 1]], vec!["[0]/0", "[1]/1", "[1,1]/1"]),
        ),
        (
            partial(TT, &entity("[1]", "", "removed"), ""),
            TreeNews { removed: vec![vec![1], vec![1, 1]], ..Default::default() },
            (vec![vec![0]], vec!["[0]/0"]),
        ),
        // TC_SPINE_DATA_005 says no more than this.
        (
            partial(TT, &entity("[0]", "", "modified"), ""),
            TreeNews::default(),
            (vec![vec![0]], vec!["[0]/0"]),
        ),
    ];
    for (cmd, told, (entities, features)) in rows {
        tester.solo.fresh();
        tester.send(Head::new("notify", NM, NM), &cmd);
        assert_eq!(news(&tester), [told], "{cmd}");
        assert_eq!(known(&tester), (entities, features.into_iter().map(Into::into).collect()));
        assert_eq!(tester.of(&Read), [], "nothing is read anew");
    }
}

#[test]
fn what_does_not_fit_the_known_tree_changes_nothing_and_is_read_anew() {
    for cmd in [
        partial(TT, &entity("[4,1]", "EV", "added"), ""),
        partial(TT, &entity("[4]", "EV", "modified"), ""),
        partial(TT, &entity("[1]", "GridGuard", "modified"), &feature("[4]", 1, MEASUREMENT)),
        partial(TT, &entity("[1]", "EV", "modified"), &feature("[1]", 9, r#"{"featureType":"Measurement"}"#)),
        partial("d:_n:Other", &entity("[2]", "EV", "added"), ""),
    ] {
        let mut tester = Tester::met();
        let before = known(&tester);
        tester.send(Head::new("notify", NM, NM), &cmd);
        assert_eq!((known(&tester), news(&tester)), (before, Vec::new()), "{cmd}");
        let reads: Vec<_> = tester.of(&Read).into_iter().map(|got| got.cmd).collect();
        assert_eq!(reads, [READ_TREE], "{cmd}");
    }
}

#[test]
fn spine_7_5_4_a_part_of_the_use_cases_replaces_its_pair_of_address_and_actor() {
    let mut tester = Tester::met();
    let of = |actor: &str, names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| format!(r#"[{{"useCaseName":"{name}"}}]"#)).collect();
        format!(
            r#"[{{"address":[{{"device":"{TT}"}},{{"entity":[1]}}]}},{{"actor":"{actor}"}},{{"useCaseSupport":[{}]}}]"#,
            names.join(",")
        )
    };
    let whole = format!(
        r#"{{"nodeManagementUseCaseData":[{{"useCaseInformation":[{},{}]}}]}}"#,
        of("A", &["x", "y"]),
        of("B", &["z"])
    );
    tester.send(Head::new("notify", NM, NM), &whole);
    let part = format!(
        r#"{{"function":"nodeManagementUseCaseData"}},{{"filter":[[{{"cmdControl":[{{"partial":[]}}]}}]]}},{{"nodeManagementUseCaseData":[{{"useCaseInformation":[{}]}}]}}"#,
        of("A", &["w"])
    );
    tester.send(Head::new("notify", NM, NM), &part);
    let remote = tester.solo.node.view().peer(tester.peer).unwrap().remote.unwrap();
    let mut pairs: Vec<_> = remote.use_cases.iter().map(|u| (u.actor.as_str(), u.name.as_str())).collect();
    pairs.sort_unstable();
    assert_eq!(pairs, [("A", "w"), ("B", "z")]);
}

/// A partial read of a function of NodeManagement.
fn part(tester: &mut Tester, function: &str, filter: &str) -> String {
    let cmd = format!(
        r#"{{"function":"{function}"}},{{"filter":[[{{"cmdControl":[{{"partial":[]}}]}},{filter}]]}},{{"{function}":[]}}"#
    );
    let counter = tester.send(Head::new("read", NM, NM), &cmd);
    let got = tester.answer_to(counter).cmd;
    let marker =
        format!(r#"{{"function":"{function}"}},{{"filter":[[{{"cmdControl":[{{"partial":[]}}]}}]]}},"#);
    got.strip_prefix(&marker).unwrap_or_else(|| panic!("{got}")).to_string()
}

#[test]
fn spine_7_1_3_a_part_of_the_discovery_is_read() {
    let tree = "nodeManagementDetailedDiscoveryData";
    let mut tester = Tester::met();
    let select = |inner: &str| format!(r#"{{"{tree}Selectors":[{inner}]}}"#);
    // Entities and features of the answer, and whether the device tells more than its name.
    let rows = [
        (select(r#"{"entityInformation":[{"entityType":"HeatPumpAppliance"}]}"#), 1, 5, false),
        (select(r#"{"entityInformation":[{"entityAddress":[{"entity":[0]}]}]}"#), 1, 2, false),
        (select(r#"{"featureInformation":[{"featureType":"LoadControl"}]}"#), 0, 1, false),
        (
            select(
                r#"{"entityInformation":[{"entityAddress":[{"entity":[0]}]}]},{"featureInformation":[{"featureType":"LoadControl"}]}"#,
            ),
            1,
            0,
            false,
        ),
        (select(r#"{"deviceInformation":[{"deviceType":"Generic"}]}"#), 0, 0, true),
        (select(""), 2, 7, true),
    ];
    for (filter, entities, features, device) in rows {
        let got = part(&mut tester, tree, &filter);
        let count = |name| got.matches(name).count();
        assert_eq!(
            (count("entityAddress"), count("featureAddress"), got.contains("networkFeatureSet")),
            (entities, features, device),
            "{filter} {got}"
        );
        assert!(got.contains(r#"{"deviceAddress":[{"device":"d:_n:ACME_Pump-7"}]}"#), "{got}");
    }
    let types = r#"{"nodeManagementDetailedDiscoveryDataElements":[{"entityInformation":[{"description":[{"entityType":[]}]}]}]}"#;
    let got = part(&mut tester, tree, types);
    assert!(got.contains("HeatPumpAppliance") && !got.contains("featureInformation"), "{got}");
    assert!(got.contains(r#"{"entity":[1]}"#), "an entity keeps its address: {got}");
    assert!(got.contains(r#"{"deviceAddress":[{"device":"d:_n:ACME_Pump-7"}]}"#), "{got}");
    assert!(!got.contains("networkFeatureSet"), "{got}");
}

#[test]
fn spine_7_5_3_a_part_of_the_use_cases_is_read_by_actor_and_name() {
    let mut tester = Tester::met();
    let select = |actor: &str, name: &str| {
        format!(
            r#"{{"nodeManagementUseCaseDataSelectors":[{{"useCaseInformation":[{{"actor":"{actor}"}},{{"useCaseSupport":[{{"useCaseName":"{name}"}}]}}]}}]}}"#
        )
    };
    let function = "nodeManagementUseCaseData";
    let found = part(&mut tester, function, &select("ControllableSystem", "limitationOfPowerConsumption"));
    assert_eq!(found.matches("useCaseName").count(), 1);
    for (actor, name) in [("EnergyGuard", "limitationOfPowerConsumption"), ("ControllableSystem", "other")] {
        assert_eq!(part(&mut tester, function, &select(actor, name)), r#"{"nodeManagementUseCaseData":[]}"#);
    }
}

#[test]
fn a_longer_response_delay_gives_the_decision_more_time() {
    let mut config = system_config(eebus_core::usecase::lpc::Approval::Automatic);
    let entity = config.entity(EntityType::Generic);
    let points = NewFunction::of(&SetpointListData::default()).writable().open_list();
    let feature = NewFeature::server(FeatureType::Setpoint).with(points).response_delay(secs(60));
    config.feature(&entity, feature.access(WriteAccess::Bound));
    let mut tester = Tester::with(config);
    tester.meet(&guard_tree());
    let write = r#"{"setpointListData":[{"setpointData":[[{"setpointId":1}]]}]}"#;
    assert_eq!(tester.write("[2]/1", write).error(), Some(9));
    tester.send(Head::new("call", NM, NM).ack(), &relate("Binding", CLIENT, "[2]/1"));
    let counter = tester.send(Head::new("write", CLIENT, "[2]/1").ack(), write);
    tester.solo.wait(Duration::from_millis(59_499));
    assert!(tester.got().iter().all(|got| got.reference != Some(counter)));
    tester.solo.wait(Duration::from_millis(1));
    assert_eq!(tester.answer_to(counter).error(), Some(7));
}
