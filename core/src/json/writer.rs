//! The strict writer: tokens to canonical EEBUS JSON, without a schema.
//!
//! Short pieces are copied as a fixed number of octets and then cut, which costs less than a copy of exact length. An
//! untouched canonical container is copied as one span.

use alloc::vec::Vec;

use super::keys::literal;
use super::number::{write_signed, write_unsigned};
use super::table::{Literals, VALUE_BLOB};
use super::tape::Tape;
use super::text::write_escaped;
use super::token::{Form, Token};

/// Octets a built token takes beyond its text, mostly its key; a guess for one reservation.
const OCTETS_A_TOKEN: usize = 16;

pub(super) fn write(tape: &Tape, out: &mut Vec<u8>) {
    let writer = Writer { text: &tape.text, literals: tape.ty.literals };
    if let Some((root, inside)) = tape.tokens.split_first() {
        reserve(tape, out);
        writer.container(root, inside, out);
    }
}

pub(super) fn write_document(tape: &Tape, out: &mut Vec<u8>) {
    let writer = Writer { text: &tape.text, literals: tape.ty.literals };
    let Some((member, inside)) = tape.tokens.get(1..).and_then(<[Token]>::split_first) else {
        return out.extend_from_slice(b"{}");
    };
    reserve(tape, out);
    let key = literal(writer.literals.keys, member.key());
    // `},{"name":` without the end of the entry before it.
    out.extend_from_slice(key.get(2..usize::from(member.key().len)).unwrap_or_default());
    writer.value(member, inside, out);
    out.push(b'}');
}

/// About how many octets a tape takes when it is written.
pub(super) fn len(tape: &Tape) -> usize {
    tape.text.len().saturating_add(tape.tokens.len().saturating_mul(OCTETS_A_TOKEN))
}

fn reserve(tape: &Tape, out: &mut Vec<u8>) {
    out.reserve(len(tape));
}

struct Writer<'a> {
    text: &'a str,
    literals: &'static Literals,
}

impl Writer<'_> {
    /// Writes the value of `token`, whose inside begins with `after`; answers the tokens behind it.
    #[inline]
    fn value<'t>(&self, token: &Token, after: &'t [Token], out: &mut Vec<u8>) -> &'t [Token] {
        if token.is_container() { self.container(token, after, out) } else { self.scalar(token, after, out) }
    }

    #[inline]
    fn container<'t>(&self, token: &Token, after: &'t [Token], out: &mut Vec<u8>) -> &'t [Token] {
        let (inside, after) = after.split_at_checked(token.len as usize).unwrap_or((after, &[]));
        if let Some(canonical) = token.canonical(self.text) {
            out.extend_from_slice(canonical.as_bytes());
        } else if token.form() == Form::Object {
            self.object(inside, out);
        } else {
            self.list(inside, out);
        }
        after
    }

    fn object(&self, mut rest: &[Token], out: &mut Vec<u8>) {
        if rest.is_empty() {
            return out.extend_from_slice(b"[]");
        }
        let mut first = true;
        while let Some((token, after)) = rest.split_first() {
            self.key(token, first, out);
            first = false;
            rest = self.value(token, after, out);
        }
        out.extend_from_slice(b"}]");
    }

    fn list(&self, mut rest: &[Token], out: &mut Vec<u8>) {
        let mut separator = b'[';
        while let Some((token, after)) = rest.split_first() {
            out.push(separator);
            separator = b',';
            rest = self.value(token, after, out);
        }
        out.push(b']');
    }

    #[inline]
    fn key(&self, token: &Token, first: bool, out: &mut Vec<u8>) {
        let key = token.key();
        let len = usize::from(key.len);
        if len == 0 {
            // An unlisted element brings its key with it.
            out.extend_from_slice(if first { b"[{" } else { b"},{" });
        } else if first {
            cut(out, literal(self.literals.first, key), len.wrapping_sub(1));
        } else {
            cut(out, literal(self.literals.keys, key), len);
        }
    }

    #[inline]
    fn scalar<'t>(&self, token: &Token, after: &'t [Token], out: &mut Vec<u8>) -> &'t [Token] {
        match token.form() {
            Form::Text => piece(out, self.text.as_bytes(), token.low as usize, token.len as usize),
            Form::Enum => cut(out, enum_literal(self.literals.values, token.low), token.len as usize),
            Form::Unsigned => write_unsigned(out, token.value()),
            Form::Signed => write_signed(out, token.value() as i64),
            Form::Bool => out.extend_from_slice(if token.low != 0 { b"true" } else { b"false" }),
            Form::Tag => out.extend_from_slice(b"[]"),
            Form::Escaped => write_escaped(out, token.text(self.text)),
            Form::Raw | Form::Unknown => out.extend_from_slice(token.text(self.text).as_bytes()),
            Form::Object | Form::List => {}
        }
        after
    }
}

/// The 64 octets of the enum values from `at` on; the mask makes the bounds check vanish.
#[inline]
fn enum_literal(values: &'static [u8; VALUE_BLOB], at: u32) -> &'static [u8; 64] {
    values.get(at as usize & 0x3fff..).and_then(<[u8]>::first_chunk).unwrap_or(&[0; 64])
}

/// Appends the first `len` octets of `literal`.
#[inline]
fn cut(out: &mut Vec<u8>, literal: &[u8; 64], len: usize) {
    let start = out.len();
    match literal.first_chunk::<32>() {
        Some(short) if len <= 32 => out.extend_from_slice(short),
        _ => out.extend_from_slice(literal),
    }
    out.truncate(start.wrapping_add(len));
}

/// Appends `len` octets of `text` from `at` on.
#[inline]
fn piece(out: &mut Vec<u8>, text: &[u8], at: usize, len: usize) {
    let Some(rest) = text.get(at..) else { return };
    let start = out.len();
    match rest.first_chunk::<32>() {
        Some(short) if len <= 32 => {
            out.extend_from_slice(short);
            out.truncate(start.wrapping_add(len));
        }
        _ => out.extend_from_slice(rest.get(..len).unwrap_or_default()),
    }
}
