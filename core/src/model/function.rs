//! The functions of SPINE and what the tables know of them.

use core::fmt;

use super::generated::{DATA, FUNCTIONS, LITERALS};
use super::{FeatureType, Function};
use crate::json::table::Ty;
use crate::json::{Enumeration, Typed};

/// One of the 142 functions of SPINE 1.3.0, by its number in `DataChoiceGroup`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub(crate) u8);

/// What is known of a function.
#[derive(Debug)]
#[non_exhaustive]
pub struct FunctionInfo {
    /// Name of the function and of its data element.
    pub name: &'static str,
    /// Type of the data.
    pub ty: &'static Ty,
    /// What the data is.
    pub kind: FunctionKind,
    /// Type of the selectors in a filter.
    pub selectors: Option<&'static Ty>,
    /// Type of the elements in a filter.
    pub elements: Option<&'static Ty>,
    /// What the elements describe.
    pub elements_scope: ElementsScope,
    /// The feature types it belongs to; none where only other functions carry its data.
    pub features: &'static [FeatureType],
    /// It is sent on every feature (`resultData`).
    pub any_feature: bool,
}

/// What the data of a function is.
#[derive(Clone, Copy, Debug)]
pub enum FunctionKind {
    /// A list of entries: the data type has exactly one repeated element.
    List {
        /// Type of an entry.
        item: &'static Ty,
    },
    /// One struct.
    Plain,
    /// A call: it is executed, not stored.
    Call,
}

/// What the elements of a filter describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementsScope {
    /// One entry of the list.
    Item,
    /// The whole data.
    Function,
}

/// The data of a function as a typed struct.
pub trait FunctionData: Typed {
    /// The function.
    const FUNCTION: FunctionId;
}

impl FunctionId {
    /// The function of this number.
    pub(crate) fn from_number(number: u16) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        (usize::from(number) < FUNCTIONS.len()).then_some(Self(number))
    }

    /// The function of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        DATA.find(&LITERALS, name).and_then(Self::from_number)
    }

    /// Every function.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map_while(Self::from_number)
    }

    /// What is known of it.
    pub fn info(self) -> &'static FunctionInfo {
        let [first, ..] = &FUNCTIONS;
        FUNCTIONS.get(usize::from(self.0)).unwrap_or(first)
    }

    /// Its name and that of its data element.
    pub fn name(self) -> &'static str {
        self.info().name
    }
}

/// The function's name.
impl fmt::Debug for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The function's name.
impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(feature = "serde")]
crate::as_text::as_text!(FunctionId: FunctionId::from_name);

impl From<FunctionId> for Function {
    fn from(id: FunctionId) -> Self {
        Self::from_number(u16::from(id.0)).unwrap_or_else(|| Self::extended(id.name()))
    }
}

/// The function of a listed value.
impl TryFrom<&Function> for FunctionId {
    type Error = UnknownFunction;

    fn try_from(function: &Function) -> Result<Self, UnknownFunction> {
        function.number().and_then(Self::from_number).ok_or(UnknownFunction)
    }
}

/// A name that no function of SPINE 1.3.0 has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFunction;

impl fmt::Display for UnknownFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no function of SPINE 1.3.0")
    }
}

impl core::error::Error for UnknownFunction {}
