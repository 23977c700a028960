//! What a file holds: one message or several, as octets, hex digits or JSON.

use std::path::Path;

/// Highest message type of SHIP (SHIP 13.4.2) and those reserved below the first printable character.
const LAST_TYPE: u8 = 0x08;

/// One message of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its line, counted from 1, where the file holds several.
    line: Option<usize>,
    /// What it is.
    pub(crate) form: Form,
}

/// In which form a message came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The message type and a value (SHIP 13.4.2).
    Frame(Vec<u8>),
    /// A JSON document, or what is none.
    Text(Vec<u8>),
}

impl Message {
    /// Where it stands, for people.
    pub(crate) fn place(&self, path: &Path) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", name(path)),
            None => name(path),
        }
    }
}

/// The name of a file, for people.
pub(crate) fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".into() } else { path.display().to_string() }
}

/// The messages of a file. Lines count as messages of their own if each could be one.
pub(crate) fn split(bytes: &[u8]) -> Vec<Message> {
    if let Form::Frame(frame) = raw(bytes) {
        return vec![Message { line: None, form: Form::Frame(frame) }];
    }
    let lines: Vec<_> = bytes
        .split(|&octet| octet == b'\n')
        .map(<[u8]>::trim_ascii)
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .collect();
    let separate = |line: &[u8]| line.starts_with(b"{") && line.ends_with(b"}") || hex(line).is_some();
    match lines.as_slice() {
        [] => Vec::new(),
        [_, _, ..] if lines.iter().all(|(_, line)| separate(line)) => {
            lines.iter().map(|&(at, line)| Message { line: Some(at + 1), form: form(line) }).collect()
        }
        _ => vec![Message { line: None, form: form(bytes) }],
    }
}

fn form(bytes: &[u8]) -> Form {
    match hex(bytes) {
        Some(octets) => raw(&octets),
        None => Form::Text(bytes.to_vec()),
    }
}

/// Octets begin with a message type; NULs in front of a document are none.
fn raw(bytes: &[u8]) -> Form {
    let after_nuls = bytes.iter().find(|&&octet| octet != 0);
    let is_frame = bytes.first().is_some_and(|&octet| octet <= LAST_TYPE) && after_nuls != Some(&b'{');
    if is_frame { Form::Frame(bytes.to_vec()) } else { Form::Text(bytes.to_vec()) }
}

/// The octets of hex digits, alone or with white space between; two at least.
fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |octet: &u8| char::from(*octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> =
        text.iter().filter(|octet| !octet.is_ascii_whitespace()).map(digit).collect();
    let digits = digits.filter(|digits| digits.len() >= 2 && digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: &[u8]) -> Form {
        Form::Frame(bytes.to_vec())
    }

    fn text(text: &str) -> Form {
        Form::Text(text.into())
    }

    #[test]
    fn the_form_of_a_file_is_seen_from_its_octets() {
        for (file, line, form) in [
            (&b"\x01{\"a\":1}\n"[..], None, frame(b"\x01{\"a\":1}\n")),
            (b"\0\0", None, frame(b"\0\0")),
            (b"00 00\n", None, frame(b"\0\0")),
            (b"017B7d", None, frame(b"\x01{}")),
            (b"7b7d", None, text("{}")),
            (b"\0{}", None, text("\0{}")),
            (b"{}\n", None, text("{}\n")),
            (b"{\n}\n", None, text("{\n}\n")),
            (b"nonsense", None, text("nonsense")),
        ] {
            assert_eq!(split(file), [Message { line, form }], "{file:?}");
        }
        let lines = split(b"{}\n\n0000\n  {\"a\":{}}");
        let forms = [(1, text("{}")), (3, frame(b"\0\0")), (4, text("{\"a\":{}}"))];
        assert_eq!(lines, forms.map(|(line, form)| Message { line: Some(line), form }));
        assert_eq!(split(b" \n"), []);
    }
}
