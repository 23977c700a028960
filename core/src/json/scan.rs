//! The lexical half of the reader: a place in the input, white space, punctuation and values nobody asked for.

use core::ops::Range;

use super::error::Expected;
use super::limits::{Limits, MAX_DEPTH};
use super::notes::Draft;
use super::repairs::{Repair, Repairs};
use super::text;

/// NULs behind the input, so that a look at the next octets needs no special case at the end.
pub(super) const PADDING: [u8; 64] = [0; 64];

/// A reading that failed; what and where stands in [`Scan::fault`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Fail;

/// What was expected, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) expected: Expected,
    pub(super) at: usize,
}

/// A string as it stands in the input, without its quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) escaped: bool,
}

#[derive(Debug)]
pub(super) struct Scan<'a> {
    /// The input and its padding.
    text: &'a str,
    len: usize,
    pub(super) at: usize,
    depth: u8,
    /// How often the input departed from the canonical form, of which the text can be copied as it is.
    pub(super) departures: usize,
    pub(super) repairs: Repairs,
    /// Where the repairs were made; kept by an inspection only.
    pub(super) notes: Option<alloc::vec::Vec<Draft>>,
    pub(super) limits: Limits,
    pub(super) fault: Option<Fault>,
    /// Where the last key stands that a type does not list, with its quotes.
    pub(super) unknown: Range<usize>,
}

impl<'a> Scan<'a> {
    /// A scan of the first `len` octets of `text`; the rest is padding.
    pub(super) fn new(text: &'a str, len: usize, limits: Limits) -> Self {
        let limits = Limits { depth: limits.depth.min(MAX_DEPTH), ..limits };
        Self {
            text,
            len,
            at: 0,
            depth: 0,
            departures: 0,
            repairs: Repairs::default(),
            notes: None,
            limits,
            fault: None,
            unknown: 0..0,
        }
    }

    /// Octets of the input.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[cold]
    #[inline(never)]
    pub(super) fn fail<T>(&mut self, expected: Expected, at: usize) -> Result<T, Fail> {
        self.fault = Some(Fault { expected, at });
        Err(Fail)
    }

    #[cold]
    pub(super) fn repair(&mut self, repair: Repair) {
        self.departures = self.departures.wrapping_add(1);
        self.repairs.add(repair);
        self.note(repair);
    }

    /// Counts a repair that leaves the text as it is.
    #[cold]
    pub(super) fn keep(&mut self, repair: Repair) {
        self.repairs.add(repair);
        if self.notes.is_some() {
            // A container without departures is not looked at again.
            self.departures = self.departures.wrapping_add(1);
            self.note(repair);
        }
    }

    /// The input from here on, without padding.
    pub(super) fn rest(&self, from: usize) -> &'a str {
        self.text.get(from..self.len).unwrap_or_default()
    }

    /// A piece of the input.
    #[inline]
    pub(super) fn piece(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// A string as it stands in the input.
    #[inline]
    pub(super) fn octets(&self, span: Span) -> &'a [u8] {
        self.text.as_bytes().get(span.from..span.to).unwrap_or_default()
    }

    /// The next 64 octets.
    #[inline]
    pub(super) fn window(&self) -> &'a [u8; 64] {
        self.text.as_bytes().get(self.at..).and_then(<[u8]>::first_chunk).unwrap_or(&PADDING)
    }

    #[inline]
    pub(super) fn advance(&mut self, octets: usize) {
        self.at = self.at.wrapping_add(octets);
    }

    /// The next octet, 0 at the end.
    #[inline]
    pub(super) fn octet(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// The next octet that is no white space, 0 at the end.
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        let octet = self.octet();
        if octet > b' ' { octet } else { self.white_space() }
    }

    #[cold]
    #[inline(never)]
    fn white_space(&mut self) -> u8 {
        self.departures = self.departures.wrapping_add(1);
        while matches!(self.octet(), b' ' | b'\n' | b'\t' | b'\r') {
            self.advance(1);
        }
        self.octet()
    }

    /// Passes `literal` if it comes next.
    #[inline]
    pub(super) fn eat(&mut self, literal: &[u8]) -> bool {
        let hit = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(literal));
        if hit {
            self.advance(literal.len());
        }
        hit
    }

    /// Passes `octet`, after white space.
    pub(super) fn expect(&mut self, octet: u8, name: &'static str) -> Result<(), Fail> {
        if self.peek() != octet {
            return self.fail(Expected::Syntax(name), self.at);
        }
        self.advance(1);
        Ok(())
    }

    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), Fail> {
        if self.depth >= self.limits.depth {
            let max = usize::from(self.limits.depth);
            return self.fail(Expected::AtMost { max, of: "nested levels" }, self.at);
        }
        self.depth = self.depth.wrapping_add(1);
        Ok(())
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth = self.depth.wrapping_sub(1);
    }

    /// Passes `null` if it comes next.
    #[inline]
    pub(super) fn null(&mut self) -> bool {
        self.peek() == b'n' && self.eat(b"null")
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Fail> {
        self.peek();
        match () {
            () if self.eat(b"true") => Ok(true),
            () if self.eat(b"false") => Ok(false),
            () => self.fail(Expected::Bool, self.at),
        }
    }

    /// Passes a string. Escape sequences are not looked at.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Span, Fail> {
        let bytes = self.text.as_bytes();
        let from = self.at.wrapping_add(1);
        if self.octet() == b'"' {
            let to = text::end_of_plain(bytes, from);
            if bytes.get(to) == Some(&b'"') && to.wrapping_sub(from) <= self.limits.string {
                self.at = to.wrapping_add(1);
                return Ok(Span { from, to, escaped: false });
            }
        }
        self.unusual_string()
    }

    /// A string behind white space or with escape sequences, or none.
    #[inline(never)]
    fn unusual_string(&mut self) -> Result<Span, Fail> {
        if self.peek() != b'"' {
            return self.fail(Expected::Text, self.at);
        }
        let from = self.at.wrapping_add(1);
        let bytes = self.text.as_bytes();
        let mut to = from;
        let mut escaped = false;
        loop {
            to = text::end_of_plain(bytes, to);
            match bytes.get(to) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.departures = self.departures.wrapping_add(1);
                    to = to.wrapping_add(2);
                }
                _ => return self.fail(Expected::EndOfText, to),
            }
        }
        if to.wrapping_sub(from) > self.limits.string {
            return self.fail(Expected::AtMost { max: self.limits.string, of: "octets of text" }, self.at);
        }
        self.at = to.wrapping_add(1);
        Ok(Span { from, to, escaped })
    }

    /// The text of a string with escape sequences.
    #[cold]
    pub(super) fn unescape(&mut self, span: Span) -> Result<alloc::string::String, Fail> {
        match text::unescape(self.piece(span.from, span.to)) {
            Ok(text) => Ok(text),
            Err(offset) => self.fail(Expected::Escape, span.from.wrapping_add(offset)),
        }
    }

    /// Passes a string whose text nobody needs.
    fn skip_string(&mut self) -> Result<(), Fail> {
        let span = self.string()?;
        if span.escaped {
            self.unescape(span)?;
        }
        Ok(())
    }

    fn skip_key(&mut self) -> Result<(), Fail> {
        self.skip_string()?;
        self.expect(b':', "':'")
    }

    /// Passes one value of any shape and checks its syntax, without recursion.
    pub(super) fn skip(&mut self) -> Result<(), Fail> {
        let base = self.depth;
        // One bit a level, set for an object; MAX_DEPTH is its width.
        let mut objects = 0u64;
        loop {
            match self.peek() {
                open @ (b'[' | b'{') => {
                    self.enter()?;
                    self.advance(1);
                    objects = objects << 1 | u64::from(open == b'{');
                    if !matches!((self.peek(), open), (b']', b'[') | (b'}', b'{')) {
                        if open == b'{' {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
                _ => self.skip_scalar()?,
            }
            if !self.skip_behind(base, &mut objects)? {
                return Ok(());
            }
        }
    }

    /// Passes what closes values and separates the next one; false where the value that began at `base` is complete.
    fn skip_behind(&mut self, base: u8, objects: &mut u64) -> Result<bool, Fail> {
        while self.depth > base {
            match (self.peek(), *objects & 1) {
                (b',', inside) => {
                    self.advance(1);
                    if inside == 1 {
                        self.skip_key()?;
                    }
                    return Ok(true);
                }
                (b']', 0) | (b'}', 1) => self.advance(1),
                (_, 0) => return self.fail(Expected::Syntax("',' or ']'"), self.at),
                _ => return self.fail(Expected::Syntax("',' or '}'"), self.at),
            }
            self.leave();
            *objects >>= 1;
        }
        Ok(false)
    }

    fn skip_scalar(&mut self) -> Result<(), Fail> {
        let passed = match self.peek() {
            b'"' => return self.skip_string(),
            b't' => self.eat(b"true"),
            b'f' => self.eat(b"false"),
            b'n' => self.eat(b"null"),
            _ => return self.skip_number(),
        };
        if passed { Ok(()) } else { self.fail(Expected::Value, self.at) }
    }

    /// Passes white space up to the end of the input.
    pub(super) fn end(&mut self) -> Result<(), Fail> {
        self.peek();
        if self.at == self.len { Ok(()) } else { self.fail(Expected::End, self.at) }
    }
}
