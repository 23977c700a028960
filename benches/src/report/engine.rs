//! Who takes the steps: this stack, the JSON library it could have used, and the floor.

use eebus_benches::step::Step;
use eebus_benches::subject::Subject;
use eebus_core::json::table::{Field, KEY_BLOB, Key, Kind, Literals, Ty, VALUE_BLOB};
use eebus_core::json::{Limits, Tape};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// One way to take the steps on the messages of a report.
pub(crate) trait Engine {
    /// Its name in the table.
    fn name(&self) -> &'static str;
    /// The time that `times` steps on a message take; `None` where the engine has no such step.
    fn time(&mut self, step: Step, message: usize, times: u32) -> Option<Duration>;
}

fn timed<R>(times: u32, mut work: impl FnMut() -> R) -> Option<Duration> {
    let begin = Instant::now();
    for _ in 0..times {
        black_box(work());
    }
    Some(begin.elapsed())
}

/// This stack.
pub(crate) struct Own(pub(crate) Vec<Subject>);

impl Engine for Own {
    fn name(&self) -> &'static str {
        "this stack"
    }

    fn time(&mut self, step: Step, message: usize, times: u32) -> Option<Duration> {
        let subject = self.0.get_mut(message).filter(|subject| subject.has(step))?;
        let begin = Instant::now();
        subject.run(step, times);
        Some(begin.elapsed())
    }
}

/// The floor: this stack's reader on a document of which it only has to know that it is JSON. Octets are checked to be
/// UTF-8, copied and passed; nothing is looked up or noted.
pub(crate) struct Skip(pub(crate) Vec<Vec<u8>>);

/// `{"datagram":…}` with anything in it.
static ANYTHING: Ty = Ty {
    name: "anything",
    literals: &Literals {
        keys: &blob(b"},{\"datagram\":"),
        first: &[0; KEY_BLOB],
        values: &[0; VALUE_BLOB],
        aliases: &[],
        secrets: &[],
    },
    keys: &[Key { at: 0, len: 14 }],
    fields: &[Field { kind: Kind::Any, many: false }],
    identifiers: 0,
    optional_identifiers: 0,
    write_flag: None,
    one_of: false,
};

const fn blob(literal: &[u8; 14]) -> [u8; KEY_BLOB] {
    let mut blob = [0; KEY_BLOB];
    let mut at = 0;
    while at < literal.len() {
        blob[at] = literal[at];
        at += 1;
    }
    blob
}

impl Engine for Skip {
    fn name(&self) -> &'static str {
        "checked skip"
    }

    fn time(&mut self, step: Step, message: usize, times: u32) -> Option<Duration> {
        let json = self.0.get(message).filter(|_| step == Step::Decode)?;
        timed(times, || Tape::read_document(&ANYTHING, black_box(json), &Limits::default()).expect("JSON"))
    }
}

/// `serde_json` with its tree.
pub(crate) struct Tree(Vec<(Vec<u8>, Value)>);

impl Tree {
    pub(crate) fn new(documents: Vec<Vec<u8>>) -> Self {
        let read = |json: Vec<u8>| {
            let tree = serde_json::from_slice(&json).expect("JSON");
            (json, tree)
        };
        Self(documents.into_iter().map(read).collect())
    }
}

impl Engine for Tree {
    fn name(&self) -> &'static str {
        "serde_json::Value"
    }

    fn time(&mut self, step: Step, message: usize, times: u32) -> Option<Duration> {
        let (json, tree) = self.0.get(message)?;
        match step {
            Step::Decode => timed(times, || serde_json::from_slice::<Value>(black_box(json)).expect("JSON")),
            Step::Encode | Step::Send => {
                timed(times, || serde_json::to_vec(black_box(tree)).expect("a tree"))
            }
            Step::Clone => timed(times, || black_box(tree).clone()),
            _ => None,
        }
    }
}

/// `serde_json` that only checks.
pub(crate) struct Ignored(pub(crate) Vec<Vec<u8>>);

impl Engine for Ignored {
    fn name(&self) -> &'static str {
        "serde_json, all ignored"
    }

    fn time(&mut self, step: Step, message: usize, times: u32) -> Option<Duration> {
        let json = self.0.get(message).filter(|_| step == Step::Decode)?;
        timed(times, || serde_json::from_slice::<IgnoredAny>(black_box(json)).expect("JSON"))
    }
}
