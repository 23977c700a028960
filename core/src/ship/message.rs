//! The control messages of SHIP 13.4 as what they mean. Tolerant to read, exact to write: the schema order, one member
//! an object, nothing more.

use super::access::AccessMethods;
use super::config::Version;
use super::key_material::KeyMaterial;
use super::pin::Pin;
use crate::json;
use crate::model::ShipCommissioning;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A control message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// `connectionHello` (SHIP 13.4.4.1).
    Hello(Hello),
    /// `messageProtocolHandshake` (SHIP 13.4.4.2).
    Handshake(Handshake),
    /// `messageProtocolHandshakeError`: 1 timeout, 2 unexpected message, 3 selection mismatch (SHIP 13.4.4.2.3).
    HandshakeError(u8),
    /// `connectionPinState` (SHIP 13.4.4.3).
    PinState(PinState),
    /// `connectionPinInput` (SHIP 13.4.4.3).
    PinInput(Pin),
    /// `connectionPinError`: 1 wrong PIN (SHIP 13.4.4.3).
    PinError(u8),
    /// `accessMethodsRequest` (SHIP 13.4.6).
    AccessMethodsRequest,
    /// `accessMethods` (SHIP 13.4.6).
    AccessMethods(AccessMethods),
    /// `connectionClose` (SHIP 13.4.7).
    Close(Close),
    /// `keyMaterialState` (SHIP 1.1.0, 12.1.3.2).
    KeyMaterialState(KeyMaterial),
    /// `keyMaterialStateResponse`: received (SHIP 1.1.0, 12.1.3.3).
    KeyMaterialStateResponse(bool),
    /// `keyMaterialStateRequest` with the counter that is known (SHIP 1.1.0, 12.1.3.4).
    KeyMaterialStateRequest(u16),
    /// One of the messages of commissioning tools (SHIP 1.1.0, 12.6). Nodes need not use them.
    Commissioning(Box<ShipCommissioning>),
}

impl Message {
    /// The name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "connectionHello",
            Self::Handshake(_) => "messageProtocolHandshake",
            Self::HandshakeError(_) => "messageProtocolHandshakeError",
            Self::PinState(_) => "connectionPinState",
            Self::PinInput(_) => "connectionPinInput",
            Self::PinError(_) => "connectionPinError",
            Self::AccessMethodsRequest => "accessMethodsRequest",
            Self::AccessMethods(_) => "accessMethods",
            Self::Close(_) => "connectionClose",
            Self::KeyMaterialState(_) => "keyMaterialState",
            Self::KeyMaterialStateResponse(_) => "keyMaterialStateResponse",
            Self::KeyMaterialStateRequest(_) => "keyMaterialStateRequest",
            Self::Commissioning(root) => commissioning_name(root),
        }
    }
}

const fn commissioning_name(root: &ShipCommissioning) -> &'static str {
    match root {
        ShipCommissioning { commissioning_request: Some(_), .. } => "commissioningRequest",
        ShipCommissioning { commissioning_response: Some(_), .. } => "commissioningResponse",
        ShipCommissioning { key_material_request: Some(_), .. } => "keyMaterialRequest",
        ShipCommissioning { key_material: Some(_), .. } => "keyMaterial",
        ShipCommissioning { key_material_response: Some(_), .. } => "keyMaterialResponse",
        ShipCommissioning { key_material_delete: Some(_), .. } => "keyMaterialDelete",
        _ => "keyMaterialDeleteResponse",
    }
}

/// `connectionHello`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What the sender's user decided.
    pub phase: HelloPhase,
    /// How long the sender still waits, in ms.
    pub waiting: Option<u32>,
    /// The sender asks for more time.
    pub prolongation_request: bool,
    /// The counter of the sender's key material (SHIP 1.1.0, 12.1.3.4).
    pub update_counter: Option<u16>,
}

/// `connectionHello.phase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelloPhase {
    /// Not decided.
    Pending,
    /// Trusts the other node.
    Ready,
    /// Gives up.
    Aborted,
}

/// `messageProtocolHandshake`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// Announcement or selection.
    pub handshake_type: HandshakeType,
    /// The version.
    pub version: Version,
    /// The formats, the preferred one first.
    pub formats: Vec<String>,
}

/// `messageProtocolHandshake.handshakeType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeType {
    /// Everything the client supports.
    AnnounceMax,
    /// What the server chose, and the client's confirmation.
    Select,
}

/// `connectionPinState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinState {
    /// No PIN is needed.
    None,
    /// The PIN was right.
    Ok,
    /// No data before the PIN.
    Required(InputPermission),
    /// Some data before the PIN.
    Optional(InputPermission),
}

/// `connectionPinState.inputPermission`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputPermission {
    /// A penalty runs.
    Busy,
    /// A PIN may be sent.
    Ok,
}

/// `connectionClose`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// Announcement or confirmation.
    pub phase: ClosePhase,
    /// How long the announcer waits for the confirmation, in ms.
    pub max_time: Option<u32>,
    /// Why.
    pub reason: Option<CloseReason>,
}

/// `connectionClose.phase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosePhase {
    /// The sender is about to close.
    Announce,
    /// The sender agrees.
    Confirm,
}

/// `connectionClose.reason`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum CloseReason {
    /// No reason that matters to the peer.
    Unspecific,
    /// The user removed the trust: no redial before the peer dials or the user acts.
    RemovedConnection,
    /// Free text; ship-go and OpenEEBUS send it.
    Other(String),
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecific => "unspecific",
            Self::RemovedConnection => "removedConnection",
            Self::Other(text) => text,
        })
    }
}

/// Why a message cannot be read: the peer's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum MessageFault {
    /// No EEBUS JSON of a known message (SHIP 11.4).
    Json(json::Error),
    /// This mandatory element is missing.
    Missing(&'static str),
    /// This element has a value the phase cannot do without knowing.
    Unknown {
        /// The element.
        element: &'static str,
        /// Its value.
        value: String,
    },
}

impl fmt::Display for MessageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Missing(element) => write!(f, "`{element}` is missing"),
            Self::Unknown { element, value } => write!(f, "`{element}` is {value:?}"),
        }
    }
}

impl core::error::Error for MessageFault {}
