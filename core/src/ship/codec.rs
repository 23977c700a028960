//! Messages as EEBUS JSON (SHIP 11.4), by way of the generated structs.

use super::access::AccessMethods;
use super::config::Version;
use super::frame::{Kind, MAX_CONTROL, MAX_DATA};
use super::identity::{ShipId, Ski, cut};
use super::key_material::{Key, KeyMaterial, KeyState, MAX_KEYS};
use super::message::{
    Close, ClosePhase, CloseReason, Handshake, HandshakeType, Hello, HelloPhase, InputPermission, Message,
    MessageFault, PinState,
};
use super::pin::Pin;
use crate::json::{Enumeration, Limits, Repairs, Tape, Typed};
use crate::model::{self, ShipCommissioning, ShipMessage};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// What a message may hold. Strings and lists of a control message are bounded by its size.
const CONTROL: Limits = Limits { depth: 16, size: MAX_CONTROL, string: MAX_CONTROL, list: 64 };

/// Most octets kept of a word a peer chose: what fits into a line of a log.
const MAX_WORD: usize = 64;

/// What a frame's value holds.
pub(super) enum Document {
    Message(Message),
    /// A `data` message that is not in its usual form.
    Data {
        protocol: String,
        payload: Vec<u8>,
    },
}

/// Reads the value of a frame.
pub(super) fn read(kind: Kind, bytes: &[u8]) -> Result<(Document, Repairs), MessageFault> {
    let limits = match kind {
        Kind::Control | Kind::End => CONTROL,
        Kind::Data => Limits { size: MAX_DATA, ..Limits::default() },
    };
    let error = match Tape::read_document(ShipMessage::TY, bytes, &limits) {
        Ok((tape, repairs)) => {
            return Ok((document(tape.get::<ShipMessage>().unwrap_or_default())?, repairs));
        }
        Err(error) => error,
    };
    if let Ok((tape, repairs)) = Tape::read_document(ShipCommissioning::TY, bytes, &CONTROL) {
        let root = tape.get::<ShipCommissioning>().unwrap_or_default();
        return Ok((Document::Message(Message::Commissioning(Box::new(root))), repairs));
    }
    let code = loose_error(bytes).ok_or(MessageFault::Json(error))?;
    Ok((Document::Message(Message::HandshakeError(code)), Repairs::default()))
}

/// The code of a handshake error that lost its wrapper (ship-go: `{"error":2}`) or became a string (legacy evcc).
fn loose_error(bytes: &[u8]) -> Option<u8> {
    let text = core::str::from_utf8(bytes.get(..bytes.len().min(MAX_CONTROL))?).ok()?;
    let (_, rest) = text.split_once("\"error\"")?;
    let digits = rest.trim_start_matches([' ', '\t', '\r', '\n', ':', '"']);
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The one member of the document.
fn document(root: ShipMessage) -> Result<Document, MessageFault> {
    let message = if let Some(hello) = root.connection_hello {
        Message::Hello(read_hello(hello)?)
    } else if let Some(handshake) = root.message_protocol_handshake {
        Message::Handshake(read_handshake(handshake)?)
    } else if let Some(error) = root.message_protocol_handshake_error {
        Message::HandshakeError(present(error.error, "error")?)
    } else if let Some(state) = root.connection_pin_state {
        Message::PinState(read_pin_state(state)?)
    } else if let Some(input) = root.connection_pin_input {
        Message::PinInput(Pin::received(&present(input.pin, "pin")?.0))
    } else if let Some(error) = root.connection_pin_error {
        Message::PinError(present(error.error, "error")?)
    } else if root.access_methods_request.is_some() {
        Message::AccessMethodsRequest
    } else if let Some(methods) = root.access_methods {
        Message::AccessMethods(AccessMethods {
            id: ShipId::new(&present(methods.id, "id")?),
            mdns: methods.dns_sd_mdns.is_some(),
            uri: methods.dns.and_then(|dns| dns.uri),
        })
    } else if let Some(close) = root.connection_close {
        Message::Close(read_close(close)?)
    } else if let Some(data) = root.data {
        let protocol = present(data.header.and_then(|header| header.protocol_id), "protocolId")?;
        let protocol = cut(&protocol, MAX_WORD).into();
        let payload = present(data.payload, "payload")?.as_str().into();
        return Ok(Document::Data { protocol, payload });
    } else if let Some(state) = root.key_material_state {
        Message::KeyMaterialState(read_key_material(state)?)
    } else if let Some(response) = root.key_material_state_response {
        Message::KeyMaterialStateResponse(present(response.accept, "accept")?)
    } else {
        let request = root.key_material_state_request.and_then(|request| request.known_update_counter);
        Message::KeyMaterialStateRequest(present(request, "knownUpdateCounter")?)
    };
    Ok(Document::Message(message))
}

fn present<T>(value: Option<T>, element: &'static str) -> Result<T, MessageFault> {
    value.ok_or(MessageFault::Missing(element))
}

fn unknown<T>(element: &'static str, value: &impl Enumeration) -> Result<T, MessageFault> {
    Err(MessageFault::Unknown { element, value: cut(value.as_str(), MAX_WORD).into() })
}

fn read_hello(hello: model::ConnectionHello) -> Result<Hello, MessageFault> {
    let phase = match present(hello.phase, "phase")? {
        model::ConnectionHelloPhase::Pending => HelloPhase::Pending,
        model::ConnectionHelloPhase::Ready => HelloPhase::Ready,
        model::ConnectionHelloPhase::Aborted => HelloPhase::Aborted,
        other @ model::ConnectionHelloPhase::Extended(_) => return unknown("phase", &other),
    };
    let prolongation_request = hello.prolongation_request == Some(true);
    let update_counter = hello.key_material_state.and_then(|state| state.update_counter);
    Ok(Hello { phase, waiting: hello.waiting, prolongation_request, update_counter })
}

fn read_handshake(handshake: model::MessageProtocolHandshake) -> Result<Handshake, MessageFault> {
    let handshake_type = match present(handshake.handshake_type, "handshakeType")? {
        model::ProtocolHandshakeType::AnnounceMax => HandshakeType::AnnounceMax,
        model::ProtocolHandshakeType::Select => HandshakeType::Select,
        other @ model::ProtocolHandshakeType::Extended(_) => return unknown("handshakeType", &other),
    };
    let version = present(handshake.version, "version")?;
    Ok(Handshake {
        handshake_type,
        version: Version { major: present(version.major, "major")?, minor: present(version.minor, "minor")? },
        formats: present(handshake.formats, "formats")?.format,
    })
}

fn read_pin_state(state: model::ConnectionPinState) -> Result<PinState, MessageFault> {
    let permission = match state.input_permission {
        Some(model::PinInputPermission::Busy) => InputPermission::Busy,
        Some(model::PinInputPermission::Ok) | None => InputPermission::Ok,
        Some(other @ model::PinInputPermission::Extended(_)) => return unknown("inputPermission", &other),
    };
    match present(state.pin_state, "pinState")? {
        model::PinState::None => Ok(PinState::None),
        model::PinState::PinOk => Ok(PinState::Ok),
        model::PinState::Required => Ok(PinState::Required(permission)),
        model::PinState::Optional => Ok(PinState::Optional(permission)),
        other @ model::PinState::Extended(_) => unknown("pinState", &other),
    }
}

fn read_key_material(state: model::KeyMaterialState) -> Result<KeyMaterial, MessageFault> {
    let key = |entry: model::KeyMaterialStateEntry| {
        let state = match present(entry.current_state, "currentState")? {
            model::KeyMaterialCurrentState::Predecessor => KeyState::Predecessor,
            model::KeyMaterialCurrentState::Current => KeyState::Current,
            model::KeyMaterialCurrentState::Successor => KeyState::Successor,
            other @ model::KeyMaterialCurrentState::Extended(_) => return unknown("currentState", &other),
        };
        let ski = present(entry.ski, "ski")?;
        let value = || MessageFault::Unknown { element: "ski", value: cut(&ski, MAX_WORD).into() };
        let ski: Ski = ski.parse().map_err(|_| value())?;
        Ok(Key { state, curve: present(entry.curve, "curve")?, ski })
    };
    Ok(KeyMaterial {
        counter: present(state.update_counter, "updateCounter")?,
        keys: state.entry.into_iter().take(MAX_KEYS).map(key).collect::<Result<_, _>>()?,
    })
}

fn read_close(close: model::ConnectionClose) -> Result<Close, MessageFault> {
    let phase = match present(close.phase, "phase")? {
        model::ConnectionClosePhase::Announce => ClosePhase::Announce,
        model::ConnectionClosePhase::Confirm => ClosePhase::Confirm,
        other @ model::ConnectionClosePhase::Extended(_) => return unknown("phase", &other),
    };
    let reason = close.reason.map(|reason| match reason {
        model::ConnectionCloseReason::Unspecific => CloseReason::Unspecific,
        model::ConnectionCloseReason::RemovedConnection => CloseReason::RemovedConnection,
        model::ConnectionCloseReason::Extended(text) => CloseReason::Other(cut(&text, MAX_WORD).into()),
    });
    Ok(Close { phase, max_time: close.max_time, reason })
}

impl Message {
    /// The message as a frame, message type included.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let kind = if matches!(self, Self::Close(_)) { Kind::End } else { Kind::Control };
        let mut frame = vec![kind.octet()];
        match self {
            Self::Commissioning(root) => Tape::of(&**root).write_document(&mut frame),
            _ => Tape::of(&self.root()).write_document(&mut frame),
        };
        frame
    }

    fn root(&self) -> ShipMessage {
        let mut root = ShipMessage::default();
        match self {
            Self::Hello(hello) => root.connection_hello = Some(write_hello(hello)),
            Self::Handshake(handshake) => root.message_protocol_handshake = Some(write_handshake(handshake)),
            Self::HandshakeError(code) => {
                let error = model::MessageProtocolHandshakeError { error: Some(*code) };
                root.message_protocol_handshake_error = Some(error);
            }
            Self::PinState(state) => root.connection_pin_state = Some(write_pin_state(*state)),
            Self::PinInput(pin) => {
                root.connection_pin_input =
                    Some(model::ConnectionPinInput { pin: Some(pin.reveal().into()) });
            }
            Self::PinError(code) => {
                root.connection_pin_error = Some(model::ConnectionPinError { error: Some(*code) });
            }
            Self::AccessMethodsRequest => root.access_methods_request = Some(model::AccessMethodsRequest {}),
            Self::AccessMethods(AccessMethods { id, mdns, uri }) => {
                root.access_methods = Some(model::AccessMethods {
                    id: Some(id.as_str().into()),
                    dns_sd_mdns: mdns.then_some(model::AccessMethodsDnsSdMdns {}),
                    dns: uri.clone().map(|uri| model::AccessMethodsDns { uri: Some(uri) }),
                });
            }
            Self::Close(close) => root.connection_close = Some(write_close(close)),
            Self::KeyMaterialState(material) => root.key_material_state = Some(write_key_material(material)),
            Self::KeyMaterialStateResponse(accept) => {
                let response = model::KeyMaterialStateResponse { accept: Some(*accept) };
                root.key_material_state_response = Some(response);
            }
            Self::KeyMaterialStateRequest(known) => {
                let request = model::KeyMaterialStateRequest { known_update_counter: Some(*known) };
                root.key_material_state_request = Some(request);
            }
            Self::Commissioning(_) => {}
        }
        root
    }
}

fn write_hello(hello: &Hello) -> model::ConnectionHello {
    model::ConnectionHello {
        phase: Some(match hello.phase {
            HelloPhase::Pending => model::ConnectionHelloPhase::Pending,
            HelloPhase::Ready => model::ConnectionHelloPhase::Ready,
            HelloPhase::Aborted => model::ConnectionHelloPhase::Aborted,
        }),
        waiting: hello.waiting,
        prolongation_request: hello.prolongation_request.then_some(true),
        key_material_state: hello
            .update_counter
            .map(|counter| model::ConnectionHelloKeyMaterialState { update_counter: Some(counter) }),
    }
}

fn write_handshake(handshake: &Handshake) -> model::MessageProtocolHandshake {
    let Version { major, minor } = handshake.version;
    model::MessageProtocolHandshake {
        handshake_type: Some(match handshake.handshake_type {
            HandshakeType::AnnounceMax => model::ProtocolHandshakeType::AnnounceMax,
            HandshakeType::Select => model::ProtocolHandshakeType::Select,
        }),
        version: Some(model::MessageProtocolHandshakeVersion { major: Some(major), minor: Some(minor) }),
        formats: Some(model::MessageProtocolFormats { format: handshake.formats.clone() }),
    }
}

fn write_pin_state(state: PinState) -> model::ConnectionPinState {
    let (pin_state, permission) = match state {
        PinState::None => (model::PinState::None, None),
        PinState::Ok => (model::PinState::PinOk, None),
        PinState::Required(permission) => (model::PinState::Required, Some(permission)),
        PinState::Optional(permission) => (model::PinState::Optional, Some(permission)),
    };
    model::ConnectionPinState {
        pin_state: Some(pin_state),
        input_permission: permission.map(|permission| match permission {
            InputPermission::Busy => model::PinInputPermission::Busy,
            InputPermission::Ok => model::PinInputPermission::Ok,
        }),
    }
}

fn write_key_material(material: &KeyMaterial) -> model::KeyMaterialState {
    let entry = |key: &Key| model::KeyMaterialStateEntry {
        current_state: Some(match key.state {
            KeyState::Predecessor => model::KeyMaterialCurrentState::Predecessor,
            KeyState::Current => model::KeyMaterialCurrentState::Current,
            KeyState::Successor => model::KeyMaterialCurrentState::Successor,
        }),
        curve: Some(key.curve),
        ski: Some(key.ski.to_string().to_ascii_uppercase()),
        public_key: None,
    };
    model::KeyMaterialState {
        update_counter: Some(material.counter),
        entry: material.keys.iter().map(entry).collect(),
    }
}

fn write_close(close: &Close) -> model::ConnectionClose {
    model::ConnectionClose {
        phase: Some(match close.phase {
            ClosePhase::Announce => model::ConnectionClosePhase::Announce,
            ClosePhase::Confirm => model::ConnectionClosePhase::Confirm,
        }),
        max_time: close.max_time,
        reason: close.reason.as_ref().map(|reason| match reason {
            CloseReason::Unspecific => model::ConnectionCloseReason::Unspecific,
            CloseReason::RemovedConnection => model::ConnectionCloseReason::RemovedConnection,
            CloseReason::Other(text) => model::ConnectionCloseReason::Extended(text.clone()),
        }),
    }
}
