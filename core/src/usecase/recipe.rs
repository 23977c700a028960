//! Actors as data.

use super::{Actor, lpc};
use alloc::boxed::Box;
use alloc::string::String;

/// What an actor was made from: enough to make an equal one, here or in another process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Recipe {
    /// Limitation of power consumption.
    Lpc(lpc::Recipe),
    /// An actor of a use case outside this crate.
    Custom {
        /// Which actor.
        name: String,
        /// What it was made from, in a form of the actor's own.
        detail: String,
    },
}

impl Recipe {
    /// Makes the actor; `None` where it is [`Recipe::Custom`].
    pub fn make(&self) -> Option<Box<dyn Actor>> {
        match self {
            Self::Lpc(recipe) => Some(recipe.make()),
            Self::Custom { .. } => None,
        }
    }
}
