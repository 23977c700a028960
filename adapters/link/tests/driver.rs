//! A node with its links, from the first octet on.

mod wired;

use std::time::Duration;

use eebus_core::ids::ConnId;
use eebus_core::node::{Action, Call, Cause, Event, Input, Lost, MAX_OCTETS, Refused, Rung, Stage};
use eebus_core::usecase::lpc::{self, Limit, State};
use eebus_core::usecase::{Command, View, Watts, watts};
use eebus_link::{CLOSE_TIME, Doing, Interest, MAX_CLOSING};
use wired::*;

const SOON: Duration = Duration::from_secs(30);

fn state(wired: &Wired) -> (State, Option<Watts>) {
    match wired.ends[1].driver.view().actor(ACTOR) {
        Some(View::Lpc(lpc::View::System { limit, .. })) => (limit.state, limit.ceiling),
        other => panic!("{other:?}"),
    }
}

fn set_limit(wired: &mut Wired, limit: Limit) {
    let command = Command::Lpc(lpc::Command::SetLimit { peer: None, limit });
    wired.call(0, Call::UseCase { actor: ACTOR, command }).unwrap();
}

fn accept_next(wired: &mut Wired) {
    let ticket = |wired: &Wired| {
        wired.ends[1].events.iter().rev().find_map(|event| match event {
            Event::Lpc { event: lpc::Event::LimitProposed(proposed), .. } => Some(proposed.ticket),
            _ => None,
        })
    };
    let open = |wired: &Wired| {
        ticket(wired).is_some_and(|ticket| wired.ends[1].driver.view().proposal(ticket).is_some())
    };
    assert!(wired.run(SOON, open));
    wired.call(1, Call::Accept { ticket: ticket(wired).unwrap() }).unwrap();
}

fn discovered(wired: &Wired) -> bool {
    wired
        .ends
        .iter()
        .all(|end| end.driver.view().peer(PEER).is_some_and(|peer| peer.readiness.rung == Rung::UseCases))
}

fn limited(identities: &[eebus_link::Identity; 2], chunk: usize) -> Wired {
    let mut wired = Wired::new(identities, chunk);
    assert!(wired.run(SOON, discovered));
    accept_next(&mut wired);
    set_limit(&mut wired, Limit::active(watts(4_200)).lasting(Duration::from_secs(60)));
    accept_next(&mut wired);
    wired.run(Duration::from_secs(1), |_| false);
    assert_eq!(state(&wired), (State::Limited, Some(watts(4_200))));
    wired
}

fn pair() -> [eebus_link::Identity; 2] {
    [identity("box"), identity("pump")]
}

/// Every connection that began is lost once.
fn assert_lost_once(wired: &mut Wired) {
    for end in &mut wired.ends {
        let record = end.driver.tap_mut();
        let mut lost: Vec<_> = record.lost.iter().map(|(conn, _)| *conn).collect();
        lost.sort_unstable();
        assert_eq!(lost, record.began);
    }
}

#[test]
fn a_limit_travels_through_tls_and_expires() {
    let mut wired = limited(&pair(), usize::MAX);
    wired.run(Duration::from_secs(60), |_| false);
    assert_eq!(state(&wired), (State::UnlimitedControlled, None));
}

#[test]
fn octets_whole_or_one_by_one_lead_to_the_same_actions() {
    let identities = pair();
    let mut whole = limited(&identities, usize::MAX);
    let mut single = limited(&identities, 1);
    for (one, other) in whole.ends.iter_mut().zip(&mut single.ends) {
        let (one, other) = (one.driver.tap_mut(), other.driver.tap_mut());
        assert!(one.actions.len() > 50);
        assert_eq!(one.actions, other.actions);
        assert_eq!(one.drained, other.drained);
    }
}

#[test]
fn every_frame_is_drained_once_the_socket_took_it() {
    let mut wired = limited(&pair(), usize::MAX);
    for end in &mut wired.ends {
        let record = end.driver.tap_mut();
        let sent = record.actions.iter().filter(|action| matches!(action, Action::Send { .. })).count();
        assert_eq!(record.drained, u32::try_from(sent).unwrap());
    }
}

#[test]
fn a_peer_that_stops_reading_stalls_and_costs_no_more_than_its_credit() {
    let mut wired = limited(&pair(), usize::MAX);
    wired.ends[1].stuck = true;
    let drained = wired.ends[1].driver.tap_mut().drained;
    let stalled = |event: &Event| matches!(event, Event::Refused { why: Refused::WriteStalled, .. });
    let mut most = 0;
    assert!(wired.run(Duration::from_secs(120), |wired| {
        most = most.max(wired.ends[1].driver.output(ConnId(0)).len());
        wired.ends[1].events.iter().any(stalled)
    }));
    assert_eq!(wired.ends[1].driver.tap_mut().drained, drained);
    assert!(most > 0 && most < MAX_OCTETS, "{most}");
    // The rest can't be written, so the socket goes after a moment.
    wired.run(CLOSE_TIME, |_| false);
    assert_eq!(wired.ends[1].driver.tap_mut().lost, [(ConnId(0), Lost::Done)]);
    assert_eq!(wired.ends[0].driver.tap_mut().lost.len(), 1);
}

#[test]
fn a_shutdown_says_goodbye_and_loses_each_connection_once() {
    let mut wired = limited(&pair(), usize::MAX);
    wired.call(1, Call::Shutdown).unwrap();
    assert!(wired.run(SOON, |wired| wired.ends[1].events.contains(&Event::Stopped)));
    assert!(wired.run(CLOSE_TIME, |wired| wired.ends[1].driver.is_idle()));
    wired.call(0, Call::Shutdown).unwrap();
    assert!(wired.run(SOON, |wired| wired.ends[0].events.contains(&Event::Stopped)));
    assert_lost_once(&mut wired);
}

#[test]
fn a_failing_socket_is_lost_with_its_reason_and_stage() {
    let mut wired = limited(&pair(), usize::MAX);
    wired.ends[0].driver.ended(ConnId(0), Some("connection reset".to_owned()), wired.now);
    let why =
        Lost::Failed { stage: Stage::Messages, cause: Cause::Other, detail: "connection reset".to_owned() };
    assert_eq!(wired.ends[0].driver.tap_mut().lost, [(ConnId(0), why)]);
    assert_eq!(wired.ends[0].driver.interest(ConnId(0)), Interest::default());
}

#[test]
fn a_stranger_without_tls_is_named_and_dropped() {
    let mut wired = Wired::new(&pair(), usize::MAX);
    let now = wired.now;
    let driver = &mut wired.ends[1].driver;
    let from = ([10, 0, 0, 66], 4000).into();
    let conn = driver.accepted(from, now).unwrap();
    driver.received(conn, b"GET / HTTP/1.1\r\n\r\n", now);
    let why = Lost::Failed {
        stage: Stage::Secure,
        cause: Cause::NotTls,
        detail: "the peer does not speak TLS on this port".to_owned(),
    };
    let doings: Vec<_> = std::iter::from_fn(|| driver.poll()).collect();
    assert!(doings.contains(&Doing::Notify(Event::Unproved { conn, from, why })));
    driver.ended(conn, None, now);
    // What TLS has to say is written first.
    let octets = driver.output(conn).len();
    driver.sent(conn, octets, now);
    assert!(driver.is_idle());
}

#[test]
fn strangers_who_come_and_go_do_not_pile_up() {
    let mut wired = Wired::new(&pair(), usize::MAX);
    let now = wired.now;
    let driver = &mut wired.ends[1].driver;
    let mut open = 0usize;
    for port in 1..2_000 {
        let conn = driver.accepted(([10, 0, 0, 66], port).into(), now).unwrap();
        open += 1;
        driver.received(conn, b"?", now);
        driver.received(conn, b"????????", now);
        open -=
            std::iter::from_fn(|| driver.poll()).filter(|doing| matches!(doing, Doing::Drop { .. })).count();
        assert!(open <= MAX_CLOSING + 1, "{open}");
    }
}

#[test]
fn a_cancelled_attempt_becomes_no_connection() {
    let mut wired = Wired::new(&pair(), usize::MAX);
    let driver = &mut wired.ends[0].driver;
    loop {
        let now = driver.view().now();
        match driver.poll() {
            Some(Doing::Dial { .. }) => break,
            Some(Doing::Persist { seq, .. }) => driver.handle(Input::Persisted { seq }, now),
            Some(_) => {}
            None => driver.tick(driver.deadline().unwrap()),
        }
    }
    let attempt = eebus_core::ids::AttemptId(0);
    let now = driver.view().now();
    driver.at(now).peer(PEER).refuse().unwrap();
    assert_eq!(driver.dialled(attempt, now), None);
    assert!(driver.is_idle());
}
