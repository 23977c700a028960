//! The strict writer: tokens to canonical EEBUS JSON, without a schema.
//!
//! Short pieces are copied as a fixed number of octets and then cut, which costs less than a copy of exact length. An
//! untouched canonical container is copied as one span.

use alloc::vec::Vec;

use super::keys::literal;
use super::sink::Sink;
use super::table::{Literals, VALUE_BLOB};
use super::tape::Tape;
use super::text::write_escaped;
use super::token::{Form, Token};

/// Octets a built token takes beyond its text, mostly its key; a guess for one reservation.
const OCTETS_A_TOKEN: usize = 16;

pub(super) fn write(tape: &Tape, out: &mut Vec<u8>) {
    let writer = Writer { text: &tape.text, literals: tape.ty.literals };
    if let Some((root, inside)) = tape.tokens.split_first() {
        let mut sink = Sink::new(out, len(tape));
        writer.container(root, inside, &mut sink);
        sink.finish();
    }
}

pub(super) fn write_document(tape: &Tape, out: &mut Vec<u8>) {
    let writer = Writer { text: &tape.text, literals: tape.ty.literals };
    let Some((member, inside)) = tape.tokens.get(1..).and_then(<[Token]>::split_first) else {
        return out.extend_from_slice(b"{}");
    };
    let mut sink = Sink::new(out, len(tape));
    let key = literal(writer.literals.keys, member.key());
    // `},{"name":` without the end of the entry before it.
    sink.extend(key.get(2..usize::from(member.key().len)).unwrap_or_default());
    writer.value(member, inside, &mut sink);
    sink.push(b'}');
    sink.finish();
}

/// About how many octets a tape takes when it is written.
pub(super) fn len(tape: &Tape) -> usize {
    tape.text.len().saturating_add(tape.tokens.len().saturating_mul(OCTETS_A_TOKEN))
}

struct Writer<'a> {
    text: &'a str,
    literals: &'static Literals,
}

impl Writer<'_> {
    /// Writes the value of `token`, whose inside begins with `after`; answers the tokens behind it.
    #[inline(always)]
    fn value<'t>(&self, token: &Token, after: &'t [Token], out: &mut Sink<'_>) -> &'t [Token] {
        if token.is_container() {
            return self.container(token, after, out);
        }
        self.scalar(token, out);
        after
    }

    fn container<'t>(&self, token: &Token, after: &'t [Token], out: &mut Sink<'_>) -> &'t [Token] {
        let (inside, after) = after.split_at_checked(token.len as usize).unwrap_or((after, &[]));
        if let Some(canonical) = token.canonical(self.text) {
            out.extend(canonical.as_bytes());
        } else if token.form() == Form::Object {
            self.object(inside, out);
        } else {
            self.list(inside, out);
        }
        after
    }

    fn object(&self, mut rest: &[Token], out: &mut Sink<'_>) {
        if rest.is_empty() {
            return out.pair(b"[]");
        }
        let mut first = true;
        while let Some((token, after)) = rest.split_first() {
            self.key(token, first, out);
            first = false;
            rest = self.value(token, after, out);
        }
        out.pair(b"}]");
    }

    fn list(&self, mut rest: &[Token], out: &mut Sink<'_>) {
        let mut separator = b'[';
        while let Some((token, after)) = rest.split_first() {
            out.push(separator);
            separator = b',';
            rest = self.value(token, after, out);
        }
        out.push(b']');
    }

    #[inline]
    fn key(&self, token: &Token, first: bool, out: &mut Sink<'_>) {
        let key = token.key();
        let len = usize::from(key.len);
        if len == 0 {
            // An unlisted element brings its key with it.
            out.cut(if first { b"[{\0" } else { b"},{" }, if first { 2 } else { 3 });
        } else if first {
            cut(out, literal(self.literals.first, key), len.wrapping_sub(1));
        } else {
            cut(out, literal(self.literals.keys, key), len);
        }
    }

    #[inline(always)]
    fn scalar(&self, token: &Token, out: &mut Sink<'_>) {
        match token.form() {
            Form::Text => piece(out, self.text.as_bytes(), token.low as usize, token.len as usize),
            Form::Enum => cut(out, enum_literal(self.literals.values, token.low), token.len as usize),
            Form::Unsigned => out.unsigned(token.value()),
            Form::Signed => out.signed(token.value() as i64),
            Form::Bool => {
                if token.low != 0 {
                    out.cut(b"true", 4);
                } else {
                    out.cut(b"false", 5);
                }
            }
            Form::Tag => out.pair(b"[]"),
            Form::Escaped => {
                let mut escaped = Vec::new();
                write_escaped(&mut escaped, token.text(self.text));
                out.extend(&escaped);
            }
            Form::Raw | Form::Unknown => out.extend(token.text(self.text).as_bytes()),
            Form::Object | Form::List => {}
        }
    }
}

/// The 64 octets of the enum values from `at` on; the mask makes the bounds check vanish.
#[inline]
fn enum_literal(values: &'static [u8; VALUE_BLOB], at: u32) -> &'static [u8; 64] {
    values.get(at as usize & 0x3fff..).and_then(<[u8]>::first_chunk).unwrap_or(&[0; 64])
}

/// Appends the first `len` octets of `literal`.
#[inline]
fn cut(out: &mut Sink<'_>, literal: &[u8; 64], len: usize) {
    match literal.first_chunk::<32>() {
        Some(short) if len <= 32 => out.cut(short, len),
        _ => out.cut(literal, len),
    }
}

/// Appends `len` octets of `text` from `at` on.
#[inline]
fn piece(out: &mut Sink<'_>, text: &[u8], at: usize, len: usize) {
    let Some(rest) = text.get(at..) else { return };
    match rest.first_chunk::<32>() {
        Some(short) if len <= 32 => out.cut(short, len),
        _ => out.extend(rest.get(..len).unwrap_or_default()),
    }
}
