//! Certificate update (SHIP 1.1.0, 12.1.3): which keys a node uses and will use, told to peers that trust it.
//!
//! Only where version 1.1 was agreed on and this node is configured for it: OpenEEBUS closes on messages it does not
//! know. What a peer tells replaces what it told before; a counter says which is newer.

use super::closing::Closing;
use super::config::Version;
use super::fault::{CloseCause, FaultKind};
use super::identity::Ski;
use super::message::Message;
use super::output::Item;
use super::state::{Cx, State};
use crate::time::Instant;
use alloc::vec::Vec;
use core::time::Duration;

/// Time for the answer to a `keyMaterialState`, which is then sent once more (SHIP 12.1.3.2).
pub const KEY_MATERIAL_TIME: Duration = Duration::from_secs(30);
/// Most keys of a node: three states on three curves (SHIP 9.3, 12.1.3.1).
pub const MAX_KEYS: usize = 9;
/// The number of secp256r1 among the TLS groups: the curve of every connection.
pub const SECP256R1: u16 = 23;

/// Every key of a node (`keyMaterialState`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KeyMaterial {
    /// Grows with every change; begins at 1, 0 is none (SHIP 12.1.3.4).
    pub counter: u16,
    /// The keys.
    pub keys: Vec<Key>,
}

/// One key of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Key {
    /// Its use.
    pub state: KeyState,
    /// Number of its curve among the TLS groups: 23 secp256r1, 26 and 27 the Brainpool curves (SHIP 9.3).
    pub curve: u16,
    /// Its SKI.
    pub ski: Ski,
}

/// What a key is for (SHIP 12.1.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum KeyState {
    /// No longer in use, nor to be trusted.
    Predecessor,
    /// In use.
    Current,
    /// To be used later, to be trusted already.
    Successor,
}

impl KeyMaterial {
    /// A node with this one key.
    pub fn of(ski: Ski) -> Self {
        Self { counter: 1, keys: [Key { state: KeyState::Current, curve: SECP256R1, ski }].into() }
    }

    /// Whether nothing is known.
    pub const fn is_unknown(&self) -> bool {
        self.counter == 0
    }

    /// The keys to be trusted on connections: current and next of secp256r1 (SHIP 12.1.3.3).
    pub fn trusted(&self) -> impl Iterator<Item = Ski> {
        let on_curve = self.keys.iter().filter(|key| key.curve == SECP256R1);
        on_curve.filter(|key| key.state != KeyState::Predecessor).map(|key| key.ski)
    }
}

/// What a connection learned about versions and keys.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Learned {
    /// Agreed on in the protocol handshake.
    pub(super) version: Version,
    /// The newest counter of the peer whose keys are known.
    pub(super) known: u16,
    /// The counter in the peer's hello.
    pub(super) hello: u16,
    /// The own counter in the last hello.
    pub(super) told: u16,
}

impl Default for Learned {
    fn default() -> Self {
        Self { version: Version::V1_0, known: 0, hello: 0, told: 0 }
    }
}

/// The own counter as hello carries it: none unless key material may be exchanged later.
pub(super) fn counter(cx: &Cx<'_>) -> Option<u16> {
    let material = cx.own.key_material.as_ref().filter(|_| cx.own.version >= Version::V1_1);
    material.map(|material| material.counter)
}

/// Whether key material is exchanged on this connection.
fn is_agreed(cx: &Cx<'_>) -> bool {
    cx.learned.version >= Version::V1_1 && cx.own.key_material.is_some()
}

/// Whether the peer acknowledged what it was told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Telling {
    Done,
    Waiting { until: Instant, again: bool },
}

impl Telling {
    /// Data exchange begins: asks for keys that hello said are new, and tells own ones that changed since.
    pub(super) fn begin(cx: &mut Cx<'_>) -> Self {
        if is_agreed(cx) && cx.learned.hello > cx.learned.known {
            cx.send(&Message::KeyMaterialStateRequest(cx.learned.known));
        }
        Self::Done.refresh(cx)
    }

    /// Tells the own keys where they changed.
    pub(super) fn refresh(self, cx: &mut Cx<'_>) -> Self {
        let news = counter(cx).is_some_and(|counter| counter != cx.learned.told);
        if news && is_agreed(cx) { Self::tell(false, cx) } else { self }
    }

    fn tell(again: bool, cx: &mut Cx<'_>) -> Self {
        let Some(material) = cx.own.key_material.clone() else { return Self::Done };
        cx.learned.told = material.counter;
        cx.send(&Message::KeyMaterialState(material));
        Self::Waiting { until: cx.after(KEY_MATERIAL_TIME), again }
    }

    /// A message about key material.
    ///
    /// # Errors
    ///
    /// The message has no place here, or is older than what is known.
    pub(super) fn message(self, message: Message, cx: &mut Cx<'_>) -> Result<Self, FaultKind> {
        if !is_agreed(cx) {
            return Err(FaultKind::Unexpected(message.name().into()));
        }
        match message {
            Message::KeyMaterialState(material) if material.counter < cx.learned.known => {
                Err(FaultKind::OldKeyMaterial)
            }
            Message::KeyMaterialState(material) => {
                cx.send(&Message::KeyMaterialStateResponse(true));
                if material.counter > cx.learned.known {
                    cx.learned.known = material.counter;
                    cx.out.push(Item::KeyMaterial(material));
                }
                Ok(self)
            }
            Message::KeyMaterialStateResponse(_) => Ok(Self::Done),
            Message::KeyMaterialStateRequest(known) if counter(cx) != Some(known) => {
                Ok(Self::tell(false, cx))
            }
            Message::KeyMaterialStateRequest(_) => Ok(self),
            other => Err(FaultKind::Unexpected(other.name().into())),
        }
    }

    pub(super) fn deadline(self) -> Option<Instant> {
        if let Self::Waiting { until, .. } = self { Some(until) } else { None }
    }

    /// No answer came: once more, then the connection is closed to be made again.
    ///
    /// # Errors
    ///
    /// The connection is closing.
    pub(super) fn expire(self, cx: &mut Cx<'_>) -> Result<Self, State> {
        match self {
            Self::Waiting { until, again } if until <= cx.now => {
                if again {
                    return Err(Closing::announce(CloseCause::Unspecific, cx));
                }
                Ok(Self::tell(true, cx))
            }
            other => Ok(other),
        }
    }
}
