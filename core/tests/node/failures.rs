//! What the view says of the last failure: stage, time and what to try next.

use crate::solo::*;
use eebus_core::ids::{AttemptId, ConnId, PeerId};
use eebus_core::node::{Call, Cause, Endpoint, FailureStage, Input, Lost, PeerClose, Remedy, Stage};
use eebus_core::ship::Phase;

/// A trusted peer that is being dialled.
fn dialling() -> (Solo, PeerId, AttemptId) {
    let mut solo = Solo::new();
    let peer = solo.add(1, vec![Endpoint::new(address(1))]);
    solo.call(Call::Trust { peer }).unwrap();
    let (attempt, _) = solo.dials()[0];
    (solo, peer, attempt)
}

#[track_caller]
fn expect(solo: &Solo, peer: PeerId, stage: FailureStage, remedy: Remedy) {
    let failure = solo.node.view().peer(peer).unwrap().failure.unwrap().clone();
    assert_eq!((failure.stage, failure.remedy, failure.at), (stage, remedy, solo.now), "{failure:?}");
}

#[test]
fn a_dial_fails_with_its_stage_and_what_to_try() {
    for (stage, cause, remedy) in [
        (Stage::Name, Cause::Other, Remedy::CheckName),
        (Stage::Connect, Cause::PortClosed, Remedy::CheckPort),
        (Stage::Connect, Cause::Unreachable, Remedy::CheckNetwork),
        (Stage::Connect, Cause::Other, Remedy::CheckNetwork),
        (Stage::Secure, Cause::NotTls, Remedy::CheckService),
        (Stage::Secure, Cause::NothingInCommon, Remedy::CheckTls),
        (Stage::Secure, Cause::Alert(40), Remedy::CheckTls),
        (Stage::Secure, Cause::Alert(45), Remedy::CheckClock),
        (Stage::Secure, Cause::Alert(42), Remedy::TrustAtPeer),
        (Stage::Secure, Cause::Certificate, Remedy::CheckCertificate),
        (Stage::Secure, Cause::WrongSki(key(2).ski), Remedy::CheckSki),
    ] {
        let (mut solo, peer, attempt) = dialling();
        solo.wait(secs(1));
        solo.give(Input::DialFailed { attempt, stage, cause, detail: "as told".into() });
        expect(&solo, peer, FailureStage::Link(stage), remedy);
        let detail = &solo.node.view().peer(peer).unwrap().failure.unwrap().detail;
        assert_eq!(detail, "10.0.0.1:4712/ship/: as told");
    }
}

#[test]
fn an_address_that_never_answers_and_one_where_another_node_lives() {
    let (mut solo, peer, _) = dialling();
    solo.wait(secs(10));
    expect(&solo, peer, FailureStage::Link(Stage::Connect), Remedy::CheckNetwork);
    let (mut solo, peer, attempt) = dialling();
    let conn = solo.conn();
    solo.give(Input::Dialled { attempt, conn });
    solo.give(Input::Secured { conn, peer: key(2) });
    expect(&solo, peer, FailureStage::Link(Stage::Secure), Remedy::CheckSki);
}

#[test]
fn a_peer_that_says_nothing_of_the_upgrade() {
    let (mut solo, peer, attempt) = dialling();
    let conn = solo.conn();
    solo.give(Input::Dialled { attempt, conn });
    solo.give(Input::Secured { conn, peer: key(1) });
    solo.lost(conn);
    expect(&solo, peer, FailureStage::Link(Stage::Upgrade), Remedy::TrustAtPeer);
}

#[test]
fn ship_fails_in_a_phase_with_what_to_try() {
    type Failing = fn(&mut Solo, ConnId);
    let rows: [(Failing, FailureStage, Remedy); 9] = [
        (|solo, _| solo.wait(secs(25)), FailureStage::Ship(Phase::Cmi), Remedy::RestartPeer),
        (|solo, conn| solo.frames(conn, &[b"GET /"]), FailureStage::Ship(Phase::Cmi), Remedy::ReportPeer),
        (
            |solo, conn| solo.frames(conn, &[CMI, ABORTED]),
            FailureStage::Ship(Phase::HelloReady),
            Remedy::TrustAtPeer,
        ),
        (
            |solo, conn| {
                solo.frames(conn, &[CMI, PENDING]);
                solo.lost(conn);
            },
            FailureStage::Ship(Phase::HelloReady),
            Remedy::TrustAtPeer,
        ),
        (
            |solo, conn| {
                solo.frames(conn, &[CMI, READY]);
                solo.wait(secs(10));
            },
            FailureStage::Ship(Phase::Protocol),
            Remedy::RestartPeer,
        ),
        (
            |solo, conn| {
                solo.shake_as_server(conn);
                solo.frames(conn, &[REMOVED]);
            },
            FailureStage::Ship(Phase::Data),
            Remedy::TrustAtPeer,
        ),
        (
            |solo, conn| {
                solo.shake_as_server(conn);
                solo.lost(conn);
            },
            FailureStage::Link(Stage::Messages),
            Remedy::Wait,
        ),
        (
            |solo, conn| {
                solo.shake_as_server(conn);
                solo.pongs = false;
                solo.wait(secs(60));
            },
            FailureStage::Link(Stage::Messages),
            Remedy::CheckNetwork,
        ),
        (
            |solo, conn| {
                solo.shake_as_server(conn);
                // Discovery is asked for again after 30 s, 5 min and 15 min (SPINE IG 2.6.2).
                while solo.refused().is_empty() {
                    solo.wait(secs(1));
                }
            },
            FailureStage::Spine,
            Remedy::RestartPeer,
        ),
    ];
    for (fail, stage, remedy) in rows {
        let (mut solo, peer, attempt) = dialling();
        let conn = solo.reached(attempt, 1);
        fail(&mut solo, conn);
        let failure = solo.node.view().peer(peer).unwrap().failure.unwrap().clone();
        assert_eq!((failure.stage, failure.remedy), (stage, remedy), "{failure:?}");
    }
}

#[test]
fn a_stranger_nobody_decided_about_is_to_be_trusted_here() {
    let mut solo = Solo::new();
    let conn = solo.accepted(1);
    solo.frames(conn, &[CMI, READY]);
    solo.wait(secs(225));
    expect(&solo, PeerId(0), FailureStage::Ship(Phase::HelloPending), Remedy::TrustHere);
}

#[test]
fn close_codes_of_the_field_have_names_and_remedies() {
    for (code, reason, close, remedy) in [
        (1000, "double connection", PeerClose::DoubleConnection, None),
        (1000, "", PeerClose::Other(Some(1000)), None),
        (4001, "close", PeerClose::Usual, None),
        (4450, "SHIP id mismatch", PeerClose::ShipIdMismatch, Some(Remedy::PairAnewAtPeer)),
        (4452, "Node rejected by application", PeerClose::NotTrusted, Some(Remedy::TrustAtPeer)),
        (4500, "User close", PeerClose::TrustRemoved, Some(Remedy::TrustAtPeer)),
    ] {
        assert_eq!(PeerClose::read(Some(code), reason), close);
        let mut solo = Solo::new();
        let peer = solo.trusted(1);
        let conn = solo.in_data(1);
        let why = Lost::Closed { code: Some(code), reason: reason.into() };
        solo.give(Input::Lost { conn, why });
        expect(&solo, peer, FailureStage::Link(Stage::Messages), remedy.unwrap_or(Remedy::Wait));
    }
    let why = Lost::Closed { code: Some(4452), reason: "x".into() };
    assert_eq!(why.to_string(), "closed by the peer with 4452 \"x\": its user has not trusted this node");
}

#[test]
fn what_this_node_ends_by_itself_is_no_failure_of_the_peer() {
    let mut solo = Solo::new();
    let peer = solo.trusted(1);
    let conn = solo.in_data(1);
    solo.call(Call::Refuse { peer }).unwrap();
    solo.frames(conn, &[CONFIRM]);
    solo.give(Input::Lost { conn, why: Lost::Done });
    assert_eq!(solo.node.view().peer(peer).unwrap().failure, None);
}
