//! SHIP 13.4.4.3.5.1: this node demands a PIN.

use super::*;

const REQUIRED: &str = r#"01 {"connectionPinState":[{"pinState":"required"},{"inputPermission":"ok"}]}"#;
const REQUIRED_BUSY: &str =
    r#"01 {"connectionPinState":[{"pinState":"required"},{"inputPermission":"busy"}]}"#;
const OPTIONAL: &str = r#"01 {"connectionPinState":[{"pinState":"optional"},{"inputPermission":"ok"}]}"#;
const OPTIONAL_BUSY: &str =
    r#"01 {"connectionPinState":[{"pinState":"optional"},{"inputPermission":"busy"}]}"#;
const RIGHT: &str = r#"01 {"connectionPinInput":[{"pin":"1234abcd"}]}"#;
const WRONG: &str = r#"01 {"connectionPinInput":[{"pin":"1234ABCE"}]}"#;
const ERROR: &str = r#"01 {"connectionPinError":[{"error":1}]}"#;
const ACCEPTED: &str = "PIN Accepted";

fn pin() -> Pin {
    "1234 ABCD".parse().unwrap()
}

fn demanding(pin: PinDemand) -> Own {
    Own { pin, ..own() }
}

/// Just after the own PIN state, which is answered; and that state.
fn listen(demand: PinDemand, pins: Pins) -> (Bench, String) {
    let mut bench = Bench::protocol(Role::Client, &demanding(demand));
    bench.connection.set_pins(pins, bench.now, &mut bench.out);
    assert_eq!(bench.drain(), [""; 0]);
    let items = bench.give(SELECT);
    assert_eq!(items[..2], [SELECT, TO_PIN]);
    (bench, items[2].clone())
}

/// At CHECK_LISTEN of a required PIN, with the peer's own state known.
fn required() -> Bench {
    let (mut bench, told) = listen(PinDemand::Required(pin()), Pins::default());
    assert_eq!(told, REQUIRED);
    assert_eq!(bench.give(PIN_NONE), [""; 0]);
    bench
}

fn wrong(count: u32, busy_until: Option<Instant>) -> String {
    format!("PIN {:?}", PinNews::Wrong { count, busy_until })
}

#[test]
fn a_right_pin_opens_data_exchange_and_counts_in_either_case() {
    let mut bench = required();
    assert_eq!(bench.next(), Some((240_000, Timer::PinEntry)));
    assert_eq!(bench.give(RIGHT), [ACCEPTED, PIN_OK, TO_DATA, ASK]);
    assert!(bench.connection.pins().accepted);
    assert_eq!(bench.next(), None);
}

#[test]
fn no_data_is_processed_before_a_required_pin() {
    let mut bench = required();
    assert_eq!(bench.give(DATA), [""; 0]);
    assert_eq!(bench.give(RIGHT), [ACCEPTED, PIN_OK, TO_DATA, ASK, r#"payload {"datagram":[]}"#]);
}

#[test]
fn wrong_pins_cost_nothing_twice_then_15_s_then_90_s() {
    let mut bench = required();
    for count in 1..=2 {
        assert_eq!(bench.give(WRONG), [ERROR.to_owned(), wrong(count, None)]);
    }
    for count in 3..=8 {
        let penalty = if count < 6 { 15_000 } else { 90_000 };
        let until = bench.now + Duration::from_millis(penalty);
        assert_eq!(
            bench.give(WRONG),
            [ERROR.to_owned(), wrong(count, Some(until)), REQUIRED_BUSY.to_owned()]
        );
        assert_eq!(bench.next(), Some((penalty, Timer::PinPenalty)));
        // A PIN is not even looked at now, not the right one either.
        assert_eq!(bench.give(RIGHT), [REQUIRED_BUSY]);
        assert_eq!(bench.wait(penalty - 1), [""; 0]);
        assert_eq!(bench.give(WRONG), [REQUIRED_BUSY]);
        assert_eq!(bench.wait(1), [REQUIRED]);
    }
    assert_eq!(bench.give(RIGHT), [ACCEPTED, PIN_OK, TO_DATA, ASK]);
    assert_eq!(bench.connection.pins().wrong, 0);
}

#[test]
fn what_is_no_pin_at_all_is_a_wrong_one() {
    for text in ["", "1234", "no pin", "1234ABCD1234ABCD1", "1234ABCD0"] {
        let mut bench = required();
        let input = format!(r#"01 {{"connectionPinInput":[{{"pin":"{text}"}}]}}"#);
        let items = bench.give(&input);
        assert_eq!(items[items.len() - 2..], [ERROR.to_owned(), wrong(1, None)], "{text}");
    }
}

#[test]
fn a_peer_that_enters_nothing_is_waited_for_240_s_from_its_last_try() {
    let mut bench = required();
    bench.wait(200_000);
    bench.give(WRONG);
    assert_eq!(bench.wait(239_999), [""; 0]);
    assert_eq!(bench.wait(1), ["close 4001: the peer did not send the PIN in time"]);
    assert!(bench.is_over());
}

#[test]
fn tries_that_are_not_looked_at_keep_no_connection_open() {
    let mut bench = required();
    let until = bench.now + Duration::from_secs(500);
    let pins = Pins { wrong: 9, busy_until: Some(until), ..Pins::default() };
    bench.connection.set_pins(pins, bench.now, &mut bench.out);
    assert_eq!(bench.drain(), [REQUIRED_BUSY]);
    for _ in 0..239 {
        assert_eq!(bench.wait(1_000), [""; 0]);
        assert_eq!(bench.give(WRONG), [REQUIRED_BUSY]);
    }
    assert_eq!(bench.wait(1_000), ["close 4001: the peer did not send the PIN in time"]);
}

#[test]
fn an_optional_pin_is_checked_beside_data_exchange() {
    let (mut bench, told) = listen(PinDemand::Optional(pin()), Pins::default());
    assert_eq!(told, OPTIONAL);
    assert_eq!(bench.give(PIN_NONE), [TO_DATA, ASK]);
    assert_eq!(bench.next(), None);
    for _ in 0..3 {
        assert_eq!(bench.give(WRONG)[0], ERROR);
    }
    assert_eq!(bench.next(), Some((15_000, Timer::PinPenalty)));
    assert_eq!(bench.give(RIGHT), [OPTIONAL_BUSY]);
    assert_eq!(bench.give(DATA), [r#"slice {"datagram":[]}"#]);
    assert_eq!(bench.wait(15_000), [OPTIONAL]);
    assert_eq!(bench.give(RIGHT), [ACCEPTED, PIN_OK]);
    assert_eq!(bench.next(), None);
}

#[test]
fn a_peer_that_entered_it_once_need_not_again() {
    let pins = Pins { accepted: true, ..Pins::default() };
    let (mut bench, told) = listen(PinDemand::Required(pin()), pins);
    assert_eq!(told, PIN_OK);
    assert_eq!(bench.give(PIN_NONE), [TO_DATA, ASK]);
}

#[test]
fn a_penalty_outlives_its_connection() {
    let until = Some(Instant::from_secs(1_010));
    let (mut bench, told) =
        listen(PinDemand::Required(pin()), Pins { wrong: 3, busy_until: until, ..Pins::default() });
    assert_eq!(told, REQUIRED_BUSY);
    bench.give(PIN_NONE);
    assert_eq!(bench.next(), Some((10_000, Timer::PinPenalty)));
    assert_eq!(bench.wait(10_000), [REQUIRED]);
    let news = wrong(4, Some(bench.now + Duration::from_secs(15)));
    assert_eq!(bench.give(WRONG)[1], news);
}

#[test]
fn another_connection_of_the_peer_pays_and_profits_too() {
    let mut bench = required();
    let busy = Pins { wrong: 3, busy_until: Some(bench.now + Duration::from_secs(15)), ..Pins::default() };
    bench.connection.set_pins(busy.clone(), bench.now, &mut bench.out);
    assert_eq!(bench.drain(), [REQUIRED_BUSY]);
    bench.connection.set_pins(busy, bench.now, &mut bench.out);
    assert_eq!(bench.drain(), [""; 0]);
    let accepted = Pins { accepted: true, ..Pins::default() };
    bench.connection.set_pins(accepted, bench.now, &mut bench.out);
    assert_eq!(bench.drain(), [PIN_OK, TO_DATA, ASK]);
}

#[test]
fn the_peers_state_comes_first() {
    let (mut bench, _) = listen(PinDemand::Required(pin()), Pins::default());
    let close = "close 4001: PIN: the peer sent an unexpected `connectionPinInput` (SHIP 13.4.4)";
    assert_eq!(bench.give(RIGHT), [close]);
    let (mut silent, _) = listen(PinDemand::Required(pin()), Pins::default());
    assert_eq!(silent.wait(10_000), ["close 4001: the peer did not send its PIN state in time"]);
}
