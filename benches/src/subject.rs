//! One message, ready to be measured: every [`Step`] on it as one call.

use crate::functions::Function;
use crate::messages::{self, Message};
use crate::step::Step;
use eebus_core::json::{Builder, Cursor, Limits, Tape};
use eebus_core::model::*;
use eebus_core::ship::{Received, data_frame, read_frame};
use std::hint::black_box;
use std::path::Path;

/// Why a message can't be measured.
pub type Fault = Box<dyn std::error::Error>;

/// A message with everything its steps start from.
#[derive(Debug)]
pub struct Subject {
    /// What it is.
    pub name: String,
    /// The document.
    pub json: Vec<u8>,
    /// The document in its SHIP frame.
    pub frame: Vec<u8>,
    /// Two partial updates of the data.
    pub updates: Option<[Vec<u8>; 2]>,
    /// A read of one list entry, where the data is a list with identifiers.
    pub read: Option<Vec<u8>>,
    function: &'static Function,
    datagram: Datagram,
    /// The same without a span to copy, as it would be after a change.
    changed: Datagram,
    header: Header,
    cmd: Cmd,
    data: Tape,
    stored: Tape,
    received: Option<[Datagram; 2]>,
    selectors: Option<Tape>,
    turn: usize,
    out: Vec<u8>,
}

impl Subject {
    /// Takes a document of its own.
    ///
    /// # Errors
    ///
    /// It is no datagram with the data of a known function; or a step has another result than it should.
    pub fn new(name: &str, json: &[u8], updates: Option<[&[u8]; 2]>) -> Result<Self, Fault> {
        let datagram = read(json)?;
        let view = datagram.cmds().next().ok_or("no command")?;
        let function = Function::of_data(view).ok_or("no data of a known function")?;
        let cmd = (function.rebuild)(view).ok_or("no data of a known function")?;
        let header = datagram.header();
        let data = view.data().ok_or("no data")?.1.to_tape(function.id.info().ty);
        let selectors = selectors(function.id, &data);
        let read_request = selectors.clone().map(|selectors| {
            let filter = Filter { selectors: vec![selectors], ..Filter::partial() };
            written(&header, &Cmd::read(function.id).with(filter))
        });
        let received = match updates {
            Some([one, two]) => Some([read(one)?, read(two)?]),
            None => None,
        };
        let mut subject = Self {
            name: name.into(),
            json: json.into(),
            frame: data_frame(|out| out.extend_from_slice(json)),
            updates: updates.map(|updates| updates.map(<[u8]>::to_vec)),
            read: read_request,
            function,
            stored: data.clone(),
            changed: read(&spaced(json)?)?,
            datagram,
            header,
            cmd,
            data,
            received,
            selectors,
            turn: 0,
            out: Vec::with_capacity(json.len()),
        };
        subject.check()?;
        Ok(subject)
    }

    /// What is measured has to be right first.
    fn check(&mut self) -> Result<(), Fault> {
        let document = written(&self.header, &self.cmd);
        if read(&document)? != self.datagram {
            return Err("through the typed structs it becomes another message".into());
        }
        if self.round_trip() != data_frame(|out| out.extend_from_slice(&document)) {
            return Err("a frame becomes another one on its way through the typed structs".into());
        }
        self.run(Step::Encode, 1);
        let encoded = std::mem::take(&mut self.out);
        if read(&encoded)? != self.datagram || encoded.len() > self.json.len() {
            return Err("a changed tape becomes another message".into());
        }
        if self.has(Step::Merge) && !(self.merge() && self.merge()) {
            return Err("the updates change nothing".into());
        }
        Ok(())
    }

    /// Whether a step makes sense for this message.
    pub fn has(&self, step: Step) -> bool {
        match step {
            Step::Merge => self.received.is_some(),
            Step::PartialRead => self.selectors.is_some(),
            _ => true,
        }
    }

    /// Takes a step `times` times.
    pub fn run(&mut self, step: Step, times: u32) {
        for _ in 0..times {
            match step {
                Step::Decode => drop(black_box(read(black_box(&self.json)))),
                Step::DecodeTyped => self.decode_typed(),
                Step::Encode => write(black_box(&self.changed), &mut self.out),
                Step::Send => {
                    self.out.clear();
                    write_datagram(black_box(&self.header), black_box(&self.cmd), &mut self.out);
                    black_box(&mut self.out);
                }
                Step::Open => drop(black_box(Envelope::open(black_box(&self.json), &Limits::default()))),
                Step::Forward => write(black_box(&self.datagram), &mut self.out),
                Step::RoundTrip => drop(black_box(self.round_trip())),
                Step::Merge => _ = black_box(self.merge()),
                Step::PartialRead => drop(black_box(self.partial_read())),
                Step::Clone => drop(black_box(black_box(&self.data).clone())),
            }
        }
    }

    fn decode_typed(&self) {
        let datagram = read(black_box(&self.json));
        if let Ok(datagram) = &datagram {
            black_box(datagram.header());
            datagram.cmds().for_each(self.function.read);
        }
    }

    fn round_trip(&self) -> Vec<u8> {
        let Ok((Received::Payload(document), _)) = read_frame(black_box(&self.frame)) else {
            return Vec::new();
        };
        let Ok(datagram) = read(&document) else { return Vec::new() };
        let header = datagram.header();
        let Some(cmd) = datagram.cmds().next().and_then(self.function.rebuild) else { return Vec::new() };
        data_frame(|out| write_datagram(&header, &cmd, out))
    }

    fn merge(&mut self) -> bool {
        let Some(received) = &self.received else { return false };
        self.turn ^= 1;
        let update = received[self.turn].cmds().next().and_then(CmdView::data);
        update.is_some_and(|(_, update)| merge(&mut self.stored, update) == Ok(true))
    }

    fn partial_read(&self) -> Option<Tape> {
        project(black_box(&self.data), &[self.selectors.as_ref()?.into()], None).ok()
    }
}

impl TryFrom<&Message> for Subject {
    type Error = Fault;

    fn try_from(message: &Message) -> Result<Self, Fault> {
        let subject = Self::new(message.name, message.json, message.updates)?;
        let same = written(&subject.header, &subject.cmd) == message.json;
        if same { Ok(subject) } else { Err("not canonical".into()) }
    }
}

/// The messages of these files, each one datagram as EEBUS JSON; our own without any.
///
/// # Errors
///
/// As [`Subject::new`], or a file can't be read.
pub fn load(files: &[String]) -> Result<Vec<Subject>, Fault> {
    if files.is_empty() {
        return messages::ALL.iter().map(Subject::try_from).collect();
    }
    let load = |path: &String| {
        let name = Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
        Subject::new(&name, &std::fs::read(path)?, None).map_err(|error| format!("{path}: {error}").into())
    };
    files.iter().map(load).collect()
}

fn read(json: &[u8]) -> Result<Datagram, eebus_core::json::Error> {
    Datagram::read(json, &Limits::default()).map(|(datagram, _)| datagram)
}

/// The document with white space in every container: nothing of it can be copied as a span.
fn spaced(json: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec_pretty(&serde_json::from_slice::<serde_json::Value>(json)?)
}

fn write(datagram: &Datagram, out: &mut Vec<u8>) {
    out.clear();
    datagram.write(out);
    black_box(out);
}

fn written(header: &Header, cmd: &Cmd) -> Vec<u8> {
    let mut out = Vec::new();
    write_datagram(header, cmd, &mut out);
    out
}

/// Selectors that mean the middle one of the entries of a list, by its first identifier.
fn selectors(function: FunctionId, data: &Tape) -> Option<Tape> {
    let ty = function.info().selectors?;
    let all: Vec<Cursor<'_>> = entries(data.root()).collect();
    let identifier = all.get(all.len() / 2)?.fields().next()?;
    let number = ty.field_named(identifier.name())?;
    let mut builder = Builder::new(ty);
    builder.object(ty, |builder| builder.key(number).copy(identifier));
    let selectors = builder.finish();
    let one = project(data, &[(&selectors).into()], None).ok()?;
    (entries(one.root()).count() == 1).then_some(selectors)
}
