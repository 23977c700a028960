//! SHIP frames as people read them.

use crate::ship::identity::hex;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

/// A frame as one line of text that loses nothing.
///
/// The message type as two hex digits, then a blank and the rest as it is, where that is text without control
/// characters: `02 {"data":…}`. Otherwise `hex:` and every octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameText<'a>(pub &'a [u8]);

impl fmt::Display for FrameText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let readable = self.0.split_first().and_then(|(message_type, rest)| {
            let text = core::str::from_utf8(rest).ok()?;
            let is_plain = !text.is_empty() && !text.contains(char::is_control);
            is_plain.then_some((message_type, text))
        });
        if let Some((message_type, text)) = readable {
            return write!(f, "{message_type:02x} {text}");
        }
        f.write_str("hex:")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl FrameText<'_> {
    /// The octets of such a text; `None` where [`FrameText`] would write it otherwise.
    pub fn read(text: &str) -> Option<Vec<u8>> {
        let bytes = match text.split_once(' ') {
            Some((message_type, rest)) => {
                let mut bytes = hex(message_type)?;
                bytes.extend_from_slice(rest.as_bytes());
                bytes
            }
            None => hex(text.strip_prefix("hex:")?)?,
        };
        (FrameText(&bytes).to_string() == text).then_some(bytes)
    }
}

#[cfg(feature = "serde")]
pub(super) fn serialize<S: serde::Serializer>(frame: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&FrameText(frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_shown_and_read_back_exactly() {
        for (frame, text) in [
            (&b"\x02{\"data\":[\"\xc3\xa4 \"]}"[..], "02 {\"data\":[\"ä \"]}"),
            (b"\x00\x00", "hex:0000"),
            (b"\x01{\n}", "hex:017b0a7d"),
            (b"\x01\xff", "hex:01ff"),
            (b"\x02", "hex:02"),
            (b"", "hex:"),
            (b"\x02 ", "02  "),
        ] {
            assert_eq!(FrameText(frame).to_string(), text);
            assert_eq!(FrameText::read(text).as_deref(), Some(frame));
        }
    }

    #[test]
    fn a_text_that_would_be_written_otherwise_is_refused() {
        for text in
            ["", "hex:0", "hex:0G", "hex:FF", "hex:027b7d", "2 {}", "0A {}", "0002 {}", "02 ", "02 \n"]
        {
            assert_eq!(FrameText::read(text), None, "{text:?}");
        }
    }
}
