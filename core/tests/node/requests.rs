//! Strangers that ask for trust: the late decision, what is kept of them and for how long.

use crate::solo::*;
use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{
    Call, Decision, Endpoint, Event, Input, MAX_REQUESTS, REQUEST_TIME, Sighting, TrustLevel, TrustSource,
};
use eebus_core::ship::identity::ShipId;
use eebus_core::ship::txt::Record;
use eebus_core::time::Instant;
use std::time::Duration;

fn asked(solo: &Solo) -> Vec<PeerId> {
    let request =
        |event| if let Event::PairingRequested(request) = event { Some(request.peer) } else { None };
    solo.events().into_iter().filter_map(request).collect()
}

fn expired(solo: &Solo) -> Vec<PeerId> {
    let expired = |event| if let Event::PairingExpired { peer } = event { Some(peer) } else { None };
    solo.events().into_iter().filter_map(expired).collect()
}

/// A stranger that asked, and gave up 10 s later.
fn gone(solo: &mut Solo, octet: u8) -> PeerId {
    let conn = solo.accepted(octet);
    solo.frames(conn, &[CMI]);
    solo.wait(secs(10));
    solo.frames(conn, &[ABORTED]);
    solo.lost(conn);
    solo.node.view().find(key(octet).ski).unwrap()
}

fn seen(octet: u8, at: u8) -> Input<'static> {
    let record = Record::new(ShipId::new("ACME"), key(octet).ski);
    let endpoints = vec![Endpoint::new(address(at))];
    Input::Seen(Sighting { instance: "ACME".into(), interface: None, record, endpoints })
}

#[test]
fn a_stranger_that_gave_up_is_kept_as_a_request_and_then_no_more() {
    let mut solo = Solo::new();
    let peer = gone(&mut solo, 1);
    let (since, left) = (Instant::ZERO, solo.now);
    let request = solo.node.view().peer(peer).unwrap().request.unwrap();
    assert_eq!((request.since, request.until), (since, Some(left + REQUEST_TIME)));
    solo.fresh();
    solo.wait(REQUEST_TIME - Duration::from_millis(1));
    assert_eq!((solo.node.view().peers().count(), expired(&solo)), (1, vec![]));
    solo.wait(Duration::from_millis(1));
    assert_eq!((solo.node.view().peers().count(), expired(&solo)), (0, vec![peer]));
}

#[test]
fn a_stranger_that_returns_asks_anew_in_the_same_row() {
    let mut solo = Solo::new();
    let peer = gone(&mut solo, 1);
    solo.wait(REQUEST_TIME - secs(1));
    solo.fresh();
    let conn = solo.accepted(1);
    assert_eq!(asked(&solo), [peer]);
    solo.frames(conn, &[CMI]);
    solo.wait(secs(60));
    let request = solo.node.view().peer(peer).unwrap().request.unwrap();
    assert_eq!((request.since, request.until), (Instant::ZERO, None));
}

#[test]
fn ship_6_4_a_late_trust_is_kept_and_waits_for_the_peer_to_come() {
    let mut solo = Solo::new();
    let peer = gone(&mut solo, 1);
    solo.call(Call::Trust { peer }).unwrap();
    let saved = solo.saved.clone().unwrap();
    assert_eq!(saved.peers[0].trust, Some(TrustSource::UserVerified.trust()));
    solo.wait(REQUEST_TIME * 2);
    assert_eq!(solo.dials(), []);
    solo.fresh();
    let conn = solo.accepted(1);
    solo.frames(conn, &[CMI]);
    assert_eq!((solo.sent(conn), asked(&solo)), (vec![CMI.to_vec(), READY.to_vec()], vec![]));
}

#[test]
fn ship_6_4_a_late_trust_dials_where_the_peer_is_seen() {
    let mut solo = Solo::new();
    let peer = gone(&mut solo, 1);
    solo.give(seen(1, 7));
    solo.call(Call::Trust { peer }).unwrap();
    assert_eq!(solo.dials().into_iter().map(|(_, to)| to).collect::<Vec<_>>(), [Endpoint::new(address(7))]);
    assert_eq!(solo.node.view().peer(peer).unwrap().request, None);
}

#[test]
fn more_requests_than_are_kept_drop_the_oldest() {
    let mut solo = Solo::new();
    let peers: Vec<_> = (1..=20).map(|octet| gone(&mut solo, octet)).collect();
    assert!(solo.now.since(Instant::ZERO) < REQUEST_TIME, "none is over by time");
    assert_eq!(expired(&solo), peers[..4]);
    assert_eq!(solo.node.view().peers().filter(|peer| peer.request.is_some()).count(), MAX_REQUESTS);
}

#[test]
fn a_peer_that_dials_while_the_application_starts_is_never_aborted() {
    for delay in [0, 1, 59, 100, 119, 120, 400] {
        let mut solo = Solo::new();
        let conn = solo.accepted(1);
        solo.frames(conn, &[CMI, READY]);
        for _ in 0..delay {
            solo.wait(secs(1));
            // The peer grants what it is asked for.
            if solo.sent(conn).iter().any(|frame| frame == ASK_FOR_TIME) {
                solo.fresh();
                solo.frames(conn, &[READY]);
            }
        }
        assert_eq!(solo.closed(), [], "{delay} s");
        let peer = solo.add(1, Vec::new());
        solo.call(Call::Trust { peer }).unwrap();
        assert!(solo.sent(conn).iter().any(|frame| frame == READY), "{delay} s");
        let level = solo.node.view().peer(peer).unwrap().trust.unwrap().level;
        assert_eq!(level, TrustLevel { user: 64, pki: 0, second_factor: 0 });
    }
}

/// Three trusted peers in the data phase.
fn three() -> (Solo, Vec<(PeerId, ConnId)>) {
    let mut solo = Solo::new();
    let peers = (1..=3).map(|octet| (solo.trusted(octet), solo.in_data(octet))).collect();
    solo.fresh();
    (solo, peers)
}

#[test]
fn unpairing_one_peer_leaves_the_others_untouched() {
    for refuse in [false, true] {
        let (mut solo, peers) = three();
        let [(first, one), (second, two), (third, three)] = peers[..] else { panic!() };
        let call = if refuse { Call::Refuse { peer: second } } else { Call::Forget { peer: second } };
        solo.call(call).unwrap();
        solo.frames(two, &[CONFIRM]);
        solo.lost(two);
        assert_eq!(solo.closed(), [(two, 4500)]);
        assert_eq!((solo.session(first), solo.session(third)), (Some(one), Some(three)));
        let kept: Vec<_> =
            solo.saved.clone().unwrap().peers.iter().map(|p| (p.ski, p.trust.is_some())).collect();
        let (one, two, three) = ((key(1).ski, true), (key(2).ski, false), (key(3).ski, true));
        assert_eq!(kept, if refuse { vec![one, two, three] } else { vec![one, three] });
    }
}

#[test]
fn ship_12_2_all_trust_can_be_deleted_at_once() {
    let (mut solo, peers) = three();
    let stranger = gone(&mut solo, 4);
    solo.call(Call::ForgetAll).unwrap();
    for (_, conn) in peers {
        solo.frames(conn, &[CONFIRM]);
        solo.lost(conn);
    }
    assert_eq!((solo.node.view().peers().count(), solo.saved.clone().unwrap().peers), (0, vec![]));
    assert!(solo.node.view().peer(stranger).is_none());
}

#[test]
fn a_label_is_kept_with_the_peer_and_means_nothing_to_others() {
    let (mut solo, peers) = three();
    let (peer, _) = peers[1];
    solo.call(Call::Rename { peer, label: "Heat\npump ".repeat(20) }).unwrap();
    let view = solo.node.view();
    let labels: Vec<_> = view.peers().map(|peer| peer.label.chars().count()).collect();
    assert_eq!(labels, [0, 64, 0]);
    let saved = solo.saved.clone();
    let again = Solo::starting(config(), saved, solo.now);
    let kept: Vec<_> = again.node.view().peers().map(|peer| peer.label.len()).collect();
    assert_eq!(kept, labels);
    assert_eq!(again.node.view().peers().filter(|peer| peer.decision == Decision::Trusted).count(), 3);
}
