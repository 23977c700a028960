//! Names and numbers of the schema tables.

use super::table::{Choice, KEY_BLOB, Key, Kind, Literals, Names, Ty, VALUE_BLOB};

impl Literals {
    /// The name in a key literal.
    pub fn name(&self, key: Key) -> &'static str {
        // `},{"` before it, `":` behind it.
        let from = usize::from(key.at).wrapping_add(4);
        let to = usize::from(key.at).wrapping_add(usize::from(key.len)).wrapping_sub(2);
        let keys: &'static [u8; KEY_BLOB] = self.keys;
        core::str::from_utf8(keys.get(from..to).unwrap_or_default()).unwrap_or_default()
    }

    /// The text of an enum value, without its quotes.
    pub fn value(&self, literal: Key) -> &'static str {
        let from = usize::from(literal.at).wrapping_add(1);
        let to = usize::from(literal.at).wrapping_add(usize::from(literal.len)).wrapping_sub(1);
        let values: &'static [u8; VALUE_BLOB] = self.values;
        core::str::from_utf8(values.get(from..to).unwrap_or_default()).unwrap_or_default()
    }
}

impl Ty {
    /// The number of the field with this name.
    pub fn field_named(&self, name: &str) -> Option<u8> {
        let listed = |&key: &Key| key.len > 0 && self.literals.name(key) == name;
        self.keys.iter().position(listed).map(|number| number as u8)
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
        let number = self.index.candidate(text.as_bytes())?;
        let literal = *self.values.get(usize::from(number))?;
        (literals.value(literal) == text).then_some(number)
    }
}

impl Choice {
    /// The number of the alternative with this name.
    pub fn find(&self, literals: &Literals, name: &str) -> Option<u16> {
        let number = self.index.candidate(name.as_bytes())?;
        let key = *self.keys.get(usize::from(number))?;
        (literals.name(key) == name).then_some(number)
    }
}
