//! What the fields of the generated structs are made of, and the values that are neither numbers nor enums.

pub(crate) use alloc::string::String;
pub(crate) use alloc::vec::Vec;

use core::fmt;

pub(crate) use super::time::{AbsoluteOrRelativeTime, XsDate, XsDateTime, XsDuration, XsTime};
use crate::json::table::{Field, Kind, TextRule};
pub(crate) use crate::json::{AnyJson, ElementTag};
use crate::json::{Builder, Cursor, Value};

/// One value of a field.
pub(crate) trait FieldValue: Value {
    /// What the tables say of it.
    const KIND: Kind;
}

/// A field of a struct: one value or none (`Option`), or any number (`Vec`).
pub(crate) trait FieldHolder {
    /// The row of the type table.
    const FIELD: Field;
    fn read(cursor: Cursor<'_>) -> Self;
    fn write(&self, number: u8, builder: &mut Builder);
}

impl<V: FieldValue> FieldHolder for Option<V> {
    const FIELD: Field = Field { kind: V::KIND, many: false };

    fn read(cursor: Cursor<'_>) -> Self {
        Some(cursor.get())
    }

    fn write(&self, number: u8, builder: &mut Builder) {
        builder.put(number, self);
    }
}

impl<V: FieldValue> FieldHolder for Vec<V> {
    const FIELD: Field = Field { kind: V::KIND, many: true };

    fn read(cursor: Cursor<'_>) -> Self {
        cursor.get()
    }

    fn write(&self, number: u8, builder: &mut Builder) {
        builder.put_list(number, self);
    }
}

macro_rules! kinds {
    ($($type:ty => $kind:expr,)*) => {
        $(impl FieldValue for $type {
            const KIND: Kind = $kind;
        })*
    };
}

kinds! {
    bool => Kind::Bool,
    u8 => Kind::Unsigned { min: 0, max: u8::MAX as u64 },
    u16 => Kind::Unsigned { min: 0, max: u16::MAX as u64 },
    u32 => Kind::Unsigned { min: 0, max: u32::MAX as u64 },
    u64 => Kind::Unsigned { min: 0, max: u64::MAX },
    i16 => Kind::Signed { bits: 16 },
    i64 => Kind::Signed { bits: 64 },
    String => Kind::Text(TextRule::Free),
    ElementTag => Kind::Tag,
    AnyJson => Kind::Any,
}

super::macros::texts! {
    /// Octets as hex digits (`xs:hexBinary`), in the case they came in.
    HexBinary: HexBinary,
}

/// A SHIP PIN (`PinValueType`, SHIP 12.5). `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PinValue(pub String);

super::macros::text!(PinValue: Pin);

impl fmt::Debug for PinValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinValue(…)")
    }
}
