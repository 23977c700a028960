//! `eebus decode --check`: is what was sent exactly what this project would write?

use super::exact::Exact;
use super::input::{Message, name};
use super::print;
use crate::failure::Failure;
use std::fmt::Write;
use std::path::Path;

/// Octets shown of a place where two messages differ.
const SHOWN: usize = 24;

/// Says whether the messages of a file are byte-exact; false if one is not.
pub(crate) fn file(path: &Path, messages: &[Message]) -> Result<bool, Failure> {
    let (mut exact, mut ordinary, mut text) = (0, 0, String::new());
    for message in messages {
        let place = message.place(path);
        match Exact::of(message) {
            Ok(written) => {
                let difference = difference(Exact::input(message), &written.wire);
                exact += usize::from(difference.is_none());
                ordinary += usize::from(difference.is_some() && written.is_ordinary);
                let difference = difference.filter(|_| !written.is_ordinary);
                if messages.len() > 1 && (difference.is_some() || !written.findings.is_empty()) {
                    _ = writeln!(text, "  {place}");
                }
                for line in difference.iter().chain(&written.findings) {
                    _ = writeln!(text, "  {line}");
                }
            }
            Err(error) => eprintln!("eebus: {place}: {error}"),
        }
    }
    let (all, path) = (messages.len(), name(path));
    let verdict = match all {
        _ if exact == all => "byte-exact".into(),
        _ if ordinary == all => "not applicable, ordinary JSON".into(),
        1 => "not byte-exact".into(),
        _ => format!("{exact} of {all} messages byte-exact, {ordinary} in ordinary JSON"),
    };
    print(&format!("{path}: {verdict}\n{text}"))?;
    Ok(exact + ordinary == all)
}

/// The first place where two messages differ.
fn difference(read: &[u8], written: &[u8]) -> Option<String> {
    let same = read.iter().zip(written).take_while(|(a, b)| a == b).count();
    let rest = |octets: &[u8]| {
        let rest = octets.get(same..).unwrap_or_default();
        let end = if rest.len() > SHOWN { "…" } else { "" };
        format!("{:?}{end}", String::from_utf8_lossy(rest.get(..SHOWN).unwrap_or(rest)))
    };
    (read != written).then(|| format!("octet {same}: {} where {} is written", rest(read), rest(written)))
}
