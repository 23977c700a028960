//! The actors of LPC as data.

use super::{Approval, ControllableSystem, EnergyGuard, Limit};
use crate::usecase::{Actor, Watts};
use alloc::boxed::Box;
use core::time::Duration;

/// What an actor of LPC was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Recipe {
    /// A [`ControllableSystem`].
    ControllableSystem {
        /// Most it can draw.
        nominal_maximum: Watts,
        /// Most it may draw in failsafe, until told otherwise.
        failsafe: Watts,
        /// How long failsafe lasts at least, until told otherwise.
        failsafe_duration: Duration,
        /// Who decides on limits.
        approval: Approval,
    },
    /// An [`EnergyGuard`].
    EnergyGuard {
        /// The limit of every Controllable System from the start.
        limit: Limit,
    },
}

impl Recipe {
    pub(in crate::usecase) fn make(&self) -> Box<dyn Actor> {
        match *self {
            Self::ControllableSystem { nominal_maximum, failsafe, failsafe_duration, approval } => Box::new(
                ControllableSystem::new(nominal_maximum)
                    .failsafe(failsafe, failsafe_duration)
                    .approval(approval),
            ),
            Self::EnergyGuard { limit } => Box::new(EnergyGuard::limiting(limit)),
        }
    }
}
