//! SHIP 13.4.4.3.

use super::*;

#[test]
fn none_on_both_sides_reaches_data_exchange() {
    let mut bench = Bench::pin();
    assert_eq!(bench.next(), Some((10_000, Timer::PinState)));
    assert_eq!(bench.give(PIN_NONE), [TO_DATA, ASK]);
    assert_eq!(bench.next(), None);
    assert_eq!(bench.give(ASK), [METHODS]);
}

#[test]
fn a_pin_that_was_right_or_may_be_left_out_does_not_stop() {
    for members in [
        r#"{"pinState":"pinOk"}"#,
        r#"{"pinState":"optional"},{"inputPermission":"ok"}"#,
        r#"{"pinState":"optional"},{"inputPermission":"busy"}"#,
        r#"{"pinState":"optional"}"#,
    ] {
        let mut bench = Bench::pin();
        let items = bench.give(&state(members));
        assert_eq!(items[items.len() - 2..], [TO_DATA, ASK], "{members}");
        bench.give(PIN_OK);
        assert_eq!(bench.give(PIN_OK), [""; 0]);
    }
}

#[test]
fn anything_else_closes() {
    for wrong in [
        READY,
        SELECT,
        ASK,
        METHODS,
        r#"01 {"connectionPinInput":[{"pin":"1234ABCD"}]}"#,
        r#"01 {"connectionPinError":[{"error":1}]}"#,
        "01 7b",
        r#"01 {"connectionPinState":[]}"#,
        r#"01 {"connectionPinState":[{"pinState":"maybe"}]}"#,
        r#"01 {"connectionPinState":[{"pinState":"required"},{"inputPermission":"maybe"}]}"#,
    ] {
        let mut bench = Bench::pin();
        let items = bench.give(wrong);
        assert_eq!(items.len(), 1, "{wrong}: {items:?}");
        assert!(items[0].starts_with("close 4001: PIN: the peer sent "), "{}", items[0]);
        assert!(bench.is_over());
    }
}

#[test]
fn silence_closes() {
    let mut bench = Bench::pin();
    assert_eq!(bench.wait(9_999), [""; 0]);
    assert_eq!(bench.wait(1), ["close 4001: the peer did not send its PIN state in time"]);
    assert!(bench.is_over());
}

#[test]
fn early_data_is_kept_in_order() {
    let mut bench = Bench::pin();
    let second = DATA.replace("[]}}]}", "[1]}}]}");
    assert_eq!(bench.give(DATA), [""; 0]);
    assert_eq!(bench.give(&second), [""; 0]);
    assert_eq!(
        bench.give(PIN_NONE),
        [TO_DATA, ASK, r#"payload {"datagram":[]}"#, r#"payload {"datagram":[1]}"#]
    );
}

#[test]
fn early_data_is_bounded_in_messages_and_octets() {
    let close = "close 4001: PIN: the peer sent too much data before the PIN state (SHIP 13.4.4.3)";
    let mut bench = Bench::pin();
    for _ in 0..MAX_EARLY_FRAMES {
        assert_eq!(bench.give(DATA), [""; 0]);
    }
    assert_eq!(bench.give(DATA), [close]);
    assert!(bench.is_over());

    let mut bench = Bench::pin();
    let half = format!(
        r#"02 {{"data":[{{"header":[{{"protocolId":"ee1.0"}}]}},{{"payload":{{"datagram":["{}"]}}}}]}}"#,
        "x".repeat(MAX_EARLY_BYTES / 2)
    );
    assert_eq!(bench.give(&half), [""; 0]);
    assert_eq!(bench.give(&half), [close]);
    assert!(bench.is_over());
}
