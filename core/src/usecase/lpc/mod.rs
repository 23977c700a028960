//! Limitation of Power Consumption (LPC 1.0.0): an Energy Guard limits what a Controllable System draws.

mod guard;
mod recipe;
pub mod state;
#[cfg(test)]
mod state_tests;
mod system;

pub use guard::EnergyGuard;
pub use recipe::Recipe;
pub use state::State;
pub use system::{Approval, ControllableSystem};

use super::{Descriptor, FeatureNeed, Watts};
use crate::ids::{PeerId, Ticket};
use crate::model::{AbsoluteOrRelativeTime, FeatureType, FunctionId, Role, TimePoint};
use crate::spine::{Offer, Operations, Outcome, WriteAccess};
use crate::time::Instant;
use core::fmt;
use core::time::Duration;

/// `useCaseName`.
pub const NAME: &str = "limitationOfPowerConsumption";
/// The actor that limits.
pub const ENERGY_GUARD: &str = "EnergyGuard";
/// The actor that is limited.
pub const CONTROLLABLE_SYSTEM: &str = "ControllableSystem";

const LIMITS: FunctionId = FunctionId::LOAD_CONTROL_LIMIT_LIST_DATA;
const LIMIT_DESCRIPTIONS: FunctionId = FunctionId::LOAD_CONTROL_LIMIT_DESCRIPTION_LIST_DATA;
const KEYS: FunctionId = FunctionId::DEVICE_CONFIGURATION_KEY_VALUE_LIST_DATA;
const KEY_DESCRIPTIONS: FunctionId = FunctionId::DEVICE_CONFIGURATION_KEY_VALUE_DESCRIPTION_LIST_DATA;
const HEARTBEAT: FunctionId = FunctionId::DEVICE_DIAGNOSIS_HEARTBEAT_DATA;
const CHARACTERISTICS: FunctionId = FunctionId::ELECTRICAL_CONNECTION_CHARACTERISTIC_LIST_DATA;

const READ: Operations = Operations { read: Some(Offer::Partial), write: None };

/// The limited side (LPC 3.1, Tables 22 to 27).
pub(super) static SYSTEM: Descriptor = Descriptor {
    name: NAME,
    actor: CONTROLLABLE_SYSTEM,
    partner: ENERGY_GUARD,
    version: "1.0.0",
    sub_revision: "release",
    scenarios: &[1, 2, 3, 4],
    features: &[
        FeatureNeed {
            feature_type: FeatureType::LoadControl,
            role: Role::Server,
            functions: &[(LIMIT_DESCRIPTIONS, READ), (LIMITS, Operations::READ_WRITE)],
            access: WriteAccess::Group,
            heartbeat: false,
        },
        FeatureNeed {
            feature_type: FeatureType::DeviceConfiguration,
            role: Role::Server,
            functions: &[(KEY_DESCRIPTIONS, READ), (KEYS, Operations::READ_WRITE)],
            access: WriteAccess::Group,
            heartbeat: false,
        },
        FeatureNeed {
            feature_type: FeatureType::DeviceDiagnosis,
            role: Role::Server,
            functions: &[(HEARTBEAT, READ)],
            access: WriteAccess::Free,
            heartbeat: true,
        },
        FeatureNeed {
            feature_type: FeatureType::ElectricalConnection,
            role: Role::Server,
            functions: &[(CHARACTERISTICS, READ)],
            access: WriteAccess::Free,
            heartbeat: false,
        },
        FeatureNeed {
            feature_type: FeatureType::DeviceDiagnosis,
            role: Role::Client,
            functions: &[],
            access: WriteAccess::Free,
            heartbeat: false,
        },
    ],
    partner_functions: &[(FeatureType::DeviceDiagnosis, HEARTBEAT)],
};

/// The limiting side (LPC 3.2).
pub(super) static GUARD: Descriptor = Descriptor {
    name: NAME,
    actor: ENERGY_GUARD,
    partner: CONTROLLABLE_SYSTEM,
    version: "1.0.0",
    sub_revision: "release",
    scenarios: &[1, 2, 3, 4],
    features: &[
        FeatureNeed {
            feature_type: FeatureType::Generic,
            role: Role::Client,
            functions: &[],
            access: WriteAccess::Free,
            heartbeat: false,
        },
        FeatureNeed {
            feature_type: FeatureType::DeviceDiagnosis,
            role: Role::Server,
            functions: &[(HEARTBEAT, READ)],
            access: WriteAccess::Free,
            heartbeat: true,
        },
    ],
    partner_functions: &[(FeatureType::LoadControl, LIMITS), (FeatureType::DeviceConfiguration, KEYS)],
};

/// A limit as an Energy Guard sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Limit {
    /// Most that may be drawn, 0 W or more.
    pub value: Watts,
    /// Whether it is in force.
    pub active: bool,
    /// How long, from its receipt on; without end where absent. Whole seconds.
    pub duration: Option<Duration>,
}

impl Limit {
    /// A limit in force until it is changed.
    pub const fn active(value: Watts) -> Self {
        Self { value, active: true, duration: None }
    }

    /// No limit.
    pub const fn inactive() -> Self {
        Self { value: Watts::ZERO, active: false, duration: None }
    }

    /// The same limit, ending `duration` after its receipt.
    pub const fn lasting(self, duration: Duration) -> Self {
        Self { duration: Some(duration), ..self }
    }
}

/// What is left of a `timePeriod.endTime`, which LPC allows only as a span from now (LPC 3.1.8.2).
fn remaining(end: &AbsoluteOrRelativeTime) -> Option<Duration> {
    match end.to_point() {
        Ok(TimePoint::After(span)) => Some(span),
        Ok(TimePoint::Before(_) | TimePoint::At(_)) | Err(_) => None,
    }
}

/// `4,200 W for 600 s`, `4,200 W without end`, `none (4,200 W)`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.active, self.duration) {
            (false, _) => write!(f, "none ({})", self.value),
            (true, None) => write!(f, "{} without end", self.value),
            (true, Some(duration)) => write!(f, "{} for {} s", self.value, duration.as_secs()),
        }
    }
}

/// What the application is told.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Event {
    /// An Energy Guard asks for a limit: to be accepted or refused, within 9.5 s.
    LimitProposed(LimitProposed),
    /// The Controllable System's state or limit changed.
    Limit(LimitState),
    /// An Energy Guard changed the failsafe values (LPC-021, LPC-022).
    Failsafe {
        /// Most that may be drawn in failsafe.
        value: Watts,
        /// How long failsafe lasts at least.
        duration: Duration,
    },
    /// An Energy Guard took, or gave up, control: it holds both bindings.
    Guard {
        /// The peer.
        peer: PeerId,
        /// Taken, or given up.
        bound: bool,
    },
    /// A Controllable System can be limited: bound, and its limit is known.
    Ready {
        /// The peer.
        peer: PeerId,
    },
    /// A write to a Controllable System came to its end.
    Written {
        /// The peer.
        peer: PeerId,
        /// What was written.
        what: Written,
        /// How it ended.
        outcome: Outcome,
    },
    /// What a Controllable System reports of its limit.
    Reported {
        /// The peer.
        peer: PeerId,
        /// The limit; a zero duration counts as not active.
        limit: Limit,
    },
    /// A Controllable System refuses a relation that limiting needs.
    Declined {
        /// The peer.
        peer: PeerId,
        /// Which relation.
        what: &'static str,
        /// How it ended.
        outcome: Outcome,
    },
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Written {
    /// A limit.
    Limit(Limit),
    /// Failsafe values.
    Failsafe {
        /// Most that may be drawn in failsafe.
        value: Watts,
        /// How long failsafe lasts at least.
        duration: Duration,
    },
}

/// A limit that waits for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LimitProposed {
    /// By which it is accepted or refused.
    pub ticket: Ticket,
    /// Who asks.
    pub peer: PeerId,
    /// What for.
    pub limit: Limit,
}

/// How a Controllable System stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LimitState {
    /// The state.
    pub state: State,
    /// Most that may be drawn now; `None` where nothing limits it.
    pub ceiling: Option<Watts>,
    /// Rule that led here (`LPC-904`); empty where only the limit changed.
    pub rule: &'static str,
    /// When the limit ends by itself.
    pub ends: Option<Instant>,
}

/// What the application wants.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Command {
    /// An Energy Guard limits a Controllable System; restated after every reconnection.
    SetLimit {
        /// Whom; every partner, also future ones, where absent.
        peer: Option<PeerId>,
        /// The limit.
        limit: Limit,
    },
    /// An Energy Guard writes failsafe values; duration 2 h to 24 h (LPC-022).
    SetFailsafe {
        /// Whom.
        peer: PeerId,
        /// Most that may be drawn in failsafe, 0 W or more.
        value: Watts,
        /// How long failsafe lasts at least.
        duration: Duration,
    },
    /// A Controllable System lifts the limit itself, for self-protection, safety or law (LPC-923).
    Interrupt,
}

/// How things stand.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum View {
    /// With a Controllable System.
    System {
        /// State and ceiling.
        limit: LimitState,
        /// The Energy Guard in control.
        guard: Option<PeerId>,
        /// When its last heartbeat arrived.
        heartbeat: Option<Instant>,
    },
    /// With an Energy Guard: its partners, each with what it reports.
    Guard(alloc::vec::Vec<(PeerId, bool, Option<Limit>)>),
}
