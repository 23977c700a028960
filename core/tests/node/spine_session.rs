//! A session over time: the opening, requests without an answer, slow peers, and what waits for the store.

use crate::solo::*;
use crate::tester::*;
use eebus_core::json::Tape;
use eebus_core::model::CmdClassifier::{Notify, Read, Reply};
use eebus_core::model::{
    FunctionId, LoadControlLimitData, LoadControlLimitId, LoadControlLimitListData, ScaledNumber,
};
use eebus_core::node::{Action, Answer, Call, Event, Input, Refused};
use eebus_core::spine::{FeaturePath, Outcome};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::Approval;
use std::time::Duration;

/// When the node read the function since `fresh`, in seconds.
fn reads(tester: &Tester, function: &str, from: usize) -> Vec<u64> {
    let is_read = |action: &Action| match action {
        Action::Send { frame, .. } => {
            let text = String::from_utf8_lossy(frame);
            text.contains(r#""cmdClassifier":"read""#) && text.contains(function)
        }
        _ => false,
    };
    let log = tester.solo.log[from..].iter();
    log.filter(|(_, action)| is_read(action)).map(|(at, _)| at.as_micros() / 1_000_000).collect()
}

#[test]
fn spine_ig_2_6_2_an_unanswered_discovery_is_repeated_ever_later_then_the_connection_closes() {
    let mut tester = Tester::connected();
    tester.solo.wait(secs(1_269));
    assert_eq!(reads(&tester, "DetailedDiscovery", 0), [0, 40, 350, 1_260]);
    assert_eq!(tester.solo.refused(), []);
    tester.solo.wait(secs(1));
    assert_eq!(tester.solo.refused(), [(tester.conn, Refused::NoDiscovery)]);
}

#[test]
fn a_result_instead_of_a_discovery_is_asked_again_after_30_s() {
    for error in [0, 6] {
        let mut tester = Tester::connected();
        let reference = Some(tester.got()[0].counter);
        let cmd = format!(r#"{{"resultData":[{{"errorNumber":{error}}}]}}"#);
        tester.send(Head { reference, ..Head::new("result", NM, NM) }, &cmd);
        tester.solo.wait(secs(30));
        assert_eq!(reads(&tester, "DetailedDiscovery", 0), [0, 30]);
        tester.meet(&guard_tree());
        tester.solo.wait(secs(2_000));
        assert_eq!(tester.solo.refused(), []);
    }
}

#[test]
fn spine_ig_2_6_2_an_unanswered_use_case_read_is_repeated_too() {
    let mut tester = Tester::connected();
    tester.answer(|got| got.cmd == READ_TREE, &guard_tree());
    tester.send(Head::new("read", NM, NM), READ_TREE);
    tester.solo.wait(secs(60));
    assert_eq!(reads(&tester, "UseCase", 0), [0, 40]);
    tester.answer(|got| got.cmd.contains("UseCase"), r#"{"nodeManagementUseCaseData":[]}"#);
    tester.solo.wait(secs(2_000));
    assert_eq!(reads(&tester, "UseCase", 0), [0, 40]);
}

#[test]
fn calls_wait_until_the_peer_has_read_this_nodes_discovery_5_s_at_most() {
    let mut tester = Tester::connected();
    tester.answer(|got| got.cmd == READ_TREE, &guard_tree());
    tester.solo.wait(Duration::from_millis(4_999));
    assert_eq!(tester.got().len(), 1);
    tester.solo.wait(Duration::from_millis(1));
    assert_eq!(tester.got().len(), 3);
}

fn ask_beat(tester: &mut Tester) {
    let call = Call::Read {
        peer: tester.peer,
        from: FeaturePath::new(&[1], 5),
        to: FeaturePath::new(&[1], 2),
        function: FunctionId::DEVICE_DIAGNOSIS_HEARTBEAT_DATA,
        filter: None,
    };
    assert!(matches!(tester.solo.call(call), Ok(Answer::Request(_))));
}

fn outcomes(tester: &Tester) -> Vec<Outcome> {
    let outcome = |event| if let Event::Answered { outcome, .. } = event { Some(outcome) } else { None };
    tester.solo.events().into_iter().filter_map(outcome).collect()
}

#[test]
fn beyond_64_requests_wait_unsent_while_answers_pass_them() {
    let mut tester = Tester::met();
    (0..70).for_each(|_| ask_beat(&mut tester));
    assert_eq!(tester.of(&Read).len(), 64);
    assert_eq!(tester.ask(Head::new("read", NM, NM), READ_TREE).len(), 1);
    tester.answer(|got| got.cmd.contains("Heartbeat"), HEARTBEAT);
    assert_eq!((tester.of(&Read).len(), outcomes(&tester)), (65, vec![Outcome::Done]));
    tester.solo.wait(secs(10));
    assert_eq!(tester.of(&Read).len(), 70);
    tester.solo.wait(secs(10));
    assert_eq!(outcomes(&tester).iter().filter(|outcome| **outcome == Outcome::TimedOut).count(), 69);
    tester.solo.lost(tester.conn);
    assert_eq!(outcomes(&tester).len(), 70);
}

#[test]
fn requests_end_with_their_session() {
    let mut tester = Tester::met();
    ask_beat(&mut tester);
    tester.solo.lost(tester.conn);
    assert_eq!(outcomes(&tester), [Outcome::SessionEnded]);
}

#[test]
fn a_peer_that_lets_256_messages_pile_up_is_closed() {
    let mut tester = Tester::met();
    tester.solo.drains = false;
    (0..16 + 256).for_each(|_| ask_beat(&mut tester));
    assert_eq!(tester.solo.refused(), []);
    ask_beat(&mut tester);
    assert_eq!(tester.solo.refused(), [(tester.conn, Refused::OutboxFull)]);
}

fn set_limit(tester: &mut Tester, value: i64) {
    let entry = LoadControlLimitData {
        limit_id: Some(LoadControlLimitId(0)),
        value: Some(ScaledNumber::new(value, 0)),
        ..Default::default()
    };
    let data = Tape::of(&LoadControlLimitListData { load_control_limit_data: vec![entry] });
    let (feature, function) = (FeaturePath::new(&[1], 1), FunctionId::LOAD_CONTROL_LIMIT_LIST_DATA);
    tester.solo.call(Call::SetData { feature, function, data }).unwrap();
}

#[test]
fn without_credit_notifications_collapse_to_the_latest_state() {
    let mut tester = Tester::met();
    tester.ask(Head::new("call", NM, NM).ack(), &relate("Subscription", CLIENT, LOAD));
    tester.solo.drains = false;
    for _ in 0..16 {
        tester.send(Head::new("read", NM, NM), READ_TREE);
    }
    tester.solo.fresh();
    (1..=1_000).for_each(|value| set_limit(&mut tester, value));
    assert_eq!((tester.got(), tester.solo.limits()), (vec![], vec![(tester.conn, 0)]));
    let conn = tester.conn;
    tester.solo.give(Input::Drained { conn, frames: 16 });
    let told = tester.of(&Notify);
    assert_eq!(told.len(), 1);
    assert!(told[0].cmd.contains(r#"{"value":[{"number":1000},{"scale":0}]}"#));
}

#[test]
fn spine_5_2_3_1_counters_ascend_over_a_restart() {
    let mut tester = Tester::met();
    for _ in 0..2_000 {
        tester.send(Head::new("read", NM, NM), READ_TREE);
    }
    let last = tester.of(&Reply).last().unwrap().counter;
    let saved = tester.solo.saved.clone();
    let mut solo = Solo::starting(system_config(Approval::Automatic), saved, Instant::from_secs(9_999));
    solo.in_data(1);
    let first = solo.log.iter().find_map(|(_, action)| match action {
        Action::Send { frame, .. } => {
            String::from_utf8_lossy(frame).split_once("msgCounter\":").map(|(_, n)| n.to_string())
        }
        _ => None,
    });
    let first: u64 = first.unwrap().split('}').next().unwrap().parse().unwrap();
    assert!(first > last, "{first} after {last}");
}

fn failsafe(value: i64) -> String {
    format!(
        r#"{{"function":"deviceConfigurationKeyValueListData"}},{{"filter":[[{{"cmdControl":[{{"partial":[]}}]}}]]}},{{"deviceConfigurationKeyValueListData":[{{"deviceConfigurationKeyValueData":[[{{"keyId":0}},{{"value":[{{"scaledNumber":[{{"number":{value}}},{{"scale":0}}]}}]}}]]}}]}}"#
    )
}

/// Numbers of the stores asked for since `fresh`.
fn stores(tester: &Tester) -> Vec<u64> {
    tester.solo.did(|action| if let Action::Persist { seq, .. } = action { Some(*seq) } else { None })
}

fn stored_failsafe(tester: &mut Tester) -> i64 {
    let cmd = tester.read(KEYS, r#"{"deviceConfigurationKeyValueListData":[]}"#).cmd;
    let number = cmd.split_once(r#"{"scaledNumber":[{"number":"#).unwrap().1;
    number.split('}').next().unwrap().parse().unwrap()
}

#[test]
fn a_failsafe_value_is_acknowledged_once_it_is_stored() {
    let mut tester = Tester::controlled();
    tester.solo.stores = false;
    let head = || Head::new("write", CLIENT, KEYS).ack();
    assert_eq!(tester.ask(head(), &failsafe(4_000)), []);
    // The same again is promised no earlier.
    assert_eq!(tester.ask(head(), &failsafe(4_000)), []);
    let [seq] = stores(&tester)[..] else { panic!() };
    tester.solo.fresh();
    tester.solo.give(Input::Persisted { seq });
    let answers: Vec<_> = tester.got().iter().map(Got::error).collect();
    assert_eq!(answers, [Some(0), Some(0)]);
    assert_eq!(tester.write(KEYS, &failsafe(4_000)).error(), Some(0));
}

#[test]
fn a_failed_store_takes_back_every_value_it_lost_and_refuses_them_with_error_1() {
    for (fails, kept) in [(0, 3_500), (1, 3_500)] {
        let mut tester = Tester::controlled();
        tester.solo.stores = false;
        let head = || Head::new("write", CLIENT, KEYS).ack();
        tester.send(head(), &failsafe(4_000));
        tester.send(head(), &failsafe(5_000));
        let seqs = stores(&tester);
        assert_eq!(seqs.len(), 2);
        tester.solo.fresh();
        tester.solo.give(Input::PersistFailed { seq: seqs[fails], detail: "disk full".into() });
        assert_eq!(tester.got().iter().map(Got::error).collect::<Vec<_>>(), [Some(1), Some(1)]);
        assert_eq!(stored_failsafe(&mut tester), kept);
    }
}

#[test]
fn a_peer_is_shut_out_when_it_writes_what_is_not_its_own() {
    // Another trusted peer that names the first one's client feature holds no binding.
    let mut tester = Tester::controlled();
    tester.solo.trusted(2);
    let other = tester.solo.in_data(2);
    let (_, document) = tester.document(&Head::new("write", CLIENT, LOAD).ack(), &active(1));
    tester.solo.fresh();
    tester.solo.document(other, &document);
    let sent = tester.solo.sent(other);
    assert!(String::from_utf8_lossy(&sent[0]).contains(r#""resultData":[{"errorNumber":9}"#));
    assert!(!tester.read(LOAD, READ_LIMITS).cmd.contains(r#"{"number":1}"#));
}
