//! Requests of this node that wait for an answer (SPINE 5.2.5).

use super::address::FeaturePath;
use crate::ids::{ActorId, RequestId};
use crate::model::{Cmd, CmdClassifier, FunctionId};
use crate::time::Instant;
use alloc::collections::BTreeMap;

/// Requests that may wait for one peer at a time; more wait unsent.
pub const MAX_PENDING: usize = 64;

/// Who made a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// SPINE itself, for discovery.
    Spine(Step),
    /// An actor; the number is its own.
    Actor(ActorId, u32),
    /// The application.
    Application,
}

/// The steps by which a session gets to know the peer (SPINE 7.1, 7.4, 7.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reading the detailed discovery.
    Discovery,
    /// Subscribing to NodeManagement.
    Subscribe,
    /// Reading the use cases.
    UseCases,
}

/// A request that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// Its name here.
    pub request: RequestId,
    /// Who asked.
    pub owner: Owner,
    /// Read, write or call.
    pub classifier: CmdClassifier,
    /// The feature that asked.
    pub from: FeaturePath,
    /// The peer's feature.
    pub to: FeaturePath,
    /// The function.
    pub function: FunctionId,
    /// When it counts as unanswered.
    pub until: Instant,
    /// The command, where it is sent again if it is not answered.
    pub again: Option<Cmd>,
    /// How often it was sent before.
    pub repeated: usize,
    /// Only a part was asked for: also an answer that does not say so is merged.
    pub part: bool,
}

/// Requests that wait, by the `msgCounter` they were sent with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requests {
    waiting: BTreeMap<u64, Pending>,
}

impl Requests {
    /// Whether another request may be sent.
    pub fn has_room(&self) -> bool {
        self.waiting.len() < MAX_PENDING
    }

    /// Notes a request that was sent.
    pub fn sent(&mut self, counter: u64, pending: Pending) {
        self.waiting.insert(counter, pending);
    }

    /// The request an answer refers to, taken out; only where the answer comes from the feature that was asked.
    pub fn answered(&mut self, reference: u64, from: &FeaturePath) -> Option<Pending> {
        if self.waiting.get(&reference)?.to != *from {
            return None;
        }
        self.waiting.remove(&reference)
    }

    /// The request an answer refers to, left in place.
    pub fn get(&self, reference: u64) -> Option<&Pending> {
        self.waiting.get(&reference)
    }

    /// One request whose time is over, taken out.
    pub fn overdue(&mut self, now: Instant) -> Option<Pending> {
        let (&counter, _) = self.waiting.iter().find(|(_, pending)| pending.until <= now)?;
        self.waiting.remove(&counter)
    }

    /// When the next request is overdue.
    pub fn deadline(&self) -> Option<Instant> {
        self.waiting.values().map(|pending| pending.until).min()
    }

    /// Everything that waits, taken out.
    pub fn drain(&mut self) -> impl Iterator<Item = Pending> + use<> {
        core::mem::take(&mut self.waiting).into_values()
    }
}
