//! The values of fields and lists, by their kind.

use super::builder::append;
use super::error::{Expected, Step};
use super::reader::Reader;
use super::repairs::Repair;
use super::scan::{Fail, Span};
use super::table::{Kind, Names};
use super::token::{Form, Head, Token};

impl Reader<'_> {
    pub(super) fn list(&mut self, kind: Kind, head: Head) -> Result<(), Fail> {
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

    #[inline(always)]
    pub(super) fn value(&mut self, kind: Kind, head: Head) -> Result<(), Fail> {
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
        append(&mut self.extra, text, head, base)
    }

    fn enumeration(&mut self, names: &'static Names, head: Head) -> Result<(), Fail> {
        let span = self.scan.string()?;
        let listed = if span.escaped {
            let text = self.scan.unescape(span)?;
            names.listed(self.literals, text.as_bytes())
        } else {
            names.listed(self.literals, self.scan.octets(span))
        };
        let token = match listed {
            Some((number, literal)) => Token::enumeration(head, literal, number),
            None => {
                self.scan.keep(Repair::UnknownValue);
                self.text(span, head)?
            }
        };
        self.tokens.push(token);
        Ok(())
    }

    /// `[]`. Whatever else a peer puts there is presence too.
    fn tag(&mut self, head: Head) -> Result<(), Fail> {
        let first = self.scan.peek();
        let token = Token::new(head, Form::Tag, 0, 0);
        if !self.scan.eat(b"[]") {
            if !matches!(first, b'[' | b'{') {
                return self.scan.fail(Expected::Tag, self.scan.at);
            }
            self.tag_content(self.literals.name(token.key()))?;
        }
        self.tokens.push(token);
        Ok(())
    }

    #[cold]
    fn tag_content(&mut self, tag: &str) -> Result<(), Fail> {
        let from = self.scan.at;
        self.scan.skip()?;
        self.scan.departures = self.scan.departures.wrapping_add(1);
        let content = self.scan.piece(from, self.scan.at);
        if let Some(inside) = content.split('"').nth(1) {
            self.scan.repair(Repair::UnknownElement);
            self.scan.name_note(&[tag, inside]);
        } else if content.contains('{') {
            self.scan.repair(Repair::EmptyObject);
            self.scan.name_note(&[tag]);
        }
        Ok(())
    }
}
