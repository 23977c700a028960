//! Ordinary JSON for people: a struct is an object, a tag is an empty one.

use core::fmt::{self, Write};

use super::cursor::Cursor;
use super::token::Form;

/// Ordinary JSON of the value.
impl fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_plain(*self, f)
    }
}

pub(super) fn write_plain(c: Cursor<'_>, out: &mut dyn Write) -> fmt::Result {
    let Some(token) = c.token() else { return Ok(()) };
    match token.form() {
        Form::Bool => write!(out, "{}", token.low != 0),
        Form::Unsigned => write!(out, "{}", token.value()),
        Form::Signed => write!(out, "{}", token.value() as i64),
        Form::Text | Form::Escaped | Form::Enum => write_text(c.str().unwrap_or_default(), out),
        Form::Raw | Form::Unknown => out.write_str(c.stored_text()),
        Form::Tag => out.write_str("{}"),
        Form::Object => {
            let mut separator = "{";
            for field in c.fields() {
                out.write_str(separator)?;
                separator = ",";
                if field.unknown().is_none() {
                    write!(out, "\"{}\":", field.name())?;
                }
                write_plain(field, out)?;
            }
            out.write_str(if separator == "{" { "{}" } else { "}" })
        }
        Form::List => {
            let mut separator = "[";
            for item in c.items() {
                out.write_str(separator)?;
                separator = ",";
                write_plain(item, out)?;
            }
            out.write_str("]")
        }
    }
}

fn write_text(text: &str, out: &mut dyn Write) -> fmt::Result {
    let mut escaped = alloc::vec::Vec::with_capacity(text.len().saturating_add(2));
    super::text::write_escaped(&mut escaped, text);
    out.write_str(core::str::from_utf8(&escaped).unwrap_or_default())
}
