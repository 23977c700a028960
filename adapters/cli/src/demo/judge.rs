//! Whether the limit was really in force.

use super::told::{What, Who};
use eebus_core::spine::Outcome;
use eebus_core::usecase::Watts;
use eebus_core::usecase::lpc::{Limit, State};
use std::time::Duration;

/// What has to be seen, in the order in which it is missed.
const STEPS: [(Step, &str); 5] = [
    (Step::InForce, "the heat pump was never limited"),
    (Step::Acknowledged, "the limit was never acknowledged"),
    (Step::ReadBack, "the control box never read the limit back"),
    (Step::Expired, "the limit never expired in its own time"),
    (Step::ExpiryReported, "the control box was never told that the limit had expired"),
];

/// What a word of a device may be late.
const TOLERANCE: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    InForce,
    Acknowledged,
    ReadBack,
    Expired,
    ExpiryReported,
}

/// Listens to both devices until everything that matters was seen.
#[derive(Debug)]
pub(crate) struct Judge {
    limit: Watts,
    lasting: Duration,
    /// Since when the limit is in force.
    since: Option<Duration>,
    seen: Vec<Step>,
}

impl Judge {
    /// A judge who waits for this limit, and for its end when it has lasted as long as it should.
    pub(crate) fn new(limit: Watts, lasting: Duration) -> Self {
        Self { limit, lasting, since: None, seen: Vec::new() }
    }

    /// Takes what a device told.
    pub(crate) fn hear(&mut self, at: Duration, who: Who, what: &What) {
        let ours = |limit: &Limit| limit.active && limit.value == self.limit;
        let lasted = self.since.is_some_and(|since| at.saturating_sub(since) + TOLERANCE >= self.lasting);
        let step = match (who, what) {
            (Who::HeatPump, What::Limit(now)) => match (now.state, now.ceiling) {
                (State::Limited, Some(ceiling)) if ceiling == self.limit => {
                    self.since.get_or_insert(at);
                    Step::InForce
                }
                (State::UnlimitedControlled, None) if lasted => Step::Expired,
                _ => return,
            },
            (Who::ControlBox, What::Written { limit, outcome: Outcome::Done }) if ours(limit) => {
                Step::Acknowledged
            }
            (Who::ControlBox, What::ReadBack { limit }) if ours(limit) => Step::ReadBack,
            (Who::ControlBox, What::Reported { limit }) if lasted && !limit.active => Step::ExpiryReported,
            _ => return,
        };
        self.seen.push(step);
    }

    /// What was not seen yet; `None` once the limit was in force and is over.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        STEPS.iter().find(|(step, _)| !self.seen.contains(step)).map(|(_, sentence)| *sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eebus_core::usecase::lpc::LimitState;
    use eebus_core::usecase::watts;

    fn state(state: State, ceiling: Option<Watts>) -> What {
        What::Limit(LimitState { state, ceiling, rule: "", ends: None })
    }

    #[test]
    fn the_limit_counts_only_in_force_acknowledged_read_back_expired_and_told() {
        let limit = Limit::active(watts(4_200));
        let steps = [
            (Who::HeatPump, state(State::Limited, Some(watts(4_200)))),
            (Who::ControlBox, What::Written { limit, outcome: Outcome::Done }),
            (Who::ControlBox, What::ReadBack { limit }),
            (Who::HeatPump, state(State::UnlimitedControlled, None)),
            (Who::ControlBox, What::Reported { limit: Limit::inactive() }),
        ];
        let mut judge = Judge::new(watts(4_200), Duration::from_secs(3));
        for (second, ((who, what), (_, sentence))) in (0..).zip(steps.iter().zip(STEPS)) {
            assert_eq!(judge.missing(), Some(sentence));
            judge.hear(Duration::from_secs(second), *who, what);
        }
        assert_eq!(judge.missing(), None);
    }

    #[test]
    fn another_limit_a_refusal_and_the_time_before_do_not_count() {
        let (limit, other) = (Limit::active(watts(4_200)), Limit::active(watts(5_000)));
        let mut judge = Judge::new(watts(4_200), Duration::from_secs(3));
        for (who, what) in [
            (Who::HeatPump, state(State::UnlimitedControlled, None)),
            (Who::HeatPump, state(State::Limited, Some(watts(5_000)))),
            (Who::HeatPump, state(State::Failsafe, Some(watts(4_200)))),
            (Who::ControlBox, state(State::Limited, Some(watts(4_200)))),
            (Who::ControlBox, What::Written { limit: other, outcome: Outcome::Done }),
            (Who::ControlBox, What::Written { limit, outcome: Outcome::TimedOut }),
            (Who::ControlBox, What::ReadBack { limit: Limit { active: false, ..limit } }),
            (Who::ControlBox, What::Reported { limit: Limit::inactive() }),
        ] {
            judge.hear(Duration::from_secs(9), who, &what);
        }
        assert_eq!(judge.seen, []);
    }

    #[test]
    fn a_limit_that_ends_early_has_not_expired() {
        let mut judge = Judge::new(watts(4_200), Duration::from_secs(3));
        judge.hear(Duration::from_secs(1), Who::HeatPump, &state(State::Limited, Some(watts(4_200))));
        judge.hear(Duration::from_secs(3), Who::HeatPump, &state(State::UnlimitedControlled, None));
        assert_eq!(judge.seen, [Step::InForce]);
    }
}
