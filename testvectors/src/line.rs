//! One line of a trace: its content, and a check value over its number and its content.

use crate::ReplayError;
use eebus_core::ids::ConnId;
use eebus_core::node::{Action, Answer, Call, FrameText, Input, Misuse};
use eebus_core::time::Instant;
use std::io::{BufRead, Read};

/// First line of a trace, without its check value.
pub(crate) const MAGIC: &str = "eebus-trace ";
/// The version that is written and read.
pub(crate) const VERSION: &str = "1";
/// Last line of a trace that was finished.
pub(crate) const END: &str = "end";

/// Longest line that is read, in octets: the largest frame in hex and the largest saved state are far below.
pub const MAX_LINE: u64 = 16 * 1_024 * 1_024;

/// `content` as line `number` (counted from 1) of a trace, with its check value and the line feed.
///
/// The check value is the CRC-32 (ISO-HDLC, as in zlib) of `number content`, as eight lower-case hex digits behind ` #`.
pub fn seal(number: u64, content: &str) -> String {
    format!("{content} #{}\n", check(number, content.as_bytes()))
}

fn check(number: u64, content: &[u8]) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(format!("{number} ").as_bytes());
    hasher.update(content);
    format!("{:08x}", hasher.finalize())
}

/// What stands where the next line is expected.
#[derive(Debug)]
pub(crate) enum Next {
    /// A line whose check value is right, without it.
    Line(String),
    /// A beginning of a line, without line feed.
    Cut,
    /// Nothing more.
    Nothing,
}

/// Reads line `number`.
pub(crate) fn next(reader: &mut impl BufRead, number: u64) -> Result<Next, ReplayError> {
    let mut bytes = Vec::new();
    reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes).map_err(ReplayError::Read)?;
    if number == 1 {
        check_version(&bytes)?;
    }
    match bytes.pop() {
        None => Ok(Next::Nothing),
        Some(b'\n') => open(number, bytes).map(Next::Line),
        Some(_) if bytes.len() as u64 + 1 == MAX_LINE => {
            Err(ReplayError::malformed(number, format!("longer than {MAX_LINE} octets")))
        }
        // A line that was written whole lost nothing but its line feed: that is no cut.
        Some(last) if open(number, bytes.clone()).is_ok() => Err(ReplayError::malformed(
            number,
            format!("ends with the octet {last:02x} instead of a line feed"),
        )),
        Some(_) => Ok(Next::Cut),
    }
}

/// The first line says what all others mean, so it is looked at first.
fn check_version(line: &[u8]) -> Result<(), ReplayError> {
    if line.is_empty() {
        return Err(ReplayError::Empty);
    }
    let rest = line.strip_prefix(MAGIC.as_bytes()).ok_or(ReplayError::NotATrace)?;
    let found = rest.split(|octet| b" \n".contains(octet)).next().unwrap_or_default();
    if found == VERSION.as_bytes() {
        return Ok(());
    }
    Err(ReplayError::Version { found: String::from_utf8_lossy(found).into_owned() })
}

/// The content of a sealed line without its line feed.
fn open(number: u64, mut line: Vec<u8>) -> Result<String, ReplayError> {
    let stated = line.split_off(line.len().saturating_sub(10));
    let computed = format!(" #{}", check(number, &line));
    if stated != computed.as_bytes() {
        let stated = String::from_utf8_lossy(&stated).into_owned();
        return Err(ReplayError::Check { line: number, stated, computed });
    }
    String::from_utf8(line).map_err(|error| ReplayError::malformed(number, error.to_string()))
}

/// What a trace says of one input.
pub(crate) fn input(now: Instant, input: &Input<'_>) -> serde_json::Result<String> {
    match input {
        Input::Frame { conn, bytes } => Ok(frame(now, "frame", *conn, bytes)),
        other => json(now, "input", other),
    }
}

/// What a trace says of one call.
pub(crate) fn call(now: Instant, call: &Call) -> serde_json::Result<String> {
    json(now, "call", call)
}

/// What a trace says of the answer to a call.
pub(crate) fn answer(now: Instant, answer: &Result<Answer, Misuse>) -> serde_json::Result<String> {
    json(now, "answer", answer)
}

/// What a trace says of one action.
pub(crate) fn action(now: Instant, action: &Action) -> serde_json::Result<String> {
    match action {
        Action::Send { conn, frame: bytes } => Ok(frame(now, "send", *conn, bytes)),
        Action::Notify(event) => json(now, "event", event),
        other => json(now, "action", other),
    }
}

fn json(now: Instant, kind: &str, value: &impl serde::Serialize) -> serde_json::Result<String> {
    Ok(format!("{now} {kind} {}", serde_json::to_string(value)?))
}

fn frame(now: Instant, kind: &str, conn: ConnId, bytes: &[u8]) -> String {
    format!("{now} {kind} {} {}", conn.0, FrameText(bytes))
}

/// Reads a time as [`Instant`] shows it.
pub(crate) fn time(text: &str) -> Option<Instant> {
    let (seconds, micros) = text.split_once('.')?;
    let (seconds, micros): (u64, u64) = (seconds.parse().ok()?, micros.parse().ok()?);
    let time = Instant::from_micros(seconds.checked_mul(1_000_000)?.checked_add(micros)?);
    (time.to_string() == text).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_sealed_as_the_format_says() {
        // python3 -c 'import zlib; print(f"{zlib.crc32(b"3 saved null"):08x}")'
        assert_eq!(seal(3, "saved null"), "saved null #2d02bc7e\n");
    }

    #[test]
    fn times_are_read_as_they_are_shown() {
        for micros in [0, 1, 999_999, 1_000_000, 12_345_678, u64::MAX] {
            let time = Instant::from_micros(micros);
            assert_eq!(super::time(&time.to_string()), Some(time));
        }
        for text in ["", "1", "1.5", "01.500000", "1.+00000", "-1.000000", "18446744073709.551616"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
