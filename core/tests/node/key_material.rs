//! SHIP 1.1.0 between nodes: versions remembered, keys that change (SHIP 12.1.3, 13.4.4.2).

use crate::solo::*;
use eebus_core::node::{Call, Config, Decision, Event, Input, Lost, Misuse};
use eebus_core::ship::message::Message;
use eebus_core::ship::{Key, KeyMaterial, KeyState, SECP256R1, Version};

const SELECT_1_1: &[u8] = b"\x01{\"messageProtocolHandshake\":[{\"handshakeType\":\"select\"},{\"version\":[{\"major\":1},{\"minor\":1}]},{\"formats\":[{\"format\":[\"JSON-UTF8\"]}]}]}";
const ANNOUNCE_1_1: &[u8] = b"\x01{\"messageProtocolHandshake\":[{\"handshakeType\":\"announceMax\"},{\"version\":[{\"major\":1},{\"minor\":1}]},{\"formats\":[{\"format\":[\"JSON-UTF8\"]}]}]}";

fn config_1_1() -> Config {
    let mut config = config();
    config.version = Version::V1_1;
    config.key_material = Some(KeyMaterial::of(key(OWN).ski));
    config
}

/// Peer 1 uses its key and will use that of peer 2.
fn keys() -> KeyMaterial {
    let key = |state, octet| Key { state, curve: SECP256R1, ski: key(octet).ski };
    KeyMaterial { counter: 2, keys: vec![key(KeyState::Current, 1), key(KeyState::Successor, 2)] }
}

#[test]
fn a_peer_that_refuses_1_1_is_offered_1_0_from_then_on() {
    let refusal: &[u8] = b"\x01{\"messageProtocolHandshakeError\":[{\"error\":3}]}";
    for lost in [false, true] {
        let mut solo = Solo::with(config_1_1(), None);
        let peer = solo.add(1, vec![eebus_core::node::Endpoint::new(address(1))]);
        solo.call(Call::Trust { peer }).unwrap();
        for version in [1, 0, 0] {
            while solo.dials().is_empty() {
                solo.wait(secs(1));
            }
            let (attempt, _) = solo.dials().pop().unwrap();
            let conn = solo.reached(attempt, 1);
            solo.fresh();
            solo.frames(conn, &[CMI, READY]);
            let announced = String::from_utf8(solo.sent(conn).pop().unwrap()).unwrap();
            assert!(announced.contains(&format!(r#"{{"minor":{version}}}"#)), "{announced}");
            if lost {
                solo.give(Input::Lost { conn, why: Lost::Ended });
            } else {
                solo.frames(conn, &[refusal]);
                solo.lost(conn);
            }
        }
    }
}

#[test]
fn a_peer_comes_back_with_the_key_it_announced_also_after_a_restart() {
    let mut solo = Solo::with(config_1_1(), None);
    let peer = solo.trusted(1);
    let conn = solo.accepted(1);
    let state = Message::KeyMaterialState(keys()).frame();
    solo.frames(conn, &[CMI, READY, ANNOUNCE_1_1, SELECT_1_1, PIN_NONE, &state]);
    let material = keys();
    assert!(solo.events().contains(&Event::KeyMaterial { peer, conn, material }));
    solo.lost(conn);

    let mut again = Solo::with(config_1_1(), solo.saved.clone());
    for solo in [&mut solo, &mut again] {
        solo.fresh();
        let conn = solo.accepted(2);
        let peer = solo.node.view().find(key(2).ski).unwrap();
        assert_eq!(solo.node.view().find(key(1).ski), Some(peer));
        assert_eq!(solo.node.view().peer(peer).unwrap().decision, Decision::Trusted);
        let (from, to) = (key(1).ski, key(2).ski);
        assert!(solo.events().contains(&Event::KeySwitched { peer, from, to }));
        solo.shake_as_client(conn);
        assert_eq!(solo.session(peer), Some(conn));
        assert_eq!(solo.saved.as_ref().unwrap().peers[0].ski, to);
    }
}

#[test]
fn a_key_that_is_gone_is_a_strangers() {
    let mut solo = Solo::with(config_1_1(), None);
    let peer = solo.trusted(1);
    let conn = solo.accepted(1);
    let later = KeyMaterial { counter: 3, ..KeyMaterial::of(key(1).ski) };
    let [with, without] = [keys(), later].map(|keys| Message::KeyMaterialState(keys).frame());
    solo.frames(conn, &[CMI, READY, ANNOUNCE_1_1, SELECT_1_1, PIN_NONE, &with, &without]);
    solo.accepted(2);
    let stranger = solo.node.view().find(key(2).ski).unwrap();
    assert_ne!(stranger, peer);
    assert_eq!(solo.node.view().peer(stranger).unwrap().decision, Decision::Undecided);
}

#[test]
fn a_peer_cannot_announce_the_key_of_another_peer() {
    let mut solo = Solo::with(config_1_1(), None);
    let (peer, other) = (solo.trusted(1), solo.trusted(2));
    let conn = solo.accepted(1);
    let state = Message::KeyMaterialState(keys()).frame();
    solo.frames(conn, &[CMI, READY, ANNOUNCE_1_1, SELECT_1_1, PIN_NONE, &state]);
    assert_eq!(solo.node.view().find(key(2).ski), Some(other));
    assert_ne!(peer, other);
}

#[test]
fn own_keys_are_told_and_their_counter_grows() {
    let mut solo = Solo::with(config_1_1(), None);
    solo.trusted(1);
    let conn = solo.accepted(1);
    solo.frames(conn, &[CMI, READY, ANNOUNCE_1_1, SELECT_1_1, PIN_NONE]);
    solo.fresh();
    let material = KeyMaterial { counter: 2, ..KeyMaterial::of(key(OWN).ski) };
    let call = Call::SetKeyMaterial { material: material.clone() };
    solo.call(call.clone()).unwrap();
    assert_eq!(solo.sent(conn), [Message::KeyMaterialState(material).frame()]);
    assert_eq!(solo.call(call.clone()), Err(Misuse::OldKeyMaterial));
    assert_eq!(Solo::new().call(call), Err(Misuse::OldKeyMaterial));
}
