//! Frames (SHIP 13.4.2): one octet message type, then the value. Data messages are recognised without being parsed.

use super::codec::{self, Document};
use super::fault::FaultKind;
use super::message::Message;
use crate::json::Repairs;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The CMI message (SHIP 13.4.3).
pub(super) const CMI: &[u8] = &[0, 0];

/// Most octets of a control message: the longest has some 200.
pub const MAX_CONTROL: usize = 4 * 1024;
/// Most octets of a data message: the largest discovery data in the field has some 30 kB.
pub const MAX_DATA: usize = 1 << 20;

/// What a data message has in front of its SPINE document, message type included (SHIP 13.4.5).
pub const DATA_PREFIX: &[u8] = b"\x02{\"data\":[{\"header\":[{\"protocolId\":\"ee1.0\"}]},{\"payload\":";
/// What it has behind.
pub const DATA_SUFFIX: &[u8] = b"}]}";

/// The protocol of SPINE documents.
const SPINE: &str = "ee1.0";

/// MessageType (SHIP 13.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Control,
    Data,
    End,
}

impl Kind {
    pub(super) const fn octet(self) -> u8 {
        match self {
            Self::Control => 1,
            Self::Data => 2,
            Self::End => 3,
        }
    }
}

/// What a frame holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// A control message.
    Message(Message),
    /// A SPINE document: a slice of the frame, unless the frame has another form than nearly every peer writes.
    Payload(Cow<'a, [u8]>),
}

/// Writes a data message around the SPINE document that `write` appends.
pub fn data_frame(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut frame = DATA_PREFIX.to_vec();
    write(&mut frame);
    frame.extend_from_slice(DATA_SUFFIX);
    frame
}

/// Reads a frame after the CMI, and tells what was put right in it.
///
/// # Errors
///
/// The peer's fault: no known message, not readable, or under the wrong message type.
pub fn read_frame(frame: &[u8]) -> Result<(Received<'_>, Repairs), FaultKind> {
    let (kind, value) = split(frame)?;
    if let Some(payload) = payload(frame) {
        return Ok((Received::Payload(Cow::Borrowed(payload)), Repairs::default()));
    }
    let (document, repairs) = codec::read(kind, value).map_err(FaultKind::Unreadable)?;
    let received = match document {
        // A close counts under every type: nobody sends it by mistake.
        Document::Message(message) if kind == Kind::Control || matches!(message, Message::Close(_)) => {
            Received::Message(message)
        }
        Document::Message(message) => return Err(FaultKind::WrongType(message.name().into())),
        Document::Data { .. } if kind != Kind::Data => return Err(FaultKind::WrongType("data".into())),
        Document::Data { protocol, payload } if protocol == SPINE => Received::Payload(Cow::Owned(payload)),
        Document::Data { protocol, .. } => return Err(FaultKind::OtherProtocol(protocol)),
    };
    Ok((received, repairs))
}

fn split(frame: &[u8]) -> Result<(Kind, &[u8]), FaultKind> {
    let (&octet, value) = frame.split_first().ok_or(FaultKind::EmptyFrame)?;
    let kind = match octet {
        0 => return Err(FaultKind::SecondCmi),
        1 => Kind::Control,
        2 => Kind::Data,
        3 => Kind::End,
        reserved => return Err(FaultKind::ReservedType(reserved)),
    };
    if value.iter().all(|&octet| octet == 0) { Err(FaultKind::EmptyValue) } else { Ok((kind, value)) }
}

/// The SPINE document of a data message in its usual form.
///
/// The document ends as every datagram does, with `]}`: a frame with an `extension` behind the payload has `]}]}` at
/// its end and goes the general way.
fn payload(frame: &[u8]) -> Option<&[u8]> {
    let document = frame.strip_prefix(DATA_PREFIX)?.strip_suffix(DATA_SUFFIX)?;
    document.ends_with(b"]}").then_some(document)
}
