//! What the tolerant reader put right.

use core::fmt;

/// One kind of departure from EEBUS JSON that a reader repairs. White space is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Repair {
    /// A byte order mark or NULs in front of the message.
    Leading,
    /// NULs behind the message.
    Trailing,
    /// A struct written as one object instead of an array of objects with one key each.
    ObjectForm,
    /// An entry of a struct with several keys.
    SeveralKeys,
    /// `{}` where `[]` is meant, or an entry without a key.
    EmptyObject,
    /// `null`.
    Null,
    /// An element under a name that some peers give it.
    Alias,
    /// An element the type does not have, left out.
    UnknownElement,
    /// An enum value that is not in the schema, kept as text.
    UnknownValue,
    /// A struct whose elements do not follow the order of the schema.
    Order,
    /// A single element that occurs twice; the last one counts.
    Duplicate,
    /// A whole number written with a fraction, an exponent or as `-0`.
    NumberForm,
}

impl Repair {
    const ALL: [Self; 12] = [
        Self::Leading,
        Self::Trailing,
        Self::ObjectForm,
        Self::SeveralKeys,
        Self::EmptyObject,
        Self::Null,
        Self::Alias,
        Self::UnknownElement,
        Self::UnknownValue,
        Self::Order,
        Self::Duplicate,
        Self::NumberForm,
    ];
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leading => "byte order mark or NULs in front",
            Self::Trailing => "NULs behind",
            Self::ObjectForm => "object instead of array of single-key objects",
            Self::SeveralKeys => "entry with several keys",
            Self::EmptyObject => "empty object",
            Self::Null => "null",
            Self::Alias => "another name of an element",
            Self::UnknownElement => "unknown element",
            Self::UnknownValue => "unknown enum value",
            Self::Order => "order of elements",
            Self::Duplicate => "repeated element",
            Self::NumberForm => "form of a number",
        })
    }
}

/// How often each [`Repair`] was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repairs([u32; Repair::ALL.len()]);

impl Repairs {
    /// No repair was needed.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&count| count == 0)
    }

    /// How often `repair` was made.
    pub fn count(&self, repair: Repair) -> u32 {
        self.0.get(repair as usize).copied().unwrap_or(0)
    }

    /// The repairs that were made, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Repair, u32)> + '_ {
        Repair::ALL.into_iter().zip(self.0).filter(|&(_, count)| count > 0)
    }

    #[cold]
    pub(super) fn add(&mut self, repair: Repair) {
        if let Some(count) = self.0.get_mut(repair as usize) {
            *count = count.saturating_add(1);
        }
    }
}

/// `1 x trailing NUL, 3 x …`.
impl core::fmt::Display for Repairs {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.iter().enumerate().try_for_each(|(n, (repair, count))| {
            write!(f, "{}{count} x {repair}", if n > 0 { ", " } else { "" })
        })
    }
}

/// A map of the repairs that were made.
#[cfg(feature = "serde")]
impl serde::Serialize for Repairs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
