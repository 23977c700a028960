//! Policies for strangers, the source of trust, and identities that change.

use crate::solo::*;
use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{
    Action, Call, Decision, Endpoint, Event, Input, SavedPeer, TrustPolicy, TrustSource, WaitsFor,
};
use eebus_core::ship::identity::{Fingerprint, PeerKey, ShipId};
use eebus_core::ship::pairing::PairingSecret;
use eebus_core::time::Instant;

fn with(policy: TrustPolicy) -> Solo {
    let mut config = config();
    config.trust_policy = policy;
    Solo::with(config, None)
}

fn decided(solo: &Solo) -> Vec<(Decision, Option<TrustSource>)> {
    let decided = |event| match event {
        Event::Decided { decision, source, .. } => Some((decision, source)),
        _ => None,
    };
    solo.events().into_iter().filter_map(decided).collect()
}

fn hello(solo: &mut Solo, octet: u8) -> (ConnId, Vec<Vec<u8>>) {
    let conn = solo.accepted(octet);
    solo.frames(conn, &[CMI]);
    (conn, solo.sent(conn))
}

#[test]
fn without_a_window_nobody_is_accepted_whatever_is_announced() {
    for policy in [TrustPolicy::Manual, TrustPolicy::QrSecret(PairingSecret::new(&[1; 16]).unwrap())] {
        let mut solo = with(policy);
        solo.call(Call::SetRegister { register: true }).unwrap();
        assert_eq!(hello(&mut solo, 1).1, [CMI, PENDING]);
    }
}

#[test]
fn ship_12_3_1_1_a_window_accepts_strangers_until_it_is_over() {
    let mut solo = with(TrustPolicy::Window(secs(120)));
    assert_eq!(solo.node.view().trust_policy().1, Some(Instant::from_secs(120)));
    solo.wait(secs(119));
    let (conn, _) = hello(&mut solo, 1);
    assert!(solo.sent(conn).contains(&READY.to_vec()));
    assert_eq!(decided(&solo), [(Decision::Trusted, Some(TrustSource::AutoAccept))]);
    assert!(!solo.events().iter().any(|event| matches!(event, Event::PairingRequested(_))));
    solo.fresh();
    solo.wait(secs(1));
    assert_eq!(hello(&mut solo, 2).1, [CMI, PENDING]);
    let saved = solo.saved.clone().unwrap();
    let trust: Vec<_> = saved.peers.iter().map(|peer| peer.trust).collect();
    assert_eq!(trust, [Some(TrustSource::AutoAccept.trust())]);
}

#[test]
fn a_window_that_opens_later_accepts_who_waits_but_never_who_was_refused() {
    let mut solo = Solo::new();
    let (waiting, _) = hello(&mut solo, 1);
    let (refused, _) = hello(&mut solo, 2);
    let peer = solo.node.view().find(key(2).ski).unwrap();
    solo.call(Call::Refuse { peer }).unwrap();
    solo.lost(refused);
    solo.fresh();
    solo.call(Call::SetTrustPolicy { policy: TrustPolicy::Window(secs(60)) }).unwrap();
    assert_eq!(solo.sent(waiting), [READY]);
    assert_eq!(hello(&mut solo, 2).1, [CMI, ABORTED]);
    // Closing the window again takes nothing back.
    solo.call(Call::SetTrustPolicy { policy: TrustPolicy::Manual }).unwrap();
    assert_eq!(hello(&mut solo, 3).1, [CMI, PENDING]);
    assert!(solo.live().contains(&waiting));
}

#[test]
fn what_is_announced_as_register_is_a_setting_of_its_own() {
    let mut solo = Solo::new();
    let register = |solo: &Solo| {
        solo.did(|action| if let Action::Announce(record) = action { Some(record.register) } else { None })
    };
    solo.call(Call::SetRegister { register: true }).unwrap();
    assert_eq!(register(&solo), [false; 0], "nothing is announced before there is a port");
    solo.give(Input::Listening { port: 4712 });
    solo.call(Call::SetTrustPolicy { policy: TrustPolicy::Window(secs(60)) }).unwrap();
    solo.call(Call::SetRegister { register: false }).unwrap();
    solo.call(Call::SetRegister { register: false }).unwrap();
    assert_eq!(register(&solo), [true, false]);
}

#[test]
fn a_user_who_looks_at_an_auto_accepted_peer_raises_its_trust() {
    let mut solo = with(TrustPolicy::Window(secs(120)));
    hello(&mut solo, 1);
    let peer = PeerId(0);
    for (named, source) in [(false, TrustSource::UserVerified), (true, TrustSource::UserInput)] {
        if named {
            solo.add(1, Vec::new());
        }
        solo.fresh();
        solo.call(Call::Trust { peer }).unwrap();
        assert_eq!(decided(&solo), [(Decision::Trusted, Some(source))]);
        assert_eq!(solo.saved.clone().unwrap().peers[0].trust, Some(source.trust()));
    }
    solo.fresh();
    solo.call(Call::Trust { peer }).unwrap();
    assert_eq!(solo.fresh(), []);
}

/// The key of a peer in another certificate.
fn renewed(octet: u8) -> PeerKey {
    PeerKey { fingerprint: Fingerprint([0xee; 32]), ..key(octet) }
}

fn comes_as(solo: &mut Solo, peer: PeerKey) -> ConnId {
    let conn = solo.socket();
    solo.give(Input::Secured { conn, peer });
    solo.give(Input::Opened { conn });
    solo.frames(conn, &[CMI]);
    conn
}

#[test]
fn another_certificate_of_a_trusted_key_waits_for_a_decision_of_its_own() {
    let mut solo = Solo::new();
    let peer = solo.add(1, vec![Endpoint::new(address(1))]);
    solo.call(Call::Trust { peer }).unwrap();
    let conn = comes_as(&mut solo, key(1));
    solo.lost(conn);
    solo.fresh();
    let conn = comes_as(&mut solo, renewed(1));
    let (known, presented) = (key(1).fingerprint, renewed(1).fingerprint);
    assert!(solo.events().contains(&Event::FingerprintChanged { peer, known, presented }));
    assert_eq!(solo.sent(conn), [CMI, PENDING]);
    let view = solo.node.view().peer(peer).unwrap();
    assert_eq!(
        (view.decision, view.fingerprint, view.presented),
        (Decision::Trusted, Some(known), Some(presented))
    );
    assert_eq!((view.readiness.trusted_by_us, view.readiness.waits_for), (false, WaitsFor::BothUsers));
    solo.call(Call::Trust { peer }).unwrap();
    assert_eq!(solo.sent(conn), [CMI, PENDING, READY]);
    let view = solo.node.view().peer(peer).unwrap();
    assert_eq!((view.fingerprint, view.presented), (Some(presented), None));
    assert_eq!(solo.saved.clone().unwrap().peers[0].fingerprint, Some(presented));
}

#[test]
fn a_peer_with_an_undecided_certificate_is_not_dialled_and_the_old_certificate_still_counts() {
    let saved = SavedPeer {
        fingerprint: Some(key(1).fingerprint),
        endpoints: vec![Endpoint::new(address(1))],
        ..SavedPeer::new(key(1).ski, Some(TrustSource::UserInput.trust()))
    };
    let saved = eebus_core::node::Saved { peers: vec![saved], ..Default::default() };
    let mut solo = Solo::with(config(), Some(saved));
    let conn = comes_as(&mut solo, renewed(1));
    solo.lost(conn);
    solo.fresh();
    solo.wait(secs(300));
    assert_eq!(solo.dials(), []);
    let conn = comes_as(&mut solo, key(1));
    assert_eq!(solo.sent(conn), [CMI, READY]);
    assert_eq!(solo.node.view().peer(PeerId(0)).unwrap().presented, None);
}

#[test]
fn a_changed_ship_id_is_explained_and_kept() {
    let mut solo = Solo::new();
    let peer = solo.trusted(1);
    let id = |id: &str| format!("\x01{{\"accessMethods\":[{{\"id\":\"{id}\"}}]}}").into_bytes();
    let conn = solo.in_data(1);
    solo.frames(conn, &[&id("ACME-1")]);
    assert!(!solo.events().iter().any(|event| matches!(event, Event::ShipIdChanged { .. })));
    solo.lost(conn);
    let conn = solo.in_data(1);
    solo.frames(conn, &[&id("ACME-2")]);
    let (before, now) = (ShipId::new("ACME-1"), ShipId::new("ACME-2"));
    assert!(solo.events().contains(&Event::ShipIdChanged { peer, before, now: now.clone() }));
    assert_eq!(solo.saved.clone().unwrap().peers[0].ship_id, Some(now));
}
