//! A cursor: one value on a tape, to be read without being materialised.

use alloc::vec::Vec;

use super::builder::Builder;
use super::plain::Plain;
use super::table::{Choice, Ty};
use super::tape::Tape;
use super::token::{Form, Token};
use super::value::Value;

/// One value on a tape. Two cursors are equal if their values are; the keys they stand under do not matter.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    tape: &'a Tape,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(tape: &'a Tape, at: usize) -> Self {
        Self { tape, at }
    }

    #[inline]
    pub(super) fn token(self) -> Option<&'a Token> {
        self.tape.tokens.get(self.at)
    }

    pub(super) fn tape(self) -> &'a Tape {
        self.tape
    }

    /// The tokens of the value, itself first.
    pub(super) fn tokens(self) -> &'a [Token] {
        let span = self.token().map_or(0, |token| token.span());
        self.tape.tokens.get(self.at..self.at.wrapping_add(span)).unwrap_or_default()
    }

    /// The tokens inside a container.
    fn inner(self) -> &'a [Token] {
        self.tokens().get(1..).unwrap_or_default()
    }

    /// Where its token stands.
    pub(crate) fn place(self) -> usize {
        self.at
    }

    /// Where the token behind the value stands.
    pub(crate) fn end(self) -> usize {
        self.at.wrapping_add(self.token().map_or(1, |token| token.span()))
    }

    /// The field number in the parent; 0 in a list.
    #[inline]
    pub fn number(self) -> u8 {
        self.token().map_or(0, |token| token.field())
    }

    /// The name of the key it stands under; empty in a list and for a root.
    pub fn name(self) -> &'static str {
        match self.token().map(|token| token.key()) {
            Some(key) if key.len > 0 => self.tape.ty.literals.name(key),
            _ => "",
        }
    }

    /// The field with this number of a struct; the first one where a choice group has several.
    #[inline]
    pub fn field(self, number: u8) -> Option<Self> {
        self.fields().find(|field| field.number() >= number).filter(|field| field.number() == number)
    }

    /// The fields of a struct, in the order of the schema.
    #[inline]
    pub fn fields(self) -> Fields<'a> {
        self.inside(Form::Object)
    }

    /// The items of a list.
    #[inline]
    pub fn items(self) -> Items<'a> {
        Items(self.inside(Form::List))
    }

    #[inline]
    fn inside(self, form: Form) -> Fields<'a> {
        let inside = self.token().filter(|token| token.form() == form).map_or(0, |token| token.len as usize);
        let at = self.at.wrapping_add(1);
        Fields { tape: self.tape, at, end: at.wrapping_add(inside) }
    }

    /// The value of a boolean.
    pub fn bool(self) -> Option<bool> {
        self.token().filter(|token| token.form() == Form::Bool).map(|token| token.low != 0)
    }

    /// The value of a number of 0 or more.
    pub fn u64(self) -> Option<u64> {
        match self.token()? {
            token if token.form() == Form::Unsigned => Some(token.value()),
            token if token.form() == Form::Signed => u64::try_from(token.value() as i64).ok(),
            _ => None,
        }
    }

    /// The value of a number.
    pub fn i64(self) -> Option<i64> {
        match self.token()? {
            token if token.form() == Form::Signed => Some(token.value() as i64),
            token if token.form() == Form::Unsigned => i64::try_from(token.value()).ok(),
            _ => None,
        }
    }

    /// The text of a string or an enum value.
    pub fn str(self) -> Option<&'a str> {
        let token = self.token()?;
        let text = self.stored_text();
        match token.form() {
            Form::Text => text.get(1..text.len().saturating_sub(1)),
            Form::Escaped => Some(text),
            Form::Enum => {
                let literal = super::table::Key { at: token.low as u16, len: token.len as u8 };
                Some(self.tape.ty.literals.value(literal))
            }
            _ => None,
        }
    }

    /// The number of an enum value; `None` where it is not in the schema ([`Cursor::str`] has its text).
    pub fn enum_number(self) -> Option<u16> {
        self.token().filter(|token| token.form() == Form::Enum).map(|token| token.high as u16)
    }

    /// Which alternative of `group` stands here.
    pub fn choice(self, group: &'static Choice) -> Option<u16> {
        let key = self.token()?.key();
        let number = group.index.candidate(self.tape.ty.literals.name_octets(key))?;
        (group.keys.get(usize::from(number)) == Some(&key)).then_some(number)
    }

    /// The name of an element that no choice group of the struct lists.
    pub fn unknown(self) -> Option<&'a str> {
        let token = self.token().filter(|token| token.form() == Form::Unknown)?;
        self.stored_text().get(1..(token.high as usize).wrapping_sub(1))
    }

    /// The JSON text of a value of any type; empty for others.
    pub fn raw(self) -> &'a str {
        match self.token() {
            Some(token) if token.form() == Form::Raw => self.stored_text(),
            _ => "",
        }
    }

    /// The text the token points to.
    pub(super) fn stored_text(self) -> &'a str {
        self.token().filter(|token| token.owns_text()).map_or("", |token| token.text(&self.tape.text))
    }

    /// The value as ordinary JSON, for REST and people: `{"limitId":1,"value":{"number":4200}}`. Nothing is left out, a
    /// PIN neither.
    pub fn plain(self) -> Plain<'a> {
        Plain(self)
    }

    pub(super) fn is_secret(self) -> bool {
        self.tape.ty.literals.secrets.contains(&self.name())
    }

    /// The value as a Rust type.
    pub fn get<V: Value>(self) -> V {
        V::read(self)
    }

    /// A tape of this struct alone, which has the type `ty`.
    pub fn to_tape(self, ty: &'static Ty) -> Tape {
        let mut builder = Builder::new(ty);
        builder.copy(self);
        builder.finish()
    }

    /// The canonical text of a container, if it is untouched.
    #[cfg(test)]
    pub(super) fn canonical(self) -> Option<&'a str> {
        self.token()?.canonical(&self.tape.text)
    }

    /// Roughly how many items a list has.
    pub(super) fn len_hint(self) -> usize {
        match self.tokens() {
            [list, first, ..] => (list.len as usize).div_ceil(first.span().max(1)),
            _ => 0,
        }
    }
}

impl PartialEq for Cursor<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (self.token(), other.token()) else { return false };
        let (a_text, b_text) = (&self.tape.text, &other.tape.text);
        a.has_form_of(*b)
            && same_value(a, a_text, b, b_text)
            && (!a.is_container() || same_values(self.inner(), a_text, other.inner(), b_text))
    }
}

/// Do two tokens of one form have the same value? Of a container, only the number of tokens inside counts.
#[inline]
pub(super) fn same_value(a: &Token, a_text: &str, b: &Token, b_text: &str) -> bool {
    if a.is_container() {
        a.len == b.len
    } else if a.owns_text() {
        a.text(a_text) == b.text(b_text)
    } else {
        a.value() == b.value()
    }
}

/// Do two runs of tokens have the same keys and values?
pub(super) fn same_values(a: &[Token], a_text: &str, b: &[Token], b_text: &str) -> bool {
    let same = |(a, b): (&Token, &Token)| a.agrees(*b) && same_value(a, a_text, b, b_text);
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// Iterator over the fields of a struct.
#[derive(Clone)]
pub struct Fields<'a> {
    tape: &'a Tape,
    at: usize,
    end: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Cursor<'a>;

    #[inline]
    fn next(&mut self) -> Option<Cursor<'a>> {
        if self.at >= self.end {
            return None;
        }
        let cursor = Cursor::new(self.tape, self.at);
        self.at = self.at.wrapping_add(cursor.token()?.span());
        Some(cursor)
    }
}

/// Iterator over the items of a list.
#[derive(Clone)]
pub struct Items<'a>(Fields<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = Cursor<'a>;

    #[inline]
    fn next(&mut self) -> Option<Cursor<'a>> {
        self.0.next()
    }
}

impl core::fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl core::fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<V: Value> Value for Vec<V> {
    fn read(c: Cursor<'_>) -> Self {
        let mut items = Self::with_capacity(c.len_hint());
        items.extend(c.items().map(V::read));
        items
    }

    fn write(&self, b: &mut Builder) {
        b.list(self);
    }
}
