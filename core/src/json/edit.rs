//! Changes to a tape: a new version of its tokens, or single values put over others. Strings are appended to the
//! text; the ones nobody points to any more are swept out before they outweigh the rest.

use alloc::string::String;
use alloc::vec::Vec;

use super::builder::copy;
use super::cursor::{Cursor, same_value, same_values};
use super::tape::Tape;
use super::token::Token;

/// Octets of dead text that are not worth a sweep.
const SMALL: usize = 256;

/// A new version of a tape, written while the old one is read.
#[derive(Debug)]
pub(crate) struct Edit<'a> {
    old: &'a Tape,
    tokens: Vec<Token>,
    /// Strings from elsewhere; they go behind the old text.
    extra: String,
}

/// A finished [`Edit`].
#[derive(Debug)]
pub(crate) struct Revision {
    tokens: Vec<Token>,
    extra: String,
}

impl<'a> Edit<'a> {
    pub(crate) fn new(old: &'a Tape) -> Self {
        Self { old, tokens: Vec::with_capacity(old.tokens.len()), extra: String::new() }
    }

    /// Writes a value of the old tape or another one, under the key it has there.
    pub(crate) fn put(&mut self, value: Cursor<'_>) {
        if core::ptr::eq(value.tape(), self.old) {
            self.tokens.extend_from_slice(value.tokens());
        } else {
            let base = self.old.text.len();
            copy(&mut self.tokens, &mut self.extra, base, value.tokens(), &value.tape().text);
        }
    }

    /// Opens a container with the key and form of `like`; answers what [`Edit::close`] wants.
    pub(crate) fn open(&mut self, like: Cursor<'_>) -> usize {
        let at = self.tokens.len();
        self.tokens.extend(like.token().map(|token| token.hollow()));
        at
    }

    /// Closes the container that [`Edit::open`] opened.
    pub(crate) fn close(&mut self, at: usize) {
        let inside = self.tokens.len().wrapping_sub(at).wrapping_sub(1);
        if let Some(token) = self.tokens.get_mut(at) {
            token.len = inside as u32;
        }
    }

    /// The same; a container with nothing inside vanishes.
    pub(crate) fn close_unless_empty(&mut self, at: usize) {
        if self.tokens.len() == at.wrapping_add(1) {
            self.tokens.pop();
        } else {
            self.close(at);
        }
    }

    /// What [`Tape::revise`] wants.
    pub(crate) fn finish(self) -> Revision {
        Revision { tokens: self.tokens, extra: self.extra }
    }

    /// A tape of its own, of the old one's type. Nothing from elsewhere may have been put.
    pub(crate) fn into_tape(self) -> Tape {
        debug_assert!(self.extra.is_empty());
        let (mut tokens, mut text) = (Vec::new(), String::new());
        copy(&mut tokens, &mut text, 0, &self.tokens, &self.old.text);
        Tape::from_parts(self.old.ty, text, tokens)
    }
}

impl Tape {
    /// The value whose token stands at `place`.
    pub(crate) fn at(&self, place: usize) -> Cursor<'_> {
        Cursor::new(self, place)
    }

    /// Takes a new version; answers whether the value changed.
    pub(crate) fn revise(&mut self, revision: Revision) -> bool {
        let len = self.text.len();
        self.text.push_str(&revision.extra);
        if same_values(&self.tokens, &self.text, &revision.tokens, &self.text) {
            self.text.truncate(len);
            return false;
        }
        self.tokens = revision.tokens;
        self.sweep();
        true
    }

    /// Puts `value` over the one at `place`, which is of the same field and no container; answers whether it changed.
    pub(crate) fn overwrite(&mut self, place: usize, value: Cursor<'_>) -> bool {
        if self.at(place) == value {
            return false;
        }
        let (Some(slot), Some(&token)) = (self.tokens.get_mut(place), value.token()) else { return false };
        debug_assert!(!slot.is_container() && !token.is_container());
        *slot = token;
        if token.owns_text() {
            *slot = token.at(self.text.len());
            self.text.push_str(value.stored_text());
        }
        true
    }

    /// Puts the struct `update` over the one at `place` if the tokens of the latter begin with the same keys and forms;
    /// answers whether that changed it. `None`, and nothing is done, where they differ.
    pub(crate) fn overwrite_in_step(&mut self, place: usize, update: Cursor<'_>) -> Option<bool> {
        let (news, new_text) = (update.tokens().get(1..)?, &update.tape().text);
        let (top, olds) = self.tokens.get_mut(place..)?.split_first_mut()?;
        let olds = olds.get_mut(..top.len as usize)?.get_mut(..news.len())?;
        let in_step =
            |(old, new): (&Token, &Token)| old.agrees(*new) && (!old.is_container() || old.len == new.len);
        if !olds.iter().zip(news).all(in_step) {
            return None;
        }
        let mut changed = false;
        for (old, new) in olds.iter_mut().zip(news) {
            if !same_value(old, &self.text, new, new_text) {
                changed = true;
                *old = *new;
                if new.owns_text() {
                    *old = new.at(self.text.len());
                    self.text.push_str(new.text(new_text));
                }
            }
        }
        if changed {
            *top = top.touched();
            olds.iter_mut().filter(|old| old.is_container()).for_each(|old| *old = old.touched());
        }
        Some(changed)
    }

    /// Notes that something inside the container at `place` changed.
    pub(crate) fn touch(&mut self, place: usize) {
        if let Some(token) = self.tokens.get_mut(place) {
            *token = token.touched();
        }
    }

    /// Drops dead text if it may be more than half of all.
    pub(crate) fn sweep(&mut self) {
        if self.text.len() > self.swept.saturating_mul(2).saturating_add(SMALL) {
            let (mut tokens, mut text) = (Vec::new(), String::new());
            copy(&mut tokens, &mut text, 0, &self.tokens, &self.text);
            *self = Self::from_parts(self.ty, text, tokens);
        }
    }
}
