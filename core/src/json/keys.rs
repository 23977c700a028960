//! The keys of a struct: predicted, eight octets at a time; looked up only where the prediction fails.

use super::error::Expected;
use super::repairs::Repair;
use super::scan::{Fail, Scan};
use super::table::{KEY_BLOB, Key, Kind, Ty};

/// Where the reader is in one struct.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) ty: &'static Ty,
    /// The field expected next.
    next: usize,
    object_form: bool,
    alternatives: usize,
    /// Fields are out of order or repeated.
    pub(super) untidy: bool,
}

/// What the next key is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// This field.
    Field(u8),
    /// An alternative of the choice group that stands in this field.
    Alternative { field: u8, number: u16 },
    /// A key the type does not list.
    Unknown,
    /// There is none: the struct is closed.
    End,
}

impl Keys {
    pub(super) fn new(ty: &'static Ty) -> Self {
        Self { ty, next: 0, object_form: false, alternatives: 0, untidy: false }
    }

    /// Notes that `field` came; the one expected after it is `next`.
    fn note(&mut self, field: u8, next: u8) {
        self.untidy |= usize::from(field) < self.next;
        self.next = usize::from(next);
    }

    /// The field or alternative with this name. Mostly it is the field expected next, or one behind it.
    fn look_up(&self, name: &str) -> Option<Found> {
        let ahead =
            self.ty.keys.iter().zip(0u8..).skip(self.next).find(|&(&key, _)| self.ty.has_name(key, name));
        if let Some(field) = ahead.map(|(_, field)| field).or_else(|| self.ty.field_named(name)) {
            return Some(Found::Field(field));
        }
        self.ty.choices().find_map(|(field, group)| {
            let number = group.find(self.ty.literals, name)?;
            Some(Found::Alternative { field, number })
        })
    }
}

/// Do `a` and `b` agree in their first `len` (1..=64) octets?
#[inline]
fn agree(a: &[u8; 64], b: &[u8; 64], len: usize) -> bool {
    let mut bits = (len as u32).wrapping_mul(8);
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        let difference = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if bits <= 64 {
            return difference.wrapping_shl(64u32.wrapping_sub(bits)) == 0;
        }
        if difference != 0 {
            return false;
        }
        bits = bits.wrapping_sub(64);
    }
    false
}

/// The 64 octets of a key blob from `key` on; the mask makes the bounds check vanish.
#[inline]
pub(super) fn literal(blob: &'static [u8; KEY_BLOB], key: Key) -> &'static [u8; 64] {
    blob.get(usize::from(key.at & 0x7fff)..).and_then(<[u8]>::first_chunk).unwrap_or(&[0; 64])
}

impl Scan<'_> {
    /// Passes the first key of a struct if it is one that the type lists.
    #[inline]
    pub(super) fn predict_first(&mut self, keys: &mut Keys) -> Option<u8> {
        // The first key literal is one octet shorter: `[{"name":`.
        self.predict(keys, keys.ty.literals.first, 1)
    }

    /// Passes the next key of a struct if it is the field expected next, or one after it.
    #[inline]
    pub(super) fn predict_next(&mut self, keys: &mut Keys) -> Option<u8> {
        if keys.object_form { None } else { self.predict(keys, keys.ty.literals.keys, 0) }
    }

    /// Passes the end of a struct.
    #[inline]
    pub(super) fn closes(&mut self, keys: &Keys) -> bool {
        let closes = !keys.object_form && self.window().starts_with(b"}]");
        if closes {
            self.advance(2);
            self.leave();
        }
        closes
    }

    #[inline]
    fn predict(&mut self, keys: &mut Keys, blob: &'static [u8; KEY_BLOB], shorter: usize) -> Option<u8> {
        let window = self.window();
        let expected = keys.ty.keys.get(keys.next..)?;
        for (key, field) in expected.iter().zip(keys.next..) {
            // The key of a choice group is empty.
            let len = usize::from(key.len).saturating_sub(shorter);
            if len > 0 && agree(window, literal(blob, *key), len) {
                self.advance(len);
                keys.next = field.wrapping_add(1);
                return Some(field as u8);
            }
        }
        None
    }

    /// Reads the first key of a struct, whatever it is.
    #[inline(never)]
    pub(super) fn first_key(&mut self, keys: &mut Keys) -> Result<Found, Fail> {
        match self.peek() {
            b'[' => {
                self.advance(1);
                if self.peek() == b']' { self.close(Found::End) } else { self.entry(keys) }
            }
            b'{' => {
                self.advance(1);
                if self.peek() == b'}' {
                    self.repair(Repair::EmptyObject);
                    return self.close(Found::End);
                }
                self.repair(Repair::ObjectForm);
                keys.object_form = true;
                self.key(keys)
            }
            _ => self.fail(Expected::Struct(keys.ty.name), self.at),
        }
    }

    /// Reads the next key of a struct, after a value.
    #[inline(never)]
    pub(super) fn next_key(&mut self, keys: &mut Keys) -> Result<Found, Fail> {
        match self.peek() {
            b',' => {
                self.advance(1);
                if !keys.object_form {
                    self.repair(Repair::SeveralKeys);
                }
                self.key(keys)
            }
            b'}' if keys.object_form => self.close(Found::End),
            b'}' => {
                self.advance(1);
                self.between_entries(keys)
            }
            _ => self.fail(Expected::Syntax("',' or '}'"), self.at),
        }
    }

    /// In the array form, behind an entry.
    fn between_entries(&mut self, keys: &mut Keys) -> Result<Found, Fail> {
        match self.peek() {
            b']' => self.close(Found::End),
            b',' => {
                self.advance(1);
                self.entry(keys)
            }
            _ => self.fail(Expected::Syntax("',' or ']'"), self.at),
        }
    }

    /// In the array form, at an entry. Empty ones are passed.
    fn entry(&mut self, keys: &mut Keys) -> Result<Found, Fail> {
        loop {
            if self.peek() != b'{' {
                return self.fail(Expected::Struct(keys.ty.name), self.at);
            }
            self.advance(1);
            if self.peek() != b'}' {
                return self.key(keys);
            }
            self.advance(1);
            self.repair(Repair::EmptyObject);
            match self.peek() {
                b']' => return self.close(Found::End),
                _ => self.expect(b',', "',' or ']'")?,
            }
        }
    }

    fn close(&mut self, end: Found) -> Result<Found, Fail> {
        self.advance(1);
        self.leave();
        Ok(end)
    }

    /// Reads a key and its colon, and looks the key up.
    fn key(&mut self, keys: &mut Keys) -> Result<Found, Fail> {
        if self.peek() != b'"' {
            return self.fail(Expected::Syntax("'\"'"), self.at);
        }
        let start = self.at;
        let span = self.string()?;
        let end = self.at;
        let found = if span.escaped {
            let name = self.unescape(span)?;
            self.look_up(keys, &name)
        } else {
            self.look_up(keys, self.piece(span.from, span.to))
        };
        self.expect(b':', "':'")?;
        match found {
            Some(Found::Alternative { field, .. }) => {
                self.note_alternative(keys, field, start)?;
            }
            Some(Found::Field(field)) => keys.note(field, field.wrapping_add(1)),
            _ => {
                self.repair(Repair::UnknownElement);
                if let Some((field, _)) = keys.ty.choices().next() {
                    self.note_alternative(keys, field, start)?;
                }
                self.unknown = start..end;
                return Ok(Found::Unknown);
            }
        }
        Ok(found.unwrap_or(Found::End))
    }

    fn look_up(&mut self, keys: &Keys, name: &str) -> Option<Found> {
        keys.look_up(name).or_else(|| {
            let (_, listed) = keys.ty.literals.aliases.iter().find(|(alias, _)| *alias == name)?;
            let found = keys.look_up(listed)?;
            self.repair(Repair::Alias);
            Some(found)
        })
    }

    /// An alternative came, and may come again.
    fn note_alternative(&mut self, keys: &mut Keys, field: u8, at: usize) -> Result<(), Fail> {
        keys.alternatives = keys.alternatives.wrapping_add(1);
        if keys.alternatives > self.limits.list {
            return self.fail(Expected::AtMost { max: self.limits.list, of: "alternatives" }, at);
        }
        keys.note(field, field);
        Ok(())
    }
}

/// The type of an alternative.
pub(super) fn alternative(ty: &'static Ty, field: u8, number: u16) -> Option<(Key, &'static Ty)> {
    let Kind::Choice(group) = ty.fields.get(usize::from(field))?.kind else { return None };
    let number = usize::from(number);
    Some((*group.keys.get(number)?, *group.types.get(number)?))
}
