//! One message in whatever form, to its view.

use super::input::{Form, Message};
use super::view::View;
use super::{ship, spine};
use eebus_core::json::{self, Repair, Repairs, Typed};
use eebus_core::model::{FunctionId, ShipMessage};
use eebus_core::ship::FaultKind;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
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

/// A JSON document.
fn document(view: &mut View, bytes: &[u8]) -> Result<(), Unreadable> {
    match kind(bytes)? {
        Kind::Datagram => spine::datagram(view, bytes)?,
        Kind::Ship(octet) => ship::frame(view, &[&[octet], bytes].concat())?,
        Kind::Functions => {
            for (name, function, value) in functions(bytes)? {
                let repairs = spine::data(view, function, value).map_err(|error| within(&name, error))?;
                repaired(view, &repairs);
            }
        }
    }
    Ok(())
}

/// What a JSON document is.
pub(crate) enum Kind {
    /// A SPINE datagram.
    Datagram,
    /// A SHIP message of this message type.
    Ship(u8),
    /// Data of functions without a datagram around it.
    Functions,
}

/// The first member of a document says what it is.
pub(crate) fn kind(bytes: &[u8]) -> Result<Kind, Unreadable> {
    match member(bytes).as_deref() {
        Some("datagram") => Ok(Kind::Datagram),
        Some("data") => Ok(Kind::Ship(ship::DATA)),
        Some("connectionClose") => Ok(Kind::Ship(ship::END)),
        Some(name) if ShipMessage::TY.field_named(name).is_some() => Ok(Kind::Ship(ship::CONTROL)),
        Some(name) if FunctionId::from_name(name).is_some() => Ok(Kind::Functions),
        Some(name) => Err(Unreadable::Foreign(format!(
            "{name:?} is neither `datagram` nor a SHIP message nor a function of SPINE 1.3.0"
        ))),
        None => Err(Unreadable::Foreign(format!(
            "neither a SHIP frame nor hex digits nor a JSON object: it begins with {:?}; \
             `eebus decode --help` shows the forms",
            beginning(bytes)
        ))),
    }
}

/// Data of a function: its name twice, and the JSON.
type Member<'a> = (String, FunctionId, &'a [u8]);

/// The members of a document that holds data of functions.
pub(crate) fn functions(bytes: &[u8]) -> Result<Vec<Member<'_>>, Unreadable> {
    let Members(members) =
        serde_json::from_slice(bytes).map_err(|error| Unreadable::Foreign(format!("no JSON: {error}")))?;
    let mut functions = Vec::new();
    for (name, value) in members {
        let function = FunctionId::from_name(&name)
            .ok_or_else(|| Unreadable::Foreign(format!("{name:?} is no function of SPINE 1.3.0")))?;
        functions.push((name, function, value.get().as_bytes()));
    }
    Ok(functions)
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

/// An error in a part, with the path to it.
pub(crate) fn within(base: &str, mut error: json::Error) -> json::Error {
    let dot = if error.path.is_empty() { "" } else { "." };
    error.path = format!("{base}{dot}{}", error.path);
    error
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
    let is_ordinary = repairs.count(Repair::ObjectForm) > 0;
    if is_ordinary {
        view.line(1, "written as ordinary JSON");
    }
    let others: Vec<_> = repairs
        .iter()
        .filter(|(repair, _)| !(is_ordinary && is_ordinary_form(*repair)))
        .map(|(repair, count)| format!("{count} × {repair}"))
        .collect();
    if !others.is_empty() {
        view.line(1, format_args!("repaired: {}", others.join(", ")));
    }
}

/// Whether a reader of the wire form has to put right what ordinary JSON is made of.
pub(crate) fn is_ordinary_form(repair: Repair) -> bool {
    matches!(repair, Repair::ObjectForm | Repair::SeveralKeys | Repair::EmptyObject)
}
