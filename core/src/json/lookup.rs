//! Names and numbers of the schema tables.

use super::table::{Choice, KEY_BLOB, Key, Kind, Literals, Names, Ty, VALUE_BLOB};

impl Literals {
    /// The name in a key literal.
    pub fn name(&self, key: Key) -> &'static str {
        core::str::from_utf8(self.name_octets(key)).unwrap_or_default()
    }

    /// The text of an enum value, without its quotes.
    pub fn value(&self, literal: Key) -> &'static str {
        core::str::from_utf8(self.value_octets(literal)).unwrap_or_default()
    }

    /// `},{"` stands before the name, `":` behind it.
    #[inline]
    pub(super) fn name_octets(&self, key: Key) -> &'static [u8] {
        let keys: &'static [u8; KEY_BLOB] = self.keys;
        between(keys, key, 4, 2)
    }

    #[inline]
    fn value_octets(&self, literal: Key) -> &'static [u8] {
        let values: &'static [u8; VALUE_BLOB] = self.values;
        between(values, literal, 1, 1)
    }
}

/// A literal without the octets around it.
#[inline]
fn between(blob: &'static [u8], key: Key, before: usize, behind: usize) -> &'static [u8] {
    let from = usize::from(key.at).wrapping_add(before);
    let to = usize::from(key.at).wrapping_add(usize::from(key.len)).wrapping_sub(behind);
    blob.get(from..to).unwrap_or_default()
}

impl Ty {
    /// The number of the field with this name.
    pub fn field_named(&self, name: &str) -> Option<u8> {
        let listed = |&key: &Key| self.has_name(key, name);
        self.keys.iter().position(listed).map(|number| number as u8)
    }

    /// Whether `key` has this name; the key of a choice group has none.
    #[inline]
    pub(super) fn has_name(&self, key: Key, name: &str) -> bool {
        usize::from(key.len) == name.len().wrapping_add(6)
            && self.literals.name_octets(key) == name.as_bytes()
    }

    /// The choice groups of the type, with their field numbers.
    pub fn choices(&self) -> impl Iterator<Item = (u8, &'static Choice)> {
        (0..).zip(self.fields).filter_map(|(number, field)| match field.kind {
            Kind::Choice(group) => Some((number, group)),
            _ => None,
        })
    }
}

impl Names {
    /// The number of the value with this text.
    pub fn find(&self, literals: &Literals, text: &str) -> Option<u16> {
        self.listed(literals, text.as_bytes()).map(|(number, _)| number)
    }

    /// The number and the literal of the value with this text.
    #[inline]
    pub(super) fn listed(&self, literals: &Literals, text: &[u8]) -> Option<(u16, Key)> {
        let number = self.index.candidate(text)?;
        let literal = *self.values.get(usize::from(number))?;
        (literals.value_octets(literal) == text).then_some((number, literal))
    }
}

impl Choice {
    /// The number of the alternative with this name.
    pub fn find(&self, literals: &Literals, name: &str) -> Option<u16> {
        let number = self.index.candidate(name.as_bytes())?;
        let key = *self.keys.get(usize::from(number))?;
        (literals.name_octets(key) == name.as_bytes()).then_some(number)
    }
}
