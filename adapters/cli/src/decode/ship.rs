//! SHIP frames (SHIP 13.4.2).

use super::message::{Unreadable, repaired};
use super::view::View;
use super::{spine, table};
use eebus_core::json::{Limits, Tape, Typed};
use eebus_core::model::{ShipCommissioning, ShipMessage};
use eebus_core::ship::message::Message;
use eebus_core::ship::{FaultKind, Received, read_frame};

/// Message type of control messages.
pub(crate) const CONTROL: u8 = 1;
/// Message type of data.
pub(crate) const DATA: u8 = 2;
/// Message type of the end.
pub(crate) const END: u8 = 3;

/// Adds a frame, message type included.
pub(crate) fn frame(view: &mut View, frame: &[u8]) -> Result<(), Unreadable> {
    if let [0, head @ ..] = frame {
        let sound = if head == [0] { "" } else { ", but not the octets 00 00" };
        view.line(0, format_args!("SHIP init: CMI, {} octets{sound}", frame.len()));
        return Ok(());
    }
    match read_frame(frame) {
        Ok((Received::Payload(payload), repairs)) => {
            view.line(0, format_args!("SHIP data: {} octets of SPINE", payload.len()));
            repaired(view, &repairs);
            spine::datagram(view, &payload)?;
        }
        Ok((Received::Message(message), repairs)) => {
            control(view, frame, Some(&message));
            repaired(view, &repairs);
        }
        // A message that a node does not use can be looked at all the same.
        Err(FaultKind::Unexpected(_)) => control(view, frame, None),
        Err(fault) => return Err(fault.into()),
    }
    Ok(())
}

fn control(view: &mut View, frame: &[u8], message: Option<&Message>) {
    view.line(0, if frame.first() == Some(&END) { "SHIP end" } else { "SHIP control" });
    let value = frame.get(1..).unwrap_or_default();
    let ty =
        if let Some(Message::Commissioning(_)) = message { ShipCommissioning::TY } else { ShipMessage::TY };
    match (Tape::read_document(ty, value, &Limits::default()), message) {
        (Ok((tape, _)), _) => table::fields(view, 1, tape.ty(), tape.root()),
        (Err(_), Some(message)) => view.line(1, format_args!("{message:?}, not well-formed")),
        (Err(error), None) => view.line(1, error),
    }
}
