//! The conformance cases of SPINE against a Controllable System (TC_SPINE_*).

use crate::solo::secs;
use crate::tester::*;
use eebus_core::model::CmdClassifier::{Call, Read, Reply, Result};
use eebus_core::node::Event;

fn errors(answers: &[Got]) -> Vec<Option<u32>> {
    answers.iter().map(Got::error).collect()
}

#[test]
fn tc_spine_comp_001_an_unknown_function_is_error_6() {
    let mut tester = Tester::met();
    let head = Head { version: FUTURE, ..Head::new("read", CLIENT, LOAD) };
    assert_eq!(errors(&tester.ask(head, r#"{"qwertzuiopasdfghjkly":[]}"#)), [Some(6)]);
    let head = Head::new("read", CLIENT, LOAD);
    assert_eq!(errors(&tester.ask(head, r#"{"measurementListData":[]}"#)), [Some(6)]);
}

#[test]
fn tc_spine_comp_002_a_future_version_is_answered() {
    let mut tester = Tester::connected();
    let answers = tester.ask(Head { version: FUTURE, ..Head::new("read", NM, NM) }, READ_TREE);
    assert_eq!(answers.iter().map(|got| got.kind.clone()).collect::<Vec<_>>(), [Reply]);
}

#[test]
fn tc_spine_comp_003_unknown_types_and_elements_of_a_discovery_are_taken() {
    let mut tester = Tester::connected();
    let tree = tree(&[("[99]", "Unheard")], &[("[99]/99", "Unheard", "server", &["unheardData"])])
        .replace(r#"{"entityInformation""#, r#"{"unheard":[{"of":1}]},{"entityInformation""#);
    tester.answer(|got| got.cmd == READ_TREE, &tree);
    assert_eq!(tester.of(&Result), []);
    let view = tester.solo.node.view();
    let remote = view.peer(tester.peer).unwrap().remote.unwrap();
    assert!(remote.entities.contains_key(&[99][..]));
    assert_eq!(remote.features.len(), 2);
}

#[test]
fn tc_spine_comp_004_a_bad_reply_is_never_an_application_error() {
    let mut tester = Tester::connected();
    let read = tester.of(&Read)[0].clone();
    let bad = guard_tree().replace(r#"{"entity":[1]}"#, r#"{"entity":["one"]}"#);
    let head = Head { reference: Some(read.counter), ..Head::new("reply", NM, NM).ack() };
    let answers = tester.ask(head, &bad);
    assert!(errors(&answers).iter().all(|error| *error == Some(0)), "{answers:?}");
}

#[test]
fn tc_spine_comp_005_versions_have_their_form() {
    let mut tester = Tester::met();
    let answer = tester.read(NM, READ_TREE);
    assert_eq!(answer.version.as_deref(), Some("1.3.0"));
    assert!(answer.cmd.contains(r#"{"specificationVersionList":[{"specificationVersion":["1.3.0"]}]}"#));
    let answer = tester.read(NM, r#"{"nodeManagementUseCaseData":[]}"#);
    assert!(answer.cmd.contains(r#"{"useCaseVersion":"1.0.0"}"#), "{}", answer.cmd);
    assert!(answer.cmd.contains(r#"{"useCaseDocumentSubRevision":"release"}"#));
}

#[test]
fn tc_spine_comp_006_another_major_version_is_error_1() {
    let mut tester = Tester::connected();
    for (version, refused) in [
        ("TS1.3.0", false),
        ("V0.3.0", true),
        ("v0.3.0", true),
        ("0.3.0", true),
        ("2.0.0", true),
        ("V1.3.0", false),
        ("v1.3.0", false),
    ] {
        let answers = tester.ask(Head { version, ..Head::new("read", NM, NM) }, READ_TREE);
        assert_eq!(errors(&answers), [refused.then_some(1)], "{version}");
    }
}

#[test]
fn tc_spine_data_001_and_004_counters_ascend_and_references_are_exact() {
    let mut tester = Tester::met();
    let mut last = 0;
    for i in 0..20 {
        let counter = 88_777 + 200 * i;
        let answers = tester.ask(Head { counter: Some(counter), ..Head::new("read", NM, NM) }, READ_TREE);
        assert_eq!(answers.len(), 1);
        assert!(answers[0].counter > last && answers[0].kind == Reply);
        last = answers[0].counter;
    }
}

#[test]
fn tc_spine_data_002_and_003_counters_of_the_peer_may_skip_and_fall_back() {
    let mut tester = Tester::met();
    for counter in [21_012, 123_321, 123_456, 1_000, 2_000, 2_000] {
        tester.solo.fresh();
        let answers = tester.ask(Head { counter: Some(counter), ..Head::new("read", NM, NM) }, READ_TREE);
        assert_eq!(answers.len(), 1, "{counter}");
    }
}

#[test]
fn tc_spine_data_005_a_notify_is_acknowledged_where_it_asks() {
    let mut tester = Tester::met();
    let changed = r#"{"function":"nodeManagementDetailedDiscoveryData"},{"filter":[[{"cmdControl":[{"partial":[]}]}]]},{"nodeManagementDetailedDiscoveryData":[{"deviceInformation":[{"description":[{"lastStateChange":"modified"}]}]}]}"#;
    assert_eq!(errors(&tester.ask(Head::new("notify", NM, NM).ack(), changed)), [Some(0)]);
    assert_eq!(tester.ask(Head::new("notify", NM, NM), changed), []);
    assert_eq!(errors(&tester.ask(Head::new("notify", BEAT, "[1]/5").ack(), HEARTBEAT)), [Some(0)]);
}

#[test]
fn tc_spine_data_006_and_008_a_result_is_never_answered() {
    let mut tester = Tester::connected();
    let counter = tester.send(Head::new("read", NM, NM), READ_TREE);
    let (reply, read) = (tester.answer_to(counter).counter, tester.of(&Read)[0].counter);
    for reference in [reply, read, 4_711] {
        let head = Head { reference: Some(reference), ..Head::new("result", NM, NM).ack() };
        assert_eq!(tester.ask(head, r#"{"resultData":[{"errorNumber":0}]}"#), []);
    }
    assert_eq!(tester.of(&Result), []);
}

#[test]
fn tc_spine_data_007_a_read_is_answered_by_its_reply_alone() {
    let mut tester = Tester::met();
    for head in [Head::new("read", NM, NM), Head::new("read", NM, NM).ack()] {
        let answers = tester.ask(head, READ_TREE);
        assert_eq!(answers.iter().map(|got| got.kind.clone()).collect::<Vec<_>>(), [Reply]);
    }
}

#[test]
fn tc_spine_fc_001_node_management_is_called_at_0_0_only() {
    let mut tester = Tester::met();
    let call = relate("Subscription", NM, NM);
    assert_eq!(errors(&tester.ask(Head::new("call", NM, "[1]/0").ack(), &call)), [Some(4)]);
    assert_eq!(errors(&tester.ask(Head::new("call", NM, "[0]/1").ack(), &call)), [Some(4)]);
}

#[test]
fn tc_spine_ddisc_001_a_partner_is_discovered_at_once() {
    let tester = Tester::connected();
    let [read] = &tester.got()[..] else { panic!() };
    assert_eq!((read.kind.clone(), &*read.cmd, read.device.as_deref()), (Read, READ_TREE, None));
}

#[test]
fn tc_spine_bind_001_node_management_cannot_be_bound() {
    let mut tester = Tester::met();
    let answers = tester.ask(Head::new("call", NM, NM).ack(), &relate("Binding", NM, NM));
    assert_eq!(errors(&answers), [Some(7)]);
    let table = tester.read(NM, r#"{"nodeManagementBindingData":[]}"#);
    assert_eq!((table.kind, &*table.cmd), (Reply, r#"{"nodeManagementBindingData":[]}"#));
}

#[test]
fn tc_spine_bind_002_a_write_without_its_binding_is_error_9() {
    let mut tester = Tester::controlled();
    let give_back = release("Binding", CLIENT, LOAD);
    assert_eq!(errors(&tester.ask(Head::new("call", NM, NM).ack(), &give_back)), [Some(0)]);
    assert_eq!(errors(&tester.ask(Head::new("notify", BEAT, "[1]/5").ack(), HEARTBEAT)), [Some(0)]);
    assert_eq!(tester.write(LOAD, &active(4_200)).error(), Some(9));
    let table = tester.read(NM, r#"{"nodeManagementBindingData":[]}"#).cmd;
    assert!(
        table.contains(r#"{"serverAddress":[{"device":"d:_n:ACME_Pump-7"},{"entity":[1]},{"feature":2}]}"#)
    );
    assert!(
        !table.contains(r#"{"serverAddress":[{"device":"d:_n:ACME_Pump-7"},{"entity":[1]},{"feature":1}]}"#)
    );
}

#[test]
fn tc_spine_subs_001_and_002_node_management_is_subscribed_to_and_released() {
    let mut tester = Tester::met();
    let (call, delete) = (relate("Subscription", NM, NM), release("Subscription", NM, NM));
    assert_eq!(errors(&tester.ask(Head::new("call", NM, NM).ack(), &call)), [Some(0)]);
    let read = r#"{"nodeManagementSubscriptionData":[]}"#;
    let entry = r#"{"nodeManagementSubscriptionData":[{"subscriptionEntry":[[{"subscriptionId":0},{"clientAddress":[{"device":"d:_n:TT"},{"entity":[0]},{"feature":0}]},{"serverAddress":[{"device":"d:_n:ACME_Pump-7"},{"entity":[0]},{"feature":0}]}]]}]}"#;
    assert_eq!(tester.read(NM, read).cmd, entry);
    // Asked again it is the same relation.
    assert_eq!(errors(&tester.ask(Head::new("call", NM, NM).ack(), &call)), [Some(0)]);
    assert_eq!(tester.read(NM, read).cmd, entry);
    for _ in 0..2 {
        assert_eq!(errors(&tester.ask(Head::new("call", NM, NM).ack(), &delete)), [Some(0)]);
    }
    assert_eq!(tester.read(NM, read).cmd, read);
}

#[test]
fn tc_spine_rts_001_and_002_any_type_of_client_feature_takes_control() {
    for (kind, version) in [("Generic", "1.3.0"), ("Measurement", "1.3.0"), ("Unheard", FUTURE)] {
        let mut tester = Tester::connected();
        let tree =
            guard_tree().replace("Generic\"},{\"role\":\"client", &format!("{kind}\"}},{{\"role\":\"client"));
        tester.meet(&tree);
        tester.bind(CLIENT);
        tester.confirm_calls();
        tester.beat();
        let head = Head { version, ..Head::new("write", CLIENT, LOAD).ack() };
        assert_eq!(errors(&tester.ask(head, &active(4_200))), [Some(0)], "{kind}");
    }
}

#[test]
fn tc_spine_rts_003_the_heartbeat_is_that_of_the_entity_that_bound() {
    let mut tester = Tester::connected();
    let beat: &[&str] = &["deviceDiagnosisHeartbeatData"];
    let features: [(&str, &str, &str, &[&str]); 4] = [
        ("[1]/1", "Generic", "client", &[]),
        ("[1]/2", "DeviceDiagnosis", "server", beat),
        ("[2]/1", "Generic", "client", &[]),
        ("[2]/2", "DeviceDiagnosis", "server", beat),
    ];
    tester.meet(&tree(&[("[1]", "GridGuard"), ("[2]", "GridGuard")], &features));
    tester.bind("[2]/1");
    let calls = tester.of(&Call);
    assert_eq!(calls.len(), 1);
    let server = r#"{"serverAddress":[{"device":"d:_n:TT"},{"entity":[2]},{"feature":2}]}"#;
    assert!(calls[0].cmd.contains(server) && calls[0].cmd.contains("Subscription"), "{}", calls[0].cmd);
}

#[test]
fn tc_spine_rts_004_an_unknown_element_in_a_write_is_ignored() {
    let mut tester = Tester::controlled();
    let elements =
        r#"{"isLimitActive":true},{"value":[{"number":42},{"scale":2}]},{"unheardelements":[{"x":1}]}"#;
    let head = Head { version: FUTURE, ..Head::new("write", CLIENT, LOAD).ack() };
    assert_eq!(errors(&tester.ask(head, &limit(elements))), [Some(0)]);
}

#[test]
fn tc_spine_rts_005_a_number_without_scale_keeps_the_stored_scale() {
    let mut tester = Tester::controlled();
    tester.write(LOAD, &limit(r#"{"value":[{"number":42},{"scale":2}]}"#));
    assert_eq!(tester.write(LOAD, &limit(r#"{"value":[{"number":21}]}"#)).error(), Some(0));
    let stored = tester.read(LOAD, READ_LIMITS).cmd;
    assert!(stored.contains(r#"{"value":[{"number":21},{"scale":2}]}"#), "{stored}");
}

// ---- the node as Energy Guard

const LIMIT_FUNCTIONS: &[&str] = &["loadControlLimitDescriptionListData", "loadControlLimitListData"];
const KEY_FUNCTIONS: &[&str] =
    &["deviceConfigurationKeyValueDescriptionListData", "deviceConfigurationKeyValueListData"];

/// Plays a Controllable System whose limit description has `extra` in it; answers whether a limit is written to it.
fn controls(extra: &str, use_case: &str) -> bool {
    let mut tester = Tester::with(guard_config());
    let features: [(&str, &str, &str, &[&str]); 2] = [
        ("[4]/7", "LoadControl", "server", LIMIT_FUNCTIONS),
        ("[4]/8", "DeviceConfiguration", "server", KEY_FUNCTIONS),
    ];
    tester.answer(|got| got.cmd == READ_TREE, &tree(&[("[4]", "HeatPumpAppliance")], &features));
    tester.send(Head::new("read", NM, NM), READ_TREE);
    let announced = format!(
        r#"{{"nodeManagementUseCaseData":[{{"useCaseInformation":[[{{"address":[{{"device":"{TT}"}},{{"entity":[4]}}]}},{{"actor":"ControllableSystem"}},{{"useCaseSupport":[[{{"useCaseName":"limitationOfPowerConsumption"}},{{"useCaseVersion":"1.0.0"}}{use_case},{{"scenarioSupport":[1,2,3,4]}}]]}}]]}}]}}"#
    );
    tester.answer(|got| got.cmd.contains("UseCase"), &announced);
    tester.confirm_calls();
    let description = format!(
        r#"{{"loadControlLimitDescriptionListData":[{{"loadControlLimitDescriptionData":[[{{"limitId":3}},{{"limitType":"signDependentAbsValueLimit"}},{{"limitCategory":"obligation"}},{{"limitDirection":"consume"}},{{"scopeType":"activePowerLimit"}}{extra}]]}}]}}"#
    );
    tester.answer(|got| got.cmd.contains("loadControlLimitDescription"), &description);
    tester.solo.wait(secs(10));
    let written = tester.of(&eebus_core::model::CmdClassifier::Write);
    written.len() == 1
        && written[0].to == "[4]/7"
        && written[0].ack
        && written[0].cmd.contains(r#"{"limitId":3}"#)
}

#[test]
fn tc_spine_rtc_001_to_003_what_a_guard_does_not_need_does_not_disturb_it() {
    assert!(controls("", ""));
    assert!(controls(r#",{"label":"a limit"}"#, ""));
    assert!(controls(r#",{"unheard":"of"}"#, ""));
    assert!(controls("", r#",{"useCaseAvailable":false}"#));
}

#[test]
fn what_a_peer_did_wrong_is_told_to_the_application() {
    let mut tester = Tester::met();
    tester.ask(Head::new("read", CLIENT, "[7]/7"), READ_LIMITS);
    tester.solo.document(tester.conn, "{\"datagram\":[]}");
    tester.solo.document(tester.conn, "{\"nonsense\":1}");
    let faults =
        tester.solo.events().into_iter().filter(|event| matches!(event, Event::Spine { .. })).count();
    assert_eq!(faults, 3);
}
