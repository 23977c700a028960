//! A peer that is killed, frozen, moved or silent is found again; one that has nothing to say is left alone.

use crate::solo::*;
use crate::tester::Tester;
use eebus_core::ids::{AttemptId, ConnId, PeerId};
use eebus_core::node::{Call, Cause, Endpoint, Input, Lost, Refused, Sighting, Stage};
use eebus_core::ship::identity::ShipId;
use eebus_core::ship::txt::Record;
use std::time::Duration;

/// A peer of the bigger (1) or smaller (99) side that this node dialled and reached at 10.0.0.1 some minutes ago.
fn connected(octet: u8) -> (Solo, PeerId, ConnId) {
    let mut solo = Solo::new();
    let peer = solo.add(octet, vec![Endpoint::new(address(1))]);
    solo.call(Call::Trust { peer }).unwrap();
    let (attempt, _) = solo.dials()[0];
    let conn = solo.reached(attempt, octet);
    solo.shake_as_server(conn);
    solo.wait(secs(300));
    assert_eq!(solo.session(peer), Some(conn));
    solo.fresh();
    (solo, peer, conn)
}

/// Waits for the next dial; answers it with how long that took.
fn next_dial(solo: &mut Solo) -> (Duration, AttemptId, Endpoint) {
    let start = solo.now;
    solo.fresh();
    for _ in 0..150_000 {
        if let Some((attempt, to)) = solo.dials().first() {
            let at = solo.dialled_at()[0];
            return (at.since(start), *attempt, to.clone());
        }
        solo.wait(Duration::from_millis(1));
    }
    panic!("nothing was dialled for 150 s");
}

fn refuse(solo: &mut Solo, attempt: AttemptId) {
    let (stage, cause) = (Stage::Connect, Cause::PortClosed);
    solo.give(Input::DialFailed { attempt, stage, cause, detail: "refused".into() });
}

fn seen(octet: u8, at: u8) -> Input<'static> {
    let record = Record::new(ShipId::new("ACME"), key(octet).ski);
    let endpoints = vec![Endpoint::new(address(at))];
    Input::Seen(Sighting { instance: "ACME".into(), interface: None, record, endpoints })
}

#[test]
fn a_killed_peer_is_dialled_in_a_second_and_then_ever_slower_until_it_is_back() {
    for octet in [1, 99] {
        let (mut solo, peer, conn) = connected(octet);
        let killed = solo.now;
        solo.lost(conn);
        for base in [1, 2, 4, 8, 16, 32, 64, 96] {
            let (wait, attempt, to) = next_dial(&mut solo);
            assert_eq!(to, Endpoint::new(address(1)));
            assert!((secs(base)..=secs(base) * 5 / 4).contains(&wait), "{wait:?} instead of {base} s");
            refuse(&mut solo, attempt);
        }
        let (wait, attempt, _) = next_dial(&mut solo);
        assert!(wait <= secs(120), "{wait:?}");
        let conn = solo.reached(attempt, octet);
        solo.shake_as_server(conn);
        assert_eq!(solo.session(peer), Some(conn));
        assert!(solo.now.since(killed) < secs(420));
    }
}

#[test]
fn a_restarted_peer_that_announces_itself_is_not_kept_waiting() {
    for (octet, longest) in [(1, secs(3)), (99, secs(5))] {
        let (mut solo, _, conn) = connected(octet);
        solo.lost(conn);
        for _ in 0..7 {
            let (_, attempt, _) = next_dial(&mut solo);
            refuse(&mut solo, attempt);
        }
        solo.give(seen(octet, 1));
        let (wait, ..) = next_dial(&mut solo);
        assert!(wait <= longest, "{wait:?}");
    }
}

#[test]
fn a_frozen_peer_is_left_within_60_s_and_taken_back_once_it_answers() {
    let (mut solo, peer, conn) = connected(1);
    solo.pongs = false;
    let frozen = solo.now;
    while solo.refused().is_empty() {
        solo.wait(secs(1));
    }
    assert_eq!(solo.refused(), [(conn, Refused::NoPong)]);
    assert!(solo.now.since(frozen) <= secs(61));
    solo.give(Input::Lost { conn, why: Lost::Done });
    // Its system takes the connection, but nobody speaks TLS there.
    for base in [1, 2, 4] {
        let (wait, attempt, _) = next_dial(&mut solo);
        assert!((secs(base)..=secs(base) * 5 / 4).contains(&wait), "{wait:?} instead of {base} s");
        let conn = solo.conn();
        solo.give(Input::Dialled { attempt, conn });
        solo.wait(secs(10));
        assert_eq!(solo.refused(), [(conn, Refused::NotSecuredInTime)]);
        solo.give(Input::Lost { conn, why: Lost::Done });
    }
    let (_, attempt, _) = next_dial(&mut solo);
    let conn = solo.reached(attempt, 1);
    solo.shake_as_server(conn);
    assert_eq!(solo.session(peer), Some(conn));
}

#[test]
fn a_peer_that_moved_without_a_word_is_found_where_it_is_seen() {
    let (mut solo, peer, old) = connected(1);
    solo.pongs = false;
    solo.give(seen(1, 7));
    assert_eq!(solo.pings(), [old], "news of a connected peer make sure that it is alive");
    solo.wait(secs(10));
    assert_eq!(solo.refused(), [(old, Refused::NoPong)]);
    solo.give(Input::Lost { conn: old, why: Lost::Done });
    // The last good address is first, the new one follows on its heels.
    let (_, _, first) = next_dial(&mut solo);
    solo.wait(Duration::from_millis(250));
    let dials = solo.dials();
    assert_eq!((first, &dials[1].1), (Endpoint::new(address(1)), &Endpoint::new(address(7))));
    let conn = solo.reached(dials[1].0, 1);
    solo.pongs = true;
    solo.shake_as_server(conn);
    assert_eq!(solo.session(peer), Some(conn));
    assert_eq!(solo.saved.clone().unwrap().peers[0].reached[0], Endpoint::new(address(7)));
}

#[test]
fn an_address_that_is_seen_during_a_round_is_tried_in_it() {
    let (mut solo, _, conn) = connected(1);
    solo.lost(conn);
    next_dial(&mut solo);
    solo.give(seen(1, 7));
    solo.wait(Duration::from_millis(250));
    assert_eq!(solo.dials().last().unwrap().1, Endpoint::new(address(7)));
}

#[test]
fn sightings_without_end_do_not_make_a_round_without_end() {
    let (mut solo, _, conn) = connected(1);
    solo.lost(conn);
    next_dial(&mut solo);
    for at in 10..250 {
        solo.give(seen(1, at));
    }
    solo.wait(secs(9));
    assert_eq!(solo.dials().len(), 1 + 8);
}

#[test]
fn a_peer_without_goodbye_is_dialled_from_the_last_good_address_though_nobody_sees_it() {
    let (mut solo, _, conn) = connected(1);
    solo.give(seen(1, 1));
    let gone = Input::Gone { ski: key(1).ski, instance: "ACME".into(), interface: None };
    solo.give(gone);
    solo.lost(conn);
    assert_eq!(next_dial(&mut solo).2, Endpoint::new(address(1)));
}

#[test]
fn a_connection_that_never_lasts_is_dialled_ever_slower() {
    let (mut solo, _, conn) = connected(1);
    solo.lost(conn);
    for base in [1, 2, 4, 8] {
        let (wait, attempt, _) = next_dial(&mut solo);
        assert!((secs(base)..=secs(base) * 5 / 4).contains(&wait), "{wait:?} instead of {base} s");
        let conn = solo.reached(attempt, 1);
        solo.shake_as_server(conn);
        solo.wait(secs(9));
        solo.lost(conn);
    }
}

#[test]
fn silence_on_spine_is_legal() {
    let mut tester = Tester::met();
    tester.solo.fresh();
    tester.solo.wait(secs(7 * 24 * 3_600));
    assert_eq!((tester.solo.closed(), tester.solo.session(tester.peer)), (vec![], Some(tester.conn)));
    assert!(tester.solo.pings().len() > 12_000);
}

/// Where each dial of one round went, from its first to its last.
fn round(solo: &mut Solo) -> Vec<Endpoint> {
    let (_, first, _) = next_dial(solo);
    let mut open = vec![first];
    while let Some(attempt) = open.pop() {
        let before = solo.dials().len();
        refuse(solo, attempt);
        open.extend(solo.dials()[before..].iter().map(|(attempt, _)| *attempt));
    }
    solo.dials().into_iter().map(|(_, to)| to).collect()
}

#[test]
fn more_addresses_than_fit_in_a_round_all_get_their_turn_behind_the_last_good_one() {
    let (mut solo, _, conn) = connected(1);
    let record = Record::new(ShipId::new("ACME"), key(1).ski);
    let endpoints: Vec<_> = (10..26).map(|octet| Endpoint::new(address(octet))).collect();
    let sighting =
        Sighting { instance: "ACME".into(), interface: None, record, endpoints: endpoints.clone() };
    solo.give(Input::Seen(sighting));
    solo.lost(conn);
    let rounds: Vec<_> = (0..4).map(|_| round(&mut solo)).collect();
    for round in &rounds {
        assert_eq!((round.len(), &round[0]), (8, &Endpoint::new(address(1))));
    }
    let others: Vec<_> = rounds.iter().flat_map(|round| &round[1..]).cloned().collect();
    assert_eq!(others[..16], endpoints);
    assert_eq!(others[16..], endpoints[..12]);
}

#[test]
fn addresses_given_by_the_application_outlive_every_move() {
    let (mut solo, peer, mut conn) = connected(1);
    for at in 10..40 {
        solo.lost(conn);
        let (_, first, _) = next_dial(&mut solo);
        refuse(&mut solo, first);
        solo.give(seen(1, at));
        // What is seen is dialled in this round or the next.
        let found = |solo: &Solo| solo.dials().into_iter().find(|(_, to)| *to == Endpoint::new(address(at)));
        while found(&solo).is_none() {
            solo.wait(secs(1));
        }
        conn = solo.reached(found(&solo).unwrap().0, 1);
        solo.shake_as_server(conn);
        solo.wait(secs(20));
    }
    let view = solo.node.view().peer(peer).unwrap();
    assert_eq!(view.endpoints, [Endpoint::new(address(1))]);
    let reached: Vec<_> = [39, 38, 37, 36].map(|at| Endpoint::new(address(at))).into();
    assert_eq!(view.reached, reached);
}
