//! Stages, caps, keep-alive, credit and sizes of connections.

use crate::solo::*;
use eebus_core::ids::ConnId;
use eebus_core::node::{Action, Call, Event, Input, LARGE_MESSAGE, Refused, SCARCE_MESSAGE, SMALL_MESSAGE};
use std::time::Duration;

#[test]
fn a_socket_has_10_s_for_tls_and_10_s_for_the_upgrade() {
    let mut solo = Solo::new();
    let silent = solo.socket();
    let half = solo.socket();
    solo.give(Input::Secured { conn: half, peer: key(1) });
    solo.fresh();
    solo.wait(Duration::from_millis(9_999));
    assert_eq!(solo.closed(), []);
    solo.wait(Duration::from_millis(1));
    assert_eq!(solo.refused(), [(silent, Refused::NotSecuredInTime), (half, Refused::NotOpenedInTime)]);
    assert_eq!(solo.closed(), [(silent, 4001), (half, 4001)]);
}

#[test]
fn the_upgrade_has_its_own_10_s() {
    let mut solo = Solo::new();
    let conn = solo.socket();
    solo.wait(secs(9));
    solo.give(Input::Secured { conn, peer: key(1) });
    solo.wait(secs(9));
    assert_eq!(solo.closed(), []);
    solo.wait(secs(1));
    assert_eq!(solo.refused(), [(conn, Refused::NotOpenedInTime)]);
}

#[test]
fn the_17th_unproved_socket_is_refused_and_a_proved_one_makes_room() {
    let mut solo = Solo::new();
    let first = solo.socket();
    for _ in 1..16 {
        solo.socket();
    }
    assert_eq!(solo.refused(), []);
    let refused = solo.socket();
    assert_eq!(solo.refused(), [(refused, Refused::TooManyUnproved)]);
    solo.lost(refused);
    solo.give(Input::Secured { conn: first, peer: key(1) });
    solo.fresh();
    solo.socket();
    assert_eq!(solo.refused(), []);
}

#[test]
fn the_5th_stranger_is_refused_while_trusted_peers_come_in() {
    let mut solo = Solo::new();
    for octet in 1..=4 {
        solo.accepted(octet);
    }
    assert_eq!(solo.refused(), []);
    solo.trusted(6);
    let stranger = solo.accepted(5);
    assert_eq!(solo.refused(), [(stranger, Refused::TooManyStrangers)]);
    solo.fresh();
    solo.accepted(6);
    assert_eq!(solo.refused(), []);
}

#[test]
fn ship_8_1_a_slot_stays_for_each_direction() {
    let mut config = config();
    config.max_connections = 3;
    let mut solo = Solo::with(config, None);
    let peer = solo.add(9, vec![eebus_core::node::Endpoint::new(address(9))]);
    for octet in 1..=2 {
        solo.accepted(octet);
    }
    assert_eq!(solo.refused(), []);
    let third = solo.socket();
    assert_eq!(solo.refused(), [(third, Refused::TooManyConnections)]);
    solo.lost(third);
    solo.call(Call::Trust { peer }).unwrap();
    let [(attempt, _)] = solo.dials()[..] else { panic!("the slot of the own direction is not used") };
    let conn = solo.reached(attempt, 9);
    assert!(solo.live().contains(&conn));
}

#[test]
fn ship_8_1_dialling_leaves_a_slot_for_who_dials_here() {
    let mut config = config();
    config.max_connections = 3;
    let mut solo = Solo::with(config, None);
    for octet in 1..=4 {
        let peer = solo.add(octet, vec![eebus_core::node::Endpoint::new(address(octet))]);
        solo.call(Call::Trust { peer }).unwrap();
    }
    solo.wait(secs(3));
    let dials = solo.dials();
    assert_eq!(dials.len(), 2, "two of three slots are used for dialling");
    for (octet, (attempt, _)) in (1..).zip(dials) {
        solo.reached(attempt, octet);
    }
    solo.fresh();
    let conn = solo.accepted(4);
    assert_eq!(solo.refused(), []);
    assert!(solo.live().contains(&conn));
}

#[test]
fn a_connection_with_this_node_itself_is_refused() {
    let mut solo = Solo::new();
    let conn = solo.socket();
    solo.give(Input::Secured { conn, peer: key(OWN) });
    assert_eq!(solo.refused(), [(conn, Refused::SelfConnection)]);
    assert_eq!(solo.closed(), [(conn, 4001)]);
    assert_eq!(solo.node.view().find(key(OWN).ski), None);
}

#[test]
fn more_peers_than_are_kept_are_refused() {
    let mut config = config();
    config.max_peers = 1;
    let mut solo = Solo::with(config, None);
    solo.trusted(1);
    let conn = solo.accepted(2);
    assert_eq!(solo.refused(), [(conn, Refused::TooManyPeers)]);
}

#[test]
fn ship_10_4_a_ping_after_50_s_and_no_pong_within_10_s_closes() {
    let mut solo = Solo::new();
    solo.trusted(1);
    let conn = solo.in_data(1);
    solo.pongs = false;
    solo.fresh();
    solo.wait(Duration::from_millis(49_999));
    assert_eq!(solo.pings(), []);
    solo.wait(Duration::from_millis(1));
    assert_eq!(solo.pings(), [conn]);
    solo.give(Input::Pong { conn });
    solo.wait(Duration::from_millis(49_999));
    assert_eq!(solo.pings(), [conn]);
    solo.wait(Duration::from_millis(1));
    assert_eq!(solo.pings(), [conn, conn]);
    solo.wait(Duration::from_millis(9_999));
    assert_eq!(solo.refused(), []);
    solo.wait(Duration::from_millis(1));
    assert_eq!(solo.refused(), [(conn, Refused::NoPong)]);
}

/// A peer that read this node's discovery often enough that `frames` of its replies are on their way.
fn slow(solo: &mut Solo, octet: u8, reads: u64) -> ConnId {
    let conn = solo.in_data(octet);
    solo.drains = false;
    (0..reads).for_each(|counter| solo.document(conn, &read_discovery(counter)));
    conn
}

fn read_discovery(counter: u64) -> String {
    format!(
        "{{\"datagram\":[{{\"header\":[{{\"specificationVersion\":\"1.3.0\"}},{{\"addressSource\":[{{\"device\":\
         \"d:_n:TT\"}},{{\"entity\":[0]}},{{\"feature\":0}}]}},{{\"addressDestination\":[{{\"entity\":[0]}},\
         {{\"feature\":0}}]}},{{\"msgCounter\":{counter}}},{{\"cmdClassifier\":\"read\"}}]}},{{\"payload\":\
         [{{\"cmd\":[[{{\"nodeManagementDestinationListData\":[]}}]]}}]}}]}}"
    )
}

#[test]
fn sixteen_frames_are_on_their_way_then_reading_stops_until_they_drain() {
    let mut solo = Solo::new();
    solo.trusted(1);
    let conn = slow(&mut solo, 1, 0);
    solo.fresh();
    (0..16).for_each(|counter| solo.document(conn, &read_discovery(counter)));
    assert_eq!((solo.sent(conn).len(), solo.limits()), (16, vec![]));
    solo.document(conn, &read_discovery(16));
    assert_eq!((solo.sent(conn).len(), solo.limits()), (16, vec![(conn, 0)]));
    solo.give(Input::Drained { conn, frames: 1 });
    assert_eq!((solo.sent(conn).len(), solo.limits()), (17, vec![(conn, 0), (conn, LARGE_MESSAGE)]));
}

#[test]
fn control_messages_of_a_peer_that_does_not_read_stop_reading_too() {
    let mut solo = Solo::new();
    solo.trusted(1);
    let conn = slow(&mut solo, 1, 0);
    solo.fresh();
    let mut asked = 0;
    while solo.limits().is_empty() {
        asked += 1;
        assert!(asked < 100, "this node answers without end");
        solo.frames(conn, &[ASK_METHODS]);
    }
    assert_eq!(solo.limits(), [(conn, 0)]);
    solo.give(Input::Drained { conn, frames: 32 });
    assert_eq!(solo.limits(), [(conn, 0), (conn, LARGE_MESSAGE)]);
}

#[test]
fn no_progress_for_10_s_closes_as_write_stalled_and_leaves_others_alone() {
    let mut solo = Solo::new();
    solo.trusted(1);
    solo.trusted(2);
    let stalled = slow(&mut solo, 1, 17);
    solo.drains = true;
    let other = solo.in_data(2);
    solo.drains = false;
    solo.fresh();
    solo.wait(Duration::from_millis(9_000));
    solo.give(Input::Drained { conn: stalled, frames: 1 });
    solo.give(Input::Drained { conn: stalled, frames: 0 });
    solo.document(other, &read_discovery(1));
    assert_eq!(solo.sent(other).len(), 1);
    solo.give(Input::Drained { conn: other, frames: 1 });
    solo.wait(Duration::from_millis(5_000));
    solo.give(Input::Drained { conn: stalled, frames: 0 });
    solo.wait(Duration::from_millis(4_999));
    assert_eq!(solo.refused(), []);
    solo.wait(Duration::from_millis(1));
    assert_eq!(solo.refused(), [(stalled, Refused::WriteStalled)]);
    assert!(solo.live().contains(&other));
}

#[test]
fn messages_are_small_until_hello_is_through() {
    let mut solo = Solo::new();
    solo.trusted(1);
    let conn = solo.accepted(1);
    assert_eq!(solo.limits(), [(conn, SMALL_MESSAGE)]);
    solo.frames(conn, &[CMI]);
    assert_eq!(solo.limits(), [(conn, SMALL_MESSAGE)]);
    solo.frames(conn, &[READY]);
    assert_eq!(solo.limits(), [(conn, SMALL_MESSAGE), (conn, LARGE_MESSAGE)]);
}

#[test]
fn beyond_the_budget_messages_are_scarce() {
    let mut config = config();
    config.max_connections = 200;
    let mut solo = Solo::with(config, None);
    for octet in 100..165 {
        solo.trusted(octet);
        let conn = solo.in_data(octet);
        let limit = if octet < 164 { LARGE_MESSAGE } else { SCARCE_MESSAGE };
        assert_eq!(solo.limits().last(), Some(&(conn, limit)), "{octet}");
    }
}

#[test]
fn shutting_down_announces_the_end_closes_and_takes_nothing_more() {
    let mut solo = Solo::new();
    solo.trusted(1);
    let data = solo.in_data(1);
    let socket = solo.socket();
    solo.fresh();
    solo.call(Call::Shutdown).unwrap();
    let announce = b"\x03{\"connectionClose\":[{\"phase\":\"announce\"},{\"maxTime\":2000},{\"reason\":\"unspecific\"}]}";
    assert_eq!(solo.sent(data), [announce.to_vec()]);
    assert_eq!(solo.closed(), [(socket, 1000)]);
    assert_eq!(
        solo.did(
            |a| matches!(a, Action::Withdraw | Action::Listen(false) | Action::Browse(false)).then_some(())
        ),
        [(); 3]
    );
    let late = solo.socket();
    assert_eq!(solo.refused(), [(late, Refused::ShuttingDown)]);
    solo.frames(data, &[CONFIRM]);
    assert!(solo.closed().contains(&(data, 4001)));
    for conn in [data, socket, late] {
        assert!(!solo.events().contains(&Event::Stopped));
        solo.lost(conn);
    }
    assert_eq!(solo.events().last(), Some(&Event::Stopped));
}
