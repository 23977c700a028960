//! What an application adds to the local device, as data.

use super::device::{LocalFunction, Operations, WriteAccess};
use crate::json::Tape;
use crate::model::{EntityType, FeatureType, FunctionData, FunctionId, Role};
use alloc::vec::Vec;
use core::time::Duration;

/// An entity to add to the device.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NewEntity {
    /// The entity above it; empty: the device itself.
    pub parent: Vec<u32>,
    /// Its type.
    pub entity_type: EntityType,
    /// Its features.
    pub features: Vec<NewFeature>,
}

impl NewEntity {
    /// An entity without features, directly below the device.
    pub fn new(entity_type: EntityType) -> Self {
        Self { parent: Vec::new(), entity_type, features: Vec::new() }
    }

    /// Below this entity, as an EV is below its EVSE.
    #[must_use]
    pub fn below(self, parent: &[u32]) -> Self {
        Self { parent: parent.to_vec(), ..self }
    }

    /// With this feature.
    #[must_use]
    pub fn with(mut self, feature: NewFeature) -> Self {
        self.features.push(feature);
        self
    }
}

/// A feature to add to an entity.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NewFeature {
    /// Its type.
    pub feature_type: FeatureType,
    /// Its role.
    pub role: Role,
    /// Its functions; none on a client feature.
    pub functions: Vec<NewFunction>,
    /// Who may write to them.
    pub access: WriteAccess,
    /// `maxResponseDelay`: how long an answer may take where that is more than 10 s.
    pub response_delay: Option<Duration>,
}

impl NewFeature {
    /// A server feature.
    pub fn server(feature_type: FeatureType) -> Self {
        Self::new(feature_type, Role::Server)
    }

    /// A client feature; [`FeatureType::Generic`] asks for everything.
    pub fn client(feature_type: FeatureType) -> Self {
        Self::new(feature_type, Role::Client)
    }

    fn new(feature_type: FeatureType, role: Role) -> Self {
        Self { feature_type, role, functions: Vec::new(), access: WriteAccess::Free, response_delay: None }
    }

    /// With this function.
    #[must_use]
    pub fn with(mut self, function: NewFunction) -> Self {
        self.functions.push(function);
        self
    }

    /// Writable by these.
    #[must_use]
    pub fn access(self, access: WriteAccess) -> Self {
        Self { access, ..self }
    }

    /// Announces that an answer may take so long; less than 10 s is not announced (SPINE 5.2.5.3).
    #[must_use]
    pub fn response_delay(self, delay: Duration) -> Self {
        Self { response_delay: Some(delay), ..self }
    }
}

/// A function to offer on a server feature.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NewFunction {
    /// The function.
    pub function: FunctionId,
    /// What peers may do.
    pub operations: Operations,
    /// Its data at the beginning; data of another function counts as none.
    pub data: Option<Tape>,
    /// Kept over a restart, and acknowledged to a peer only once it is.
    pub durable: bool,
    /// Peers that may write may also add and remove entries of the list.
    pub open_list: bool,
}

impl NewFunction {
    /// A function without data yet.
    pub fn new(function: FunctionId, operations: Operations) -> Self {
        Self { function, operations, data: None, durable: false, open_list: false }
    }

    /// A function with its data, to be read.
    pub fn of<T: FunctionData>(data: &T) -> Self {
        Self { data: Some(Tape::of(data)), ..Self::new(T::FUNCTION, Operations::READ) }
    }

    /// Peers may write too, also in part.
    #[must_use]
    pub fn writable(self) -> Self {
        Self { operations: Operations::READ_WRITE, ..self }
    }

    /// Kept over a restart.
    #[must_use]
    pub fn durable(self) -> Self {
        Self { durable: true, ..self }
    }

    /// Peers may add and remove entries.
    #[must_use]
    pub fn open_list(self) -> Self {
        Self { open_list: true, ..self }
    }

    pub(super) fn local(&self) -> LocalFunction {
        let ty = self.function.info().ty;
        let fits = |data: &&Tape| core::ptr::eq(data.ty(), ty);
        let data = self.data.as_ref().filter(fits).cloned().unwrap_or_else(|| Tape::empty(ty));
        let Self { operations, durable, open_list, .. } = *self;
        LocalFunction { operations, data, durable, open_list }
    }
}
