//! What a node keeps over a restart.

use super::action::Endpoint;
use super::trust_level::Trusted;
use crate::json::Tape;
use crate::model::FunctionId;
use crate::ship::KeyMaterial;
use crate::ship::identity::{Fingerprint, ShipId, Ski};
use crate::spine::FeaturePath;
use alloc::string::String;
use alloc::vec::Vec;

/// Everything a node keeps. The store replaces it as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Saved {
    /// `msgCounter` up to which an earlier run may have counted (SPINE 5.2.3.1).
    pub counters: u64,
    /// Trusted and refused peers, by SKI.
    pub peers: Vec<SavedPeer>,
    /// Data that peers may change and that outlives a restart (LPC-044).
    pub data: Vec<SavedData>,
}

/// How far the store is, in sequence numbers of [`Action::Persist`](super::Action::Persist).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Saves {
    /// The latest one it was asked to keep.
    pub asked: u64,
    /// Up to here everything is kept.
    pub kept: u64,
    /// The latest one it could not keep; a later one that is kept makes up for it.
    pub failed: u64,
}

/// A peer somebody decided about (SHIP 12.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SavedPeer {
    /// Its SKI.
    pub ski: Ski,
    /// Why and how far it is trusted; none where it is refused.
    pub trust: Option<Trusted>,
    /// The user's name for it; empty where it has none.
    pub label: String,
    /// Its SHIP ID, once it told.
    pub ship_id: Option<ShipId>,
    /// The certificate the trust counts for, once it was seen.
    pub fingerprint: Option<Fingerprint>,
    /// Where it can be dialled without discovery: given by the user, or where it was last reached.
    pub endpoints: Vec<Endpoint>,
    /// The keys it told of (SHIP 1.1.0, 12.1.3); counter 0 where it did not.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "KeyMaterial::is_unknown"))]
    pub keys: KeyMaterial,
    /// What it entered where this node demands a PIN.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "SavedPin::is_default"))]
    pub pin: SavedPin,
}

/// What a peer entered where this node demands a PIN (SHIP 12.5): a restart shortens no penalty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SavedPin {
    /// Wrong PINs since the last right one.
    pub wrong: u32,
    /// The right one, at some time.
    pub accepted: bool,
}

#[cfg(feature = "serde")]
impl SavedPin {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl SavedPeer {
    /// A peer that is trusted, or refused where `trust` is none, of which nothing else is known.
    pub fn new(ski: Ski, trust: Option<Trusted>) -> Self {
        Self {
            ski,
            trust,
            label: String::new(),
            ship_id: None,
            fingerprint: None,
            endpoints: Vec::new(),
            keys: KeyMaterial::default(),
            pin: SavedPin::default(),
        }
    }
}

/// The data of one local function.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SavedData {
    /// The local feature.
    pub feature: FeaturePath,
    /// The function.
    pub function: FunctionId,
    /// The data.
    pub data: Tape,
}
