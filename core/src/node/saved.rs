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
    /// Always the newest version; reading another one converts it, or fails.
    #[cfg_attr(feature = "serde", serde(default))]
    pub version: SavedVersion,
    /// `msgCounter` up to which an earlier run may have counted (SPINE 5.2.3.1).
    pub counters: u64,
    /// Trusted and refused peers, by SKI.
    pub peers: Vec<SavedPeer>,
    /// Data that peers may change and that outlives a restart (LPC-044).
    pub data: Vec<SavedData>,
}

/// The version of the form a [`Saved`] is written in. Versions from 1 on are read; a newer one is an error, so that
/// nothing this version does not know is ever overwritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SavedVersion(());

impl SavedVersion {
    /// The version that is written: 1 had no version, labels, certificates or reasons.
    pub const NEWEST: u32 = 2;
}

#[cfg(feature = "serde")]
impl serde::Serialize for SavedVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NEWEST)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for SavedVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            1..=Self::NEWEST => Ok(Self(())),
            found => Err(serde::de::Error::custom(format_args!(
                "it was saved in version {found}, by a newer program; this one reads up to version {}",
                Self::NEWEST
            ))),
        }
    }
}

/// A peer as every version wrote it.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct PeerForm {
    ski: Ski,
    /// Version 1.
    #[serde(default)]
    trusted: bool,
    #[serde(default)]
    trust: Option<Trusted>,
    #[serde(default)]
    label: String,
    ship_id: Option<ShipId>,
    #[serde(default)]
    fingerprint: Option<Fingerprint>,
    endpoints: Vec<Endpoint>,
    #[serde(default)]
    reached: Vec<Endpoint>,
    #[serde(default)]
    keys: KeyMaterial,
    #[serde(default)]
    pin: SavedPin,
}

#[cfg(feature = "serde")]
impl From<PeerForm> for SavedPeer {
    fn from(form: PeerForm) -> Self {
        let PeerForm { ski, trusted, trust, label, ship_id, fingerprint, endpoints, reached, keys, pin } =
            form;
        let trust = trust.or_else(|| trusted.then(|| super::TrustSource::Restored.trust()));
        Self { ski, trust, label, ship_id, fingerprint, endpoints, reached, keys, pin }
    }
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(from = "PeerForm"))]
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
    /// Where it can be dialled, as given by the application.
    pub endpoints: Vec<Endpoint>,
    /// Where it was reached, last first.
    pub reached: Vec<Endpoint>,
    /// The keys it told of (SHIP 1.1.0, 12.1.3); counter 0 where it did not.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "KeyMaterial::is_unknown"))]
    pub keys: KeyMaterial,
    /// What it entered where this node demands a PIN.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "SavedPin::is_default"))]
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
            reached: Vec::new(),
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

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use crate::node::TrustSource;
    use alloc::format;
    use alloc::string::ToString;

    const SKI: &str = "0707070707070707070707070707070707070707";

    #[test]
    fn what_is_saved_is_read_back_with_its_version_first() {
        let peer = SavedPeer {
            label: "Wärmepumpe".into(),
            ship_id: Some(ShipId::new("ACME-1")),
            fingerprint: Some(Fingerprint([9; 32])),
            endpoints: [Endpoint::new(([10, 0, 0, 1], 4712).into())].into(),
            reached: [Endpoint::new(([10, 0, 0, 2], 4712).into())].into(),
            ..SavedPeer::new(SKI.parse().unwrap(), Some(TrustSource::AutoAccept.trust()))
        };
        let refused = SavedPeer::new(Ski::new([8; 20]), None);
        let saved = Saved { counters: 3, peers: [peer, refused].into(), ..Default::default() };
        let text = serde_json::to_string(&saved).unwrap();
        assert!(text.starts_with(r#"{"version":2,"#), "{text}");
        assert_eq!(serde_json::from_str::<Saved>(&text).unwrap(), saved);
    }

    #[test]
    fn version_1_is_read_without_a_reason_for_trust() {
        let peer =
            |trusted| format!(r#"{{"ski":"{SKI}","trusted":{trusted},"ship_id":null,"endpoints":[]}}"#);
        for (trusted, trust) in [(true, Some(TrustSource::Restored.trust())), (false, None)] {
            let text = format!(r#"{{"counters":7,"peers":[{}],"data":[]}}"#, peer(trusted));
            let saved: Saved = serde_json::from_str(&text).unwrap();
            let peers = [SavedPeer::new(SKI.parse().unwrap(), trust)].into();
            assert_eq!(saved, Saved { counters: 7, peers, ..Default::default() });
        }
    }

    #[test]
    fn a_newer_version_is_an_explicit_error_whatever_follows() {
        for (version, why) in
            [("3", "saved in version 3"), ("0", "saved in version 0"), ("\"2\"", "invalid type")]
        {
            let text = format!(r#"{{"version":{version},"counters":"other","peers":7}}"#);
            let error = serde_json::from_str::<Saved>(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
