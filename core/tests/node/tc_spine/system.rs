//! The conformance cases of a Controllable System.

use super::errors;
use crate::tester::*;
use eebus_core::model::CmdClassifier::Call;

#[test]
fn tc_spine_bind_002() {
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

/// A control box at `entity`, which meets the node, takes control and is heard.
fn takes_control(tester: &mut Tester, entity: u32) {
    let path = format!("[{entity}]");
    let (client, server) = (format!("{path}/3"), format!("{path}/4"));
    let beat: &[&str] = &["deviceDiagnosisHeartbeatData"];
    let features: [(&str, &str, &str, &[&str]); 2] =
        [(&client, "Generic", "client", &[]), (&server, "DeviceDiagnosis", "server", beat)];
    tester.meet(&tree(&[(&path, "GridGuard")], &features));
    tester.bind(&client);
    let calls = tester.of(&Call);
    let heard =
        format!(r#"{{"serverAddress":[{{"device":"d:_n:TT"}},{{"entity":[{entity}]}},{{"feature":4}}]}}"#);
    assert!(calls.iter().any(|call| call.cmd.contains(&heard)), "{calls:?}");
    tester.confirm_calls();
    tester.send(Head::new("notify", &server, "[1]/5"), HEARTBEAT);
    let head = Head::new("write", &client, LOAD).ack();
    assert_eq!(errors(&tester.ask(head, &active(4_200))), [Some(0)]);
}

#[test]
fn tc_spine_entity_002() {
    let mut tester = Tester::connected();
    takes_control(&mut tester, 1);
    tester.returns();
    takes_control(&mut tester, 5);
}

/// Whether a client feature of this type takes control.
fn controlled_by(kind: &str, version: &str) -> Vec<Option<u32>> {
    let mut tester = Tester::connected();
    let tree =
        guard_tree().replace("Generic\"},{\"role\":\"client", &format!("{kind}\"}},{{\"role\":\"client"));
    tester.meet(&tree);
    tester.bind(CLIENT);
    tester.confirm_calls();
    tester.beat();
    let head = Head { version, ..Head::new("write", CLIENT, LOAD).ack() };
    errors(&tester.ask(head, &active(4_200)))
}

#[test]
fn tc_spine_rts_001() {
    for kind in ["Generic", "LoadControl", "Measurement"] {
        assert_eq!(controlled_by(kind, "1.3.0"), [Some(0)], "{kind}");
    }
}

#[test]
fn tc_spine_rts_002() {
    assert_eq!(controlled_by("Unheard", FUTURE), [Some(0)]);
}

#[test]
fn tc_spine_rts_003() {
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
fn tc_spine_rts_004() {
    let mut tester = Tester::controlled();
    let elements =
        r#"{"isLimitActive":true},{"value":[{"number":42},{"scale":2}]},{"unheardelements":[{"x":1}]}"#;
    let head = Head { version: FUTURE, ..Head::new("write", CLIENT, LOAD).ack() };
    assert_eq!(errors(&tester.ask(head, &limit(elements))), [Some(0)]);
}

#[test]
fn tc_spine_rts_005() {
    let mut tester = Tester::controlled();
    tester.write(LOAD, &limit(r#"{"value":[{"number":42},{"scale":2}]}"#));
    assert_eq!(tester.write(LOAD, &limit(r#"{"value":[{"number":21}]}"#)).error(), Some(0));
    let stored = tester.read(LOAD, READ_LIMITS).cmd;
    assert!(stored.contains(r#"{"value":[{"number":21},{"scale":2}]}"#), "{stored}");
}
