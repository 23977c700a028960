//! PINs over connections and restarts (SHIP 12.5, 13.4.4.3).

use crate::solo::*;
use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{Call, Event, Input, Misuse, Rung, SavedPin, WaitsFor};
use eebus_core::ship::{Pin, PinDemand, PinNews};

const WRONG: &[u8] = b"\x01{\"connectionPinInput\":[{\"pin\":\"00000000\"}]}";
const RIGHT: &[u8] = b"\x01{\"connectionPinInput\":[{\"pin\":\"1234ABCD\"}]}";
const ERROR: &[u8] = b"\x01{\"connectionPinError\":[{\"error\":1}]}";
const BUSY: &[u8] =
    b"\x01{\"connectionPinState\":[{\"pinState\":\"required\"},{\"inputPermission\":\"busy\"}]}";
const REQUIRED: &[u8] =
    b"\x01{\"connectionPinState\":[{\"pinState\":\"required\"},{\"inputPermission\":\"ok\"}]}";
const PIN_OK: &[u8] = b"\x01{\"connectionPinState\":[{\"pinState\":\"pinOk\"}]}";

fn pin() -> Pin {
    "1234ABCD".parse().unwrap()
}

fn demanding() -> Solo {
    let mut config = config();
    config.pin = PinDemand::Required(pin());
    Solo::with(config, None)
}

fn news(solo: &Solo) -> Vec<PinNews> {
    let events = solo.events().into_iter();
    events.filter_map(|event| if let Event::Pin { news, .. } = event { Some(news) } else { None }).collect()
}

/// A peer that demands a PIN, at the moment it says so.
fn asked(solo: &mut Solo) -> (PeerId, ConnId) {
    let peer = solo.trusted(1);
    let conn = solo.accepted(1);
    solo.fresh();
    solo.shake_as_client_until_pin(conn);
    solo.frames(conn, &[REQUIRED]);
    (peer, conn)
}

#[test]
fn a_peer_with_the_pin_is_let_in_and_remembered_over_a_restart() {
    let mut solo = demanding();
    let peer = solo.trusted(1);
    let conn = solo.in_data(1);
    assert_eq!(solo.session(peer), None);
    solo.frames(conn, &[RIGHT]);
    assert_eq!(solo.session(peer), Some(conn));
    assert_eq!(news(&solo), [PinNews::Accepted]);
    let saved = solo.saved.clone().unwrap();
    assert_eq!(saved.peers[0].pin, SavedPin { wrong: 0, accepted: true });

    let mut config = config();
    config.pin = PinDemand::Required(pin());
    let mut again = Solo::with(config, Some(saved));
    let conn = again.in_data(1);
    assert!(again.sent(conn).contains(&PIN_OK.to_vec()));
    assert!(again.live().contains(&conn));
}

#[test]
fn wrong_pins_are_counted_over_connections_and_restarts() {
    let mut solo = demanding();
    solo.trusted(1);
    for _ in 0..2 {
        let conn = solo.in_data(1);
        solo.frames(conn, &[WRONG]);
        solo.lost(conn);
    }
    let conn = solo.in_data(1);
    solo.fresh();
    solo.frames(conn, &[WRONG]);
    assert_eq!(solo.sent(conn), [ERROR, BUSY]);
    solo.lost(conn);
    // The penalty runs on while the peer is away, and begins anew with the node.
    let conn = solo.in_data(1);
    assert!(solo.sent(conn).contains(&BUSY.to_vec()));
    let mut config = config();
    config.pin = PinDemand::Required(pin());
    let mut again = Solo::with(config, solo.saved.clone());
    let conn = again.in_data(1);
    assert!(again.sent(conn).contains(&BUSY.to_vec()));
    again.fresh();
    again.wait(secs(15));
    assert_eq!(again.sent(conn), [REQUIRED]);
}

#[test]
fn a_second_connection_gives_no_second_chance() {
    let mut solo = demanding();
    let peer = solo.trusted(1);
    let conns = [solo.in_data(1), solo.in_data(1)];
    solo.fresh();
    for n in 0..3 {
        solo.frames(conns[n % 2], &[WRONG]);
    }
    assert_eq!(solo.sent(conns[0]), [ERROR, ERROR, BUSY]);
    assert_eq!(solo.sent(conns[1]), [ERROR, BUSY]);
    let counts: Vec<_> =
        news(&solo).iter().map(|n| if let PinNews::Wrong { count, .. } = n { *count } else { 0 }).collect();
    assert_eq!(counts, [1, 2, 3]);
    assert_eq!(solo.session(peer), None);
}

#[test]
fn the_user_is_asked_for_the_peers_pin() {
    let mut solo = Solo::new();
    let (peer, conn) = asked(&mut solo);
    assert_eq!(news(&solo), [PinNews::Wanted { required: true, busy: false }]);
    let readiness = solo.node.readiness(peer).unwrap();
    assert_eq!((readiness.rung, readiness.waits_for), (Rung::Trusted, WaitsFor::OurUser));
    solo.fresh();
    solo.call(Call::EnterPin { peer, pin: pin() }).unwrap();
    assert_eq!(solo.sent(conn), [RIGHT]);
    assert_eq!(news(&solo), [PinNews::Sent]);
    solo.frames(conn, &[PIN_OK]);
    assert_eq!(solo.session(peer), Some(conn));
}

#[test]
fn a_pin_entered_before_waits_for_the_peer_to_ask_and_is_sent_once() {
    let mut solo = Solo::new();
    let peer = solo.trusted(1);
    solo.call(Call::EnterPin { peer, pin: pin() }).unwrap();
    let (peer, conn) = asked(&mut solo);
    assert_eq!(solo.sent(conn).last().unwrap(), RIGHT);
    solo.frames(conn, &[ERROR]);
    solo.lost(conn);
    let (_, conn) = asked(&mut solo);
    assert!(!solo.sent(conn).contains(&RIGHT.to_vec()));
    assert_eq!(solo.session(peer), None);
}

#[test]
fn ship_12_5_a_peer_below_the_trust_it_needs_gets_no_pin() {
    let mut solo = Solo::new();
    let peer = solo.add(1, Vec::new());
    assert_eq!(solo.call(Call::EnterPin { peer, pin: pin() }), Err(Misuse::NotTrusted(peer)));
    assert_eq!(
        solo.call(Call::EnterPin { peer: PeerId(9), pin: pin() }),
        Err(Misuse::UnknownPeer(PeerId(9)))
    );
}

#[test]
fn a_forgotten_peer_begins_anew() {
    let mut solo = demanding();
    let peer = solo.trusted(1);
    let conn = solo.in_data(1);
    solo.frames(conn, &[RIGHT]);
    solo.call(Call::Forget { peer }).unwrap();
    solo.lost(conn);
    solo.trusted(1);
    let conn = solo.in_data(1);
    assert!(solo.sent(conn).contains(&REQUIRED.to_vec()));
}

#[test]
fn nobody_waits_for_ever() {
    let mut solo = Solo::new();
    let (_, conn) = asked(&mut solo);
    solo.wait(secs(240));
    assert_eq!(solo.closed(), [(conn, 4001)]);
    let mut solo = demanding();
    solo.trusted(1);
    let conn = solo.in_data(1);
    solo.wait(secs(240));
    assert_eq!(solo.closed(), [(conn, 4001)]);
    solo.give(Input::Tick);
}
