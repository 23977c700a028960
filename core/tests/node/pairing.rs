//! Strangers, trust, its end and what the store has to do with it.

use crate::solo::*;
use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{
    Action, Answer, Call, Decision, Endpoint, Event, Input, PairingRequested, Readiness, Rung, WaitsFor,
};
use eebus_core::ship::{Ending, Phase, Timer};

fn phase(solo: &Solo, conn: ConnId) -> Option<Phase> {
    solo.node.view().connections().find(|(id, ..)| *id == conn).and_then(|(.., phase)| phase)
}

fn endings(solo: &Solo) -> Vec<Ending> {
    let ending = |event| if let Event::Ended { ending, .. } = event { Some(ending) } else { None };
    solo.events().into_iter().filter_map(ending).collect()
}

fn stranger() -> (Solo, ConnId, PeerId) {
    let mut solo = Solo::new();
    let conn = solo.accepted(1);
    let request = PairingRequested { peer: PeerId(0), ski: key(1).ski, ship_id: None };
    assert!(solo.events().contains(&Event::PairingRequested(request)));
    solo.frames(conn, &[CMI]);
    assert_eq!(solo.sent(conn), [CMI, PENDING]);
    solo.fresh();
    (solo, conn, PeerId(0))
}

#[test]
fn a_stranger_is_held_by_prolongations_until_somebody_decides() {
    let (mut solo, conn, peer) = stranger();
    solo.frames(conn, &[READY]);
    for _ in 0..20 {
        solo.wait(secs(105));
        assert_eq!(solo.sent(conn), [ASK_FOR_TIME]);
        solo.fresh();
        solo.frames(conn, &[READY]);
    }
    assert_eq!(phase(&solo, conn), Some(Phase::HelloPending));
    solo.call(Call::Trust { peer }).unwrap();
    assert_eq!(solo.sent(conn)[0], READY);
    assert_eq!(phase(&solo, conn), Some(Phase::Protocol));
    assert_eq!(solo.limits().last(), Some(&(conn, eebus_core::node::LARGE_MESSAGE)));
}

#[test]
fn a_peer_that_grants_no_time_is_left_when_its_own_wait_is_over() {
    let (mut solo, conn, _) = stranger();
    solo.frames(conn, &[READY]);
    solo.wait(secs(105 + 120));
    assert_eq!(endings(&solo), [Ending::TimedOut(Timer::ProlongationReply)]);
    assert_eq!(solo.sent(conn), [ASK_FOR_TIME, ABORTED]);
    assert_eq!(solo.closed(), [(conn, 4452)]);
}

#[test]
fn a_refused_stranger_is_told_aborted_now_and_next_time_without_asking_again() {
    let (mut solo, conn, peer) = stranger();
    solo.call(Call::Refuse { peer }).unwrap();
    assert_eq!((solo.sent(conn), solo.closed()), (vec![ABORTED.to_vec()], vec![(conn, 4452)]));
    solo.lost(conn);
    solo.fresh();
    let again = solo.accepted(1);
    solo.frames(again, &[CMI]);
    assert_eq!(solo.sent(again), [CMI, ABORTED]);
    assert!(!solo.events().iter().any(|event| matches!(event, Event::PairingRequested(_))));
    assert_eq!(solo.node.view().peer(peer).map(|peer| peer.decision), Some(Decision::Refused));
}

#[test]
fn trust_is_kept_before_ready_is_sent() {
    let (mut solo, conn, peer) = stranger();
    solo.stores = false;
    solo.call(Call::Trust { peer }).unwrap();
    assert_eq!(solo.sent(conn), [b""; 0]);
    let persist =
        |a: &Action| if let Action::Persist { seq, saved } = a { Some((*seq, saved.clone())) } else { None };
    let [(seq, saved)] = &solo.did(persist)[..] else { panic!() };
    assert_eq!(
        saved.peers.iter().map(|p| (p.ski, p.trust.is_some())).collect::<Vec<_>>(),
        [(key(1).ski, true)]
    );
    solo.give(Input::Persisted { seq: *seq });
    assert_eq!(solo.sent(conn), [READY]);
}

#[test]
fn trust_that_could_not_be_kept_is_not_promised_also_where_a_later_store_failed() {
    for later in [0, 1] {
        let (mut solo, conn, peer) = stranger();
        solo.stores = false;
        solo.call(Call::Trust { peer }).unwrap();
        let seqs = solo.did(|a| if let Action::Persist { seq, .. } = a { Some(*seq) } else { None });
        solo.give(Input::PersistFailed { seq: seqs[0] + later, detail: "disk full".into() });
        assert_eq!(solo.sent(conn), [b""; 0]);
        assert_eq!(solo.node.view().peer(peer).map(|peer| peer.decision), Some(Decision::Undecided));
        assert_eq!(phase(&solo, conn), Some(Phase::HelloPending));
        // The user may try again.
        solo.stores = true;
        solo.call(Call::Trust { peer }).unwrap();
        assert_eq!(solo.sent(conn), [READY]);
    }
}

#[test]
fn trust_survives_a_restart_and_needs_no_second_question() {
    let mut solo = Solo::new();
    solo.trusted(1);
    let saved = solo.saved.clone();
    let mut solo = Solo::starting(config(), saved, solo.now);
    let conn = solo.accepted(1);
    solo.frames(conn, &[CMI]);
    assert_eq!(solo.sent(conn), [CMI, READY]);
    assert!(!solo.events().iter().any(|event| matches!(event, Event::PairingRequested(_))));
}

#[test]
fn forgetting_or_refusing_closes_with_removed_connection_and_never_dials() {
    for forget in [true, false] {
        let mut solo = Solo::new();
        let peer = solo.add(1, vec![Endpoint::new(address(1))]);
        solo.call(Call::Trust { peer }).unwrap();
        let conn = solo.in_data(1);
        solo.fresh();
        solo.call(if forget { Call::Forget { peer } } else { Call::Refuse { peer } }).unwrap();
        assert_eq!(solo.sent(conn), [REMOVED]);
        solo.frames(conn, &[CONFIRM]);
        assert_eq!(solo.closed(), [(conn, 4500)]);
        solo.lost(conn);
        assert_eq!(solo.node.view().peer(peer).is_none(), forget);
        let kept: Vec<_> = solo.saved.as_ref().unwrap().peers.iter().map(|p| p.trust.is_some()).collect();
        assert_eq!(kept, if forget { vec![] } else { vec![false] });
        solo.fresh();
        solo.wait(secs(600));
        assert_eq!(solo.dials(), []);
    }
}

#[test]
fn a_peer_that_does_not_confirm_the_close_is_closed_after_max_time() {
    let mut solo = Solo::new();
    let peer = solo.trusted(1);
    let conn = solo.in_data(1);
    solo.call(Call::Forget { peer }).unwrap();
    solo.wait(secs(2));
    assert_eq!(solo.closed(), [(conn, 4500)]);
}

#[test]
fn calls_for_a_peer_nobody_knows_are_misuse() {
    let mut solo = Solo::new();
    let peer = PeerId(7);
    for call in [Call::Trust { peer }, Call::Refuse { peer }, Call::Forget { peer }, Call::Connect { peer }] {
        assert_eq!(solo.call(call), Err(eebus_core::node::Misuse::UnknownPeer(peer)));
    }
    let own = Call::AddPeer { ski: key(OWN).ski, endpoints: vec![] };
    assert_eq!(solo.call(own), Err(eebus_core::node::Misuse::OwnSki));
}

#[test]
fn the_view_says_whether_a_decision_is_kept() {
    let mut solo = Solo::new();
    solo.stores = false;
    let peer = solo.add(1, Vec::new());
    let before = solo.node.view().saves();
    solo.call(Call::Trust { peer }).unwrap();
    let asked = solo.node.view().saves();
    assert_eq!((asked.asked, asked.kept), (before.asked + 1, before.kept));
    solo.give(Input::PersistFailed { seq: asked.asked, detail: "disk full".into() });
    assert_eq!(solo.node.view().saves().failed, asked.asked);
    solo.call(Call::Trust { peer }).unwrap();
    let seq = solo.node.view().saves().asked;
    solo.give(Input::Persisted { seq });
    assert_eq!(solo.node.view().saves().kept, seq);
}

/// What the application is told of the ladder, without the time limits.
fn rungs(solo: &Solo) -> Vec<(Rung, bool, bool, WaitsFor)> {
    let step = |r: Readiness| (r.rung, r.trusted_by_us, r.trusted_by_peer, r.waits_for);
    let told =
        |event| if let Event::Readiness { readiness, .. } = event { Some(step(readiness)) } else { None };
    solo.events().into_iter().filter_map(told).collect()
}

#[test]
fn the_ladder_is_climbed_rung_by_rung() {
    let mut solo = Solo::new();
    solo.fresh();
    let peer = solo.add(1, Vec::new());
    solo.call(Call::AddPeer { ski: key(1).ski, endpoints: vec![Endpoint::new(address(1))] }).unwrap();
    assert_eq!(solo.call(Call::Trust { peer }), Ok(Answer::Done));
    let (attempt, _) = solo.dials()[0];
    let conn = solo.conn();
    solo.give(Input::Dialled { attempt, conn });
    solo.give(Input::Secured { conn, peer: key(1) });
    solo.give(Input::Opened { conn });
    solo.frames(conn, &[CMI, PENDING, READY]);
    let expected = [
        (Rung::Known, false, false, WaitsFor::OurUser),
        (Rung::Seen, false, false, WaitsFor::OurUser),
        (Rung::Seen, true, false, WaitsFor::Dialling),
        (Rung::Reachable, true, false, WaitsFor::Peer),
        (Rung::Secured, true, false, WaitsFor::Peer),
        (Rung::Secured, true, false, WaitsFor::PeersUser),
        (Rung::Trusted, true, true, WaitsFor::Peer),
    ];
    assert_eq!(rungs(&solo), expected);
    solo.fresh();
    solo.lost(conn);
    assert_eq!(rungs(&solo), [(Rung::Seen, true, false, WaitsFor::Dialling)]);
}

#[test]
fn a_pending_stranger_waits_for_both_users_then_for_ours() {
    let (mut solo, conn, peer) = stranger();
    let readiness = |solo: &Solo| solo.node.view().peer(peer).unwrap().readiness;
    assert_eq!((readiness(&solo).rung, readiness(&solo).waits_for), (Rung::Secured, WaitsFor::BothUsers));
    solo.frames(conn, &[READY]);
    assert_eq!(rungs(&solo), [(Rung::Secured, false, true, WaitsFor::OurUser)]);
}
