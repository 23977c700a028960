//! Places of the key literals and enum values in their blobs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::HEADER;
use crate::schema::Schema;
use crate::types::MAX_WIDTH;

/// The root of a SPINE document, which is an element but no field of a type.
pub(crate) const DOCUMENT: &str = "datagram";
/// Longest key literal: the reader and the writer copy 64 octets at once.
const MAX_KEY: usize = 64;
/// Octets around a key: `},{"` and `":`.
const AROUND_KEY: usize = 6;
/// Octets around a value: its quotes.
const AROUND_VALUE: usize = 2;
/// What the masked part of the key blobs holds.
const KEY_BLOB: usize = 32_768;
/// What the masked part of the value blob holds.
const VALUE_BLOB: usize = 16_384;

/// Offset of every key and every enum value.
#[derive(Debug)]
pub(crate) struct Places {
    keys: BTreeMap<String, usize>,
    values: BTreeMap<String, usize>,
}

impl Places {
    /// Lays out every literal of these schemas.
    pub(crate) fn of(schemas: &[&Schema]) -> Self {
        let mut keys = BTreeSet::from([DOCUMENT]);
        let mut values = BTreeSet::new();
        for schema in schemas {
            keys.extend(schema.fields.values().flatten().map(|f| f.element.as_str()));
            for f in &schema.functions {
                keys.extend([f.function.as_str(), &f.selectors_element, &f.elements_element]);
            }
            let generated = schema.simple.iter().filter(|s| matches!(s.kind.as_str(), "enum" | "closed"));
            values.extend(generated.flat_map(|s| &schema.enums[&s.name]).map(|v| v.value.as_str()));
        }
        keys.remove("");
        assert!(keys.iter().all(|k| k.len() + AROUND_KEY <= MAX_KEY), "a key literal is too long");
        assert!(values.iter().all(|v| v.len() + AROUND_VALUE <= MAX_KEY), "a value literal is too long");
        Self { keys: lay_out(keys, AROUND_KEY, KEY_BLOB), values: lay_out(values, AROUND_VALUE, VALUE_BLOB) }
    }

    /// Offset of a key.
    pub(crate) fn key(&self, name: &str) -> usize {
        self.keys[name]
    }

    /// Offset of an enum value.
    pub(crate) fn value(&self, text: &str) -> usize {
        self.values[text]
    }

    /// `literals.rs`.
    pub(crate) fn emit(&self) -> String {
        let mut out = format!("{HEADER}//! Every key and every enum value, in the order of the blobs.\n\n");
        out.push_str("use crate::model::macros::literals;\n\nliterals! {\n");
        for (kind, texts) in [("keys", &self.keys), ("values", &self.values)] {
            let _ = writeln!(out, "    {kind} {{");
            wrap(&mut out, texts.keys().map(|text| format!("{text:?}")));
            out.push_str("    }\n");
        }
        out.push_str("}\n");
        out
    }
}

fn lay_out(texts: BTreeSet<&str>, around: usize, room: usize) -> BTreeMap<String, usize> {
    let mut at = 0;
    let mut places = BTreeMap::new();
    for text in texts {
        assert!(text.is_ascii() && !text.contains(['"', '\\']), "{text} needs an escape");
        places.insert(text.to_owned(), at);
        at += text.len() + around;
    }
    assert!(at <= room, "{at} octets of literals, there is room for {room}");
    places
}

/// Writes items in lines of [`MAX_WIDTH`].
pub(crate) fn wrap(out: &mut String, items: impl Iterator<Item = String>) {
    let mut column = 0;
    for item in items {
        if column == 0 || column + item.len() + 1 > MAX_WIDTH {
            out.push_str(if column == 0 { "        " } else { "\n        " });
            column = 8;
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(&item);
        column += item.len();
    }
    out.push('\n');
}
