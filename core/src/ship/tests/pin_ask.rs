//! SHIP 13.4.4.3.5.2: the peer demands a PIN.

use super::*;

const REQUIRED: &str = r#"{"pinState":"required"},{"inputPermission":"ok"}"#;
const REQUIRED_BUSY: &str = r#"{"pinState":"required"},{"inputPermission":"busy"}"#;
const OPTIONAL: &str = r#"{"pinState":"optional"},{"inputPermission":"ok"}"#;
const INPUT: &str = r#"01 {"connectionPinInput":[{"pin":"1234ABCD"}]}"#;
const ERROR: &str = r#"01 {"connectionPinError":[{"error":1}]}"#;
const WANTED: &str = "PIN Wanted { required: true, busy: false }";
const WANTED_BUSY: &str = "PIN Wanted { required: true, busy: true }";
const SENT: &str = "PIN Sent";
const REFUSED: &str = "PIN Refused";
const GRANTED: &str = "PIN Granted";

fn entry(may_send: bool) -> Pins {
    Pins { entry: Some("1234abcd".parse().unwrap()), may_send, ..Pins::default() }
}

fn give_pins(bench: &mut Bench, pins: Pins) -> Vec<String> {
    bench.connection.set_pins(pins, bench.now, &mut bench.out);
    bench.drain()
}

#[test]
fn a_known_pin_is_sent_at_once_and_forgotten() {
    let mut bench = Bench::pin();
    assert_eq!(give_pins(&mut bench, entry(true)), [""; 0]);
    assert_eq!(bench.give(&state(REQUIRED)), [WANTED, INPUT, SENT]);
    assert_eq!(bench.connection.pins().entry, None);
    assert_eq!(bench.give(PIN_OK), [GRANTED, TO_DATA, ASK]);
}

#[test]
fn the_application_is_asked_and_has_240_s() {
    let mut bench = Bench::pin();
    assert_eq!(bench.give(&state(REQUIRED)), [WANTED]);
    assert!(bench.connection.waits_for_pin());
    assert_eq!(bench.next(), Some((240_000, Timer::PinEntry)));
    let mut late = bench.clone();
    assert_eq!(bench.wait(239_999), [""; 0]);
    assert_eq!(give_pins(&mut bench, entry(true)), [INPUT, SENT]);
    assert_eq!(late.wait(240_000), ["close 4001: the peer demands a PIN and nobody entered it"]);
    assert!(late.is_over());
}

#[test]
fn a_wrong_pin_is_never_sent_again() {
    let mut bench = Bench::pin();
    give_pins(&mut bench, entry(true));
    bench.give(&state(REQUIRED));
    bench.wait(9_000);
    assert_eq!(bench.give(ERROR), [REFUSED]);
    assert_eq!(bench.next(), Some((240_000, Timer::PinEntry)));
    assert_eq!(bench.give(&state(REQUIRED)), [""; 0]);
    assert_eq!(give_pins(&mut bench, entry(true)), [INPUT, SENT]);
    // The next one waits for the answer to this one.
    assert_eq!(give_pins(&mut bench, entry(true)), [""; 0]);
    assert_eq!(bench.give(ERROR), [REFUSED, INPUT, SENT]);
}

#[test]
fn a_busy_peer_is_waited_for() {
    let mut bench = Bench::pin();
    give_pins(&mut bench, entry(true));
    assert_eq!(bench.give(&state(REQUIRED_BUSY)), [WANTED_BUSY]);
    assert_eq!(bench.give(&state(REQUIRED_BUSY)), [""; 0]);
    assert_eq!(bench.give(&state(REQUIRED)), [WANTED, INPUT, SENT]);
    assert_eq!(bench.give(ERROR), [REFUSED]);
    assert_eq!(bench.give(&state(REQUIRED_BUSY)), [WANTED_BUSY]);
    assert_eq!(give_pins(&mut bench, entry(true)), [""; 0]);
    assert_eq!(bench.give(&state(REQUIRED)), [WANTED, INPUT, SENT]);
}

#[test]
fn ship_12_5_no_pin_is_sent_below_the_trust_it_needs() {
    for members in [REQUIRED, OPTIONAL] {
        let mut bench = Bench::pin();
        give_pins(&mut bench, entry(false));
        let items = bench.give(&state(members));
        assert!(!items.iter().any(|item| item.contains("connectionPinInput")), "{items:?}");
        assert_eq!(give_pins(&mut bench, entry(true)), [INPUT, SENT]);
    }
}

#[test]
fn an_optional_pin_goes_on_without_and_may_come_later() {
    let mut bench = Bench::pin();
    let wanted = "PIN Wanted { required: false, busy: false }";
    assert_eq!(bench.give(&state(OPTIONAL)), [wanted, TO_DATA, ASK]);
    assert!(!bench.connection.waits_for_pin());
    assert_eq!(bench.next(), None);
    assert_eq!(bench.give(DATA), [r#"slice {"datagram":[]}"#]);
    assert_eq!(give_pins(&mut bench, entry(true)), [INPUT, SENT]);
    assert_eq!(bench.give(ERROR), [REFUSED]);
    assert_eq!(give_pins(&mut bench, entry(true)), [INPUT, SENT]);
    assert_eq!(bench.give(PIN_OK), [GRANTED]);
}

#[test]
fn what_was_granted_is_not_taken_back() {
    let mut bench = Bench::data();
    for members in [REQUIRED, OPTIONAL] {
        let fault = "fault data exchange: the peer sent an unexpected `connectionPinState` (SHIP 13.4.4)";
        assert_eq!(bench.give(&state(members)), [fault]);
    }
}

#[test]
fn an_error_without_a_pin_closes_before_data_exchange() {
    let mut bench = Bench::pin();
    bench.give(&state(REQUIRED));
    let close = "close 4001: PIN: the peer sent an unexpected `connectionPinError` (SHIP 13.4.4)";
    assert_eq!(bench.give(ERROR), [close]);
}

#[test]
fn both_may_demand_one() {
    let own = Own { pin: PinDemand::Required("87654321".parse().unwrap()), ..own() };
    let mut bench = Bench::protocol(Role::Client, &own);
    bench.give(SELECT);
    give_pins(&mut bench, entry(true));
    assert_eq!(bench.give(&state(REQUIRED)), [WANTED, INPUT, SENT]);
    assert_eq!(bench.give(PIN_OK), [GRANTED]);
    let right = r#"01 {"connectionPinInput":[{"pin":"87654321"}]}"#;
    assert_eq!(bench.give(right), ["PIN Accepted", PIN_OK, TO_DATA, ASK]);
}

#[test]
fn two_nodes_with_one_pin_reach_data_exchange() {
    let pin: Pin = "1234ABCD".parse().unwrap();
    let mut owner = Bench::protocol(Role::Server, &Own { pin: PinDemand::Required(pin), ..own() });
    owner.give(ANNOUNCE);
    let owners = owner.give(SELECT);
    let mut asker = Bench::pin();
    give_pins(&mut asker, entry(true));
    assert_eq!(owner.give(PIN_NONE), [""; 0]);
    let input = asker.give(&owners[1]);
    assert_eq!(input, [WANTED, INPUT, SENT]);
    let ok = owner.give(&input[1]);
    assert_eq!(ok, ["PIN Accepted", PIN_OK, TO_DATA, ASK]);
    assert_eq!(asker.give(&ok[1]), [GRANTED, TO_DATA, ASK]);
}
