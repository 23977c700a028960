//! The transitions of LPC 2.3, one by one, by the rules that name them.

use super::state::{Evaluated, Machine, State, Transition};
use crate::time::Instant;
use core::time::Duration;

const FAILSAFE: Duration = Duration::from_secs(7_200);

fn at(seconds: u64) -> Instant {
    Instant::from_secs(seconds)
}

/// A machine in `state`, entered at second 0, with its last heartbeat (where one is needed) at second 0.
fn machine(state: State) -> Machine {
    let mut machine = Machine::new(Instant::ZERO);
    match state {
        State::Init => {}
        State::UnlimitedAutonomous => {
            // Two minutes before the origin are not to be had: it is entered at second 120.
            machine.tick(FAILSAFE, at(120));
        }
        State::Limited => {
            machine.heard(at(0));
            machine.evaluated(Evaluated::Active(None), at(0));
        }
        State::UnlimitedControlled => {
            machine.heard(at(0));
            machine.evaluated(Evaluated::Inactive, at(0));
        }
        State::Failsafe => {
            machine.heard(at(0));
            machine.evaluated(Evaluated::Inactive, at(0));
            machine.tick(FAILSAFE, at(120));
        }
    }
    assert_eq!(machine.state(), state);
    machine
}

#[test]
fn every_evaluated_write_moves_the_state_as_the_rules_say() {
    use Evaluated::{Active, Inactive, Refused};
    use State::{Failsafe, Init, Limited, UnlimitedAutonomous, UnlimitedControlled};
    let rows = [
        (Init, Active(None), Some((Limited, "LPC-904"))),
        (Init, Inactive, Some((UnlimitedControlled, "LPC-905"))),
        (Init, Refused, Some((UnlimitedControlled, "LPC-902"))),
        (UnlimitedControlled, Active(None), Some((Limited, "LPC-910"))),
        (UnlimitedControlled, Inactive, None),
        (UnlimitedControlled, Refused, None),
        (Limited, Active(None), None),
        (Limited, Inactive, Some((UnlimitedControlled, "LPC-909"))),
        (Limited, Refused, None),
        (Failsafe, Active(None), Some((Limited, "LPC-919"))),
        (Failsafe, Inactive, Some((UnlimitedControlled, "LPC-920"))),
        (Failsafe, Refused, Some((UnlimitedControlled, "LPC-918"))),
        (UnlimitedAutonomous, Active(None), Some((Limited, "LPC-919"))),
        (UnlimitedAutonomous, Inactive, Some((UnlimitedControlled, "LPC-920"))),
        (UnlimitedAutonomous, Refused, Some((UnlimitedControlled, "LPC-918"))),
    ];
    for (from, outcome, expected) in rows {
        let mut machine = machine(from);
        machine.heard(at(130));
        let transition = machine.evaluated(outcome, at(130));
        assert_eq!(
            transition,
            expected.map(|(to, rule)| Transition { from, to, rule }),
            "{from} {outcome:?}"
        );
    }
}

#[test]
fn time_alone_moves_the_state_exactly_when_the_rules_say() {
    let rows = [
        (State::Init, 120, State::UnlimitedAutonomous, "LPC-906"),
        (State::UnlimitedControlled, 120, State::Failsafe, "LPC-911"),
        (State::Limited, 120, State::Failsafe, "LPC-912"),
        (State::Failsafe, 120 + 7_200, State::UnlimitedAutonomous, "LPC-922"),
    ];
    for (from, second, to, rule) in rows {
        let mut machine = machine(from);
        assert_eq!(machine.deadline(FAILSAFE), Some((at(second), rule)));
        assert_eq!(machine.tick(FAILSAFE, Instant::from_micros(second * 1_000_000 - 1)), None, "{from}");
        assert_eq!(machine.tick(FAILSAFE, at(second)), Some(Transition { from, to, rule }));
        assert_eq!(machine.tick(FAILSAFE, at(second)), None);
    }
    assert_eq!(machine(State::UnlimitedAutonomous).deadline(FAILSAFE), None);
}

#[test]
fn lpc_914_a_limit_is_evaluated_only_within_60_s_after_a_heartbeat() {
    for state in [State::Init, State::Failsafe, State::UnlimitedAutonomous] {
        let mut machine = machine(state);
        assert!(!machine.takes_limit(at(130)), "{state}");
        machine.heard(at(130));
        assert!(machine.takes_limit(at(190)));
        assert!(!machine.takes_limit(Instant::from_micros(190_000_001)));
        assert!(!machine.takes_failsafe_values());
    }
    for state in [State::Limited, State::UnlimitedControlled] {
        assert!(machine(state).takes_limit(at(100)) && machine(state).takes_failsafe_values());
    }
}

#[test]
fn a_heartbeat_alone_changes_no_state_and_keeps_a_controlled_one() {
    let mut limited = machine(State::Limited);
    limited.heard(at(100));
    assert_eq!(limited.tick(FAILSAFE, at(219)), None);
    assert!(limited.tick(FAILSAFE, at(220)).is_some());
    let mut failsafe = machine(State::Failsafe);
    failsafe.heard(at(130));
    assert_eq!(failsafe.state(), State::Failsafe);
}

#[test]
fn lpc_921_failsafe_settles_120_s_after_the_first_heartbeat_without_a_limit() {
    let mut machine = machine(State::Failsafe);
    machine.heard(at(300));
    machine.heard(at(350));
    assert_eq!(machine.deadline(FAILSAFE), Some((at(420), "LPC-921")));
    assert_eq!(machine.tick(FAILSAFE, at(420)).map(|t| t.to), Some(State::UnlimitedAutonomous));
}

#[test]
fn lpc_908_a_limit_ends_with_its_duration_and_a_new_one_replaces_it() {
    let mut machine = machine(State::UnlimitedControlled);
    machine.heard(at(10));
    machine.evaluated(Evaluated::Active(Some(at(70))), at(10));
    assert_eq!(machine.deadline(FAILSAFE), Some((at(70), "LPC-908")));
    machine.evaluated(Evaluated::Active(None), at(20));
    assert_eq!((machine.ends(), machine.deadline(FAILSAFE)), (None, Some((at(130), "LPC-912"))));
    machine.evaluated(Evaluated::Active(Some(at(30))), at(21));
    let expired = Transition { from: State::Limited, to: State::UnlimitedControlled, rule: "LPC-908" };
    assert_eq!(machine.tick(FAILSAFE, at(30)), Some(expired));
    assert_eq!(machine.ends(), None);
}

#[test]
fn lpc_923_the_device_lifts_its_own_limit_only_where_there_is_one() {
    let lifted = Transition { from: State::Limited, to: State::UnlimitedControlled, rule: "LPC-923" };
    assert_eq!(machine(State::Limited).interrupt(at(1)), Some(lifted));
    for state in [State::Init, State::UnlimitedControlled, State::Failsafe, State::UnlimitedAutonomous] {
        assert_eq!(machine(state).interrupt(at(130)), None);
    }
}
