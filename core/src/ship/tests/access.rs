//! SHIP 13.4.6.

use super::*;

#[test]
fn every_request_is_answered_with_the_ship_id() {
    let mut bench = Bench::data();
    for _ in 0..3 {
        assert_eq!(bench.give(ASK), [METHODS]);
    }
}

#[test]
fn the_answer_tells_what_is_configured() {
    let uri = Some("wss://hems.example.org:4712/ship/".into());
    for (own, answer) in [
        (
            Own { access: Access { mdns: false, ..Access::default() }, ..own() },
            r#"01 {"accessMethods":[{"id":"i:46925_u:0001"}]}"#,
        ),
        (
            Own { access: Access { uri, ..Access::default() }, ..own() },
            r#"01 {"accessMethods":[{"id":"i:46925_u:0001"},{"dnsSd_mDns":[]},{"dns":[{"uri":"wss://hems.example.org:4712/ship/"}]}]}"#,
        ),
    ] {
        let mut bench = Bench::protocol(Role::Client, &own);
        bench.give(SELECT);
        bench.give(PIN_NONE);
        assert_eq!(bench.give(ASK), [answer]);
    }
}

#[test]
fn a_request_between_data_is_answered_at_once() {
    let mut bench = Bench::data();
    let slice = [r#"slice {"datagram":[]}"#];
    assert_eq!(bench.give(DATA), slice);
    assert_eq!(bench.give(ASK), [METHODS]);
    assert_eq!(bench.give(DATA), slice);
}

#[test]
fn data_does_not_wait_for_the_answer() {
    let mut bench = Bench::data();
    assert_eq!(bench.give(DATA), [r#"slice {"datagram":[]}"#]);
    assert_eq!(bench.wait(8_000), [""; 0]);
    assert_eq!(bench.give(METHODS), ["access methods i:46925_u:0001, mDNS true, None"]);
    assert_eq!(bench.wait(3_600_000), [""; 0]);
}

#[test]
fn a_node_that_does_not_ask_never_asks() {
    let mut bench =
        Bench::protocol(Role::Server, &Own { access: Access { ask: false, ..Access::default() }, ..own() });
    bench.give(ANNOUNCE);
    bench.give(SELECT);
    assert_eq!(bench.give(PIN_NONE), [TO_DATA]);
    assert_eq!(bench.wait(120_000), [""; 0]);
}

#[test]
fn an_answer_needs_an_id() {
    let mut bench = Bench::data();
    assert_eq!(
        bench.give(r#"01 {"accessMethods":[{"dnsSd_mDns":[]}]}"#),
        ["fault data exchange: the peer sent an unreadable message: `id` is missing (SHIP 11.4)"]
    );
}
