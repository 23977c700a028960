//! The Controllable System's state machine (LPC 2.3, rules 901 to 923), without data and without SPINE.
//!
//! ```text
//!              HB + write refused or deactivated            HB + active write
//!   Init ───────────────────┐   ┌──────────────────────────────────────────┐
//!    │ 120 s                ▼   │ deactivated, expired                      ▼
//!    │              UnlimitedControlled ◀───────────────────────────── Limited
//!    │                      │  └───────────── active write ──────────────▶ │
//!    │                      │ no HB 120 s                                  │ no HB 120 s
//!    │                      ▼                                              │
//!    │                  Failsafe ◀────────────────────────────────────────┘
//!    │                      │ minimum duration over, or HB but no write for 120 s
//!    ▼                      ▼
//!   UnlimitedAutonomous (leaves like Init)
//! ```

use crate::spine::heartbeat::Monitor;
use crate::time::Instant;
use core::fmt;
use core::time::Duration;

/// Without a heartbeat for this long a controlled state falls into failsafe (LPC-911, LPC-912); the same time settles
/// init and failsafe (LPC-906, LPC-921).
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(120);
/// A limit counts only within this time after a heartbeat (LPC-914).
pub const WRITE_WINDOW: Duration = Duration::from_secs(60);

/// The states by their names in the use case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum State {
    /// After a (re)start: the failsafe value applies (LPC-901).
    Init,
    /// A limit is in force.
    Limited,
    /// Under control, without a limit.
    UnlimitedControlled,
    /// The Energy Guard is silent: the failsafe value applies.
    Failsafe,
    /// Without control, without a limit.
    UnlimitedAutonomous,
}

impl State {
    /// Whether an Energy Guard is in control.
    pub const fn is_controlled(self) -> bool {
        matches!(self, Self::Limited | Self::UnlimitedControlled)
    }

    /// Whether the failsafe value applies.
    pub const fn is_failsafe(self) -> bool {
        matches!(self, Self::Init | Self::Failsafe)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "init",
            Self::Limited => "limited",
            Self::UnlimitedControlled => "unlimited/controlled",
            Self::Failsafe => "failsafe state",
            Self::UnlimitedAutonomous => "unlimited/autonomous",
        })
    }
}

/// How a limit write was evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluated {
    /// Accepted and active; the limit ends at this time if it has a duration.
    Active(Option<Instant>),
    /// Accepted and not active.
    Inactive,
    /// Refused for its content (LPC-902, LPC-907, LPC-918).
    Refused,
}

/// A change of state, with the rule that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Left.
    pub from: State,
    /// Entered.
    pub to: State,
    /// `LPC-911`.
    pub rule: &'static str,
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    state: State,
    entered: Instant,
    heartbeat: Monitor,
    /// First heartbeat since failsafe was entered (LPC-921).
    returned: Option<Instant>,
    /// When the limit in force ends.
    ends: Option<Instant>,
}

impl Machine {
    /// The state after a (re)start (LPC-901).
    pub fn new(now: Instant) -> Self {
        Self { state: State::Init, entered: now, heartbeat: Monitor::default(), returned: None, ends: None }
    }

    /// The state.
    pub fn state(&self) -> State {
        self.state
    }

    /// When the limit in force ends.
    pub fn ends(&self) -> Option<Instant> {
        self.ends
    }

    /// When the last heartbeat of the Energy Guard arrived.
    pub fn last_heartbeat(&self) -> Option<Instant> {
        self.heartbeat.last()
    }

    /// A heartbeat of the Energy Guard arrived. It alone changes no state.
    pub fn heard(&mut self, now: Instant) {
        self.heartbeat.heard(now);
        if self.state == State::Failsafe {
            self.returned.get_or_insert(now);
        }
    }

    /// Whether a limit write is evaluated at all (LPC-914).
    pub fn takes_limit(&self, now: Instant) -> bool {
        self.state.is_controlled() || self.heartbeat.within(WRITE_WINDOW, now)
    }

    /// Whether failsafe values may be written: only once a limit write was evaluated (LPC-TS-037).
    pub fn takes_failsafe_values(&self) -> bool {
        self.state.is_controlled()
    }

    /// A limit write was evaluated.
    pub fn evaluated(&mut self, outcome: Evaluated, now: Instant) -> Option<Transition> {
        let (to, rule) = match (self.state, outcome) {
            (State::Limited | State::UnlimitedControlled, Evaluated::Refused) => return None,
            (State::Init, Evaluated::Active(_)) => (State::Limited, "LPC-904"),
            (State::Init, Evaluated::Inactive) => (State::UnlimitedControlled, "LPC-905"),
            (State::Init, Evaluated::Refused) => (State::UnlimitedControlled, "LPC-902"),
            (State::UnlimitedControlled, Evaluated::Active(_)) => (State::Limited, "LPC-910"),
            (State::Limited, Evaluated::Inactive) => (State::UnlimitedControlled, "LPC-909"),
            (State::Failsafe | State::UnlimitedAutonomous, Evaluated::Active(_)) => {
                (State::Limited, "LPC-919")
            }
            (State::Failsafe | State::UnlimitedAutonomous, Evaluated::Inactive) => {
                (State::UnlimitedControlled, "LPC-920")
            }
            (State::Failsafe | State::UnlimitedAutonomous, Evaluated::Refused) => {
                (State::UnlimitedControlled, "LPC-918")
            }
            (State::Limited, Evaluated::Active(_)) | (State::UnlimitedControlled, Evaluated::Inactive) => {
                (self.state, "")
            }
        };
        let transition = self.enter(to, rule, now);
        if let Evaluated::Active(ends) = outcome {
            self.ends = ends;
        }
        transition
    }

    /// The device itself lifts the limit for a permitted reason (LPC-923).
    pub fn interrupt(&mut self, now: Instant) -> Option<Transition> {
        (self.state == State::Limited)
            .then(|| self.enter(State::UnlimitedControlled, "LPC-923", now))
            .flatten()
    }

    fn enter(&mut self, to: State, rule: &'static str, now: Instant) -> Option<Transition> {
        let from = core::mem::replace(&mut self.state, to);
        if to != State::Limited {
            self.ends = None;
        }
        if from == to {
            return None;
        }
        self.entered = now;
        self.returned = None;
        Some(Transition { from, to, rule })
    }

    /// What happens next by itself: when, where to, by which rule.
    fn due(&self, failsafe_duration: Duration) -> Option<(Instant, State, &'static str)> {
        // In a controlled state the silence counts from the last heartbeat, or from its beginning.
        let silence =
            self.heartbeat.last().map_or(self.entered, |last| last.max(self.entered)) + HEARTBEAT_TIMEOUT;
        match self.state {
            State::Init => Some((self.entered + HEARTBEAT_TIMEOUT, State::UnlimitedAutonomous, "LPC-906")),
            State::UnlimitedControlled => Some((silence, State::Failsafe, "LPC-911")),
            State::Limited => {
                let failsafe = (silence, State::Failsafe, "LPC-912");
                let expiry = self.ends.map(|at| (at, State::UnlimitedControlled, "LPC-908"));
                expiry.filter(|expiry| expiry.0 <= failsafe.0).or(Some(failsafe))
            }
            State::Failsafe => {
                let minimum = (self.entered + failsafe_duration, State::UnlimitedAutonomous, "LPC-922");
                let settled =
                    self.returned.map(|at| (at + HEARTBEAT_TIMEOUT, State::UnlimitedAutonomous, "LPC-921"));
                settled.filter(|settled| settled.0 <= minimum.0).or(Some(minimum))
            }
            State::UnlimitedAutonomous => None,
        }
    }

    /// When the state changes by itself, and by which rule.
    pub fn deadline(&self, failsafe_duration: Duration) -> Option<(Instant, &'static str)> {
        self.due(failsafe_duration).map(|(at, _, rule)| (at, rule))
    }

    /// The change that is due, if one is.
    pub fn tick(&mut self, failsafe_duration: Duration, now: Instant) -> Option<Transition> {
        let (_, to, rule) = self.due(failsafe_duration).filter(|(at, ..)| *at <= now)?;
        self.enter(to, rule, now)
    }
}
