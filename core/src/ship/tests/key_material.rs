//! SHIP 1.1.0, 12.1.3: certificate updates, and the version that allows them.

use super::*;

const SKI: &str = "A80556A243F57CA17B0D577A59B711B79EB4856C";
const NEXT: &str = "111122223333444455556666777788889999AAAA";
const ASKED: &str = r#"01 {"keyMaterialStateRequest":[{"knownUpdateCounter":0}]}"#;
const RECEIVED: &str = r#"01 {"keyMaterialStateResponse":[{"accept":true}]}"#;
const READY_1: &str = r#"01 {"connectionHello":[{"phase":"ready"},{"waiting":120000},{"keyMaterialState":[{"updateCounter":1}]}]}"#;

fn versioned(frame: &str) -> String {
    frame.replace(r#"{"minor":0}"#, r#"{"minor":1}"#)
}

fn keys(counter: u16, successor: bool) -> KeyMaterial {
    let mut material = KeyMaterial { counter, ..KeyMaterial::of(SKI.parse().unwrap()) };
    if successor {
        let ski = NEXT.parse().unwrap();
        material.keys.push(Key { state: KeyState::Successor, curve: SECP256R1, ski });
    }
    material
}

fn frame(material: &KeyMaterial) -> String {
    text(&super::super::message::Message::KeyMaterialState(material.clone()).frame())
}

fn own_1_1() -> Own {
    Own { version: Version::V1_1, key_material: Some(keys(1, false)), ..own() }
}

/// A client in data exchange by 1.1, the peer's hello being this.
fn data(hello: &str) -> (Bench, Vec<String>) {
    let mut bench = Bench::start(Role::Client, Trust::Trusted, &own_1_1());
    bench.give(CMI);
    bench.give(hello);
    bench.give(&versioned(SELECT));
    assert_eq!(bench.connection.version(), Version::V1_1);
    let items = bench.give(PIN_NONE);
    (bench, items)
}

#[test]
fn the_counter_is_in_every_hello_and_a_newer_one_is_asked_for() {
    let mut bench = Bench::start(Role::Server, Trust::Trusted, &own_1_1());
    assert_eq!(bench.give(CMI), [CMI, TO_READY, READY_1]);
    let (mut bench, items) = data(READY_1);
    assert_eq!(items, [TO_DATA, ASK, ASKED]);
    let peers = keys(1, true);
    assert_eq!(bench.give(&frame(&peers)), [RECEIVED.to_owned(), format!("keys {peers:?}")]);
    // Known now: received once more, taken as known.
    assert_eq!(bench.give(&frame(&peers)), [RECEIVED]);
    assert_eq!(bench.next(), None);
}

#[test]
fn a_known_counter_is_not_asked_for_and_an_older_one_is_ignored() {
    let mut bench = Bench::start(Role::Client, Trust::Trusted, &own_1_1());
    bench.connection.know_key_material(1);
    bench.give(CMI);
    bench.give(READY_1);
    bench.give(&versioned(SELECT));
    assert_eq!(bench.give(PIN_NONE), [TO_DATA, ASK]);
    bench.give(&frame(&keys(3, true)));
    let fault = "fault data exchange: the peer sent key material older than known (SHIP 12.1.3.4)";
    assert_eq!(bench.give(&frame(&keys(2, false))), [fault]);
}

#[test]
fn a_request_is_answered_only_where_the_counters_differ() {
    let (mut bench, items) = data(READY);
    assert_eq!(items, [TO_DATA, ASK]);
    assert_eq!(bench.give(ASKED), [frame(&keys(1, false))]);
    assert_eq!(bench.next(), Some((30_000, Timer::KeyMaterial)));
    assert_eq!(bench.give(RECEIVED), [""; 0]);
    assert_eq!(bench.next(), None);
    assert_eq!(bench.give(r#"01 {"keyMaterialStateRequest":[{"knownUpdateCounter":1}]}"#), [""; 0]);
}

#[test]
fn a_change_is_told_repeated_once_after_30_s_and_then_the_connection_is_made_anew() {
    let (mut bench, _) = data(READY);
    let changed = keys(2, true);
    bench.connection.set_key_material(changed.clone(), bench.now, &mut bench.out);
    assert_eq!(bench.drain(), [frame(&changed)]);
    assert_eq!(bench.wait(29_999), [""; 0]);
    assert_eq!(bench.wait(1), [frame(&changed)]);
    assert_eq!(bench.wait(29_999), [""; 0]);
    assert_eq!(bench.wait(1), ["entered closing", ANNOUNCE_CLOSE]);
}

#[test]
fn a_change_during_the_handshake_is_told_once_data_may_flow() {
    let mut bench = Bench::start(Role::Client, Trust::Trusted, &own_1_1());
    bench.give(CMI);
    bench.give(READY);
    let changed = keys(2, true);
    bench.connection.set_key_material(changed.clone(), bench.now, &mut bench.out);
    bench.give(&versioned(SELECT));
    assert_eq!(bench.give(PIN_NONE), [TO_DATA, ASK, frame(&changed).as_str()]);
}

#[test]
fn without_1_1_or_without_configuration_nothing_is_exchanged() {
    let unexpected =
        |name| format!("fault data exchange: the peer sent an unexpected `{name}` (SHIP 13.4.4)");
    let mut old = Bench::start(Role::Client, Trust::Trusted, &own_1_1());
    old.give(CMI);
    old.give(READY_1);
    old.give(SELECT);
    assert_eq!(old.give(PIN_NONE), [TO_DATA, ASK]);
    let mut plain = Bench::start(Role::Client, Trust::Trusted, &Own { key_material: None, ..own_1_1() });
    assert_eq!(plain.give(CMI)[2], READY);
    plain.give(READY_1);
    plain.give(&versioned(SELECT));
    assert_eq!(plain.give(PIN_NONE), [TO_DATA, ASK]);
    for bench in [&mut old, &mut plain] {
        assert_eq!(bench.give(ASKED), [unexpected("keyMaterialStateRequest")]);
        assert_eq!(bench.give(&frame(&keys(1, false))), [unexpected("keyMaterialState")]);
        bench.connection.set_key_material(keys(2, true), bench.now, &mut bench.out);
    }
    assert_eq!(old.drain(), [""; 0]);
}

#[test]
fn ship_12_6_messages_of_commissioning_tools_are_reported_and_ignored() {
    for mut bench in [data(READY).0, Bench::data()] {
        let fault = "fault data exchange: the peer sent an unexpected `commissioningRequest` (SHIP 13.4.4)";
        assert_eq!(bench.give(r#"01 {"commissioningRequest":[]}"#), [fault]);
    }
}
