//! Two nodes agree on a limit.

use std::time::Duration;

use eebus_core::node::{Answer, Call};
use eebus_core::spine::Outcome;
use eebus_core::usecase::lpc::{Event, Limit, State, Written};
use eebus_core::usecase::{Command, lpc, watts};

use crate::{ACTOR, PEER, Run, Running, guard, system};

/// Pairing, discovery, 4,200 W, its acknowledgement and its end.
pub fn limit(run: Run) {
    let mut system = Running::new(run, "pump", system);
    let mut guard = Running::new(run, "box", guard);
    guard.dial(&system);
    guard.wait_lpc(|event| *event == Event::Ready { peer: PEER });

    let limit = Limit::active(watts(4_200)).lasting(Duration::from_secs(2));
    let command = Command::Lpc(lpc::Command::SetLimit { peer: None, limit });
    let answer = guard.handle.call_blocking(Call::UseCase { actor: ACTOR, command });
    assert_eq!(answer, Ok(Answer::Done));
    let in_force = |event: &Event| matches!(event, Event::Limit(limit) if (limit.state, limit.ceiling) == (State::Limited, Some(watts(4_200))));
    system.wait_lpc(in_force);
    let what = Written::Limit(limit);
    guard.wait_lpc(|event| *event == Event::Written { peer: PEER, what, outcome: Outcome::Done });
    system
        .wait_lpc(|event| matches!(event, Event::Limit(limit) if limit.state == State::UnlimitedControlled));
    let over = Limit { value: watts(4_200), active: false, duration: None };
    guard.wait_lpc(|event| *event == Event::Reported { peer: PEER, limit: over });

    let records = [guard.record.clone(), system.record.clone()];
    guard.stop();
    system.stop();
    for record in records {
        let record = record.get();
        assert_eq!(record.began, record.lost.iter().map(|(conn, _)| *conn).collect::<Vec<_>>());
        assert_eq!(record.drained, record.sent);
    }
}
