//! Reaching trusted peers: rounds, back-off, sightings, and what is never dialled.

use crate::solo::*;
use eebus_core::ids::PeerId;
use eebus_core::node::{
    Action, Call, Cause, Endpoint, Event, Host, Input, Lost, Misuse, Node, Rung, Saved, SavedPeer, Sighting,
    Stage, TrustSource, WaitsFor,
};
use eebus_core::ship::identity::ShipId;
use eebus_core::ship::txt::Record;
use eebus_core::time::Instant;
use std::net::SocketAddr;
use std::time::Duration;

const STAGGER: Duration = Duration::from_millis(250);

fn at(text: &str) -> Endpoint {
    Endpoint::new(text.parse::<SocketAddr>().unwrap())
}

fn name(text: &str) -> Endpoint {
    Endpoint { host: Host::Name { name: text.into(), port: 4712 }, path: "/ship/".into() }
}

fn sighting(octet: u8, endpoints: Vec<Endpoint>) -> Input<'static> {
    let record = Record::new(ShipId::new(&format!("ACME-{octet}")), key(octet).ski);
    Input::Seen(Sighting { instance: format!("peer {octet}"), interface: None, record, endpoints })
}

/// A node with one trusted peer of SKI `octet`, and everything up to the first dial.
fn dialling(octet: u8, endpoints: Vec<Endpoint>) -> (Solo, PeerId) {
    let mut solo = Solo::new();
    let peer = solo.add(octet, endpoints);
    solo.fresh();
    solo.call(Call::Trust { peer }).unwrap();
    (solo, peer)
}

fn fail(solo: &mut Solo, attempt: eebus_core::ids::AttemptId) {
    solo.give(Input::DialFailed {
        attempt,
        stage: Stage::Connect,
        cause: Cause::PortClosed,
        detail: "refused".into(),
    });
}

fn cancelled(solo: &Solo) -> usize {
    solo.did(|action| matches!(action, Action::CancelDial { .. }).then_some(())).len()
}

#[test]
fn addresses_are_tried_ipv4_first_names_last_250_ms_apart() {
    let wanted = ["10.0.0.1:4712", "[2001:db8::1]:4712", "[fd00::1]:4712", "[fe80::1%3]:4712"];
    let mut endpoints: Vec<_> = wanted.iter().rev().map(|text| at(text)).collect();
    endpoints.insert(0, name("pump.local"));
    // A link-local address without its scope, and a port nobody listens on, are of no use.
    endpoints.extend([at("[fe80::2]:4712"), at("10.0.0.2:0")]);
    let (mut solo, _) = dialling(1, endpoints);
    solo.wait(secs(5));
    let dials: Vec<_> = solo.dials().into_iter().map(|(_, to)| to).collect();
    let mut expected: Vec<_> = wanted.iter().map(|text| at(text)).collect();
    expected.push(name("pump.local"));
    assert_eq!(dials, expected);
    let times = solo.dialled_at();
    assert!(times.windows(2).all(|pair| pair[1].since(pair[0]) == STAGGER), "{times:?}");
}

#[test]
fn of_eight_addresses_the_one_that_works_connects_within_3_s_and_the_others_are_given_up() {
    for works in 0..8 {
        let (mut solo, peer) = dialling(1, (1..=8).map(|octet| Endpoint::new(address(octet))).collect());
        let first = solo.dialled_at()[0];
        while solo.dials().len() <= works {
            solo.wait(STAGGER);
        }
        let conn = solo.reached(solo.dials()[works].0, 1);
        assert!(solo.now.since(first) < secs(3));
        assert_eq!(cancelled(&solo), works);
        let dials = solo.dials().len();
        solo.shake_as_server(conn);
        solo.wait(secs(40));
        assert_eq!((solo.dials().len(), solo.session(peer)), (dials, Some(conn)));
    }
}

#[test]
fn a_failed_address_hurries_the_next_one() {
    let (mut solo, _) = dialling(1, vec![Endpoint::new(address(1)), Endpoint::new(address(2))]);
    let [(attempt, _)] = solo.dials()[..] else { panic!() };
    fail(&mut solo, attempt);
    assert_eq!(solo.dials().len(), 2);
}

#[test]
fn an_address_that_does_not_answer_is_given_up_after_10_s() {
    let (mut solo, peer) = dialling(1, vec![Endpoint::new(address(1))]);
    let start = solo.dialled_at()[0];
    solo.fresh();
    solo.wait(Duration::from_millis(9_999));
    assert_eq!(cancelled(&solo), 0);
    solo.wait(Duration::from_millis(1));
    assert_eq!(cancelled(&solo), 1);
    let failed = Event::DialFailed {
        peer,
        endpoint: Endpoint::new(address(1)),
        stage: Stage::Connect,
        detail: "no answer in time".into(),
    };
    assert!(solo.events().contains(&failed));
    assert_eq!(solo.now.since(start), secs(10));
    // Its socket may still come; nobody waits for it.
    let conn = solo.conn();
    solo.give(Input::Dialled { attempt: eebus_core::ids::AttemptId(0), conn });
    assert_eq!(solo.closed(), [(conn, 1000)]);
}

#[test]
fn another_node_at_the_address_fails_the_attempt() {
    let (mut solo, peer) = dialling(1, vec![Endpoint::new(address(1))]);
    let [(attempt, _)] = solo.dials()[..] else { panic!() };
    let conn = solo.conn();
    solo.give(Input::Dialled { attempt, conn });
    solo.give(Input::Secured { conn, peer: key(2) });
    assert_eq!(solo.closed(), [(conn, 1000)]);
    let why =
        |event| if let Event::DialFailed { peer, stage, .. } = event { Some((peer, stage)) } else { None };
    assert_eq!(solo.events().into_iter().find_map(why), Some((peer, Stage::Secure)));
    solo.lost(conn);
    solo.fresh();
    solo.wait(secs(3));
    assert_eq!(solo.dials().len(), 1, "the peer is dialled again");
}

#[test]
fn back_off_doubles_with_jitter_and_stays_at_120_s() {
    let (mut solo, _) = dialling(1, vec![Endpoint::new(address(1))]);
    let mut waits = Vec::new();
    for _ in 0..12 {
        let (attempt, _) = *solo.dials().last().unwrap();
        solo.fresh();
        fail(&mut solo, attempt);
        let failed = solo.now;
        while solo.dials().is_empty() {
            solo.wait(Duration::from_millis(100));
        }
        waits.push(solo.dialled_at()[0].since(failed));
    }
    for (wait, base) in waits.iter().zip([1u64, 2, 4, 8, 16, 32, 64, 96, 96, 96, 96, 96]) {
        assert!((secs(base)..=secs(base) * 5 / 4).contains(wait), "{waits:?}");
    }
    assert_ne!(waits[8], waits[9], "without jitter");
}

#[test]
fn after_any_kind_of_refusal_60_s_pass() {
    type Refusal = fn(&mut Solo, eebus_core::ids::ConnId);
    let refusals: [(&str, Refusal); 6] = [
        ("hello aborted", |solo, conn| solo.frames(conn, &[CMI, ABORTED])),
        ("closed with 4452", |solo, conn| {
            let why = Lost::Closed { code: Some(4452), reason: "Node rejected by application".into() };
            solo.frames(conn, &[CMI]);
            solo.give(Input::Lost { conn, why });
        }),
        ("gone while this node was ready", |solo, conn| {
            solo.frames(conn, &[CMI, PENDING]);
            solo.lost(conn);
        }),
        ("no decision", |solo, conn| {
            solo.frames(conn, &[CMI, PENDING]);
            solo.wait(secs(121));
        }),
        ("trust removed", |solo, conn| {
            solo.shake_as_server(conn);
            solo.frames(conn, &[REMOVED]);
        }),
        ("double connection", |solo, conn| {
            solo.frames(conn, &[CMI]);
            let why = Lost::Closed { code: Some(1000), reason: "double connection".into() };
            solo.give(Input::Lost { conn, why });
        }),
    ];
    for (what, refuse) in refusals {
        let (mut solo, peer) = dialling(1, vec![Endpoint::new(address(1))]);
        let (attempt, _) = solo.dials()[0];
        let conn = solo.reached(attempt, 1);
        refuse(&mut solo, conn);
        let ended = solo.did(|a| matches!(a, Action::Close { .. }).then_some(())).len() + 1;
        let ended = if ended == 1 { solo.now } else { closed_at(&solo) };
        solo.lost(conn);
        assert_eq!(solo.live(), [], "{what}");
        let view = solo.node.view().peer(peer).unwrap().readiness;
        assert_eq!((view.rung, view.waits_for), (Rung::Seen, WaitsFor::Dialling), "{what}");
        let next = view.until.map(|until| until.since(ended));
        let next = next.unwrap_or_else(|| panic!("{what}: no round is planned"));
        assert!((secs(60)..=secs(75)).contains(&next), "{what}: {next:?}");
    }
}

fn closed_at(solo: &Solo) -> Instant {
    let close = solo.log.iter().rev().find(|(_, action)| matches!(action, Action::Close { .. }));
    close.map(|(at, _)| *at).unwrap()
}

#[test]
fn a_new_sighting_hurries_a_planned_round() {
    let (mut solo, _) = dialling(1, vec![Endpoint::new(address(1))]);
    for _ in 0..6 {
        let (attempt, _) = *solo.dials().last().unwrap();
        fail(&mut solo, attempt);
        solo.wait(secs(40));
    }
    let (attempt, _) = *solo.dials().last().unwrap();
    fail(&mut solo, attempt);
    solo.fresh();
    solo.give(sighting(1, vec![Endpoint::new(address(2))]));
    solo.wait(secs(3));
    assert_eq!(solo.dials().len(), 2);
    // The same news again is none.
    solo.fresh();
    solo.give(sighting(1, vec![Endpoint::new(address(2))]));
    assert_eq!(solo.events(), []);
}

#[test]
fn the_address_that_worked_last_is_first_even_behind_a_better_kind_and_after_a_restart() {
    let endpoints = vec![at("10.0.0.1:4712"), at("10.0.0.2:4712"), at("[2001:db8::1]:4712")];
    let (mut solo, _) = dialling(1, endpoints.clone());
    solo.give(sighting(1, endpoints.clone()));
    solo.wait(secs(1));
    let (attempt, _) = solo.dials()[2];
    let conn = solo.reached(attempt, 1);
    solo.fresh();
    solo.lost(conn);
    solo.wait(secs(2));
    assert_eq!(solo.dials()[0].1, endpoints[2]);
    let conn = solo.reached(solo.dials()[0].0, 1);
    solo.shake_as_server(conn);
    let saved = solo.saved.clone().unwrap();
    assert_eq!(saved.peers[0].reached, [endpoints[2].clone()]);
    let mut solo = Solo::with(config(), Some(saved));
    solo.wait(secs(3));
    assert_eq!(solo.dials()[0].1, endpoints[2]);
}

#[test]
fn who_is_not_trusted_refused_or_connected_is_not_dialled() {
    let mut solo = Solo::new();
    let stranger = solo.add(1, vec![Endpoint::new(address(1))]);
    solo.give(sighting(2, vec![Endpoint::new(address(2))]));
    let refused = solo.add(3, vec![Endpoint::new(address(3))]);
    solo.call(Call::Refuse { peer: refused }).unwrap();
    let connected = solo.trusted(4);
    let conn = solo.in_data(4);
    solo.give(sighting(4, vec![Endpoint::new(address(4))]));
    solo.wait(secs(45));
    assert_eq!(solo.dials(), []);
    assert_eq!(solo.call(Call::Connect { peer: stranger }), Err(Misuse::NotTrusted(stranger)));
    assert_eq!(solo.session(connected), Some(conn));
    let nowhere = solo.trusted(5);
    assert_eq!(solo.call(Call::Connect { peer: nowhere }), Err(Misuse::NoAddress(nowhere)));
}

#[test]
fn a_connection_that_is_being_set_up_is_not_dialled_beside() {
    let (mut solo, _) = dialling(1, vec![Endpoint::new(address(1))]);
    let (attempt, _) = solo.dials()[0];
    let conn = solo.conn();
    solo.give(Input::Dialled { attempt, conn });
    solo.give(Input::Secured { conn, peer: key(1) });
    solo.fresh();
    // The upgrade takes its time.
    solo.wait(Duration::from_millis(9_900));
    assert_eq!(solo.dials(), []);
}

#[test]
fn a_peer_that_comes_by_itself_ends_the_round_or_takes_part_in_a_double_connection() {
    let (mut solo, _) = dialling(1, (1..=4).map(|octet| Endpoint::new(address(octet))).collect());
    solo.accepted(1);
    let dials = solo.dials().len();
    solo.wait(secs(1));
    assert_eq!((solo.dials().len(), cancelled(&solo)), (dials, dials));
}

#[test]
fn connect_dials_at_once() {
    let (mut solo, peer) = dialling(1, vec![Endpoint::new(address(1))]);
    let (attempt, _) = solo.dials()[0];
    fail(&mut solo, attempt);
    solo.fresh();
    solo.call(Call::Connect { peer }).unwrap();
    assert_eq!(solo.dials().len(), 1);
}

#[test]
fn after_a_restart_trusted_peers_are_dialled_within_3_s_the_smaller_ski_2_s_later() {
    let peer = |octet| SavedPeer {
        endpoints: vec![Endpoint::new(address(octet))],
        ..SavedPeer::new(key(octet).ski, Some(TrustSource::UserVerified.trust()))
    };
    for (octet, from, to) in [(1, secs(0), secs(3)), (99, secs(2), secs(5))] {
        let saved = Saved { peers: vec![peer(octet)], ..Default::default() };
        for seed in 0..32 {
            let mut node = Node::new(config(), Some(saved.clone()), [seed; 32], Instant::ZERO);
            while node.poll_action().is_some() {}
            let at = node.view().peer(PeerId(0)).unwrap().readiness.until.unwrap().since(Instant::ZERO);
            assert!((from..=to).contains(&at), "{at:?}");
        }
    }
}
