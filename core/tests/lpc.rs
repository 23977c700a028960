//! Limitation of power consumption between two nodes in virtual time, from the first frame on.

mod common;

use common::*;
use eebus_core::node::{Call, Event, Rung};
use eebus_core::spine::{ErrorNumber, Outcome};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::{Event as Lpc, Limit, LimitState, State, Written};
use eebus_core::usecase::{Watts, watts};
use std::time::Duration;

fn state(state: State, ceiling: Option<Watts>, rule: &'static str, ends: Option<Instant>) -> Lpc {
    Lpc::Limit(LimitState { state, ceiling, rule, ends })
}

fn written(limit: Limit, outcome: Outcome) -> Lpc {
    Lpc::Written { peer: PEER, what: Written::Limit(limit), outcome }
}

/// A pair whose opening limit (none) is accepted: the system is unlimited and under control.
fn controlled() -> Pair {
    let mut pair = Pair::new();
    pair.meet();
    let guard = pair.guard;
    assert!(pair.world.run_until_done(Duration::from_secs(30), |w| rung(w, guard) == Some(Rung::UseCases)));
    pair.accept_next();
    assert_eq!(pair.reported(), Some(Limit::inactive()));
    assert_eq!(pair.state(), (State::UnlimitedControlled, None));
    pair
}

#[test]
fn the_opening_exchange_takes_control_without_limiting() {
    let pair = controlled();
    let rules: Vec<_> =
        pair.lpc(pair.system).into_iter().filter(|event| matches!(event, Lpc::Limit(_))).collect();
    assert_eq!(
        rules,
        [
            state(State::Init, Some(watts(3_500)), "LPC-901", None),
            state(State::UnlimitedControlled, None, "LPC-905", None),
        ]
    );
    let opening = [
        Lpc::Ready { peer: PEER },
        Lpc::Reported { peer: PEER, limit: Limit { value: watts(3_500), active: false, duration: None } },
        Lpc::Reported { peer: PEER, limit: Limit::inactive() },
        written(Limit::inactive(), Outcome::Done),
    ];
    assert_eq!(pair.lpc(pair.guard), opening);
}

#[test]
fn a_limit_is_in_force_and_expires() {
    let mut pair = controlled();
    let limit = Limit::active(watts(4_200)).lasting(Duration::from_secs(60));
    pair.set_limit(limit);
    assert_eq!(pair.accept_next(), limit);
    assert_eq!(pair.state(), (State::Limited, Some(watts(4_200))));
    assert_eq!(pair.reported(), Some(limit));
    pair.world.run(Duration::from_secs(61));
    assert_eq!(pair.state(), (State::UnlimitedControlled, None));
    let expired = state(State::UnlimitedControlled, None, "LPC-908", None);
    assert_eq!(pair.lpc(pair.system).last(), Some(&expired));
    let reported = Limit { value: watts(4_200), active: false, duration: None };
    assert_eq!(pair.reported(), Some(reported));
}

#[test]
fn lpc_3_4_1_4_a_limit_without_end_deletes_the_end_of_the_one_before() {
    let mut pair = controlled();
    pair.set_limit(Limit::active(watts(4_200)).lasting(Duration::from_secs(60)));
    pair.accept_next();
    pair.set_limit(Limit::active(watts(5_000)));
    assert_eq!(pair.accept_next(), Limit::active(watts(5_000)));
    // Well beyond the first limit's end, while heartbeats keep control.
    pair.world.run(Duration::from_secs(600));
    assert_eq!(pair.state(), (State::Limited, Some(watts(5_000))));
}

#[test]
fn a_refused_limit_changes_nothing_and_is_written_again_after_a_minute() {
    let mut pair = controlled();
    let limit = Limit::active(watts(4_200));
    pair.set_limit(limit);
    let ticket = pair.next_proposal().ticket;
    let reason = "the compressor defrosts".to_string();
    pair.world.call(pair.system, Call::RefuseWrite { ticket, reason: reason.clone() }).unwrap();
    pair.world.run(Duration::from_secs(1));
    assert_eq!(pair.state(), (State::UnlimitedControlled, None));
    let refused = Outcome::Refused { error: ErrorNumber::COMMAND_REJECTED, description: reason };
    assert_eq!(pair.lpc(pair.guard).last(), Some(&written(limit, refused)));
    let before = pair.world.now();
    assert_eq!(pair.accept_next(), limit);
    let waited = pair.world.now().since(before);
    assert!(waited > Duration::from_secs(58) && waited < Duration::from_secs(62), "{waited:?}");
    assert_eq!(pair.state(), (State::Limited, Some(watts(4_200))));
}

#[test]
fn a_decision_that_never_comes_refuses_with_error_7_and_moves_nothing() {
    let mut pair = Pair::new();
    pair.meet();
    pair.next_proposal();
    pair.world.run(Duration::from_secs(12));
    let refused =
        Outcome::Refused { error: ErrorNumber::COMMAND_REJECTED, description: "no decision in time".into() };
    assert_eq!(pair.lpc(pair.guard).last(), Some(&written(Limit::inactive(), refused)));
    assert_eq!(pair.state(), (State::Init, Some(watts(3_500))));
}

#[test]
fn lpc_912_silence_of_the_guard_leads_to_failsafe_and_its_return_out_of_it() {
    let mut pair = controlled();
    pair.set_limit(Limit::active(watts(4_200)));
    pair.accept_next();
    let cut = pair.world.now();
    pair.cut();
    pair.world.run(Duration::from_secs(119));
    assert_eq!(pair.state().0, State::Limited);
    pair.world.run(Duration::from_secs(2));
    assert_eq!(pair.state(), (State::Failsafe, Some(watts(3_500))));
    let last_heartbeat =
        pair.world.member(pair.system).events.iter().rev().find_map(|(at, event)| match event {
            Event::Lpc { event: Lpc::Limit(now), .. } if now.rule == "LPC-912" => Some(*at),
            _ => None,
        });
    assert!(last_heartbeat.unwrap().since(cut) <= Duration::from_secs(120));
    pair.mend();
    assert_eq!(pair.accept_next(), Limit::active(watts(4_200)));
    assert_eq!(pair.state(), (State::Limited, Some(watts(4_200))));
    assert!(pair.lpc(pair.system).contains(&state(State::Limited, Some(watts(4_200)), "LPC-919", None)));
}

#[test]
fn lpc_906_without_a_guard_init_becomes_autonomous() {
    let mut pair = Pair::new();
    pair.world.run_until(Instant::from_secs(119));
    assert_eq!(pair.state(), (State::Init, Some(watts(3_500))));
    pair.world.run_until(Instant::from_secs(120));
    assert_eq!(pair.state(), (State::UnlimitedAutonomous, None));
}

#[test]
fn failsafe_values_are_taken_kept_over_a_restart_and_out_of_range_refused() {
    let mut pair = controlled();
    let hours = Duration::from_secs(3 * 3_600);
    pair.set_failsafe(watts(4_000), hours);
    pair.world.run(Duration::from_secs(1));
    assert_eq!(pair.lpc(pair.system).last(), Some(&Lpc::Failsafe { value: watts(4_000), duration: hours }));
    let what = Written::Failsafe { value: watts(4_000), duration: hours };
    assert_eq!(pair.lpc(pair.guard).last(), Some(&Lpc::Written { peer: PEER, what, outcome: Outcome::Done }));
    let saved = pair.world.member(pair.system).saved.clone();
    let restarted = system(1, saved, pair.world.now());
    pair.world.restart(pair.system, restarted);
    assert_eq!(pair.state(), (State::Init, Some(watts(4_000))));
    assert!(pair.try_failsafe(watts(4_000), Duration::from_secs(3_600)).is_err());
}

#[test]
fn trust_and_control_come_back_after_a_restart_without_pairing_again() {
    let mut pair = controlled();
    pair.set_limit(Limit::active(watts(4_200)));
    pair.accept_next();
    let saved = pair.world.member(pair.system).saved.clone();
    let restarted = system(1, saved, pair.world.now());
    pair.world.restart(pair.system, restarted);
    assert_eq!(pair.accept_next(), Limit::active(watts(4_200)));
    assert_eq!(pair.state(), (State::Limited, Some(watts(4_200))));
}
