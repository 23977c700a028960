//! SHIP 13.4.4.1 of a node whose user decides: rows 13 to 26 of the transition table and the races.

use super::*;

const REFUSED: &str = "close 4452: this node does not trust the peer";
const PROLONG_BOTH: &str =
    r#"01 {"connectionHello":[{"phase":"pending"},{"waiting":60000},{"prolongationRequest":true}]}"#;

fn pending_listen() -> Bench {
    Bench::hello(Role::Server, Trust::Undecided)
}

/// The peer answered `ready`, was asked for more time at 105 s and is silent since.
fn asked() -> Bench {
    let mut bench = pending_listen();
    bench.give(READY);
    assert_eq!(bench.wait(105_000), [PROLONG]);
    bench
}

#[test]
fn row_13_ready_stops_the_own_wait_and_sets_the_reminder() {
    let mut bench = pending_listen();
    assert_eq!(bench.give(READY), ["peer ready"]);
    assert_eq!(bench.next(), Some((105_000, Timer::ProlongationRequest)));
    let waiting = Waiting { us: true, peer: false, peer_pending: false, until: None };
    assert_eq!(bench.connection.waiting(), Some(waiting));
    // Once only, and always from the last word of the peer.
    assert_eq!(bench.give(&ready(60_000)), [""; 0]);
    assert_eq!(bench.next(), Some((45_000, Timer::ProlongationRequest)));
    assert_eq!(bench.give(&ready(29_999)), [""; 0]);
    assert_eq!(bench.next(), None);
    assert_eq!(bench.give(&ready(30_000)), [""; 0]);
    assert_eq!(bench.next(), Some((15_000, Timer::ProlongationRequest)));
}

#[test]
fn row_14_ready_without_waiting_counts_as_60_seconds() {
    for hello in [READY_BARE, &ready(0)] {
        let mut bench = pending_listen();
        assert_eq!(bench.give(hello), ["peer ready"]);
        assert_eq!(bench.next(), Some((45_000, Timer::ProlongationRequest)));
    }
}

#[test]
fn row_15_pending_sets_the_reminder_and_the_own_wait_goes_on() {
    let mut bench = pending_listen();
    assert_eq!(bench.wait(10_000), [""; 0]);
    assert_eq!(bench.give(&pending(60_000)), ["peer pending"]);
    assert_eq!(bench.next(), Some((45_000, Timer::ProlongationRequest)));
    let until = Some(bench.now + Duration::from_secs(110));
    let waiting = Waiting { us: true, peer: true, peer_pending: true, until };
    assert_eq!(bench.connection.waiting(), Some(waiting));
    assert_eq!(bench.give(&pending(20_000)), [""; 0]);
    assert_eq!(bench.next(), Some((110_000, Timer::WaitForReady)));
}

#[test]
fn row_15_a_ready_peer_stays_ready() {
    let mut bench = asked();
    // OpenEEBUS answers with the phase of the request.
    assert_eq!(bench.give(&pending(60_000)), [""; 0]);
    assert_eq!(bench.next(), Some((45_000, Timer::ProlongationRequest)));
    assert_eq!(bench.decide(Trust::Trusted), [READY, TO_PROTOCOL]);
}

#[test]
fn row_16_a_pending_node_grants_as_well() {
    let mut bench = pending_listen();
    assert_eq!(bench.wait(45_000), [""; 0]);
    assert_eq!(bench.give(PROLONG), ["peer pending", pending(195_000).as_str()]);
    assert_eq!(bench.next(), Some((195_000, Timer::WaitForReady)));
    // A stopped wait counts as just begun.
    let mut ready_peer = pending_listen();
    ready_peer.give(READY);
    assert_eq!(ready_peer.give(PROLONG), [PENDING]);
}

#[test]
fn row_17_both_members_are_taken_as_two_messages_and_none_as_nothing() {
    let mut bench = pending_listen();
    assert_eq!(bench.give(PROLONG_BOTH), ["peer pending", pending(240_000).as_str()]);
    assert_eq!(bench.next(), Some((45_000, Timer::ProlongationRequest)));
    assert_eq!(bench.give(r#"01 {"connectionHello":[{"phase":"pending"}]}"#), [""; 0]);
    assert_eq!(bench.next(), Some((45_000, Timer::ProlongationRequest)));
}

#[test]
fn row_18_aborted_closes_without_an_echo() {
    let mut bench = pending_listen();
    assert_eq!(bench.give(ABORTED), ["close 4001: the peer does not trust this node"]);
    assert!(bench.is_over());
}

#[test]
fn row_19_anything_else_aborts() {
    for wrong in [ANNOUNCE, SELECT, PIN_NONE, ASK, DATA, "01 {}", r#"01 {"connectionHello":[{"phase":1}]}"#] {
        let mut bench = pending_listen();
        let items = bench.give(wrong);
        assert_eq!(items.len(), 2, "{wrong}: {items:?}");
        assert_eq!(items[0], ABORTED);
        assert!(items[1].starts_with("close 4452: hello (pending): the peer sent "), "{}", items[1]);
        assert!(bench.is_over());
    }
}

#[test]
fn row_20_silence_aborts_even_while_the_user_thinks() {
    let mut bench = pending_listen();
    bench.give(&pending(120_000));
    assert_eq!(bench.wait(105_000), [PROLONG]);
    assert_eq!(bench.next(), Some((15_000, Timer::WaitForReady)));
    assert_eq!(bench.wait(15_000), [ABORTED, "close 4452: the peer did not send hello ready in time"]);
    assert!(bench.is_over());
}

#[test]
fn row_21_the_reminder_asks_for_more_time() {
    let mut bench = pending_listen();
    bench.give(READY);
    assert_eq!(bench.wait(104_999), [""; 0]);
    assert_eq!(bench.wait(1), [PROLONG]);
    assert_eq!(bench.next(), Some((120_000, Timer::ProlongationReply)));
    let until = Some(bench.now + Duration::from_secs(120));
    let waiting = Waiting { us: true, peer: false, peer_pending: false, until };
    assert_eq!(bench.connection.waiting(), Some(waiting));
    assert_eq!(bench.give(&ready(135_000)), [""; 0]);
    assert_eq!(bench.next(), Some((120_000, Timer::ProlongationRequest)));
    assert_eq!(bench.wait(120_000), [PROLONG]);
}

#[test]
fn row_22_no_answer_aborts() {
    let mut bench = asked();
    assert_eq!(bench.wait(119_999), [""; 0]);
    let timeout = "close 4452: the peer did not send the answer to a prolongation request in time";
    assert_eq!(bench.wait(1), [ABORTED, timeout]);
    assert!(bench.is_over());
}

#[test]
fn row_23_granted_after_the_peer_was_ready_ends_hello() {
    let mut bench = pending_listen();
    bench.give(READY);
    bench.wait(50_000);
    assert_eq!(bench.decide(Trust::Undecided), [""; 0]);
    assert_eq!(bench.decide(Trust::Trusted), [READY, TO_PROTOCOL]);
    assert_eq!(bench.give(ANNOUNCE), [SELECT]);
}

#[test]
fn row_24_granted_before_the_peer_was_ready_listens() {
    let mut bench = pending_listen();
    bench.give(PENDING);
    bench.wait(50_000);
    assert_eq!(bench.decide(Trust::Trusted), [ready(70_000).as_str(), TO_READY]);
    assert_eq!(bench.next(), Some((70_000, Timer::WaitForReady)));
    let until = Some(bench.now + Duration::from_secs(70));
    let waiting = Waiting { us: false, peer: true, peer_pending: true, until };
    assert_eq!(bench.connection.waiting(), Some(waiting));
    assert_eq!(bench.give(READY), ["peer ready", TO_PROTOCOL]);
}

#[test]
fn row_25_refused_aborts() {
    let mut bench = pending_listen();
    assert_eq!(bench.decide(Trust::Refused), [ABORTED, REFUSED]);
    assert!(bench.is_over());
}

#[test]
fn row_26_the_client_announces() {
    let mut client = Bench::hello(Role::Client, Trust::Undecided);
    client.give(READY);
    assert_eq!(client.decide(Trust::Trusted), [READY, TO_PROTOCOL, ANNOUNCE]);
}

#[test]
fn an_announcement_right_behind_ready_is_kept_until_the_user_agrees() {
    let mut bench = pending_listen();
    bench.give(READY);
    assert_eq!(bench.give(ANNOUNCE), [""; 0]);
    let mut flooded = bench.clone();
    assert_eq!(bench.decide(Trust::Trusted), [READY, TO_PROTOCOL, SELECT]);
    // One message is all a client can send.
    assert_eq!(flooded.give(ANNOUNCE)[0], ABORTED);
    assert!(flooded.is_over());
    // A server has nothing to announce.
    let mut client = Bench::hello(Role::Client, Trust::Undecided);
    client.give(READY);
    assert_eq!(client.give(ANNOUNCE)[0], ABORTED);
}

#[test]
fn a_late_answer_to_a_request_is_swallowed_once() {
    for late in [&ready(195_000), &pending(60_000)] {
        let mut bench = asked();
        assert_eq!(bench.decide(Trust::Trusted), [READY, TO_PROTOCOL]);
        assert_eq!(bench.give(late), [""; 0], "{late}");
        assert_eq!(bench.give(late)[0], ERROR_UNEXPECTED);
        assert!(bench.is_over());
    }
    for other in [ABORTED, PROLONG] {
        let mut bench = asked();
        bench.decide(Trust::Trusted);
        assert_eq!(bench.give(other)[0], ERROR_UNEXPECTED);
    }
}

#[test]
fn an_answer_in_time_is_not_waited_for_later() {
    let mut bench = asked();
    bench.give(&ready(195_000));
    bench.decide(Trust::Trusted);
    assert_eq!(bench.give(&ready(195_000))[0], ERROR_UNEXPECTED);
}

#[test]
fn a_peer_that_turns_ready_has_not_answered_yet() {
    let mut bench = pending_listen();
    bench.give(&pending(60_000));
    assert_eq!(bench.wait(45_000), [PROLONG]);
    assert_eq!(bench.give(READY), ["peer ready"]);
    assert_eq!(bench.decide(Trust::Trusted), [READY, TO_PROTOCOL]);
    assert_eq!(bench.give(&ready(195_000)), [""; 0]);
    assert_eq!(bench.give(ANNOUNCE), [SELECT]);
}

#[test]
fn an_answer_while_ready_is_counted() {
    let mut bench = pending_listen();
    bench.give(&pending(60_000));
    assert_eq!(bench.wait(45_000), [PROLONG]);
    assert_eq!(bench.decide(Trust::Trusted), [ready(75_000).as_str(), TO_READY]);
    assert_eq!(bench.give(&pending(120_000)), [""; 0]);
    assert_eq!(bench.give(READY), ["peer ready", TO_PROTOCOL]);
    assert_eq!(bench.give(READY)[0], ERROR_UNEXPECTED);
}

#[test]
fn a_request_of_the_peer_is_no_answer() {
    let mut bench = pending_listen();
    bench.give(&pending(60_000));
    assert_eq!(bench.wait(45_000), [PROLONG]);
    bench.give(PROLONG_BOTH);
    bench.give(READY);
    assert_eq!(bench.decide(Trust::Trusted), [READY, TO_PROTOCOL]);
    assert_eq!(bench.give(&ready(195_000)), [""; 0]);
}
