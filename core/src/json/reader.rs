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
use super::repairs::{Repair, Repairs};
use super::scan::{Fail, PADDING, Scan, Span};
use super::table::{Field, Kind, Names, Ty};
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
) -> Result<(Tape, Repairs), Error> {
    let max = limits.size.min(u32::MAX as usize / 4);
    if bytes.len() > max {
        let expected = Expected::AtMost { max, of: "octets" };
        return Err(Error { path: String::new(), expected, found: format!("{}", bytes.len()), at: max });
    }
    let mut repairs = Repairs::default();
    let mut input = bytes.trim_ascii_end();
    while let Some(shorter) = input.strip_suffix(b"\0") {
        repairs.add(Repair::Trailing);
        input = shorter.trim_ascii_end();
    }
    let mut text = Vec::with_capacity(input.len().saturating_add(PADDING.len()));
    text.extend_from_slice(input);
    text.extend_from_slice(&PADDING);
    let mut text =
        String::from_utf8(text).map_err(|error| not_utf8(bytes, error.utf8_error().valid_up_to()))?;

    let mut reader = Reader {
        scan: Scan::new(&text, input.len(), *limits),
        literals_of: ty,
        tokens: Vec::with_capacity(input.len() / OCTETS_A_TOKEN),
        extra: String::new(),
        path: Vec::new(),
    };
    reader.scan.repairs = repairs;
    if reader.message(ty, shape).is_err() {
        return Err(reader.error());
    }
    let Reader { scan, tokens, extra, .. } = reader;
    let repairs = scan.repairs;
    text.truncate(input.len());
    text.push_str(&extra);
    Ok((Tape::from_parts(ty, text, tokens), repairs))
}

fn not_utf8(bytes: &[u8], at: usize) -> Error {
    let found = bytes.get(at).map_or("the end".to_string(), |octet| format!("the octet {octet:#04x}"));
    Error { path: String::new(), expected: Expected::Utf8, found, at }
}

#[derive(Debug)]
struct Reader<'a> {
    scan: Scan<'a>,
    literals_of: &'static Ty,
    tokens: Vec<Token>,
    /// Strings without their escape sequences; they go behind the input.
    extra: String,
    /// The way to a fault, from the inside out.
    path: Vec<Step>,
}

/// Where a container began.
#[derive(Clone, Copy, Debug)]
struct Open {
    token: usize,
    at: usize,
    departures: usize,
}

impl Reader<'_> {
    fn error(&self) -> Error {
        let fault = self.scan.fault.unwrap_or(super::scan::Fault { expected: Expected::Value, at: 0 });
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
        let Some(number) = ty.field_named(name).map(usize::from) else {
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

    fn object(&mut self, ty: &'static Ty, head: Head) -> Result<(), Fail> {
        self.scan.peek();
        let open = self.open(head, Form::Object);
        let mut keys = Keys::new(ty);
        let mut found = self.scan.first_key(&mut keys)?;
        loop {
            match found {
                Found::Field(number) => self.field(ty, number)?,
                Found::Alternative { field, number } => self.alternative(ty, field, number)?,
                Found::Unknown { from, to } => self.unknown(ty, from, to)?,
                Found::End => break,
            }
            found = self.scan.next_key(&mut keys)?;
        }
        if keys.untidy {
            self.tidy(ty, open.token.wrapping_add(1));
        }
        self.close(open);
        Ok(())
    }

    #[inline]
    fn open(&mut self, head: Head, form: Form) -> Open {
        let token = self.tokens.len();
        self.tokens.push(Token::new(head, form, 0, 0));
        Open { token, at: self.scan.at, departures: self.scan.departures }
    }

    #[inline]
    fn close(&mut self, open: Open) {
        let inside = self.tokens.len().wrapping_sub(open.token).wrapping_sub(1);
        if let Some(token) = self.tokens.get_mut(open.token) {
            token.len = inside as u32;
            if self.scan.departures == open.departures {
                token.low = open.at as u32;
                token.high = self.scan.at as u32;
            }
        }
    }

    #[inline]
    fn field(&mut self, ty: &'static Ty, number: usize) -> Result<(), Fail> {
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
        match field.kind {
            Kind::Tag => self.tokens.push(Token::new(head, Form::Tag, 0, 0)),
            Kind::Object(ty) if ty.fields.is_empty() && !field.many => {
                self.tokens.push(Token::new(head, Form::Object, 0, 0));
            }
            _ => {}
        }
    }

    fn alternative(&mut self, ty: &'static Ty, field: usize, number: u16) -> Result<(), Fail> {
        let Some((key, alternative)) = keys::alternative(ty, field, number) else { return Err(Fail) };
        let head = Head::new(key, field);
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
    fn unknown(&mut self, ty: &'static Ty, from: usize, to: usize) -> Result<(), Fail> {
        self.scan.skip()?;
        if let Some((field, _)) = ty.choices().next() {
            let len = self.scan.at.wrapping_sub(from);
            self.tokens.push(Token::unknown(field, from, len, to.wrapping_sub(from)));
        }
        Ok(())
    }

    fn list(&mut self, kind: Kind, head: Head) -> Result<(), Fail> {
        let first = self.scan.peek();
        let open = self.open(head, Form::List);
        self.scan.enter()?;
        let close = match first {
            b'[' => b']',
            b'{' => b'}',
            _ => return self.scan.fail(Expected::List, self.scan.at),
        };
        self.scan.advance(1);
        if self.scan.peek() == close {
            self.scan.advance(1);
            if first == b'{' {
                self.scan.repair(Repair::EmptyObject);
            }
        } else if first == b'{' {
            return self.scan.fail(Expected::List, open.at);
        } else {
            self.items(kind)?;
        }
        self.scan.leave();
        if self.tokens.len() == open.token.wrapping_add(1) {
            // An empty list says nothing and is not written.
            self.tokens.pop();
            self.scan.departures = self.scan.departures.wrapping_add(1);
        } else {
            self.close(open);
        }
        Ok(())
    }

    fn items(&mut self, kind: Kind) -> Result<(), Fail> {
        let mut index = 0usize;
        loop {
            if index >= self.scan.limits.list {
                let max = self.scan.limits.list;
                return self.scan.fail(Expected::AtMost { max, of: "items" }, self.scan.at);
            }
            if self.scan.null() {
                self.scan.repair(Repair::Null);
            } else if self.value(kind, Head::NONE).is_err() {
                self.path.push(Step::Item(index));
                return Err(Fail);
            }
            index = index.wrapping_add(1);
            match self.scan.peek() {
                b',' => self.scan.advance(1),
                b']' => break,
                _ => return self.scan.fail(Expected::Syntax("',' or ']'"), self.scan.at),
            }
        }
        self.scan.advance(1);
        Ok(())
    }

    fn value(&mut self, kind: Kind, head: Head) -> Result<(), Fail> {
        let token = match kind {
            Kind::Object(ty) => return self.object(ty, head),
            Kind::Enum(names) => return self.enumeration(names, head),
            Kind::Text(_) => {
                let span = self.scan.string()?;
                self.text(span, head)?
            }
            Kind::Unsigned { min, max } => {
                Token::number(head, Form::Unsigned, self.scan.unsigned(u64::from(min)..=max)?)
            }
            Kind::Signed { bits } => Token::number(head, Form::Signed, self.scan.signed(bits)? as u64),
            Kind::Bool => Token::number(head, Form::Bool, u64::from(self.scan.boolean()?)),
            Kind::Tag => return self.tag(head),
            Kind::Any => {
                self.scan.peek();
                let from = self.scan.at;
                // The text is written as it came, so nothing in it is a departure.
                let departures = self.scan.departures;
                self.scan.skip()?;
                self.scan.departures = departures;
                Token::new(head, Form::Raw, self.scan.at.wrapping_sub(from), from)
            }
            Kind::Choice(_) => return self.scan.skip(),
        };
        self.tokens.push(token);
        Ok(())
    }

    #[inline]
    fn text(&mut self, span: Span, head: Head) -> Result<Token, Fail> {
        if span.escaped {
            let text = self.scan.unescape(span)?;
            return Ok(self.append(&text, head));
        }
        let from = span.from.wrapping_sub(1);
        Ok(Token::new(head, Form::Text, span.to.wrapping_add(1).wrapping_sub(from), from))
    }

    /// Puts a text behind the input.
    fn append(&mut self, text: &str, head: Head) -> Token {
        let base = self.scan.len();
        super::builder::append(&mut self.extra, text, head, base)
    }

    fn enumeration(&mut self, names: &'static Names, head: Head) -> Result<(), Fail> {
        let span = self.scan.string()?;
        let unescaped;
        let text = if span.escaped {
            unescaped = self.scan.unescape(span)?;
            &unescaped
        } else {
            self.scan.piece(span.from, span.to)
        };
        let number = names.find(self.literals_of.literals, text);
        let literal = number.and_then(|number| names.values.get(usize::from(number)));
        let token = match (number, literal) {
            (Some(number), Some(&literal)) => Token::enumeration(head, literal, number),
            _ => {
                self.scan.repairs.add(Repair::UnknownValue);
                self.text(span, head)?
            }
        };
        self.tokens.push(token);
        Ok(())
    }

    /// `[]`. Whatever else a peer puts there is presence too.
    fn tag(&mut self, head: Head) -> Result<(), Fail> {
        let first = self.scan.peek();
        if !self.scan.eat(b"[]") {
            if !matches!(first, b'[' | b'{') {
                return self.scan.fail(Expected::Tag, self.scan.at);
            }
            self.tag_content()?;
        }
        self.tokens.push(Token::new(head, Form::Tag, 0, 0));
        Ok(())
    }

    #[cold]
    fn tag_content(&mut self) -> Result<(), Fail> {
        let from = self.scan.at;
        self.scan.skip()?;
        self.scan.departures = self.scan.departures.wrapping_add(1);
        let content = self.scan.piece(from, self.scan.at);
        if content.contains('"') {
            self.scan.repair(Repair::UnknownElement);
        } else if content.contains('{') {
            self.scan.repair(Repair::EmptyObject);
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
