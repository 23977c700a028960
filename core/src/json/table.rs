//! The shape of the schema tables. The generator fills them (`core/codegen`); reader, writer and every generic
//! operation walk them.

use super::hash::Index;

/// Size of the key literal blobs: a power of two that fits every key, and the longest copy beyond it.
pub const KEY_BLOB: usize = 32_768 + 64;
/// Size of the enum value blob: a power of two that fits every value, and the longest copy beyond it.
pub const VALUE_BLOB: usize = 16_384 + 64;

/// Every literal of the tables, in blobs of fixed size so that a masked offset needs no bounds check.
#[derive(Debug)]
pub struct Literals {
    /// Key literals as they stand between two fields: `},{"name":`.
    pub keys: &'static [u8; KEY_BLOB],
    /// The same keys at the same offsets as they stand first in a struct: `[{"name":`, one octet shorter.
    pub first: &'static [u8; KEY_BLOB],
    /// Enum values with their quotes: `"consume"`.
    pub values: &'static [u8; VALUE_BLOB],
    /// Names that some peers write, and what the schema calls the element. Only a reader takes them.
    pub aliases: &'static [(&'static str, &'static str)],
    /// Names of the elements that no `Debug` shows.
    pub secrets: &'static [&'static str],
}

/// Where a key literal stands in [`Literals::keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Offset of the literal.
    pub at: u16,
    /// Length of `},{"name":`.
    pub len: u8,
}

/// One complex type.
#[derive(Debug)]
pub struct Ty {
    /// XSD name; anonymous types by path (`BillDataType/total`).
    pub name: &'static str,
    /// The blobs its keys and enum values stand in.
    pub literals: &'static Literals,
    /// Keys of the fields, in wire order.
    pub keys: &'static [Key],
    /// The fields, parallel to `keys`; at most 16.
    pub fields: &'static [Field],
    /// Bit `i` is set where field `i` is a primary or sub identifier of a list entry.
    pub identifiers: u16,
    /// The identifiers a peer may leave out (`valueType` of `MeasurementDataType`): a missing one is the first value of
    /// its enum.
    pub optional_identifiers: u16,
    /// The field that says whether a peer may change the entry (`isLimitChangeable`).
    pub write_flag: Option<u8>,
    /// Exactly one field is meant, although the schema has a sequence: stating one in a partial update clears the
    /// others (`DeviceConfigurationKeyValueValueType`).
    pub one_of: bool,
}

/// One field of a type.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// What a value of it is.
    pub kind: Kind,
    /// `maxOccurs="unbounded"`.
    pub many: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A number of 0 or more.
    Unsigned {
        /// Smallest valid value.
        min: u8,
        /// Largest valid value.
        max: u64,
    },
    /// A signed number of this many bits.
    Signed {
        /// 16 or 64.
        bits: u8,
    },
    /// A string, with the rule a strict writer keeps to.
    Text(TextRule),
    /// A string out of a list.
    Enum(&'static Names),
    /// Presence alone: `[]`.
    Tag,
    /// A struct.
    Object(&'static Ty),
    /// One alternative out of a choice group that stands inline in the struct (`DataChoiceGroup` of `CmdType`).
    /// The field's own key is empty; any number of alternatives may occur.
    Choice(&'static Choice),
    /// Any JSON value, kept as it was written (`payload` of the SHIP `data` message).
    Any,
}

/// What the schema demands of a string. Readers accept anything; writers and checkers use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextRule {
    /// Nothing.
    Free,
    /// `xs:string` with lengths (both inclusive).
    Length {
        /// Fewest characters.
        min: u16,
        /// Most characters.
        max: u16,
    },
    /// `[1-9][0-9]*\.[0-9]+\.[0-9]+`, at most 128 characters.
    SpecificationVersion,
    /// `d:_(i:…|n:…)_…`, at most 256 characters.
    AddressDevice,
    /// `(#[1-9][0-9]*)*`, at most 128 characters.
    FeatureGroup,
    /// Eight to sixteen hex digits (SHIP `PinValueType`).
    Pin,
    /// `xs:hexBinary`.
    HexBinary,
    /// `xs:duration`.
    Duration,
    /// `xs:dateTime`.
    DateTime,
    /// `xs:date`.
    Date,
    /// `xs:time`.
    Time,
    /// `xs:duration` or `xs:dateTime`.
    AbsoluteOrRelativeTime,
}

/// The values of an enum.
#[derive(Debug)]
pub struct Names {
    /// XSD name.
    pub name: &'static str,
    /// Where each value stands in [`Literals::values`], quotes included; the index is the value's number.
    pub values: &'static [Key],
    /// Value number by text.
    pub index: Index,
    /// A closed set: the schema knows no vendor extension. Readers keep unknown text all the same.
    pub closed: bool,
}

/// A choice group: alternatives with a type each.
#[derive(Debug)]
pub struct Choice {
    /// XSD name of the group.
    pub name: &'static str,
    /// Keys of the alternatives.
    pub keys: &'static [Key],
    /// Types of the alternatives, parallel to `keys`.
    pub types: &'static [&'static Ty],
    /// Alternative number by the text of the key.
    pub index: Index,
}
