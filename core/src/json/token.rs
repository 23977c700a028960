//! The token: 16 octets that say what one value is, which key it has and where its text stands.

use super::table::Key;

/// What a token stands for, and what its three numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `low` is 0 or 1.
    Bool,
    /// The value is `low | high << 32`.
    Unsigned,
    /// The same, as a two's complement.
    Signed,
    /// `len` octets of the text at `low`, with their quotes.
    Text,
    /// `len` octets of the text at `low`, without quotes; some need an escape sequence on the wire.
    Escaped,
    /// `len` octets of the enum values at `low`, with their quotes; `high` is the value's number.
    Enum,
    /// No numbers.
    Tag,
    /// `len` tokens inside; `low..high` is the canonical text, empty where there is none.
    Object,
    /// The same.
    List,
    /// `len` octets of the text at `low`, any JSON value.
    Raw,
    /// `len` octets of the text at `low`, an unlisted key and its value as they came; the key takes `high` of them.
    Unknown,
}

/// Key and field number: key offset 16 bits, key length 8 bits, form 4 bits, field number 4 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head(u32);

impl Head {
    /// The head of a list item or a root.
    pub(crate) const NONE: Self = Self(0);

    #[inline]
    pub(crate) fn new(key: Key, field: usize) -> Self {
        Self(u32::from(key.at) | u32::from(key.len) << 16 | ((field & 15) as u32) << 28)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    head: u32,
    pub(crate) len: u32,
    pub(crate) low: u32,
    pub(crate) high: u32,
}

impl Token {
    #[inline]
    pub(crate) fn new(head: Head, form: Form, len: usize, low: usize) -> Self {
        Self { head: head.0 | (form as u32) << 24, len: len as u32, low: low as u32, high: 0 }
    }

    #[inline]
    pub(crate) fn number(head: Head, form: Form, value: u64) -> Self {
        Self { head: head.0 | (form as u32) << 24, len: 0, low: value as u32, high: (value >> 32) as u32 }
    }

    #[inline]
    pub(crate) fn enumeration(head: Head, literal: Key, number: u16) -> Self {
        let token = Self::new(head, Form::Enum, usize::from(literal.len), usize::from(literal.at));
        Self { high: u32::from(number), ..token }
    }

    /// An unlisted element: `len` octets at `at`, of which the key takes `key`.
    pub(crate) fn unknown(field: u8, at: usize, len: usize, key: usize) -> Self {
        let none = Key { at: 0, len: 0 };
        let token = Self::new(Head::new(none, usize::from(field)), Form::Unknown, len, at);
        Self { high: key as u32, ..token }
    }

    /// This token where its text stands at `low`.
    pub(crate) fn at(self, low: usize) -> Self {
        Self { low: low as u32, ..self }
    }

    #[inline]
    pub(crate) fn form(self) -> Form {
        match self.head >> 24 & 15 {
            0 => Form::Bool,
            1 => Form::Unsigned,
            2 => Form::Signed,
            3 => Form::Text,
            4 => Form::Escaped,
            5 => Form::Enum,
            6 => Form::Tag,
            7 => Form::Object,
            8 => Form::List,
            9 => Form::Raw,
            _ => Form::Unknown,
        }
    }

    #[inline]
    pub(crate) fn is_container(self) -> bool {
        self.is_one_of(1 << Form::Object as u16 | 1 << Form::List as u16)
    }

    /// Its form is one of a set: cheaper than a match.
    #[inline]
    fn is_one_of(self, forms: u16) -> bool {
        forms >> (self.head >> 24 & 15) & 1 == 1
    }

    /// Its text belongs to the tape.
    #[inline]
    pub(crate) fn owns_text(self) -> bool {
        const OWNERS: u16 = 1 << Form::Text as u16
            | 1 << Form::Escaped as u16
            | 1 << Form::Raw as u16
            | 1 << Form::Unknown as u16;
        self.is_one_of(OWNERS)
    }

    #[inline]
    pub(crate) fn field(self) -> u8 {
        (self.head >> 28) as u8
    }

    #[inline]
    pub(crate) fn key(self) -> Key {
        Key { at: self.head as u16, len: (self.head >> 16) as u8 }
    }

    /// This token under another key.
    #[inline]
    pub(crate) fn under(self, head: Head) -> Self {
        Self { head: head.0 | self.head & 15 << 24, ..self }
    }

    /// This token where its text, and all inside, moved by `distance` octets (wrapping).
    #[inline]
    pub(crate) fn moved(self, distance: u32) -> Self {
        match self.form() {
            Form::Object | Form::List => {
                let high = self.high.wrapping_add(distance);
                Self { low: self.low.wrapping_add(distance), high, ..self }
            }
            _ if self.owns_text() => Self { low: self.low.wrapping_add(distance), ..self },
            _ => self,
        }
    }

    /// This container without its canonical text.
    pub(crate) fn touched(self) -> Self {
        Self { low: 0, high: 0, ..self }
    }

    /// This container with nothing inside.
    pub(crate) fn hollow(self) -> Self {
        Self { len: 0, ..self.touched() }
    }

    /// Same form.
    #[inline]
    pub(crate) fn has_form_of(self, other: Self) -> bool {
        (self.head ^ other.head) >> 24 & 15 == 0
    }

    /// Same key, field number and form.
    #[inline]
    pub(crate) fn agrees(self, other: Self) -> bool {
        self.head == other.head
    }

    #[inline]
    pub(crate) fn value(self) -> u64 {
        u64::from(self.low) | u64::from(self.high) << 32
    }

    /// Tokens this one takes with everything inside.
    #[inline]
    pub(crate) fn span(self) -> usize {
        if self.is_container() { (self.len as usize).wrapping_add(1) } else { 1 }
    }

    /// The text of the token.
    #[inline]
    pub(crate) fn text(self, text: &str) -> &str {
        let from = self.low as usize;
        text.get(from..from.wrapping_add(self.len as usize)).unwrap_or_default()
    }

    /// The canonical text of a container.
    #[inline]
    pub(crate) fn canonical(self, text: &str) -> Option<&str> {
        // In other tokens the two numbers mean something else.
        if self.high == 0 || !self.is_container() {
            return None;
        }
        text.get(self.low as usize..self.high as usize)
    }
}
