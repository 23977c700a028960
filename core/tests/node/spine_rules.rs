//! What a server feature answers: acknowledgements, error numbers, restricted exchange, relations.

use crate::solo::*;
use crate::tester::*;
use eebus_core::model::CmdClassifier::{self, Notify, Reply, Result};
use eebus_core::node::Event;

fn kinds(answers: &[Got]) -> Vec<(CmdClassifier, Option<u32>)> {
    answers.iter().map(|got| (got.kind.clone(), got.error())).collect()
}

/// `filter` of the limit list, then its data.
fn limits(filter: &str, data: &str) -> String {
    format!(
        r#"{{"function":"loadControlLimitListData"}},{{"filter":[{filter}]}},{{"loadControlLimitListData":[{data}]}}"#
    )
}

const OF_LIMIT_0: &str = r#"{"loadControlLimitListDataSelectors":[{"limitId":0}]}"#;
const PARTIAL: &str = r#"{"cmdControl":[{"partial":[]}]}"#;
const DELETE: &str = r#"{"cmdControl":[{"delete":[]}]}"#;

/// Classifier, source, destination, command, errors without and with `ackRequest`, and whether a reply comes.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str, [Option<u32>; 2], bool);

#[test]
fn spine_5_2_4_table_2_every_row_of_the_acknowledgement_matrix() {
    let bad = r#"{"unheardListData":[]}"#;
    let subscribe = relate("Subscription", CLIENT, LOAD);
    let wrong = relate("Subscription", CLIENT, "[9]/9");
    let value = active(4_200);
    let rows: [Row<'_>; 10] = [
        ("read", CLIENT, LOAD, READ_LIMITS, [None, None], true),
        ("read", CLIENT, LOAD, bad, [Some(6), Some(6)], false),
        ("write", CLIENT, LOAD, &value, [None, Some(0)], false),
        ("write", CLIENT, LOAD, bad, [Some(6), Some(6)], false),
        ("call", NM, NM, &subscribe, [None, Some(0)], false),
        ("call", NM, NM, &wrong, [Some(4), Some(4)], false),
        ("notify", BEAT, "[1]/5", HEARTBEAT, [None, Some(0)], false),
        ("notify", BEAT, "[1]/5", bad, [None, Some(0)], false),
        ("reply", BEAT, "[1]/5", HEARTBEAT, [None, Some(0)], false),
        ("result", NM, NM, r#"{"resultData":[{"errorNumber":7}]}"#, [None, None], false),
    ];
    for (kind, from, to, cmd, [plain, asked], replies) in rows {
        for (head, expected) in [(Head::new(kind, from, to), plain), (Head::new(kind, from, to).ack(), asked)]
        {
            let mut tester = Tester::controlled();
            let answers = tester.ask(head, cmd);
            let mut wanted = Vec::from_iter(expected.map(|error| (Result, Some(error))));
            wanted.extend(replies.then_some((Reply, None)));
            assert_eq!(kinds(&answers), wanted, "{kind} {cmd}");
        }
    }
}

#[test]
fn requests_are_refused_with_exactly_these_numbers() {
    let two = format!("{READ_LIMITS}],[{READ_LIMITS}");
    let partial_keys = r#"{"function":"deviceConfigurationKeyValueListData"},{"filter":[[{"cmdControl":[{"partial":[]}]}]]},{"deviceConfigurationKeyValueListData":[{"deviceConfigurationKeyValueData":[[{"value":[{"duration":"PT3H"}]}]]}]}"#;
    let with_ids =
        limits(&format!("[{PARTIAL},{OF_LIMIT_0}]"), r#"{"loadControlLimitData":[[{"limitId":0}]]}"#);
    let foreign =
        limits(&format!(r#"[{DELETE},{{"measurementListDataSelectors":[{{"measurementId":0}}]}}]"#), "");
    let elements = format!(r#"[{PARTIAL},{{"loadControlLimitDataElements":[{{"value":[]}}]}}]"#);
    let rows: [(&str, &str, &str, String, u32); 19] = [
        ("read", CLIENT, LOAD, two, 1),
        ("write", CLIENT, LOAD, r#"{"function":"loadControlLimitListData"}"#.into(), 1),
        ("read", CLIENT, "[1]/99", READ_LIMITS.into(), 4),
        ("read", CLIENT, "[2]/1", READ_LIMITS.into(), 4),
        ("read", CLIENT, "[1]/5", HEARTBEAT.into(), 7),
        ("read", CLIENT, LOAD, HEARTBEAT.into(), 6),
        ("read", NM, NM, r#"{"nodeManagementBindingRequestCall":[]}"#.into(), 6),
        ("call", NM, NM, READ_TREE.into(), 6),
        ("call", NM, NM, r#"{"nodeManagementBindingRequestCall":[]}"#.into(), 1),
        ("write", CLIENT, LOAD, r#"{"loadControlLimitDescriptionListData":[]}"#.into(), 7),
        ("write", CLIENT, DIAGNOSIS, HEARTBEAT.into(), 7),
        ("write", "[1]/9", LOAD, active(1), 9),
        ("write", BEAT, LOAD, active(1), 9),
        ("write", CLIENT, LOAD, limits(&format!("[{DELETE}]"), ""), 8),
        ("write", CLIENT, LOAD, limits(&elements, ""), 8),
        ("read", CLIENT, LOAD, limits(&format!("[{DELETE},{OF_LIMIT_0}]"), ""), 8),
        ("write", CLIENT, LOAD, with_ids, 7),
        ("write", CLIENT, LOAD, foreign, 7),
        ("write", CLIENT, KEYS, partial_keys.into(), 7),
    ];
    for (kind, from, to, cmd, error) in rows {
        let mut tester = Tester::controlled();
        let before = tester.read(LOAD, READ_LIMITS).cmd;
        tester.solo.fresh();
        let answers = tester.ask(Head::new(kind, from, to), &cmd);
        assert_eq!(kinds(&answers), [(Result, Some(error))], "{kind} {to} {cmd}");
        let refused = tester
            .solo
            .events()
            .into_iter()
            .any(|event| matches!(event, Event::Spine { .. } | Event::WriteEnded { .. }));
        assert!(refused, "{cmd}");
        assert_eq!(tester.read(LOAD, READ_LIMITS).cmd, before);
    }
}

#[test]
fn a_datagram_for_another_device_is_error_4_and_an_incomplete_header_is_dropped() {
    let mut tester = Tester::met();
    let head = Head { device: "d:_n:Other", ..Head::new("read", CLIENT, LOAD) };
    assert_eq!(kinds(&tester.ask(head, READ_LIMITS)), [(Result, Some(4))]);
    tester.solo.fresh();
    let (_, good) = tester.document(&Head::new("read", NM, NM), READ_TREE);
    for (part, without) in [
        (r#"{"cmdClassifier":"read"}"#, r#"{"ackRequest":false}"#),
        (r#"{"cmdClassifier":"read"}"#, r#"{"cmdClassifier":"ask"}"#),
        (r#"{"device":"d:_n:TT"},{"entity":[0]},{"feature":0}"#, r#"{"device":"d:_n:TT"},{"entity":[0]}"#),
        (r#"{"device":"d:_n:TT"}"#, r#"{"device":""}"#),
        (r#"{"device":"d:_n:TT"}"#, r#"{"device":"d:_n:ACME_Pump-7"}"#),
        (r#"{"msgCounter":"#, r#"{"msgCounterReference":"#),
    ] {
        tester.solo.document(tester.conn, &good.replacen(part, without, 1));
    }
    assert_eq!(tester.got(), []);
    let faults = tester.solo.events().into_iter().filter(|e| matches!(e, Event::Spine { .. })).count();
    assert_eq!(faults, 6);
}

#[test]
fn what_is_not_for_this_node_is_answered_without_a_look_at_its_payload() {
    let garbage = r#"{"loadControlLimitListData":no JSON at all"#;
    let unknown = r#"{"function":"unheardListData"},{"filter":no JSON at all"#;
    let other = Head { device: "d:_n:Other", ..Head::new("write", CLIENT, LOAD) };
    let future = Head { version: "2.0.0", ..Head::new("write", CLIENT, LOAD) };
    let rows = [
        (other, garbage, 4),
        (future, garbage, 1),
        (Head::new("write", CLIENT, "[1]/99"), garbage, 4),
        (Head::new("write", CLIENT, "[1]/5"), garbage, 7),
        (Head::new("write", CLIENT, LOAD), unknown, 6),
        (Head::new("write", CLIENT, LOAD), r#"{"unheardListData":no JSON at all"#, 6),
        // This one is for this node, and cannot be read.
        (Head::new("write", CLIENT, LOAD), garbage, 1),
    ];
    for (head, cmd, error) in rows {
        let mut tester = Tester::controlled();
        let to = head.to;
        assert_eq!(kinds(&tester.ask(head, cmd)), [(Result, Some(error))], "{to} {cmd}");
    }
    let mut tester = Tester::controlled();
    tester.solo.fresh();
    assert_eq!(tester.ask(Head::new("notify", BEAT, "[1]/5").ack(), garbage), []);
    let faults = tester.solo.events().into_iter().filter(|e| matches!(e, Event::Spine { .. })).count();
    assert_eq!(faults, 1);
}

#[test]
fn spine_5_3_4_4_a_partial_read_answers_the_part_and_says_so() {
    let mut tester = Tester::controlled();
    let elements = r#"{"loadControlLimitDataElements":[{"isLimitActive":[]}]}"#;
    let answer = |tester: &mut Tester, filter: String| tester.read(LOAD, &limits(&filter, "")).cmd;
    let part = answer(&mut tester, format!("[{PARTIAL},{OF_LIMIT_0},{elements}]"));
    assert_eq!(
        part,
        limits(
            &format!("[{PARTIAL}]"),
            r#"{"loadControlLimitData":[[{"limitId":0},{"isLimitActive":false}]]}"#
        )
    );
    let nothing = answer(
        &mut tester,
        format!(r#"[{PARTIAL},{{"loadControlLimitListDataSelectors":[{{"limitId":9}}]}}]"#),
    );
    assert_eq!(nothing, limits(&format!("[{PARTIAL}]"), ""));
    let everything = answer(&mut tester, format!("[{PARTIAL}]"));
    assert_eq!(everything, tester.read(LOAD, READ_LIMITS).cmd);
}

#[test]
fn spine_5_3_4_7_delete_and_partial_in_one_write_in_either_order() {
    let end = r#"{"timePeriod":[{"endTime":"PT600S"}]}"#;
    let of_end = r#"{"loadControlLimitDataElements":[{"timePeriod":[{"endTime":[]}]}]}"#;
    let (delete, partial) = (format!("[{DELETE},{OF_LIMIT_0},{of_end}]"), format!("[{PARTIAL}]"));
    for filters in [format!("{delete},{partial}"), format!("{partial},{delete}")] {
        let mut tester = Tester::controlled();
        let value = r#"{"isLimitActive":true},{"value":[{"number":4200},{"scale":0}]}"#;
        assert_eq!(tester.write(LOAD, &limit(&format!("{value},{end}"))).error(), Some(0));
        assert!(tester.read(LOAD, READ_LIMITS).cmd.contains("endTime"));
        let data = format!(r#"{{"loadControlLimitData":[[{{"limitId":0}},{value}]]}}"#);
        assert_eq!(tester.write(LOAD, &limits(&filters, &data)).error(), Some(0));
        assert!(!tester.read(LOAD, READ_LIMITS).cmd.contains("endTime"));
    }
}

#[test]
fn spine_5_3_4_2_a_peer_can_neither_change_the_flag_nor_add_or_remove_entries() {
    let mut tester = Tester::controlled();
    let keep =
        r#"{"isLimitChangeable":false},{"isLimitActive":true},{"value":[{"number":4200},{"scale":0}]}"#;
    assert_eq!(tester.write(LOAD, &limit(keep)).error(), Some(0));
    assert!(tester.read(LOAD, READ_LIMITS).cmd.contains(r#"{"isLimitChangeable":true}"#));
    let new = active(1).replace(r#"{"limitId":0}"#, r#"{"limitId":9}"#);
    assert_eq!(tester.write(LOAD, &new).error(), Some(7));
    assert_eq!(tester.write(LOAD, r#"{"loadControlLimitListData":[]}"#).error(), Some(7));
    assert_eq!(tester.write(LOAD, &limits(&format!("[{DELETE},{OF_LIMIT_0}]"), "")).error(), Some(7));
}

#[test]
fn subscribers_are_told_of_changes_before_the_result_and_of_nothing_else() {
    let mut tester = Tester::controlled();
    let subscribe = relate("Subscription", CLIENT, LOAD);
    tester.ask(Head::new("call", NM, NM).ack(), &subscribe);
    tester.solo.fresh();
    let counter = tester.send(Head::new("write", CLIENT, LOAD).ack(), &active(4_200));
    let got = tester.got();
    assert_eq!(got.iter().map(|got| got.kind.clone()).collect::<Vec<_>>(), [Notify, Result]);
    assert_eq!((&*got[0].from, &*got[0].to, got[0].device.as_deref()), (LOAD, CLIENT, Some(TT)));
    assert_eq!((got[0].reference, got[1].reference), (None, Some(counter)));
    tester.solo.fresh();
    assert_eq!(tester.write(LOAD, &active(4_200)).error(), Some(0));
    assert_eq!(tester.of(&Notify), []);
}

#[test]
fn spine_7_3_3_relation_tables_show_a_reader_its_own_entries() {
    let mut tester = Tester::controlled();
    tester.solo.trusted(2);
    let other = tester.solo.in_data(2);
    let read = r#"{"nodeManagementBindingData":[]}"#;
    assert_eq!(tester.read(NM, read).cmd.matches("bindingId").count(), 2);
    let (_, document) = tester.document(&Head::new("read", NM, NM), read);
    tester.solo.document(other, &document);
    let answers = tester.solo.sent(other);
    let answer = String::from_utf8_lossy(answers.last().unwrap()).into_owned();
    assert!(answer.contains(r#""cmd":[[{"nodeManagementBindingData":[]}]]"#), "{answer}");
}

#[test]
fn spine_7_3_4_relations_are_granted_and_refused_by_these_rules() {
    let call = |client: &str, server: &str| relate("Binding", client, server);
    let typed = |kind: &str| {
        call(CLIENT, LOAD).replace(
            r#"{"feature":1}]}]}]}"#,
            &format!(r#"{{"feature":1}}]}},{{"serverFeatureType":"{kind}"}}]}}]}}"#),
        )
    };
    let rows = [
        (typed("LoadControl"), Some(0)),
        (typed("Measurement"), Some(7)),
        (call(CLIENT, LOAD).replace(r#"{"device":"d:_n:TT"},"#, ""), Some(0)),
        (call(CLIENT, LOAD).replace(r#"{"device":"d:_n:ACME_Pump-7"},"#, ""), Some(0)),
        (call(CLIENT, LOAD).replace("d:_n:TT", "d:_n:Other"), Some(7)),
        (call(CLIENT, LOAD).replace("d:_n:ACME_Pump-7", "d:_n:Other"), Some(4)),
        (call(CLIENT, "[1]/5"), Some(7)),
        (call(BEAT, LOAD), Some(7)),
        (call("[5]/5", LOAD), Some(4)),
        (relate("Subscription", CLIENT, "[1]/5"), Some(7)),
    ];
    for (cmd, error) in rows {
        let mut tester = Tester::met();
        let answers = tester.ask(Head::new("call", NM, NM).ack(), &cmd);
        assert_eq!(kinds(&answers), [(Result, error)], "{cmd}");
    }
}

#[test]
fn relations_vanish_with_the_feature_that_held_them() {
    let mut tester = Tester::controlled();
    let moved = guard_tree().replace(r#"{"entity":[1]}"#, r#"{"entity":[2]}"#);
    tester.send(Head::new("notify", NM, NM), &moved);
    assert_eq!(
        tester.read(NM, r#"{"nodeManagementBindingData":[]}"#).cmd,
        r#"{"nodeManagementBindingData":[]}"#
    );
}

#[test]
fn lpc_ig_3_5_another_entity_or_peer_cannot_take_the_binding() {
    let mut tester = Tester::connected();
    let features: [(&str, &str, &str, &[&str]); 2] =
        [("[1]/1", "Generic", "client", &[]), ("[2]/1", "Generic", "client", &[])];
    tester.meet(&tree(&[("[1]", "GridGuard"), ("[2]", "GridGuard")], &features));
    assert_eq!(
        kinds(&tester.ask(Head::new("call", NM, NM).ack(), &relate("Binding", "[1]/1", LOAD))),
        [(Result, Some(0))]
    );
    assert_eq!(
        kinds(&tester.ask(Head::new("call", NM, NM).ack(), &relate("Binding", "[2]/1", KEYS))),
        [(Result, Some(7))]
    );
}

#[test]
fn too_many_relations_are_error_3() {
    let mut tester = Tester::connected();
    let paths: Vec<_> = (1..=65).map(|n| format!("[1]/{n}")).collect();
    let none: &[&str] = &[];
    let features: Vec<_> = paths.iter().map(|path| (path.as_str(), "Generic", "client", none)).collect();
    tester.meet(&tree(&[("[1]", "GridGuard")], &features));
    for (n, path) in (1..).zip(&paths) {
        let answers = tester.ask(Head::new("call", NM, NM).ack(), &relate("Subscription", path, LOAD));
        assert_eq!(kinds(&answers), [(Result, Some(if n > 64 { 3 } else { 0 }))], "{n}");
        tester.solo.fresh();
    }
}

#[test]
fn a_heartbeat_is_sent_at_once_every_50_s_and_no_more_once_nobody_listens() {
    let mut tester = Tester::met();
    let heard = |tester: &Tester| tester.of(&Notify).len();
    tester.ask(Head::new("call", NM, NM).ack(), &relate("Subscription", CLIENT, DIAGNOSIS));
    assert_eq!(heard(&tester), 1);
    tester.solo.wait(secs(50));
    assert_eq!(heard(&tester), 2);
    tester.ask(Head::new("call", NM, NM).ack(), &release("Subscription", CLIENT, DIAGNOSIS));
    tester.solo.wait(secs(500));
    assert_eq!(heard(&tester), 2);
}
