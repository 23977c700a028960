//! Where repairs were made. Only an inspecting reader keeps that; others count ([`super::Repairs`]).

use alloc::string::String;
use alloc::vec::Vec;

use super::error::{self, Step};
use super::reader::{Open, Reader};
use super::repairs::Repair;
use super::scan::Scan;
use super::token::Form;

/// Repairs an inspection names: no message of the field needs more, ordinary JSON included.
pub const MAX_NOTES: usize = 4096;
/// Characters kept of a name that a peer chose.
const MAX_NAME: usize = 128;

/// Where a repair was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The repair.
    pub repair: Repair,
    /// The element, `datagram.payload.cmd[0].resultData.colour`; without a name, the struct or list it is in. Items
    /// that are `null` do not count.
    pub path: String,
    /// Octet of the input the reader had come to.
    pub at: usize,
}

/// A note whose way to the root is not complete.
#[derive(Debug)]
pub(super) struct Draft {
    repair: Repair,
    at: usize,
    name: Option<String>,
    /// Where the innermost closed container around it begins.
    token: Option<usize>,
    /// The way, from the inside out.
    path: Vec<Step>,
}

impl Draft {
    pub(super) fn finish(self) -> Note {
        let mut path = error::path(&self.path);
        if let Some(name) = self.name {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&name);
        }
        Note { repair: self.repair, path, at: self.at }
    }
}

impl Scan<'_> {
    pub(super) fn note(&mut self, repair: Repair) {
        let at = self.at;
        if let Some(notes) = self.notes.as_mut().filter(|notes| notes.len() < MAX_NOTES) {
            notes.push(Draft { repair, at, name: None, token: None, path: Vec::new() });
        }
    }

    /// Names the element of the last note.
    #[cold]
    pub(super) fn name_note(&mut self, way: &[&str]) {
        if let Some(note) = self.notes.as_mut().and_then(|notes| notes.last_mut()) {
            note.name = Some(way.join(".").chars().take(MAX_NAME).collect());
        }
    }
}

impl Reader<'_> {
    /// Adds a closed container to the way of every note inside it.
    #[cold]
    pub(super) fn locate(&mut self, open: Open) {
        let Some(notes) = &mut self.scan.notes else { return };
        let Some(container) = self.tokens.get(open.token) else { return };
        for note in notes.iter_mut().rev().take_while(|note| note.at >= open.at) {
            if let (Form::List, Some(inside)) = (container.form(), note.token) {
                let mut at = open.token.wrapping_add(1);
                let mut index = 0usize;
                while let Some(item) = self.tokens.get(at).filter(|_| at < inside) {
                    at = at.wrapping_add(item.span());
                    index = index.wrapping_add(1);
                }
                note.path.push(Step::Item(index));
            }
            if container.key().len > 0 {
                note.path.push(Step::Name(self.literals.name(container.key())));
            }
            note.token = Some(open.token);
        }
    }
}
