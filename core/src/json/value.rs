//! Rust values on both sides of a tape.

use alloc::string::{String, ToString};
use core::fmt::Debug;

use super::builder::Builder;
use super::cursor::Cursor;
use super::limits::Limits;
use super::scan::{PADDING, Scan};
use super::table::{Names, Ty};

/// A value that a tape can hold.
pub trait Value: Sized {
    /// The value at the cursor; a default where something else stands there.
    fn read(c: Cursor<'_>) -> Self;
    /// Writes the value as the builder's next one.
    fn write(&self, b: &mut Builder);
}

/// A struct of the schema.
pub trait Typed: Value + Default + Clone + PartialEq + Debug {
    /// Its type: always the same static.
    const TY: &'static Ty;
}

/// An enum of the schema. Each one is a [`Value`].
pub trait Enumeration: Sized {
    /// The listed values.
    const NAMES: &'static Names;
    /// The listed value with this number.
    fn from_number(number: u16) -> Option<Self>;
    /// The number of a listed value.
    fn number(&self) -> Option<u16>;
    /// A value that is not listed.
    fn extended(text: &str) -> Self;
    /// The text on the wire.
    fn as_str(&self) -> &str;
}

impl<E: Enumeration> Value for E {
    fn read(c: Cursor<'_>) -> Self {
        let listed = c.enum_number().and_then(Self::from_number);
        listed.unwrap_or_else(|| Self::extended(c.str().unwrap_or_default()))
    }

    fn write(&self, b: &mut Builder) {
        b.enumeration(Self::NAMES, self.number(), self.as_str());
    }
}

/// An element whose presence alone is the information (`ElementTagType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementTag;

impl Value for ElementTag {
    fn read(_: Cursor<'_>) -> Self {
        Self
    }

    fn write(&self, b: &mut Builder) {
        b.tag();
    }
}

/// Any JSON value, as text (`xs:anyType`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyJson(String);

impl AnyJson {
    /// Takes `text` if it is one JSON value and keeps the default [`Limits`].
    pub fn new(text: &str) -> Option<Self> {
        let mut padded = String::from(text);
        padded.extend(PADDING.iter().map(|&octet| char::from(octet)));
        let mut scan = Scan::new(&padded, text.len(), Limits::default());
        (scan.skip().is_ok() && scan.end().is_ok()).then(|| Self(text.to_string()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for AnyJson {
    fn default() -> Self {
        Self("[]".to_string())
    }
}

impl Value for AnyJson {
    fn read(c: Cursor<'_>) -> Self {
        match c.raw() {
            "" => Self::default(),
            raw => Self(raw.to_string()),
        }
    }

    fn write(&self, b: &mut Builder) {
        b.raw(&self.0);
    }
}

impl Value for bool {
    fn read(c: Cursor<'_>) -> Self {
        c.bool().unwrap_or_default()
    }

    fn write(&self, b: &mut Builder) {
        b.bool(*self);
    }
}

impl Value for String {
    fn read(c: Cursor<'_>) -> Self {
        c.str().unwrap_or_default().to_string()
    }

    fn write(&self, b: &mut Builder) {
        b.text(self);
    }
}

macro_rules! numbers {
    ($get:ident $put:ident: $($number:ty)*) => {$(
        impl Value for $number {
            fn read(c: Cursor<'_>) -> Self {
                c.$get().and_then(|value| value.try_into().ok()).unwrap_or_default()
            }

            fn write(&self, b: &mut Builder) {
                b.$put((*self).into());
            }
        }
    )*};
}

numbers!(u64 unsigned: u8 u16 u32 u64);
numbers!(i64 signed: i16 i32 i64);
