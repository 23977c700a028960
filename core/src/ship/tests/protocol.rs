//! SHIP 13.4.4.2: every row of the handshake.

use super::*;

const TIMEOUT: &str = "close 4001: the peer did not send its part of the protocol handshake in time";

fn handshake(kind: &str, (major, minor): (u16, u16), formats: &str) -> String {
    format!(
        r#"01 {{"messageProtocolHandshake":[{{"handshakeType":"{kind}"}},{{"version":[{{"major":{major}}},{{"minor":{minor}}}]}},{{"formats":[{{"format":[{formats}]}}]}}]}}"#
    )
}

const UTF8: &str = r#""JSON-UTF8""#;
const BOTH: &str = r#""JSON-UTF16","JSON-UTF8""#;
const UTF16: &str = r#""JSON-UTF16""#;

fn own_1_1() -> Own {
    Own { version: Version::V1_1, ..own() }
}

fn server() -> Bench {
    Bench::protocol(Role::Server, &own())
}

fn client() -> Bench {
    Bench::protocol(Role::Client, &own())
}

fn fault(what: &str, section: &str) -> String {
    format!("close 4001: protocol handshake: the peer sent {what} (SHIP {section})")
}

fn mismatch() -> String {
    fault("a selection that does not match the announcement", "13.4.4.2.2")
}

#[test]
fn s0_selects_the_smaller_version_and_the_common_format() {
    for (own, announced, formats, selected) in [
        (own(), (1, 0), UTF8, (1, 0)),
        (own(), (1, 1), UTF8, (1, 0)),
        (own(), (2, 7), BOTH, (1, 0)),
        (own_1_1(), (1, 0), UTF8, (1, 0)),
        (own_1_1(), (1, 1), BOTH, (1, 1)),
        (own_1_1(), (2, 0), UTF8, (1, 1)),
    ] {
        let mut bench = Bench::protocol(Role::Server, &own);
        assert_eq!(bench.next(), Some((10_000, Timer::Protocol)));
        bench.wait(4_000);
        let announcement = handshake("announceMax", announced, formats);
        assert_eq!(bench.give(&announcement), [handshake("select", selected, UTF8)]);
        assert_eq!(bench.next(), Some((10_000, Timer::Protocol)));
    }
}

#[test]
fn s0_nothing_in_common_is_error_3() {
    for (version, formats) in [((1, 0), UTF16), ((1, 0), ""), ((0, 9), UTF8)] {
        let mut bench = server();
        let close = fault("an announcement without a common version and format", "13.4.4.2.2");
        assert_eq!(bench.give(&handshake("announceMax", version, formats)), [ERROR_MISMATCH, close.as_str()]);
        assert!(bench.is_over());
    }
}

#[test]
fn s0_s1_and_c0_anything_else_is_error_2() {
    let mut selected = server();
    selected.give(ANNOUNCE);
    for (bench, wrong) in [
        (server(), &[SELECT, READY, PENDING, PIN_NONE, ASK, DATA, r#"01 {"unknown":[]}"#, "01 7b"][..]),
        (selected, &[ANNOUNCE, READY, PIN_NONE, ASK, DATA, "01 7b"]),
        (client(), &[ANNOUNCE, READY, PIN_NONE, ASK, DATA, "01 7b"]),
    ] {
        for frame in wrong {
            let mut bench = bench.clone();
            let items = bench.give(frame);
            assert_eq!(items.len(), 2, "{frame}: {items:?}");
            assert_eq!(items[0], ERROR_UNEXPECTED);
            assert!(items[1].starts_with("close 4001: protocol handshake: the peer sent "), "{}", items[1]);
            assert!(bench.is_over());
        }
    }
}

#[test]
fn s0_s1_the_server_selects_and_sends_its_pin_state() {
    let mut bench = server();
    assert_eq!(bench.give(ANNOUNCE), [SELECT]);
    assert_eq!(bench.give(SELECT), [TO_PIN, PIN_NONE]);
}

#[test]
fn s1_the_confirmation_is_compared_by_value() {
    let spaced = r#"01 {"messageProtocolHandshake": [ {"version":[{"major":1},{"minor":0}]}, {"handshakeType":"select"},
        {"formats":[{"format":["JSON-UTF8"]}]}]}"#;
    let object = r#"01 {"messageProtocolHandshake":{"handshakeType":"select","version":{"major":1,"minor":0},"formats":{"format":["JSON-UTF8"]}}}"#;
    for (confirmation, repaired) in [
        (spaced, "repaired 1 order of elements"),
        (object, "repaired 3 object instead of array of single-key objects"),
    ] {
        let mut bench = server();
        bench.give(ANNOUNCE);
        assert_eq!(bench.give(confirmation), [repaired, TO_PIN, PIN_NONE]);
    }
    for (version, formats) in [((1, 1), UTF8), ((1, 0), UTF16), ((1, 0), BOTH), ((1, 0), "")] {
        let mut bench = server();
        bench.give(ANNOUNCE);
        assert_eq!(bench.give(&handshake("select", version, formats)), [ERROR_MISMATCH, mismatch().as_str()]);
        assert!(bench.is_over());
    }
}

#[test]
fn c0_the_client_announces_echoes_and_sends_its_pin_state() {
    let mut bench = Bench::start(Role::Client, Trust::Trusted, &own());
    bench.give(CMI);
    assert_eq!(bench.give(READY), ["peer ready", TO_PROTOCOL, ANNOUNCE]);
    assert_eq!(bench.next(), Some((10_000, Timer::Protocol)));
    assert_eq!(bench.give(SELECT), [SELECT, TO_PIN, PIN_NONE]);
}

#[test]
fn c0_accepts_every_version_from_1_0_to_the_own() {
    for selected in [(1, 0), (1, 1)] {
        let mut bench = Bench::start(Role::Client, Trust::Trusted, &own_1_1());
        bench.give(CMI);
        let announced = handshake("announceMax", (1, 1), UTF8);
        assert_eq!(bench.give(READY), ["peer ready", TO_PROTOCOL, announced.as_str()]);
        let select = handshake("select", selected, UTF8);
        assert_eq!(bench.give(&select), [select.as_str(), TO_PIN, PIN_NONE]);
    }
}

#[test]
fn c0_a_selection_outside_the_announcement_is_error_3() {
    for (version, formats) in
        [((1, 1), UTF8), ((2, 0), UTF8), ((0, 9), UTF8), ((1, 0), UTF16), ((1, 0), BOTH)]
    {
        let mut bench = client();
        assert_eq!(bench.give(&handshake("select", version, formats)), [ERROR_MISMATCH, mismatch().as_str()]);
        assert!(bench.is_over());
    }
}

#[test]
fn silence_is_error_1_in_every_wait() {
    let mut selected = server();
    selected.give(ANNOUNCE);
    for mut bench in [server(), selected, client()] {
        assert_eq!(bench.wait(9_999), [""; 0]);
        assert_eq!(bench.wait(1), [ERROR_TIMEOUT, TIMEOUT]);
        assert!(bench.is_over());
    }
}

#[test]
fn a_hello_is_error_2() {
    let close = fault("an unexpected `connectionHello`", "13.4.4");
    for mut bench in [server(), client()] {
        assert_eq!(bench.give(READY_BARE), [ERROR_UNEXPECTED, close.as_str()]);
        assert!(bench.is_over());
    }
}

#[test]
fn an_error_of_the_peer_closes_without_an_answer_in_every_form() {
    for (frame, code) in [
        (ERROR_TIMEOUT, 1),
        (ERROR_MISMATCH, 3),
        (r#"01 {"error":2}"#, 2),
        (r#"01 {"error":"2"}"#, 2),
        (r#"01 {"messageProtocolHandshakeError":[{"error":"2"}]}"#, 2),
        (r#"01 { "messageProtocolHandshakeError" : [ { "error" : 3 } ] }"#, 3),
    ] {
        for mut bench in [server(), client()] {
            let close = format!("close 4001: the peer refused the protocol handshake with error {code}");
            assert_eq!(bench.give(frame), [close], "{frame}");
            assert!(bench.is_over());
        }
    }
}

#[test]
fn removed_trust_and_leaving_close_at_once() {
    let removed = "close 4500: the user removed the trust in the peer";
    for mut bench in [server(), client(), Bench::pin()] {
        assert_eq!(bench.clone().decide(Trust::Undecided), [removed]);
        assert_eq!(bench.clone().leave(CloseCause::TrustRemoved), [removed]);
        assert_eq!(bench.decide(Trust::Refused), [removed]);
        assert!(bench.is_over());
    }
}
