//! Strings: eight octets at a time where nothing needs an escape sequence.

use alloc::string::String;
use alloc::vec::Vec;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Sets the high bit of the octets that are `"`, `\` or a control character; exact for the lowest one.
#[inline]
fn stops(word: u64) -> u64 {
    // Without its second bit, `"` too is what no other octet is: below 0x21.
    let quote_or_control = (word ^ ONES.wrapping_mul(2)).wrapping_sub(ONES.wrapping_mul(0x21));
    let slash = (word ^ ONES.wrapping_mul(b'\\' as u64)).wrapping_sub(ONES);
    (quote_or_control | slash) & !word & HIGHS
}

#[inline]
fn is_stop(octet: u8) -> bool {
    matches!(octet, b'"' | b'\\' | 0..0x20)
}

/// The first place from `at` on with a `"`, a `\` or a control character; the end of `bytes` where there is none.
#[inline]
pub(super) fn end_of_plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let found = stops(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at.wrapping_add((found.trailing_zeros() / 8) as usize);
        }
        at = at.wrapping_add(8);
    }
    while bytes.get(at).is_some_and(|&octet| !is_stop(octet)) {
        at = at.wrapping_add(1);
    }
    at
}

/// Nothing of `text` needs an escape sequence.
pub(super) fn is_plain(text: &str) -> bool {
    end_of_plain(text.as_bytes(), 0) >= text.len()
}

/// The text that `raw` writes with escape sequences (RFC 8259 7), or the offset of an invalid one.
pub(super) fn unescape(raw: &str) -> Result<String, usize> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, sequence)) = rest.split_once('\\') {
        text.push_str(plain);
        let (c, after) =
            escape_sequence(sequence).ok_or(raw.len().wrapping_sub(sequence.len()).wrapping_sub(1))?;
        text.push(c);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// The character of an escape sequence without its backslash, and what follows it.
fn escape_sequence(sequence: &str) -> Option<(char, &str)> {
    let mut rest = sequence.chars();
    let c = match rest.next()? {
        c @ ('"' | '\\' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return code_unit_escape(rest.as_str()),
        _ => return None,
    };
    Some((c, rest.as_str()))
}

/// The character of `XXXX` or, for a surrogate pair, `XXXX\uXXXX`.
fn code_unit_escape(digits: &str) -> Option<(char, &str)> {
    let (unit, after) = code_unit(digits)?;
    if let Some(c) = char::from_u32(u32::from(unit)) {
        return Some((c, after));
    }
    let (low, after) = code_unit(after.strip_prefix("\\u")?)?;
    let c = char::decode_utf16([unit, low]).next()?.ok()?;
    Some((c, after))
}

fn code_unit(digits: &str) -> Option<(u16, &str)> {
    let (digits, after) = digits.split_at_checked(4)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    Some((u16::from_str_radix(digits, 16).ok()?, after))
}

/// Writes `text` with its quotes and the escape sequences it needs.
pub(super) fn write_escaped(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for &octet in text.as_bytes() {
        match octet {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', octet]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..0x20 => {
                let digit = |n: u8| if n < 10 { b'0' | n } else { b'a'.wrapping_add(n).wrapping_sub(10) };
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[digit(octet >> 4), digit(octet & 15)]);
            }
            _ => out.push(octet),
        }
    }
    out.push(b'"');
}
