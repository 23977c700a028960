//! Serde: ordinary JSON, or what any other self-describing format makes of it. One algorithm for every type.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::cursor::Cursor;
use super::limits::{Limits, MAX_DEPTH};
use super::plain::Plain;
use super::repairs::Repair;
use super::scan::{PADDING, Scan};
use super::table::Ty;
use super::tape::Tape;
use super::text::write_escaped;
use super::token::Form;

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let c = self.0;
        let Some(token) = c.token() else { return serializer.serialize_unit() };
        match token.form() {
            Form::Bool => serializer.serialize_bool(token.low != 0),
            Form::Unsigned => serializer.serialize_u64(token.value()),
            Form::Signed => serializer.serialize_i64(token.value() as i64),
            Form::Text | Form::Escaped | Form::Enum => serializer.serialize_str(c.str().unwrap_or_default()),
            Form::Raw => Json(c.raw()).serialize(serializer),
            Form::Tag | Form::Unknown => serializer.serialize_map(Some(0))?.end(),
            Form::Object => {
                let mut map = serializer.serialize_map(None)?;
                for field in c.fields() {
                    match field.unknown() {
                        Some(name) => map.serialize_entry(name, &Json(unknown_value(field)))?,
                        None => map.serialize_entry(field.name(), &Plain(field))?,
                    }
                }
                map.end()
            }
            Form::List => serializer.collect_seq(c.items().map(Plain)),
        }
    }
}

/// What stands behind the key of an unlisted element.
fn unknown_value(c: Cursor<'_>) -> &str {
    let key = c.token().map_or(0, |token| token.high as usize);
    c.stored_text().get(key..).unwrap_or_default().trim_start().trim_start_matches(':')
}

/// JSON that was read before and so is valid.
struct Json<'a>(&'a str);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let padded = format!("{}{}", self.0, core::str::from_utf8(&PADDING).unwrap_or_default());
        let mut scan = Scan::new(&padded, self.0.len(), Limits::default());
        let invalid = |_| S::Error::custom("no JSON");
        match scan.peek() {
            b'"' => {
                let span = scan.string().map_err(invalid)?;
                serializer.serialize_str(&scan.unescape(span).map_err(invalid)?)
            }
            b't' => serializer.serialize_bool(true),
            b'f' => serializer.serialize_bool(false),
            b'n' => serializer.serialize_unit(),
            b'[' => {
                let mut list = serializer.serialize_seq(None)?;
                while let Some(item) = next_part(&mut scan, b']').map_err(invalid)? {
                    list.serialize_element(&Json(item))?;
                }
                list.end()
            }
            b'{' => {
                let mut map = serializer.serialize_map(None)?;
                while let Some(key) = next_part(&mut scan, b'}').map_err(invalid)? {
                    map.serialize_key(&Json(key))?;
                    let value = next_part(&mut scan, b'}').map_err(invalid)?;
                    map.serialize_value(&Json(value.unwrap_or("null")))?;
                }
                map.end()
            }
            _ => match self.0.trim() {
                number if number.contains(['.', 'e', 'E']) => {
                    serializer.serialize_f64(number.parse().map_err(S::Error::custom)?)
                }
                number if number.starts_with('-') => {
                    serializer.serialize_i64(number.parse().map_err(S::Error::custom)?)
                }
                number => serializer.serialize_u64(number.parse().map_err(S::Error::custom)?),
            },
        }
    }
}

/// Passes what opens or separates, and the value behind it; none where `close` comes.
fn next_part<'a>(scan: &mut Scan<'a>, close: u8) -> Result<Option<&'a str>, super::scan::Fail> {
    let first = scan.peek();
    scan.advance(1);
    if first == close || scan.peek() == close {
        return Ok(None);
    }
    let from = scan.at;
    scan.skip()?;
    Ok(Some(scan.piece(from, scan.at)))
}

impl Tape {
    /// Reads ordinary JSON (or EEBUS JSON) of a struct of type `ty`, or the same in another self-describing format.
    ///
    /// # Errors
    ///
    /// As [`Tape::read`]; and the struct holds an element that its type does not have, or one twice.
    pub fn deserialize_plain<'de, D: Deserializer<'de>>(
        ty: &'static Ty,
        deserializer: D,
    ) -> Result<Self, D::Error> {
        let mut json = String::new();
        JsonText { out: &mut json, depth: MAX_DEPTH }.deserialize(deserializer)?;
        let (tape, notes) =
            Self::inspect(ty, json.as_bytes(), &Limits::default()).map_err(D::Error::custom)?;
        let lost = |repair| matches!(repair, Repair::UnknownElement | Repair::Duplicate);
        match notes.into_iter().find(|note| lost(note.repair)) {
            Some(note) => Err(D::Error::custom(format_args!("{}: {}", note.path, note.repair))),
            None => Ok(tape),
        }
    }
}

/// Writes whatever comes as JSON.
struct JsonText<'a> {
    out: &'a mut String,
    /// Levels that may still open.
    depth: u8,
}

impl JsonText<'_> {
    fn put<E: serde::de::Error>(self, value: impl fmt::Display) -> Result<(), E> {
        write!(self.out, "{value}").map_err(E::custom)
    }

    /// The part of a container.
    fn inner<E: serde::de::Error>(&mut self) -> Result<JsonText<'_>, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(JsonText { out: self.out, depth })
    }
}

impl<'de> DeserializeSeed<'de> for JsonText<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonText<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("data of the SPINE model")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.put(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.put(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.put(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.put(format_args!("{value:e}"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        let mut escaped = Vec::new();
        write_escaped(&mut escaped, value);
        self.put(core::str::from_utf8(&escaped).unwrap_or_default())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.put("null")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.put("null")
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.out.push('[');
        let start = self.out.len();
        loop {
            let before = self.out.len();
            if before > start {
                self.out.push(',');
            }
            if items.next_element_seed(self.inner()?)?.is_none() {
                self.out.truncate(before);
                self.out.push(']');
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.out.push('{');
        let start = self.out.len();
        loop {
            let before = self.out.len();
            if before > start {
                self.out.push(',');
            }
            if map.next_key_seed(self.inner()?)?.is_none() {
                self.out.truncate(before);
                self.out.push('}');
                return Ok(());
            }
            self.out.push(':');
            map.next_value_seed(self.inner()?)?;
        }
    }
}
