//! The schema half of the reader: input to tokens, tolerant, without a second pass.
//!
//! A container whose text is exactly what the writer would write remembers it, and is later copied as one span. So
//! whatever is repaired, dropped or moved must count as a departure.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::{self, Error, Expected, Step};
use super::keys::{self, Found, Keys};
use super::limits::Limits;
use super::notes::{Draft, Note};
use super::repairs::{Repair, Repairs};
use super::scan::{Fail, Fault, PADDING, Scan};
use super::table::{Field, Kind, Literals, Ty};
use super::tape::Tape;
use super::token::{Form, Head, Token};

/// Octets of input per token that are reserved for; more are needed only by unusual input.
const OCTETS_A_TOKEN: usize = 12;

/// What the input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One struct.
    Value,
    /// An object with one member.
    Document,
}

pub(super) fn read(
    ty: &'static Ty,
    bytes: &[u8],
    shape: Shape,
    limits: &Limits,
    inspect: bool,
) -> Result<(Tape, Repairs, Vec<Note>), Error> {
    let max = limits.size.min(u32::MAX as usize / 4);
    if bytes.len() > max {
        let expected = Expected::AtMost { max, of: "octets" };
        return Err(Error { path: String::new(), expected, found: format!("{}", bytes.len()), at: max });
    }
    let mut input = bytes.trim_ascii_end();
    let mut trailing = 0usize;
    while let Some(shorter) = input.strip_suffix(b"\0") {
        trailing = trailing.wrapping_add(1);
        input = shorter.trim_ascii_end();
    }
    let mut text = Vec::with_capacity(input.len().saturating_add(PADDING.len()));
    text.extend_from_slice(input);
    text.extend_from_slice(&PADDING);
    let mut text =
        String::from_utf8(text).map_err(|error| not_utf8(bytes, error.utf8_error().valid_up_to()))?;

    let mut reader = Reader {
        scan: Scan::new(&text, input.len(), *limits),
        literals: ty.literals,
        tokens: Vec::with_capacity(input.len() / OCTETS_A_TOKEN),
        extra: String::new(),
        path: Vec::new(),
    };
    reader.scan.notes = inspect.then(Vec::new);
    if reader.message(ty, shape).is_err() {
        return Err(reader.error());
    }
    (0..trailing).for_each(|_| reader.scan.repair(Repair::Trailing));
    let Reader { scan, tokens, extra, .. } = reader;
    let repairs = scan.repairs;
    let notes = scan.notes.into_iter().flatten().map(Draft::finish).collect();
    text.truncate(input.len());
    text.push_str(&extra);
    Ok((Tape::from_parts(ty, text, tokens), repairs, notes))
}

/// Octets that [`read_front`] looks at: a header has some 400.
const MAX_FRONT: usize = 1024;

/// Reads the struct that `bytes` begins with, if it is complete within [`MAX_FRONT`] octets; answers its length too.
pub(super) fn read_front(ty: &'static Ty, bytes: &[u8], limits: &Limits) -> Option<(Tape, Repairs, usize)> {
    let front = bytes.get(..MAX_FRONT).unwrap_or(bytes);
    let front = front.utf8_chunks().next()?.valid();
    let mut text = String::with_capacity(front.len().saturating_add(PADDING.len()));
    text.push_str(front);
    text.extend(PADDING.iter().map(|&octet| char::from(octet)));
    let mut reader = Reader {
        scan: Scan::new(&text, front.len(), *limits),
        literals: ty.literals,
        tokens: Vec::with_capacity(front.len() / OCTETS_A_TOKEN),
        extra: String::new(),
        path: Vec::new(),
    };
    reader.object(ty, Head::NONE).ok()?;
    let Reader { scan, tokens, extra, .. } = reader;
    let (repairs, len) = (scan.repairs, scan.at);
    text.truncate(front.len());
    text.push_str(&extra);
    Some((Tape::from_parts(ty, text, tokens), repairs, len))
}

fn not_utf8(bytes: &[u8], at: usize) -> Error {
    let found = bytes.get(at).map_or("the end".to_string(), |octet| format!("the octet {octet:#04x}"));
    Error { path: String::new(), expected: Expected::Utf8, found, at }
}

#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) scan: Scan<'a>,
    pub(super) literals: &'static Literals,
    pub(super) tokens: Vec<Token>,
    /// Strings without their escape sequences; they go behind the input.
    pub(super) extra: String,
    /// The way to a fault, from the inside out.
    pub(super) path: Vec<Step>,
}

/// Where a container began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) token: usize,
    pub(super) at: usize,
    departures: usize,
}

impl Reader<'_> {
    fn error(&self) -> Error {
        let fault = self.scan.fault.unwrap_or(Fault { expected: Expected::Value, at: 0 });
        let found = error::describe(self.scan.rest(fault.at));
        Error { path: error::path(&self.path), expected: fault.expected, found, at: fault.at }
    }

    fn message(&mut self, ty: &'static Ty, shape: Shape) -> Result<(), Fail> {
        if self.scan.eat(b"\xef\xbb\xbf") {
            self.scan.repair(Repair::Leading);
        }
        while self.scan.octet() == 0 && !self.scan.rest(self.scan.at).is_empty() {
            self.scan.advance(1);
            self.scan.repair(Repair::Leading);
        }
        match shape {
            Shape::Value => self.object(ty, Head::NONE)?,
            Shape::Document => self.document(ty)?,
        }
        self.scan.end()
    }

    /// An object with exactly one member, which is a field of `ty`.
    fn document(&mut self, ty: &'static Ty) -> Result<(), Fail> {
        let expected = Expected::Document(ty.name);
        self.scan.peek();
        let start = self.scan.at;
        self.tokens.push(Token::new(Head::NONE, Form::Object, 0, 0));
        if !self.scan.eat(b"{") || self.scan.peek() != b'"' {
            return self.scan.fail(expected, start);
        }
        let name_at = self.scan.at;
        let name = self.scan.string()?;
        let name = self.scan.piece(name.from, name.to);
        let Some(number) = ty.field_named(name) else {
            return self.scan.fail(expected, name_at);
        };
        self.scan.expect(b':', "':'")?;
        self.field(ty, number)?;
        if self.scan.peek() != b'}' || self.tokens.len() < 2 {
            return self.scan.fail(expected, if self.tokens.len() < 2 { start } else { self.scan.at });
        }
        self.scan.advance(1);
        let inside = self.tokens.len().wrapping_sub(1);
        if let Some(root) = self.tokens.first_mut() {
            root.len = inside as u32;
        }
        Ok(())
    }

    pub(super) fn object(&mut self, ty: &'static Ty, head: Head) -> Result<(), Fail> {
        let open = self.open(head, Form::Object);
        self.scan.enter()?;
        let mut keys = Keys::new(ty);
        let mut predicted = self.scan.predict_first(&mut keys);
        if predicted.is_none() {
            let found = self.scan.first_key(&mut keys)?;
            predicted = self.unpredicted(&mut keys, found)?;
        }
        while let Some(number) = predicted {
            self.field(ty, number)?;
            if self.scan.closes(&keys) {
                break;
            }
            predicted = self.scan.predict_next(&mut keys);
            if predicted.is_none() {
                let found = self.scan.next_key(&mut keys)?;
                predicted = self.unpredicted(&mut keys, found)?;
            }
        }
        if keys.untidy {
            self.tidy(ty, open.token.wrapping_add(1));
        }
        self.close(open);
        Ok(())
    }

    /// Reads keys, and the values of those that are no fields, up to the next field; `None` where the struct is closed.
    #[inline(never)]
    fn unpredicted(&mut self, keys: &mut Keys, mut found: Found) -> Result<Option<u8>, Fail> {
        loop {
            match found {
                Found::Field(number) => return Ok(Some(number)),
                Found::Alternative { field, number } => self.alternative(keys.ty, field, number)?,
                Found::Unknown => self.unknown(keys.ty)?,
                Found::End => return Ok(None),
            }
            if self.scan.closes(keys) {
                return Ok(None);
            }
            found = match self.scan.predict_next(keys) {
                Some(number) => return Ok(Some(number)),
                None => self.scan.next_key(keys)?,
            };
        }
    }

    #[inline]
    pub(super) fn open(&mut self, head: Head, form: Form) -> Open {
        let token = self.tokens.len();
        self.tokens.push(Token::new(head, form, 0, 0));
        Open { token, at: self.scan.at, departures: self.scan.departures }
    }

    #[inline]
    pub(super) fn close(&mut self, open: Open) {
        let inside = self.tokens.len().wrapping_sub(open.token).wrapping_sub(1);
        if let Some(token) = self.tokens.get_mut(open.token) {
            token.len = inside as u32;
            if self.scan.departures == open.departures {
                token.low = open.at as u32;
                token.high = self.scan.at as u32;
            } else if self.scan.notes.is_some() {
                self.locate(open);
            }
        }
    }

    #[inline(always)]
    fn field(&mut self, ty: &'static Ty, number: u8) -> Result<(), Fail> {
        let number = usize::from(number);
        let (Some(field), Some(&key)) = (ty.fields.get(number), ty.keys.get(number)) else {
            return Err(Fail);
        };
        let head = Head::new(key, number);
        let read = if self.scan.null() {
            self.null(field, head);
            Ok(())
        } else if field.many {
            self.list(field.kind, head)
        } else {
            self.value(field.kind, head)
        };
        if read.is_err() {
            self.path.push(Step::Name(ty.literals.name(key)));
        }
        read
    }

    /// `null` means presence where there is nothing to say, absence elsewhere.
    #[cold]
    fn null(&mut self, field: &Field, head: Head) {
        self.scan.repair(Repair::Null);
        self.scan.name_note(&[self.literals.name(Token::new(head, Form::Tag, 0, 0).key())]);
        match field.kind {
            Kind::Tag => self.tokens.push(Token::new(head, Form::Tag, 0, 0)),
            Kind::Object(ty) if ty.fields.is_empty() && !field.many => {
                self.tokens.push(Token::new(head, Form::Object, 0, 0));
            }
            _ => {}
        }
    }

    fn alternative(&mut self, ty: &'static Ty, field: u8, number: u16) -> Result<(), Fail> {
        let Some((key, alternative)) = keys::alternative(ty, field, number) else { return Err(Fail) };
        let head = Head::new(key, usize::from(field));
        if self.scan.null() {
            self.scan.repair(Repair::Null);
            self.tokens.push(Token::new(head, Form::Object, 0, 0));
            return Ok(());
        }
        let read = self.object(alternative, head);
        if read.is_err() {
            self.path.push(Step::Name(ty.literals.name(key)));
        }
        read
    }

    /// Passes an unlisted element. Where a choice group could have listed it, key and value are kept.
    #[cold]
    fn unknown(&mut self, ty: &'static Ty) -> Result<(), Fail> {
        let key = self.scan.unknown.clone();
        let name = self.scan.piece(key.start, key.end);
        self.scan.name_note(&[name.trim_matches('"')]);
        self.scan.skip()?;
        if let Some((field, _)) = ty.choices().next() {
            let len = self.scan.at.wrapping_sub(key.start);
            self.tokens.push(Token::unknown(field, key.start, len, key.len()));
        }
        Ok(())
    }

    /// Puts the fields that begin at token `from` into the order of the schema; of a repeated one the last counts.
    #[cold]
    fn tidy(&mut self, ty: &'static Ty, from: usize) {
        let mut fields = Vec::new();
        let mut at = from;
        while let Some(token) = self.tokens.get(at) {
            let end = at.wrapping_add(token.span());
            fields.push((token.field(), at..end));
            at = end;
        }
        if !fields.is_sorted_by_key(|(field, _)| *field) {
            self.scan.repair(Repair::Order);
            fields.sort_by_key(|(field, _)| *field);
        }
        let mut tidied = Vec::with_capacity(self.tokens.len().saturating_sub(from));
        let mut later = fields.iter().skip(1);
        for (field, range) in &fields {
            let repeated = later.next().is_some_and(|(next, _)| next == field);
            let kind = ty.fields.get(usize::from(*field)).map(|field| field.kind);
            if repeated && !matches!(kind, Some(Kind::Choice(_))) {
                self.scan.repair(Repair::Duplicate);
            } else {
                tidied.extend_from_slice(self.tokens.get(range.clone()).unwrap_or_default());
            }
        }
        self.tokens.truncate(from);
        self.tokens.append(&mut tidied);
    }
}
