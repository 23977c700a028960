//! What the application asks of a peer, and how it is answered (SPINE 5.2.5, 5.3.4).

use crate::solo::secs;
use crate::tester::*;
use eebus_core::ids::RequestId;
use eebus_core::json::ElementTag;
use eebus_core::model::CmdClassifier::{self, Read, Write};
use eebus_core::model::*;
use eebus_core::node::{At, Event, Misuse};
use eebus_core::spine::{ErrorNumber, FeaturePath, NewFeature, Outcome, RelationKind};

const SETPOINTS: &str = "[1]/1";
const KEYS_OF_PEER: &str = "[1]/2";

/// The node has a client feature at `[2]/1`; the peer takes parts of its setpoints, and only the whole of its keys.
fn tester() -> Tester {
    let mut config = system_config(eebus_core::usecase::lpc::Approval::Automatic);
    let entity = config.entity(EntityType::Cem);
    config.feature(&entity, NewFeature::client(FeatureType::Generic));
    let mut tester = Tester::with(config);
    let features: [(&str, &str, &str, &[&str]); 2] = [
        (SETPOINTS, "Setpoint", "server", &["setpointListData"]),
        (KEYS_OF_PEER, "DeviceConfiguration", "server", &["deviceConfigurationKeyValueListData"]),
    ];
    let tree = tree(&[("[1]", "HeatPumpAppliance")], &features);
    let partial = r#"{"possibleOperations":[{"read":[]},{"write":[{"partial":[]}]}]}"#;
    let setpoints = format!(r#"[{{"function":"setpointListData"}},{partial}]"#);
    assert!(tree.contains(&setpoints), "{tree}");
    let parts = setpoints.replace(r#"{"read":[]}"#, r#"{"read":[{"partial":[]}]}"#);
    let keys = format!(r#"[{{"function":"deviceConfigurationKeyValueListData"}},{partial}]"#);
    let whole = keys.replace(r#"{"write":[{"partial":[]}]}"#, r#"{"write":[]}"#);
    tester.meet(&tree.replace(&setpoints, &parts).replace(&keys, &whole));
    tester
}

fn own() -> FeaturePath {
    FeaturePath::new(&[2], 1)
}

fn of_peer(feature: u32) -> FeaturePath {
    FeaturePath::new(&[1], feature)
}

/// Asks the node through the typed form of a call.
fn ask<T>(tester: &mut Tester, ask: impl FnOnce(&mut At<'_>) -> T) -> T {
    let now = tester.solo.now;
    let asked = ask(&mut At::new(&mut tester.solo.node, now));
    tester.solo.give(eebus_core::node::Input::Tick);
    asked
}

/// How requests ended, and with what.
fn answered(tester: &Tester) -> Vec<(RequestId, Outcome, Option<Cmd>)> {
    let answered = |event| match event {
        Event::Answered { request, outcome, reply, .. } => Some((request, outcome, reply)),
        _ => None,
    };
    tester.solo.events().into_iter().filter_map(answered).collect()
}

fn setpoint(id: u32, value: i64) -> SetpointData {
    SetpointData {
        setpoint_id: Some(SetpointId(id)),
        value: Some(ScaledNumber::new(value, 0)),
        ..Default::default()
    }
}

fn setpoints(data: &[SetpointData]) -> SetpointListData {
    SetpointListData { setpoint_data: data.to_vec() }
}

fn first() -> Filter {
    Filter::partial().select(&SetpointListDataSelectors { setpoint_id: Some(SetpointId(1)) })
}

#[test]
fn a_part_is_read_where_the_peer_offers_it_and_the_whole_elsewhere() {
    let mut tester = tester();
    let peer = tester.peer;
    let elements = DeviceConfigurationKeyValueDataElements {
        key_id: Some(ElementTag),
        ..DeviceConfigurationKeyValueDataElements::default()
    };
    ask(&mut tester, |node| {
        let mut peer = node.peer(peer);
        peer.read(&own(), &of_peer(1), FunctionId::SETPOINT_LIST_DATA, Some(first())).unwrap();
        let keys = FunctionId::DEVICE_CONFIGURATION_KEY_VALUE_LIST_DATA;
        peer.read(&own(), &of_peer(2), keys, Some(Filter::partial().elements(&elements))).unwrap();
    });
    let reads: Vec<_> = tester.of(&Read).into_iter().map(|got| got.cmd).collect();
    assert_eq!(
        reads,
        [
            r#"{"function":"setpointListData"},{"filter":[[{"cmdControl":[{"partial":[]}]},{"setpointListDataSelectors":[{"setpointId":1}]}]]},{"setpointListData":[]}"#,
            r#"{"deviceConfigurationKeyValueListData":[]}"#,
        ]
    );
}

#[test]
fn a_reply_comes_with_its_request_and_what_it_says_is_merged_even_without_the_mark() {
    let mut tester = tester();
    let peer = tester.peer;
    let whole = r#"{"setpointListData":[{"setpointData":[[{"setpointId":1}],[{"setpointId":2}]]}]}"#;
    tester.send(Head::new("notify", SETPOINTS, "[2]/1"), whole);
    let request = ask(&mut tester, |node| {
        node.peer(peer).read(&own(), &of_peer(1), FunctionId::SETPOINT_LIST_DATA, Some(first())).unwrap()
    });
    let part = r#"{"setpointListData":[{"setpointData":[[{"setpointId":1},{"value":[{"number":20},{"scale":0}]}]]}]}"#;
    tester.answer(|got| got.to == SETPOINTS, part);
    let [(of, Outcome::Done, Some(reply))] = &answered(&tester)[..] else {
        panic!("{:?}", answered(&tester))
    };
    assert_eq!((*of, reply.data.get()), (request, Some(setpoints(&[setpoint(1, 20)]))));
    let view = tester.solo.node.view().peer(peer).unwrap();
    let known: SetpointListData = view.remote.unwrap().data(&of_peer(1)).unwrap();
    let unvalued = SetpointData { setpoint_id: Some(SetpointId(2)), ..Default::default() };
    assert_eq!(known, setpoints(&[setpoint(1, 20), unvalued]));
}

#[test]
fn a_part_is_written_as_the_whole_where_the_peer_takes_only_that() {
    let mut tester = tester();
    let peer = tester.peer;
    let whole = r#"{"deviceConfigurationKeyValueListData":[{"deviceConfigurationKeyValueData":[[{"keyId":1},{"value":[{"boolean":true}]}],[{"keyId":2},{"value":[{"boolean":true}]}]]}]}"#;
    tester.send(Head::new("notify", KEYS_OF_PEER, "[2]/1"), whole);
    let value = DeviceConfigurationKeyValueValue { boolean: Some(false), ..Default::default() };
    let key = DeviceConfigurationKeyValueData {
        key_id: Some(DeviceConfigurationKeyId(2)),
        value: Some(value),
        is_value_changeable: None,
    };
    let part = DeviceConfigurationKeyValueListData { device_configuration_key_value_data: vec![key] };
    ask(&mut tester, |node| {
        node.peer(peer).write(&own(), &of_peer(2), Cmd::partial(&part)).unwrap();
        node.peer(peer).write(&own(), &of_peer(1), Cmd::partial(&setpoints(&[setpoint(1, 3)]))).unwrap();
    });
    let writes = tester.of(&Write);
    assert_eq!(
        writes[0].cmd,
        whole.replacen(
            r#"{"keyId":2},{"value":[{"boolean":true}]}"#,
            r#"{"keyId":2},{"value":[{"boolean":false}]}"#,
            1
        )
    );
    assert!(
        writes[1]
            .cmd
            .starts_with(r#"{"function":"setpointListData"},{"filter":[[{"cmdControl":[{"partial":[]}]}]]}"#)
    );
    assert!(writes.iter().all(|write| write.ack));
}

#[test]
fn relations_are_asked_for_and_given_up_both_ways() {
    let mut tester = tester();
    let peer = tester.peer;
    let (kinds, server) = ([RelationKind::Subscription, RelationKind::Binding], of_peer(1));
    let requests = ask(&mut tester, |node| {
        assert_eq!(node.peer(peer).relate(kinds[0], &own(), &of_peer(9)), Err(Misuse::UnknownFeature(peer)));
        let mut peer = node.peer(peer);
        let asked = kinds.map(|kind| peer.relate(kind, &own(), &server).unwrap());
        let given_up = kinds.map(|kind| peer.give_up(kind, &own(), &server).unwrap());
        [asked, given_up].concat()
    });
    let ends = r#"{"clientAddress":[{"device":"d:_n:ACME_Pump-7"},{"entity":[2]},{"feature":1}]},{"serverAddress":[{"device":"d:_n:TT"},{"entity":[1]},{"feature":1}]}"#;
    let calls = tester.of(&CmdClassifier::Call);
    for (call, (kind, verb)) in calls.iter().zip([
        ("Subscription", "Request"),
        ("Binding", "Request"),
        ("Subscription", "Delete"),
        ("Binding", "Delete"),
    ]) {
        assert!(call.cmd.contains(&format!("nodeManagement{kind}{verb}Call")), "{}", call.cmd);
        assert!(call.cmd.contains(ends), "{}", call.cmd);
    }
    let answer =
        |number: u32| format!(r#"{{"resultData":[{{"errorNumber":{number}}},{{"description":"no"}}]}}"#);
    for (call, number) in calls.iter().zip([0, 7, 0, 0]) {
        let head = Head { reference: Some(call.counter), ..Head::new("result", NM, NM) };
        tester.send(head, &answer(number));
    }
    let refused = Outcome::Refused { error: ErrorNumber::COMMAND_REJECTED, description: "no".into() };
    let outcomes = [Outcome::Done, refused, Outcome::Done, Outcome::Done];
    let expected: Vec<_> =
        requests.into_iter().zip(outcomes).map(|(of, outcome)| (of, outcome, None)).collect();
    assert_eq!(answered(&tester), expected);
}

#[test]
fn what_the_application_asks_is_over_after_10_s_and_no_answer_of_another_feature_counts() {
    let mut tester = tester();
    let peer = tester.peer;
    let read = FunctionId::SETPOINT_LIST_DATA;
    let request = ask(&mut tester, |node| node.peer(peer).read(&own(), &of_peer(1), read, None).unwrap());
    let asked = tester.of(&Read)[0].counter;
    let head = Head { reference: Some(asked), ..Head::new("reply", KEYS_OF_PEER, "[2]/1") };
    tester.send(head, r#"{"deviceConfigurationKeyValueListData":[]}"#);
    assert_eq!(answered(&tester), []);
    tester.solo.wait(secs(10));
    assert_eq!(answered(&tester), [(request, Outcome::TimedOut, None)]);
}

#[test]
fn spine_ig_2_6_2_what_an_actor_reads_is_read_again_after_30_s_5_min_and_15_min() {
    let mut tester = Tester::with(guard_config());
    let load: &[&str] = &["loadControlLimitDescriptionListData", "loadControlLimitListData"];
    let keys: &[&str] =
        &["deviceConfigurationKeyValueDescriptionListData", "deviceConfigurationKeyValueListData"];
    let features: [(&str, &str, &str, &[&str]); 2] =
        [("[1]/1", "LoadControl", "server", load), ("[1]/2", "DeviceConfiguration", "server", keys)];
    tester.meet(&tree(&[("[1]", "HeatPumpAppliance")], &features));
    let announced = r#"{"nodeManagementUseCaseData":[{"useCaseInformation":[[{"actor":"ControllableSystem"},{"useCaseSupport":[[{"useCaseName":"limitationOfPowerConsumption"}]]}]]}]}"#;
    tester.solo.fresh();
    tester.send(Head::new("notify", NM, NM), announced);
    let description = |got: &Got| got.cmd.contains("loadControlLimitDescription");
    let mut counters = Vec::new();
    for wait in [0, 40, 310, 910, 3_600] {
        tester.solo.wait(secs(wait));
        counters.extend(tester.of(&Read).into_iter().filter(description).map(|got| got.counter));
        tester.solo.fresh();
    }
    assert_eq!(counters.len(), 4, "{counters:?}");
    assert!(counters.windows(2).all(|pair| pair[0] < pair[1]), "each time with a fresh counter");
}
