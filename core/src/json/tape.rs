//! The tape: one value of one type as flat tokens and the text they point into.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::builder::Builder;
use super::cursor::Cursor;
use super::error::Error;
use super::limits::Limits;
use super::notes::Note;
use super::reader::{self, Shape};
use super::repairs::Repairs;
use super::table::Ty;
use super::token::{Form, Head, Token};
use super::value::Typed;
use super::writer;

/// One struct of a schema type, as it was read or built.
///
/// The tokens stand in document order; each knows its key literal and, for a container, the number of tokens inside.
/// Strings stay in the received text, quotes included. The fields of a struct always stand in the order of the schema,
/// a single element at most once, and no list is empty.
///
/// Two tapes are equal if they have the same type and the same value; how it was written does not matter.
#[derive(Clone)]
pub struct Tape {
    pub(super) ty: &'static Ty,
    pub(super) text: String,
    pub(super) tokens: Vec<Token>,
    /// Octets of `text` when nothing in it was dead.
    pub(super) swept: usize,
}

impl Tape {
    /// Reads one struct of type `ty`.
    ///
    /// # Errors
    ///
    /// The input is no JSON, has another type, or exceeds a limit.
    pub fn read(ty: &'static Ty, bytes: &[u8], limits: &Limits) -> Result<(Self, Repairs), Error> {
        reader::read(ty, bytes, Shape::Value, limits, false).map(|(tape, repairs, _)| (tape, repairs))
    }

    /// Reads a document, `{"datagram":…}`: an object with exactly one member, which is a field of `ty`.
    ///
    /// # Errors
    ///
    /// As [`Tape::read`]; and there is no member, another one, or more than one.
    pub fn read_document(ty: &'static Ty, bytes: &[u8], limits: &Limits) -> Result<(Self, Repairs), Error> {
        reader::read(ty, bytes, Shape::Document, limits, false).map(|(tape, repairs, _)| (tape, repairs))
    }

    /// As [`Tape::read`], and names the place of each repair instead of counting them. For tools: it takes longer.
    ///
    /// # Errors
    ///
    /// As [`Tape::read`].
    pub fn inspect(ty: &'static Ty, bytes: &[u8], limits: &Limits) -> Result<(Self, Vec<Note>), Error> {
        reader::read(ty, bytes, Shape::Value, limits, true).map(|(tape, _, notes)| (tape, notes))
    }

    /// As [`Tape::read_document`], and names the place of each repair instead of counting them.
    ///
    /// # Errors
    ///
    /// As [`Tape::read_document`].
    pub fn inspect_document(
        ty: &'static Ty,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<(Self, Vec<Note>), Error> {
        reader::read(ty, bytes, Shape::Document, limits, true).map(|(tape, _, notes)| (tape, notes))
    }

    /// Reads the struct that `bytes` begins with, if it is complete within the first KiB; answers its length too.
    pub(crate) fn read_front(
        ty: &'static Ty,
        bytes: &[u8],
        limits: &Limits,
    ) -> Option<(Self, Repairs, usize)> {
        reader::read_front(ty, bytes, limits)
    }

    /// A struct without fields.
    pub fn empty(ty: &'static Ty) -> Self {
        let root = Token::new(Head::NONE, Form::Object, 0, 0);
        Self::from_parts(ty, String::new(), Vec::from([root]))
    }

    /// The tape of a typed value.
    pub fn of<T: Typed>(value: &T) -> Self {
        let mut builder = Builder::new(T::TY);
        value.write(&mut builder);
        builder.finish()
    }

    pub(super) fn from_parts(ty: &'static Ty, text: String, tokens: Vec<Token>) -> Self {
        let swept = text.len();
        Self { ty, text, tokens, swept }
    }

    /// Forgets which text was canonical: the writer writes every struct and list anew, as it would one that was built.
    /// The value and what is written stay the same.
    pub fn forget_canonical(&mut self) {
        for token in self.tokens.iter_mut().filter(|token| token.is_container()) {
            *token = token.touched();
        }
    }

    #[cfg(test)]
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    #[cfg(test)]
    pub(crate) fn token_count(&self) -> usize {
        self.tokens.len()
    }

    /// The typed value; `None` where the tape has another type.
    pub fn get<T: Typed>(&self) -> Option<T> {
        core::ptr::eq(self.ty, T::TY).then(|| T::read(self.root()))
    }

    /// The type of the root.
    pub fn ty(&self) -> &'static Ty {
        self.ty
    }

    /// The struct itself.
    pub fn root(&self) -> Cursor<'_> {
        Cursor::new(self, 0)
    }

    /// Octets of memory it holds, beside its own struct.
    pub fn memory(&self) -> usize {
        let tokens = self.tokens.capacity().saturating_mul(size_of::<Token>());
        self.text.capacity().saturating_add(tokens)
    }

    /// About how many octets it takes when it is written.
    pub fn written_len(&self) -> usize {
        writer::len(self)
    }

    /// Appends the struct as canonical EEBUS JSON (SHIP 11.4).
    pub fn write(&self, out: &mut Vec<u8>) {
        writer::write(self, out);
    }

    /// Appends the document of a tape that [`Tape::read_document`] read or that has one field: `{"datagram":…}`.
    pub fn write_document(&self, out: &mut Vec<u8>) {
        writer::write_document(self, out);
    }
}

impl PartialEq for Tape {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self.ty, other.ty) && self.root() == other.root()
    }
}

/// The type's name and the value as ordinary JSON, without secrets.
impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.ty.name, self.root())
    }
}
