//! Why a message could not be read: always the sender's fault.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{self, Write};

/// Characters of the input an [`Error`] quotes.
const MAX_QUOTE: usize = 40;

/// A message that is no EEBUS JSON of the expected type, or exceeds a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Error {
    /// Where it stands: `datagram.payload.cmd[0].loadControlLimitListData`; empty for the message itself.
    pub path: String,
    /// What should stand there.
    pub expected: Expected,
    /// What stands there, quoted up to 40 characters: `the string "abc"`.
    pub found: String,
    /// Octet of the input it begins at.
    pub at: usize,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "message" } else { &self.path };
        write!(f, "{path}: expected {}, found {} at octet {}", self.expected, self.found, self.at)
    }
}

impl core::error::Error for Error {}

/// What a reader expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Expected {
    /// UTF-8.
    Utf8,
    /// At most so many octets, levels or items.
    AtMost {
        /// The limit.
        max: usize,
        /// What it counts.
        of: &'static str,
    },
    /// An object with exactly one member, which the named type lists.
    Document(&'static str),
    /// A struct of the named type.
    Struct(&'static str),
    /// An array.
    List,
    /// `[]`.
    Tag,
    /// `true` or `false`.
    Bool,
    /// A whole number in a range.
    Number {
        /// Smallest valid value.
        min: i128,
        /// Largest valid value.
        max: i128,
    },
    /// A string.
    Text,
    /// The rest of a string up to its closing quote, without control characters.
    EndOfText,
    /// A valid escape sequence.
    Escape,
    /// Any JSON value.
    Value,
    /// One of these characters.
    Syntax(&'static str),
    /// Nothing more.
    End,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("UTF-8"),
            Self::AtMost { max, of } => write!(f, "at most {max} {of}"),
            Self::Document(name) => write!(f, "an object with exactly one member of {name}"),
            Self::Struct(name) => write!(f, "a struct {name}"),
            Self::List => f.write_str("an array"),
            Self::Tag => f.write_str("[]"),
            Self::Bool => f.write_str("true or false"),
            Self::Number { min, max } => write!(f, "a whole number in {min}..={max}"),
            Self::Text => f.write_str("a string"),
            Self::EndOfText => f.write_str("the end of the string without control characters"),
            Self::Escape => f.write_str("an escape sequence"),
            Self::Value => f.write_str("a value"),
            Self::Syntax(characters) => write!(f, "{characters}"),
            Self::End => f.write_str("the end of the message"),
        }
    }
}

/// One step of an error's path, collected from the inside out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Name(&'static str),
    Item(usize),
}

/// The path of steps that were collected from the inside out.
pub(super) fn path(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps.iter().rev() {
        match step {
            Step::Name(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            // Writing to a string cannot fail.
            Step::Item(index) => _ = write!(path, "[{index}]"),
        }
    }
    path
}

/// Says in words what `rest` begins with.
pub(super) fn describe(rest: &str) -> String {
    match rest.chars().next() {
        None => "the end".to_string(),
        Some('"') => {
            let mut escaped = false;
            let ends = |c: char| {
                let end = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                end
            };
            let text = rest.get(1..).unwrap_or_default();
            let text = text.split(ends).next().unwrap_or_default();
            format!("the string \"{}\"", cut(text))
        }
        Some('[') => "an array".to_string(),
        Some('{') => "an object".to_string(),
        Some(c) if c.is_ascii_alphanumeric() || c == '-' => {
            let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
            let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
            cut(rest.get(..end).unwrap_or_default())
        }
        Some(c) => format!("{c:?}"),
    }
}

/// `text`, cut to [`MAX_QUOTE`] characters.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    }
}
