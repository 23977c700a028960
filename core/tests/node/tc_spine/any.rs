//! The conformance cases that hold for any device.

use crate::solo::secs;
use crate::tester::*;
use eebus_core::model::CmdClassifier::{Read, Reply, Result};
use eebus_core::node::Event;

use super::errors;

#[test]
fn tc_spine_comp_001() {
    let mut tester = Tester::met();
    let head = Head { version: FUTURE, ..Head::new("read", CLIENT, LOAD) };
    assert_eq!(errors(&tester.ask(head, r#"{"qwertzuiopasdfghjkly":[]}"#)), [Some(6)]);
    let head = Head::new("read", CLIENT, LOAD);
    assert_eq!(errors(&tester.ask(head, r#"{"measurementListData":[]}"#)), [Some(6)]);
}

#[test]
fn tc_spine_comp_002() {
    let mut tester = Tester::connected();
    let answers = tester.ask(Head { version: FUTURE, ..Head::new("read", NM, NM) }, READ_TREE);
    assert_eq!(answers.iter().map(|got| got.kind.clone()).collect::<Vec<_>>(), [Reply]);
}

#[test]
fn tc_spine_comp_003() {
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
fn tc_spine_comp_004() {
    let mut tester = Tester::connected();
    let read = tester.of(&Read)[0].clone();
    let bad = guard_tree().replace(r#"{"entity":[1]}"#, r#"{"entity":["one"]}"#);
    let head = Head { reference: Some(read.counter), ..Head::new("reply", NM, NM).ack() };
    let answers = tester.ask(head, &bad);
    assert!(errors(&answers).iter().all(|error| *error == Some(0)), "{answers:?}");
}

#[test]
fn tc_spine_comp_005() {
    let mut tester = Tester::met();
    let answer = tester.read(NM, READ_TREE);
    assert_eq!(answer.version.as_deref(), Some("1.3.0"));
    assert!(answer.cmd.contains(r#"{"specificationVersionList":[{"specificationVersion":["1.3.0"]}]}"#));
    let answer = tester.read(NM, r#"{"nodeManagementUseCaseData":[]}"#);
    assert!(answer.cmd.contains(r#"{"useCaseVersion":"1.0.0"}"#), "{}", answer.cmd);
    assert!(answer.cmd.contains(r#"{"useCaseDocumentSubRevision":"release"}"#));
}

#[test]
fn tc_spine_comp_006() {
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

/// Reads in a row; the counters and references of what came back.
fn read_in_a_row(counters: impl IntoIterator<Item = u64>) -> Vec<(u64, Option<u64>)> {
    let mut tester = Tester::met();
    let read = |counter| {
        let answers = tester.ask(Head { counter: Some(counter), ..Head::new("read", NM, NM) }, READ_TREE);
        let [answer] = &answers[..] else { panic!("{counter}: {answers:?}") };
        assert_eq!(answer.kind, Reply);
        let answer = (answer.counter, answer.reference);
        tester.solo.fresh();
        answer
    };
    counters.into_iter().map(read).collect()
}

#[test]
fn tc_spine_data_001() {
    let answers = read_in_a_row(2_000..2_020);
    assert!(answers.windows(2).all(|pair| pair[0].0 < pair[1].0), "{answers:?}");
}

#[test]
fn tc_spine_data_002() {
    assert_eq!(read_in_a_row([21_012, 123_321]).len(), 2);
}

#[test]
fn tc_spine_data_003() {
    // A counter that comes twice is answered twice as well.
    assert_eq!(read_in_a_row([123_456, 1_000, 2_000, 2_000]).len(), 4);
}

#[test]
fn tc_spine_data_004() {
    let counters = (0..20).map(|i| 88_777 + 200 * i);
    let references: Vec<_> = read_in_a_row(counters.clone()).into_iter().map(|(_, of)| of).collect();
    assert_eq!(references, counters.map(Some).collect::<Vec<_>>());
}

#[test]
fn tc_spine_data_005() {
    let mut tester = Tester::met();
    let changed = r#"{"function":"nodeManagementDetailedDiscoveryData"},{"filter":[[{"cmdControl":[{"partial":[]}]}]]},{"nodeManagementDetailedDiscoveryData":[{"deviceInformation":[{"description":[{"lastStateChange":"modified"}]}]}]}"#;
    assert_eq!(errors(&tester.ask(Head::new("notify", NM, NM).ack(), changed)), [Some(0)]);
    assert_eq!(tester.ask(Head::new("notify", NM, NM), changed), []);
    assert_eq!(errors(&tester.ask(Head::new("notify", BEAT, "[1]/5").ack(), HEARTBEAT)), [Some(0)]);
}

/// A result that asks to be acknowledged, for what `reference` says.
fn result(tester: &mut Tester, reference: u64) -> Vec<Got> {
    let head = Head { reference: Some(reference), ..Head::new("result", NM, NM).ack() };
    tester.ask(head, r#"{"resultData":[{"errorNumber":0}]}"#)
}

#[test]
fn tc_spine_data_006() {
    let mut tester = Tester::connected();
    let counter = tester.send(Head::new("read", NM, NM), READ_TREE);
    let reply = tester.answer_to(counter).counter;
    for reference in [reply, 4_711] {
        assert_eq!(result(&mut tester, reference), []);
    }
    assert_eq!(tester.of(&Result), []);
}

#[test]
fn tc_spine_data_007() {
    let mut tester = Tester::met();
    for head in [Head::new("read", NM, NM), Head::new("read", NM, NM).ack()] {
        let answers = tester.ask(head, READ_TREE);
        assert_eq!(answers.iter().map(|got| got.kind.clone()).collect::<Vec<_>>(), [Reply]);
    }
}

#[test]
fn tc_spine_data_008() {
    let mut tester = Tester::connected();
    let read = tester.of(&Read)[0].counter;
    assert_eq!(result(&mut tester, read), []);
    assert_eq!(tester.of(&Result), []);
}

#[test]
fn tc_spine_fc_001() {
    let mut tester = Tester::met();
    let call = relate("Subscription", NM, NM);
    assert_eq!(errors(&tester.ask(Head::new("call", NM, "[1]/0").ack(), &call)), [Some(4)]);
    assert_eq!(errors(&tester.ask(Head::new("call", NM, "[0]/1").ack(), &call)), [Some(4)]);
}

#[test]
fn tc_spine_ddisc_001() {
    let tester = Tester::connected();
    let [read] = &tester.got()[..] else { panic!() };
    assert_eq!((read.kind.clone(), &*read.cmd, read.device.as_deref()), (Read, READ_TREE, None));
}

#[test]
fn tc_spine_ddisc_002() {
    let mut tester = Tester::connected();
    tester.solo.fresh();
    // 10 s for the answer, then 30 s until it is asked again.
    tester.solo.wait(secs(40));
    assert_eq!(tester.of(&Read).into_iter().map(|got| got.cmd).collect::<Vec<_>>(), [READ_TREE]);
}

#[test]
fn tc_spine_bind_001() {
    let mut tester = Tester::met();
    let answers = tester.ask(Head::new("call", NM, NM).ack(), &relate("Binding", NM, NM));
    assert_eq!(errors(&answers), [Some(7)]);
    let table = tester.read(NM, r#"{"nodeManagementBindingData":[]}"#);
    assert_eq!((table.kind, &*table.cmd), (Reply, r#"{"nodeManagementBindingData":[]}"#));
}

const SUBSCRIPTIONS: &str = r#"{"nodeManagementSubscriptionData":[]}"#;
const SUBSCRIBED: &str = r#"{"nodeManagementSubscriptionData":[{"subscriptionEntry":[[{"subscriptionId":0},{"clientAddress":[{"device":"d:_n:TT"},{"entity":[0]},{"feature":0}]},{"serverAddress":[{"device":"d:_n:ACME_Pump-7"},{"entity":[0]},{"feature":0}]}]]}]}"#;

#[test]
fn tc_spine_subs_001() {
    let mut tester = Tester::met();
    // Asked again it is the same relation.
    for _ in 0..2 {
        let call = relate("Subscription", NM, NM);
        assert_eq!(errors(&tester.ask(Head::new("call", NM, NM).ack(), &call)), [Some(0)]);
        assert_eq!(tester.read(NM, SUBSCRIPTIONS).cmd, SUBSCRIBED);
    }
}

#[test]
fn tc_spine_subs_002() {
    let mut tester = Tester::met();
    tester.ask(Head::new("call", NM, NM).ack(), &relate("Subscription", NM, NM));
    assert_eq!(tester.read(NM, SUBSCRIPTIONS).cmd, SUBSCRIBED);
    for _ in 0..2 {
        let delete = release("Subscription", NM, NM);
        assert_eq!(errors(&tester.ask(Head::new("call", NM, NM).ack(), &delete)), [Some(0)]);
    }
    assert_eq!(tester.read(NM, SUBSCRIPTIONS).cmd, SUBSCRIPTIONS);
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
