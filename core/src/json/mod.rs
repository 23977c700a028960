//! EEBUS JSON (SHIP 11.4): the form in which a struct is an array of objects with one key each.
//!
//! ```text
//! bytes ──Reader──▶ Tape (flat tokens and the text they point into) ──Writer──▶ bytes
//!                    ▲ │
//!            Builder │ │ Cursor
//!                    │ ▼
//!               typed values (Value, Typed, Enumeration)
//! ```
//!
//! Reading follows the schema tables ([`table::Ty`]) and is tolerant: it repairs what real peers send and counts the
//! repairs. Writing is strict and needs no schema, for every token knows its key.

mod builder;
mod cursor;
mod edit;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
pub mod hash;
mod keys;
mod limits;
mod lookup;
mod notes;
mod number;
mod plain;
#[cfg(feature = "serde")]
mod plain_serde;
mod read_value;
mod reader;
mod repairs;
mod scan;
mod sink;
pub mod table;
mod tape;
#[cfg(test)]
mod tests;
mod text;
mod token;
mod value;
mod writer;

pub use builder::Builder;
pub use cursor::{Cursor, Fields, Items};
pub(crate) use edit::Edit;
pub use error::{Error, Expected};
pub use limits::{Limits, MAX_DEPTH, MAX_LIST, MAX_SIZE, MAX_STRING, MEMORY_CONSTANT, MEMORY_PER_OCTET};
pub use notes::{MAX_NOTES, Note};
pub use plain::Plain;
pub use repairs::{Repair, Repairs};
pub use tape::Tape;
pub use value::{AnyJson, ElementTag, Enumeration, Typed, Value};
