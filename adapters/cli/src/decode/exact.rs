//! A message in both notations, and what stands between it and the schema.

use super::input::{Form, Message};
use super::message::{self, Kind, Unreadable, is_ordinary_form, kind, within};
use eebus_core::json::{AnyJson, Limits, Note, Repair, Tape, Typed};
use eebus_core::model::{Datagram, ShipMessage, Violation, violations};
use std::fmt::Write;

/// A message, read and written again.
#[derive(Debug, Default)]
pub(crate) struct Exact {
    /// In the wire form, written anew from the values alone; with the message type where there was one.
    pub(crate) wire: Vec<u8>,
    /// As ordinary JSON; a SHIP init message has none.
    pub(crate) plain: String,
    /// It came as ordinary JSON, which is no wire form.
    pub(crate) is_ordinary: bool,
    /// What was repaired and what the schema does not allow, each with its place.
    pub(crate) findings: Vec<String>,
    /// What of it was left out.
    pub(crate) lost: Vec<String>,
}

impl Exact {
    /// Reads a message.
    pub(crate) fn of(message: &Message) -> Result<Self, Unreadable> {
        match &message.form {
            Form::Frame(frame) if frame.first() == Some(&0) => {
                Ok(Self { wire: vec![0, 0], ..Self::default() })
            }
            Form::Frame(frame) => {
                let (octet, value) = frame.split_first().unwrap_or((&1, &[]));
                let mut exact = ship(value)?;
                exact.wire.insert(0, *octet);
                Ok(exact)
            }
            Form::Text(text) => match kind(text)? {
                Kind::Datagram => datagram(text),
                Kind::Ship(_) => ship(text),
                Kind::Functions => functions(text),
            },
        }
    }

    /// The message in one of the notations, as a line of text.
    pub(crate) fn document(&self, plain: bool) -> Result<String, Unreadable> {
        let octets = if plain { self.plain.as_bytes() } else { &self.wire };
        // The message type is no part of the document.
        let json = octets.iter().position(|&octet| octet == b'{').and_then(|start| octets.get(start..));
        match json {
            Some(json) => Ok(format!("{}\n", String::from_utf8_lossy(json))),
            None => Err(Unreadable::Foreign("a SHIP init message has no JSON".into())),
        }
    }

    fn new(text: &[u8]) -> Self {
        Self { is_ordinary: is_ordinary(text), ..Self::default() }
    }

    /// The message that was read, without the white space and NULs that may stand behind it.
    pub(crate) fn input(message: &Message) -> &[u8] {
        let (Form::Frame(octets) | Form::Text(octets)) = &message.form;
        let end = |octet: &u8| *octet != 0 && !octet.is_ascii_whitespace();
        let min = usize::from(matches!(message.form, Form::Frame(_))).saturating_mul(2);
        let len = octets.iter().rposition(end).map_or(0, |last| last + 1);
        octets.get(..len.max(min)).unwrap_or(octets)
    }

    /// Takes over what was found reading `tape`, whose paths begin behind `base`.
    fn found(&mut self, base: &str, notes: Vec<Note>, violations: Vec<Violation>) {
        let dot = |path: &str| if base.is_empty() || path.is_empty() { "" } else { "." };
        let of_form = |repair| self.is_ordinary && is_ordinary_form(repair);
        // What stands behind a message is none of it, see `input`.
        let aside = |repair| matches!(repair, Repair::UnknownValue | Repair::Trailing) || of_form(repair);
        let notes = notes.into_iter().filter(|note| !aside(note.repair));
        let mut findings = Vec::new();
        for Note { repair, path, at } in notes {
            let place = match format!("{base}{}{path}", dot(&path)) {
                place if place.is_empty() => format!("octet {at}"),
                place => place,
            };
            let finding = format!("{place}: {repair}");
            if matches!(repair, Repair::UnknownElement | Repair::Duplicate) {
                self.lost.push(finding.clone());
            }
            findings.push(finding);
        }
        let violations = violations.into_iter().map(|it| format!("{base}{}{it}", dot(&it.path)));
        self.findings.extend(findings.into_iter().chain(violations));
    }

    fn take(&mut self, mut tape: Tape, base: &str, notes: Vec<Note>) {
        self.found(base, notes, violations(&tape));
        tape.forget_canonical();
        tape.write_document(&mut self.wire);
        _ = write!(self.plain, "{}", tape.root().plain());
    }
}

/// Ordinary JSON puts an object where the wire form has an array.
fn is_ordinary(text: &[u8]) -> bool {
    let value = text.iter().position(|&octet| octet == b':').and_then(|colon| text.get(colon + 1..));
    value.is_some_and(|value| value.trim_ascii_start().starts_with(b"{"))
}

fn datagram(text: &[u8]) -> Result<Exact, Unreadable> {
    let (datagram, notes) = Datagram::inspect(text, &Limits::default())?;
    let mut exact = Exact::new(text);
    exact.take(datagram.into_tape(), "", notes);
    Ok(exact)
}

/// A SHIP message. What a data message carries is a document of its own.
fn ship(text: &[u8]) -> Result<Exact, Unreadable> {
    let (tape, notes) = Tape::inspect_document(ShipMessage::TY, text, &Limits::default())?;
    let mut message: ShipMessage = tape.get().unwrap_or_default();
    let mut exact = Exact::new(text);
    let Some(payload) = message.data.as_mut().and_then(|data| data.payload.as_mut()) else {
        exact.take(tape, "", notes);
        return Ok(exact);
    };
    let inner = datagram(payload.as_str().as_bytes());
    let inner = inner.map_err(|error| match error {
        Unreadable::Json(error) => Unreadable::Json(within("data.payload", error)),
        other => other,
    })?;
    exact.found("", notes, violations(&tape));
    let within = |finding: &String| format!("data.payload.{finding}");
    exact.findings.extend(inner.findings.iter().map(within));
    exact.lost.extend(inner.lost.iter().map(within));
    let json = |text: &str| AnyJson::new(text).ok_or_else(|| Unreadable::Foreign("too large".into()));
    *payload = json(&inner.plain)?;
    exact.plain = Tape::of(&message).root().plain().to_string();
    if let Some(data) = message.data.as_mut() {
        data.payload = Some(json(&String::from_utf8_lossy(&inner.wire))?);
    }
    Tape::of(&message).write_document(&mut exact.wire);
    Ok(exact)
}

/// Data of functions without a datagram around it.
fn functions(text: &[u8]) -> Result<Exact, Unreadable> {
    let mut exact = Exact::new(text);
    for (name, function, value) in message::functions(text)? {
        let separator = if exact.wire.is_empty() { '{' } else { ',' };
        let (mut tape, notes) = Tape::inspect(function.info().ty, value, &Limits::default())
            .map_err(|error| within(&name, error))?;
        exact.found(&name, notes, violations(&tape));
        tape.forget_canonical();
        exact.wire.extend_from_slice(format!("{separator}\"{name}\":").as_bytes());
        tape.write(&mut exact.wire);
        _ = write!(exact.plain, "{separator}\"{name}\":{}", tape.root().plain());
    }
    exact.wire.push(b'}');
    exact.plain.push('}');
    Ok(exact)
}
