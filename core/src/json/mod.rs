//! EEBUS JSON (SHIP 11.4): the form in which a struct is an array of objects with one key each.

pub mod hash;
pub mod table;
