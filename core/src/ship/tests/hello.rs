//! SHIP 13.4.4.1 of a node that is ready: rows 1 to 12 of the transition table.

use super::*;

const REFUSED: &str = "close 4452: this node does not trust the peer";
const TIMEOUT: &str = "close 4452: the peer did not send hello ready in time";

fn ready_listen() -> Bench {
    Bench::hello(Role::Server, Trust::Trusted)
}

#[test]
fn row_1_to_3_the_decision_makes_the_first_hello() {
    for (trust, sent, deadline) in [
        (Trust::Trusted, &[CMI, TO_READY, READY][..], Some((120_000, Timer::WaitForReady))),
        (Trust::Undecided, &[CMI, TO_PENDING, PENDING], Some((120_000, Timer::WaitForReady))),
        (Trust::Refused, &[CMI, ABORTED, REFUSED], None),
    ] {
        let mut bench = Bench::start(Role::Server, trust, &own());
        assert_eq!(bench.give(CMI), sent);
        assert_eq!(bench.next(), deadline);
    }
}

#[test]
fn row_4_ready_with_or_without_waiting_ends_hello() {
    for hello in [READY, READY_BARE, &ready(0), &ready(1)] {
        assert_eq!(ready_listen().give(hello), ["peer ready", TO_PROTOCOL], "{hello}");
    }
}

#[test]
fn row_5_and_8_pending_without_a_request_is_ignored_silently() {
    let mut bench = ready_listen();
    assert_eq!(bench.wait(10_000), [""; 0]);
    assert_eq!(bench.give(PENDING), ["peer pending"]);
    for hello in [
        PENDING,
        r#"01 {"connectionHello":[{"phase":"pending"}]}"#,
        r#"01 {"connectionHello":[{"phase":"pending"},{"prolongationRequest":false}]}"#,
        r#"01 {"connectionHello":[{"phase":"pending"},{"waiting":0},{"prolongationRequest":false}]}"#,
    ] {
        assert_eq!(bench.give(hello), [""; 0], "{hello}");
    }
    assert_eq!(bench.next(), Some((110_000, Timer::WaitForReady)));
}

#[test]
fn ready_enters_the_protocol_handshake() {
    let mut bench = ready_listen();
    assert_eq!(bench.give(READY_BARE), ["peer ready", TO_PROTOCOL]);
    assert_eq!(bench.give(ANNOUNCE), [SELECT]);
}

#[test]
fn row_6_any_number_of_requests_is_granted() {
    let mut bench = ready_listen();
    assert_eq!(bench.wait(45_000), [""; 0]);
    assert_eq!(bench.give(PROLONG), ["peer pending", ready(195_000).as_str()]);
    for _ in 0..100 {
        assert_eq!(bench.wait(60_000), [""; 0]);
        // The wait never reaches further than twice its initial length.
        let (left, _) = bench.next().unwrap();
        assert_eq!(bench.give(PROLONG), [ready((left + 120_000).min(240_000) as u32)]);
    }
    assert_eq!(bench.wait(60_000), [""; 0]);
    assert_eq!(bench.give(READY_BARE), ["peer ready", TO_PROTOCOL]);
}

#[test]
fn row_7_a_request_at_the_cap_is_answered_without_more_time() {
    let mut bench = ready_listen();
    bench.give(PROLONG);
    for _ in 0..3 {
        assert_eq!(bench.give(PROLONG), [ready(240_000)]);
    }
    assert_eq!(bench.next(), Some((240_000, Timer::WaitForReady)));
}

#[test]
fn row_6_a_request_that_also_tells_a_wait_is_a_request() {
    let both =
        r#"01 {"connectionHello":[{"phase":"pending"},{"waiting":60000},{"prolongationRequest":true}]}"#;
    assert_eq!(ready_listen().give(both), ["peer pending", ready(240_000).as_str()]);
}

#[test]
fn row_9_aborted_closes_without_an_echo() {
    let mut bench = ready_listen();
    assert_eq!(bench.give(ABORTED), ["close 4001: the peer does not trust this node"]);
    assert!(bench.is_over());
}

#[test]
fn row_10_anything_else_aborts() {
    for wrong in [
        ANNOUNCE,
        ERROR_UNEXPECTED,
        PIN_NONE,
        ASK,
        DATA,
        r#"01 {"connectionHello":[{"waiting":60000}]}"#,
        r#"01 {"connectionHello":[]}"#,
        r#"01 {"connectionHello":[{"phase":"perhaps"}]}"#,
        r#"01 {"connectionHello":[{"phase":"ready"},{"waiting":-1}]}"#,
        r#"01 {"unknown":[]}"#,
        r#"01 {"connectionHello":[{"phase":"ready"}]"#,
        "01 7b",
    ] {
        let mut bench = ready_listen();
        let items = bench.give(wrong);
        assert_eq!(items.len(), 2, "{wrong}: {items:?}");
        assert_eq!(items[0], ABORTED);
        assert!(items[1].starts_with("close 4452: hello (ready): the peer sent "), "{}", items[1]);
        assert!(bench.is_over());
    }
}

#[test]
fn row_10_names_what_was_wrong() {
    for (wrong, name) in [
        (ANNOUNCE, "an unexpected `messageProtocolHandshake` (SHIP 13.4.4)"),
        (DATA, "an unexpected `data` (SHIP 13.4.4)"),
        (
            r#"01 {"connectionHello":[{"waiting":60000}]}"#,
            "an unreadable message: `phase` is missing (SHIP 11.4)",
        ),
        (
            r#"01 {"connectionHello":[{"phase":"perhaps"}]}"#,
            "an unreadable message: `phase` is \"perhaps\" (SHIP 11.4)",
        ),
    ] {
        let close = format!("close 4452: hello (ready): the peer sent {name}");
        assert_eq!(ready_listen().give(wrong), [ABORTED, close.as_str()]);
    }
}

#[test]
fn row_11_silence_aborts() {
    let mut bench = ready_listen();
    assert_eq!(bench.wait(119_999), [""; 0]);
    assert_eq!(bench.wait(1), [ABORTED, TIMEOUT]);
    assert!(bench.is_over());
}

#[test]
fn row_5_pending_then_ready() {
    let mut bench = ready_listen();
    assert_eq!(bench.give(PENDING), ["peer pending"]);
    assert_eq!(bench.wait(30_000), [""; 0]);
    assert_eq!(bench.give(READY_BARE), ["peer ready", TO_PROTOCOL]);
}

#[test]
fn row_12_withdrawn_trust_aborts() {
    for trust in [Trust::Undecided, Trust::Refused] {
        let mut bench = ready_listen();
        assert_eq!(bench.decide(Trust::Trusted), [""; 0]);
        assert_eq!(bench.decide(trust), [ABORTED, REFUSED]);
        assert!(bench.is_over());
    }
}

#[test]
fn leaving_says_aborted_only_where_trust_is_the_cause() {
    for trust in [Trust::Trusted, Trust::Undecided] {
        for (cause, items) in [
            (CloseCause::Unspecific, &["close 4001: this node closed the connection"][..]),
            (CloseCause::DoubleConnection, &["close 1000: another connection with the peer is kept"]),
            (CloseCause::TrustRemoved, &[ABORTED, REFUSED]),
        ] {
            let mut bench = Bench::hello(Role::Client, trust);
            assert_eq!(bench.leave(cause), items);
            assert!(bench.is_over());
        }
    }
}

#[test]
fn harmless_frames_do_not_end_hello() {
    for trust in [Trust::Trusted, Trust::Undecided] {
        let mut bench = Bench::hello(Role::Server, trust);
        for (frame, what) in [
            ("", "an empty message (SHIP 13.4.2)"),
            ("02", "a message type without a value (SHIP 13.4.2)"),
            ("FF 00", "the reserved message type 0xff (SHIP 13.4.2)"),
            (CMI, "a second CMI message (SHIP 13.4.3)"),
            (CONFIRM_CLOSE, "a confirmation of a close nobody announced (SHIP 13.4.7)"),
        ] {
            let phase = bench.connection.phase();
            assert_eq!(bench.give(frame), [format!("fault {phase}: the peer sent {what}")]);
        }
    }
}

#[test]
fn a_lost_connection_tells_whether_the_peer_trusts() {
    let ready = ready_listen().connection;
    let pending = Bench::hello(Role::Server, Trust::Undecided).connection;
    let data = Bench::data().connection;
    for (connection, code, reason, loss) in [
        (&ready, None, "", Loss::NotTrustedByPeer),
        (&ready, Some(1000), "double connection", Loss::DoubleConnection),
        (&ready, Some(4001), "close", Loss::NotTrustedByPeer),
        (&pending, None, "", Loss::PeerGaveUp),
        (&pending, Some(4452), "Node rejected by application", Loss::NotTrustedByPeer),
        (&data, Some(4500), "User close", Loss::TrustRemovedByPeer),
        (&data, Some(1000), "", Loss::Ordinary),
        (&data, None, "", Loss::Ordinary),
    ] {
        assert_eq!(connection.loss(code, reason), loss);
    }
}
