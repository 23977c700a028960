//! One message in whatever form, to its view.

use super::input::{Form, Message};
use super::view::View;
use super::{ship, spine};
use eebus_core::json::{self, Repair, Repairs, Typed};
use eebus_core::model::{FunctionId, ShipMessage};
use eebus_core::ship::FaultKind;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// Why a message has no view.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// EEBUS JSON of a type, but with a fault.
    Json(json::Error),
    /// No SHIP frame.
    Ship(FaultKind),
    /// JSON that is no message at all.
    Foreign(String),
}

impl Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Ship(fault) => fault.fmt(f),
            Self::Foreign(sentence) => f.write_str(sentence),
        }
    }
}

impl From<json::Error> for Unreadable {
    fn from(error: json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<FaultKind> for Unreadable {
    fn from(fault: FaultKind) -> Self {
        Self::Ship(fault)
    }
}

/// Shows a message.
pub(crate) fn view(message: &Message) -> Result<View, Unreadable> {
    let mut view = View::default();
    match &message.form {
        Form::Frame(frame) => ship::frame(&mut view, frame)?,
        Form::Text(text) => document(&mut view, text)?,
    }
    Ok(view)
}

/// A JSON document; its one member says what it is.
fn document(view: &mut View, bytes: &[u8]) -> Result<(), Unreadable> {
    let member = member(bytes);
    match member.as_deref() {
        Some("datagram") => spine::datagram(view, bytes)?,
        Some(name) if ShipMessage::TY.field_named(name).is_some() => {
            let kind = match name {
                "data" => ship::DATA,
                "connectionClose" => ship::END,
                _ => ship::CONTROL,
            };
            ship::frame(view, &[&[kind], bytes].concat())?;
        }
        Some(name) if FunctionId::from_name(name).is_some() => function(view, bytes)?,
        Some(name) => {
            return Err(Unreadable::Foreign(format!(
                "{name:?} is neither `datagram` nor a SHIP message nor a function of SPINE 1.3.0"
            )));
        }
        None => {
            return Err(Unreadable::Foreign(format!(
                "neither a SHIP frame nor hex digits nor a JSON object: it begins with {:?}; \
                 `eebus decode --help` shows the forms",
                beginning(bytes)
            )));
        }
    }
    Ok(())
}

/// Data of functions without a datagram around it.
fn function(view: &mut View, bytes: &[u8]) -> Result<(), Unreadable> {
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_slice(bytes).map_err(|error| Unreadable::Foreign(format!("no JSON: {error}")))?;
    for (name, value) in members {
        let function = FunctionId::from_name(&name)
            .ok_or_else(|| Unreadable::Foreign(format!("{name:?} is no function of SPINE 1.3.0")))?;
        let repairs = spine::data(view, function, value.get().as_bytes()).map_err(|mut error| {
            let inner = std::mem::take(&mut error.path);
            error.path = if inner.is_empty() { name.clone() } else { format!("{name}.{inner}") };
            error
        })?;
        repaired(view, &repairs);
    }
    Ok(())
}

/// The name of an object's first member.
fn member(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let inside = text.trim_start_matches(['\u{feff}', '\0', ' ', '\t', '\r', '\n']).strip_prefix('{')?;
    let name = inside.trim_start().strip_prefix('"')?;
    Some(name.split('"').next()?.to_owned())
}

fn beginning(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_start().chars().take(20).collect()
}

/// Adds what the reader put right. Ordinary JSON is a form of its own here, not a fault.
pub(crate) fn repaired(view: &mut View, repairs: &Repairs) {
    if repairs.count(Repair::ObjectForm) > 0 {
        view.line(1, "written as ordinary JSON");
    }
    let others: Vec<_> = repairs
        .iter()
        .filter(|(repair, _)| *repair != Repair::ObjectForm)
        .map(|(repair, count)| format!("{count} × {repair}"))
        .collect();
    if !others.is_empty() {
        view.line(1, format_args!("repaired: {}", others.join(", ")));
    }
}
