//! List functions: a struct whose only field is a list of entries (SPINE 5.3.4; 98 of the 142 functions).

use core::fmt;

use crate::json::table::{Field, Kind, Ty};
use crate::json::{Cursor, Edit, Tape};

/// A list function's type.
#[derive(Clone, Copy)]
pub(super) struct List {
    /// Name of the field with the entries.
    pub(super) name: &'static str,
    /// Type of an entry.
    pub(super) entry: &'static Ty,
}

impl List {
    /// `None` where `ty` is no list function's type.
    pub(super) fn of(ty: &'static Ty) -> Option<Self> {
        match (ty.fields, ty.keys) {
            ([Field { kind: Kind::Object(entry), many: true }], [key]) => {
                Some(Self { name: ty.literals.name(*key), entry })
            }
            _ => None,
        }
    }

    /// The same, where an entry has identifiers; without them only the whole list can be exchanged.
    pub(super) fn identified(ty: &'static Ty) -> Result<Option<Self>, ExchangeFault> {
        match Self::of(ty) {
            Some(list) if list.entry.identifiers == 0 => Err(ExchangeFault::NoIdentifiers),
            list => Ok(list),
        }
    }
}

/// The entries of a list function's data.
pub fn entries(data: Cursor<'_>) -> impl Iterator<Item = Cursor<'_>> {
    data.fields().next().into_iter().flat_map(Cursor::items)
}

/// Writes a list function's data anew, its entries one by one. A list without entries is left out.
pub(super) fn write_entries<E>(
    edit: &mut Edit<'_>,
    data: Cursor<'_>,
    list: Option<Cursor<'_>>,
    entries: impl Iterator<Item = E>,
    mut write: impl FnMut(&mut Edit<'_>, E),
) {
    let root = edit.open(data);
    if let Some(list) = list {
        let list = edit.open(list);
        entries.for_each(|entry| write(edit, entry));
        edit.close_unless_empty(list);
    }
    edit.close(root);
}

/// Writes a new version of `stored`; answers whether it is another value.
pub(super) fn rewrite(stored: &mut Tape, write: impl FnOnce(&mut Edit<'_>, Cursor<'_>)) -> bool {
    let mut edit = Edit::new(stored);
    write(&mut edit, stored.root());
    let revision = edit.finish();
    stored.revise(revision)
}

/// The first identifier an entry states.
pub(super) fn stated_identifier<'a>(ty: &'static Ty, entry: Cursor<'a>) -> Option<Cursor<'a>> {
    entry.fields().find(|field| is_identifier(ty, field.number()))
}

/// Field `number` is a primary or sub identifier.
pub(super) fn is_identifier(ty: &'static Ty, number: u8) -> bool {
    ty.identifiers >> (number & 15) & 1 == 1
}

/// Selectors or elements of a filter, with their type.
#[derive(Clone, Copy, Debug)]
pub struct Criterion<'a> {
    /// The type.
    pub ty: &'static Ty,
    /// Where they stand.
    pub at: Cursor<'a>,
}

impl<'a> From<&'a Tape> for Criterion<'a> {
    fn from(tape: &'a Tape) -> Self {
        Self { ty: tape.ty(), at: tape.root() }
    }
}

impl<'a> Criterion<'a> {
    /// Nothing is stated.
    pub(super) fn is_empty(self) -> bool {
        self.at.fields().next().is_none()
    }

    /// An element of this name is stated.
    pub(super) fn names(self, name: &str) -> bool {
        self.ty.field_named(name).is_some_and(|number| self.at.field(number).is_some())
    }

    /// The part with this name, if it is a struct.
    pub(crate) fn part(self, name: &str) -> Option<Self> {
        let number = self.ty.field_named(name)?;
        match self.ty.fields.get(usize::from(number))?.kind {
            Kind::Object(ty) => self.at.field(number).map(|at| Self { ty, at }),
            _ => None,
        }
    }

    /// The criterion for one entry. Some types wrap it in the name of the list (`bindingEntry`).
    pub(super) fn for_entry(self, list: List) -> Option<Self> {
        if self.ty.field_named(list.name).is_some() { self.part(list.name) } else { Some(self) }
    }
}

/// Why a restricted function exchange can't be carried out. Whoever asked for it is at fault; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExchangeFault {
    /// An entry states some of its identifiers, but not this one (SPINE 5.3.4.7; error 7).
    MissingIdentifier(&'static str),
    /// An entry states this identifier although selectors say which entries are meant (error 7).
    StatedIdentifier(&'static str),
    /// Entries have no identifiers: the list is exchanged as a whole only (SPINE 5.3.4.1; error 8).
    NoIdentifiers,
    /// Selectors for data that is no list (error 8).
    NoList,
    /// A selector that can't be evaluated; guessing could delete too much (error 8).
    UnknownSelector(&'static str),
    /// A delete that does not say what, or says so with empty selectors or elements (error 8).
    NothingNamed,
}

impl fmt::Display for ExchangeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingIdentifier(name) => write!(f, "an entry without its identifier {name}"),
            Self::StatedIdentifier(name) => write!(f, "selectors and an entry with its identifier {name}"),
            Self::NoIdentifiers => f.write_str("a list without identifiers is exchanged as a whole only"),
            Self::NoList => f.write_str("selectors for data that is no list"),
            Self::UnknownSelector(name) => write!(f, "the selector {name} can't be evaluated"),
            Self::NothingNamed => f.write_str("a delete that does not say what"),
        }
    }
}

impl core::error::Error for ExchangeFault {}
