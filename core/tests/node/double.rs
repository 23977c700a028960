//! Double connections: every row of SHIP 12.2.2 as the bigger and as the smaller SKI, against peers of every rule.

use crate::solo::*;
use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{Input, Lost, Refused};
use std::time::Duration;

/// A peer with a smaller SKI than the node's, and one with a bigger.
const SMALLER: u8 = 1;
const BIGGER: u8 = 99;

/// Two connections with the peer, older first, both through SHIP.
fn double(octet: u8) -> (Solo, PeerId, ConnId, ConnId) {
    let mut solo = Solo::new();
    let peer = solo.trusted(octet);
    let older = solo.in_data(octet);
    let newer = solo.in_data(octet);
    solo.fresh();
    (solo, peer, older, newer)
}

#[test]
fn the_bigger_ski_keeps_the_newest_within_3_s() {
    let (mut solo, peer, older, newer) = double(SMALLER);
    assert_eq!(solo.session(peer), Some(older), "SPINE stays where it is until it is decided");
    solo.wait(Duration::from_millis(1_999));
    assert_eq!(solo.live(), [older, newer]);
    solo.wait(Duration::from_millis(1));
    let announce =
        b"\x03{\"connectionClose\":[{\"phase\":\"announce\"},{\"maxTime\":2000},{\"reason\":\"unspecific\"}]}";
    assert_eq!(solo.sent(older), [announce.to_vec()]);
    assert_eq!(solo.session(peer), Some(newer));
    solo.frames(older, &[CONFIRM]);
    assert_eq!(solo.closed(), [(older, 1000)]);
    assert_eq!(solo.live(), [newer]);
    solo.wait(secs(300));
    assert_eq!((solo.live(), solo.closed()), (vec![newer], vec![(older, 1000)]));
}

#[test]
fn an_older_connection_before_the_data_phase_is_closed_at_once_with_1000() {
    let mut solo = Solo::new();
    let peer = solo.trusted(SMALLER);
    let older = solo.accepted(SMALLER);
    let newer = solo.in_data(SMALLER);
    assert_eq!(solo.session(peer), None, "SPINE starts on the survivor only");
    solo.fresh();
    solo.wait(secs(2));
    assert_eq!(solo.closed(), [(older, 1000)]);
    assert_eq!(solo.session(peer), Some(newer));
}

#[test]
fn the_bigger_ski_is_satisfied_when_the_peer_closes_one_itself() {
    for closes_newer in [true, false] {
        let (mut solo, peer, older, newer) = double(SMALLER);
        let (gone, kept) = if closes_newer { (newer, older) } else { (older, newer) };
        let why = Lost::Closed { code: Some(1000), reason: "double connection".into() };
        solo.give(Input::Lost { conn: gone, why });
        assert_eq!(solo.session(peer), Some(kept));
        solo.wait(secs(60));
        assert_eq!((solo.live(), solo.closed()), (vec![kept], vec![]));
    }
}

#[test]
fn the_smaller_ski_does_nothing_for_3_s() {
    let (mut solo, peer, older, newer) = double(BIGGER);
    solo.wait(Duration::from_millis(2_999));
    assert_eq!((solo.pings(), solo.closed(), solo.live()), (vec![], vec![], vec![older, newer]));
    assert_eq!(solo.session(peer), Some(older));
    solo.lost(older);
    assert_eq!(solo.session(peer), Some(newer));
    solo.wait(secs(30));
    assert_eq!((solo.pings(), solo.closed()), (vec![], vec![]));
}

#[test]
fn the_smaller_ski_pings_all_once_and_closes_the_older_when_both_answer() {
    let (mut solo, peer, older, newer) = double(BIGGER);
    solo.wait(secs(3));
    assert_eq!(solo.pings(), [older, newer]);
    solo.wait(Duration::from_millis(9_999));
    assert_eq!(solo.closed(), []);
    solo.wait(secs(3));
    assert_eq!(solo.closed(), [(older, 1000)]);
    assert_eq!((solo.live(), solo.session(peer)), (vec![newer], Some(newer)));
}

#[test]
fn the_smaller_ski_closes_who_does_not_answer_the_ping_and_keeps_the_other() {
    for silent_is_newer in [true, false] {
        let (mut solo, peer, older, newer) = double(BIGGER);
        solo.pongs = false;
        solo.wait(secs(3));
        let (silent, alive) = if silent_is_newer { (newer, older) } else { (older, newer) };
        solo.give(Input::Pong { conn: alive });
        solo.wait(secs(10));
        assert_eq!(solo.refused(), [(silent, Refused::NoPong)]);
        assert_eq!((solo.live(), solo.session(peer)), (vec![alive], Some(alive)));
    }
}

#[test]
fn a_stale_connection_gives_way_to_the_one_after_a_reboot_of_the_peer() {
    // The peer rebooted without a word: the old connection is dead and nobody closed it.
    for octet in [SMALLER, BIGGER] {
        let mut solo = Solo::new();
        let peer = solo.trusted(octet);
        let stale = solo.in_data(octet);
        solo.wait(secs(20));
        let fresh = solo.in_data(octet);
        solo.pongs = false;
        solo.wait(secs(3));
        solo.give(Input::Pong { conn: fresh });
        solo.wait(secs(13));
        assert_eq!((solo.live(), solo.session(peer)), (vec![fresh], Some(fresh)), "{octet}");
        assert!(solo.closed().iter().all(|(conn, _)| *conn == stale));
    }
}

#[test]
fn hazard_4_a_bigger_peer_that_cancels_the_newest_leaves_the_older() {
    let (mut solo, peer, older, newer) = double(BIGGER);
    solo.lost(newer);
    solo.wait(secs(40));
    assert_eq!((solo.session(peer), solo.closed()), (Some(older), vec![]));
}

#[test]
fn hazard_6_spine_that_arrives_on_the_undecided_connection_waits_for_the_decision() {
    let (mut solo, peer, older, newer) = double(SMALLER);
    solo.document(newer, crate::solo::READ_DISCOVERY);
    assert_eq!(solo.sent(newer), [b""; 0]);
    solo.wait(secs(2));
    assert_eq!(solo.session(peer), Some(newer));
    let replies = solo.sent(newer).iter().filter(|f| contains(f, "\"cmdClassifier\":\"reply\"")).count();
    assert_eq!(replies, 1);
    assert!(solo.sent(older).iter().all(|frame| !contains(frame, "datagram")));
}

fn contains(frame: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(frame).contains(text)
}

#[test]
fn more_early_spine_than_is_kept_costs_that_connection() {
    let (mut solo, peer, older, newer) = double(SMALLER);
    (0..=eebus_core::node::MAX_EARLY).for_each(|_| solo.document(newer, crate::solo::READ_DISCOVERY));
    assert_eq!(solo.closed(), [(newer, 1000)]);
    assert_eq!((solo.live(), solo.session(peer)), (vec![older], Some(older)));
}

#[test]
fn a_fourth_connection_is_refused_and_one_of_three_remains() {
    for octet in [SMALLER, BIGGER] {
        let (mut solo, _, _, _) = double(octet);
        let third = solo.in_data(octet);
        let fourth = solo.accepted(octet);
        assert_eq!(solo.refused(), [(fourth, Refused::DoubleConnection)]);
        solo.wait(secs(16));
        assert_eq!(solo.live(), [third]);
    }
}

#[test]
fn both_gone_heals_by_dialling_the_smaller_ski_being_patient() {
    for octet in [SMALLER, BIGGER] {
        let mut solo = Solo::new();
        let peer = solo.add(octet, vec![eebus_core::node::Endpoint::new(address(octet))]);
        solo.call(eebus_core::node::Call::Trust { peer }).unwrap();
        let (attempt, _) = solo.dials()[0];
        let ours = solo.reached(attempt, octet);
        let theirs = solo.accepted(octet);
        solo.fresh();
        let why = Lost::Closed { code: Some(1000), reason: "double connection".into() };
        solo.give(Input::Lost { conn: ours, why });
        assert_eq!(solo.dials(), []);
        solo.lost(theirs);
        solo.wait(secs(2));
        assert_eq!(solo.dials().len(), 1, "{octet}");
    }
}
