//! What the rows of the generated files become.

use crate::json::table::{KEY_BLOB, Key, VALUE_BLOB};

/// The blobs of the literals.
macro_rules! literals {
    (keys { $($key:literal)* } values { $($value:literal)* }) => {
        const KEYS: &[&str] = &[$($key),*];

        /// Every literal of the model.
        pub(crate) static LITERALS: $crate::json::table::Literals = $crate::json::table::Literals {
            keys: &const { $crate::model::macros::join(KEYS, b"},{\"", b"\":") },
            first: &const { $crate::model::macros::join(KEYS, b"[{\"", b"\":\0") },
            values: &const { $crate::model::macros::join(&[$($value),*], b"\"", b"\"") },
            aliases: $crate::model::macros::ALIASES,
            secrets: &["pin"],
        };
    };
}

/// Structs with their type tables. A row is: number, Rust name, key, offset of the key, Rust type.
macro_rules! structs {
    ($(
        $(#[$doc:meta])*
        $name:ident = $xsd:literal
        $(, identifiers $($identifier:literal)+)? $(, optional $($optional:literal)+)?
        $(, flag $flag:literal)? $(, one_of $one_of:literal)?
        { $($number:literal $field:ident $key:literal $at:literal $type:ty,)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $(#[doc = concat!("`", $key, "`")] pub $field: $type,)*
        }

        impl $crate::json::Typed for $name {
            const TY: &'static $crate::json::table::Ty = {
                static TY: $crate::json::table::Ty = $crate::json::table::Ty {
                    name: $xsd,
                    literals: &$crate::model::generated::LITERALS,
                    keys: &[$($crate::model::macros::key($at, $key)),*],
                    fields: &[$(<$type as $crate::model::value::FieldHolder>::FIELD),*],
                    identifiers: 0 $($(| 1 << $identifier)+)?,
                    optional_identifiers: 0 $($(| 1 << $optional)+)?,
                    write_flag: $crate::model::macros::option!($($flag)?),
                    one_of: false $(| $one_of)?,
                };
                &TY
            };
        }

        impl $crate::json::Value for $name {
            fn read(cursor: $crate::json::Cursor<'_>) -> Self {
                let mut value = Self::default();
                // A type may have no fields.
                let _ = &mut value;
                for field in cursor.fields() {
                    match field.number() {
                        $($number => value.$field = $crate::model::value::FieldHolder::read(field),)*
                        _ => {}
                    }
                }
                value
            }

            fn write(&self, builder: &mut $crate::json::Builder) {
                builder.object(<Self as $crate::json::Typed>::TY, |builder| {
                    let _ = &builder;
                    $($crate::model::value::FieldHolder::write(&self.$field, $number, builder);)*
                });
            }
        }

        /// Ordinary JSON.
        #[cfg(feature = "serde")]
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::json::Tape::of(self).root().plain().serialize(serializer)
            }
        }

        /// Ordinary JSON or EEBUS JSON.
        #[cfg(feature = "serde")]
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let tape = $crate::json::Tape::deserialize_plain(<Self as $crate::json::Typed>::TY, deserializer)?;
                Ok(tape.root().get())
            }
        }

        impl $crate::model::value::FieldValue for $name {
            const KIND: $crate::json::table::Kind =
                $crate::json::table::Kind::Object(<Self as $crate::json::Typed>::TY);
        }
    )*};
}

/// Enums with their tables. A row is: number, variant, value, offset of the value.
macro_rules! enums {
    ($(
        $(#[$meta:meta])*
        $name:ident = $xsd:literal, closed $closed:literal,
        index [$($displacement:literal,)*] [$($slot:literal,)*]
        { $($number:literal $variant:ident $text:literal $at:literal,)* }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
            /// Any other text: an extension of a vendor, or a value the schema does not list.
            Extended(::alloc::string::String),
        }

        impl $crate::json::Enumeration for $name {
            const NAMES: &'static $crate::json::table::Names = {
                static NAMES: $crate::json::table::Names = $crate::json::table::Names {
                    name: $xsd,
                    values: &[$($crate::model::macros::quoted($at, $text)),*],
                    index: $crate::json::hash::Index {
                        displacements: &[$($displacement),*],
                        slots: &[$($slot),*],
                    },
                    closed: $closed,
                };
                &NAMES
            };

            fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn number(&self) -> Option<u16> {
                match self {
                    $(Self::$variant => Some($number),)*
                    Self::Extended(_) => None,
                }
            }

            fn extended(text: &str) -> Self {
                Self::Extended(text.into())
            }

            fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Extended(text) => text,
                }
            }
        }

        /// The listed value with this text, or [`Self::Extended`].
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                let names = <Self as $crate::json::Enumeration>::NAMES;
                let number = names.find(&$crate::model::generated::LITERALS, text);
                number
                    .and_then(<Self as $crate::json::Enumeration>::from_number)
                    .unwrap_or_else(|| Self::Extended(text.into()))
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str($crate::json::Enumeration::as_str(self))
            }
        }

        #[cfg(feature = "serde")]
        $crate::as_text::as_text!($name: |text| Some($name::from(text)));

        impl $crate::model::value::FieldValue for $name {
            const KIND: $crate::json::table::Kind =
                $crate::json::table::Kind::Enum(<Self as $crate::json::Enumeration>::NAMES);
        }
    )*};
}

/// Numbers with a name, and their range where it is narrower than that of the Rust type.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $number:ident $($min:literal $max:literal)?,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $number);

        impl From<$number> for $name {
            fn from(number: $number) -> Self {
                Self(number)
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.0, f)
            }
        }

        impl $crate::json::Value for $name {
            fn read(cursor: $crate::json::Cursor<'_>) -> Self {
                Self($crate::json::Value::read(cursor))
            }

            fn write(&self, builder: &mut $crate::json::Builder) {
                $crate::json::Value::write(&self.0, builder);
            }
        }

        #[cfg(feature = "serde")]
        $crate::model::macros::transparent!($name);

        impl $crate::model::value::FieldValue for $name {
            const KIND: $crate::json::table::Kind =
                $crate::model::macros::range!($number $($min $max)?);
        }
    )*};
}

/// Texts with a name and the rule a strict writer keeps to.
macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident: $rule:ident $({ min: $min:literal, max: $max:literal })?,)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub ::alloc::string::String);

        $crate::model::macros::text!($name: $rule $({ min: $min, max: $max })?);

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

/// What every text newtype has.
macro_rules! text {
    ($name:ident: $rule:ident $({ min: $min:literal, max: $max:literal })?) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<::alloc::string::String> for $name {
            fn from(text: ::alloc::string::String) -> Self {
                Self(text)
            }
        }

        impl $crate::json::Value for $name {
            fn read(cursor: $crate::json::Cursor<'_>) -> Self {
                Self($crate::json::Value::read(cursor))
            }

            fn write(&self, builder: &mut $crate::json::Builder) {
                $crate::json::Value::write(&self.0, builder);
            }
        }

        #[cfg(feature = "serde")]
        $crate::model::macros::transparent!($name);

        impl $crate::model::value::FieldValue for $name {
            const KIND: $crate::json::table::Kind = $crate::json::table::Kind::Text(
                $crate::json::table::TextRule::$rule $({ min: $min, max: $max })?,
            );
        }
    };
}

/// Serde for a type of one value: as the value alone.
#[cfg(feature = "serde")]
macro_rules! transparent {
    ($name:ident) => {
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                ::serde::Deserialize::deserialize(deserializer).map(Self)
            }
        }
    };
}

/// Type tables without a struct. A row is: key, offset of the key, how often, kind.
macro_rules! frames {
    ($(
        $(#[$doc:meta])*
        $name:ident = $xsd:literal { $($key:literal $at:literal $occurs:ident $kind:ident $argument:tt,)* }
    )*) => {$(
        $(#[$doc])*
        pub(crate) static $name: $crate::json::table::Ty = $crate::json::table::Ty {
            name: $xsd,
            literals: &$crate::model::generated::LITERALS,
            keys: &[$($crate::model::macros::key($at, $key)),*],
            fields: &[$($crate::json::table::Field {
                kind: $crate::model::macros::kind!($kind $argument),
                many: $crate::model::macros::many!($occurs),
            }),*],
            identifiers: 0,
            optional_identifiers: 0,
            write_flag: None,
            one_of: false,
        };
    )*};
}

/// Choice groups and the function of each alternative. A row is: function, key, offset of the key, Rust type.
macro_rules! choices {
    ($(
        $(#[$doc:meta])*
        $name:ident $functions:ident $round_trips:ident = $xsd:literal,
        index [$($displacement:literal,)*] [$($slot:literal,)*]
        { $($function:literal $key:literal $at:literal $type:ident,)* }
    )*) => {$(
        $(#[$doc])*
        pub(crate) static $name: $crate::json::table::Choice = $crate::json::table::Choice {
            name: $xsd,
            keys: &[$($crate::model::macros::key($at, $key)),*],
            types: &[$(<$type as $crate::json::Typed>::TY),*],
            index: $crate::json::hash::Index {
                displacements: &[$($displacement),*],
                slots: &[$($slot),*],
            },
        };

        /// The function of each alternative.
        pub(crate) static $functions: &[$crate::model::FunctionId] = &[$($crate::model::FunctionId($function)),*];

        /// Through the typed struct of each alternative and back.
        #[cfg(test)]
        pub(crate) static $round_trips: &[fn(&$crate::json::Tape) -> Option<$crate::json::Tape>] =
            &[$(|tape| tape.get::<$type>().map(|value| $crate::json::Tape::of(&value))),*];
    )*};
}

/// The functions.
macro_rules! functions {
    ($count:literal; $(
        $number:literal $constant:ident $name:literal $data:ident $kind:ident $(($item:expr))?,
        selectors [$($selectors:ident)?] elements $scope:ident [$($elements:ident)?]
        features $any:literal [$($feature:ident)?],
    )*) => {
        impl $crate::model::FunctionId {
            $(#[doc = concat!("`", $name, "`")] pub const $constant: Self = Self($number);)*
        }

        /// What is known of each function.
        pub(crate) static FUNCTIONS: [$crate::model::FunctionInfo; $count] = [$(
            $crate::model::FunctionInfo {
                name: $name,
                ty: <$data as $crate::json::Typed>::TY,
                kind: $crate::model::FunctionKind::$kind $({ item: $item })?,
                selectors: $crate::model::macros::option!($(<$selectors as $crate::json::Typed>::TY)?),
                elements: $crate::model::macros::option!($(<$elements as $crate::json::Typed>::TY)?),
                elements_scope: $crate::model::ElementsScope::$scope,
                features: &[$(FeatureType::$feature)?],
                any_feature: $any,
            },
        )*];

        $(impl $crate::model::FunctionData for $data {
            const FUNCTION: $crate::model::FunctionId = $crate::model::FunctionId::$constant;
        })*
    };
}

/// An expression or nothing.
macro_rules! option {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// The kind of a number.
macro_rules! range {
    ($number:ident) => {
        <$number as $crate::model::value::FieldValue>::KIND
    };
    ($number:ident $min:literal $max:literal) => {
        $crate::json::table::Kind::Unsigned { min: $min, max: $max }
    };
}

/// The kind of a field of the command frame.
macro_rules! kind {
    (of $type:ident) => {
        <$type as $crate::model::value::FieldValue>::KIND
    };
    ($kind:ident $table:tt) => {
        $crate::json::table::Kind::$kind(&$table)
    };
}

/// Whether a field is a list.
macro_rules! many {
    (many) => {
        true
    };
    (one) => {
        false
    };
}

#[cfg(feature = "serde")]
pub(crate) use transparent;
pub(crate) use {
    choices, enums, frames, functions, kind, literals, many, numbers, option, range, structs, text, texts,
};

/// How spine-go and openeebus name some elements, and the schema.
pub(crate) const ALIASES: &[(&str, &str)] = &[
    ("alarmListData", "alarmData"),
    ("directControlActivityDataElements", "directControlActivityData"),
    ("powerTimeSlotValueListData", "powerTimeSlotValueData"),
    ("sequence_id", "sequenceId"),
    ("SupplyConditionThresholdRelationDataType", "supplyConditionThresholdRelationData"),
];

/// The key of a field; the key of a choice group is empty.
pub(crate) const fn key(at: u16, name: &str) -> Key {
    literal(at, name, 6)
}

/// An enum value with its quotes.
pub(crate) const fn quoted(at: u16, text: &str) -> Key {
    literal(at, text, 2)
}

const fn literal(at: u16, text: &str, around: usize) -> Key {
    let len = if text.is_empty() { 0 } else { text.len().saturating_add(around) };
    Key { at, len: len as u8 }
}

/// Writes texts one behind the other, each between `before` and `after`.
pub(crate) const fn join<const SIZE: usize>(mut texts: &[&str], before: &[u8], after: &[u8]) -> [u8; SIZE] {
    const { assert!(SIZE == KEY_BLOB || SIZE == VALUE_BLOB) };
    let mut blob = [0; SIZE];
    let mut room: &mut [u8] = &mut blob;
    while let [text, rest @ ..] = texts {
        room = append(append(append(room, before), text.as_bytes()), after);
        texts = rest;
    }
    blob
}

/// Writes `text` at the start of `room` and answers what is left.
#[expect(clippy::panic, reason = "runs in the compiler only")]
const fn append<'a>(mut room: &'a mut [u8], mut text: &[u8]) -> &'a mut [u8] {
    while let [octet, rest @ ..] = text {
        let [place, left @ ..] = room else { panic!("the blob is full") };
        *place = *octet;
        room = left;
        text = rest;
    }
    room
}
