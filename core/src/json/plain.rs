//! Ordinary JSON: a struct is an object, a tag is an empty one. Every reader takes it back.

use core::fmt::{self, Display, Formatter, Write};

use super::cursor::Cursor;
use super::token::Form;

/// A value as ordinary JSON, complete.
#[derive(Clone, Copy)]
pub struct Plain<'a>(pub(super) Cursor<'a>);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(self.0, false, f)
    }
}

/// Without secrets, as every `Debug`.
impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(self.0, true, f)
    }
}

/// Ordinary JSON of the value. A PIN is not shown; [`Cursor::plain`] has it.
impl fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(*self, true, f)
    }
}

fn write(c: Cursor<'_>, hide: bool, f: &mut Formatter<'_>) -> fmt::Result {
    let Some(token) = c.token() else { return Ok(()) };
    match token.form() {
        Form::Bool => write!(f, "{}", token.low != 0),
        Form::Unsigned => write!(f, "{}", token.value()),
        Form::Signed => write!(f, "{}", token.value() as i64),
        Form::Text | Form::Escaped if hide && c.is_secret() => f.write_str("\"(hidden)\""),
        Form::Text => f.write_str(c.stored_text()),
        Form::Escaped | Form::Enum => write_text(c.str().unwrap_or_default(), f),
        Form::Raw | Form::Unknown => f.write_str(c.stored_text()),
        Form::Tag => f.write_str("{}"),
        Form::Object => {
            f.write_char('{')?;
            for (separator, field) in separated(c.fields()) {
                f.write_str(separator)?;
                if field.unknown().is_none() {
                    write!(f, "\"{}\":", field.name())?;
                }
                write(field, hide, f)?;
            }
            f.write_char('}')
        }
        Form::List => {
            f.write_char('[')?;
            for (separator, item) in separated(c.items()) {
                f.write_str(separator)?;
                write(item, hide, f)?;
            }
            f.write_char(']')
        }
    }
}

fn separated<'a>(
    items: impl Iterator<Item = Cursor<'a>>,
) -> impl Iterator<Item = (&'static str, Cursor<'a>)> {
    core::iter::once("").chain(core::iter::repeat(",")).zip(items)
}

fn write_text(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let mut escaped = alloc::vec::Vec::with_capacity(text.len().saturating_add(2));
    super::text::write_escaped(&mut escaped, text);
    f.write_str(core::str::from_utf8(&escaped).unwrap_or_default())
}
