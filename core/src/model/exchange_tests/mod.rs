//! The restricted function exchange: merge, select, delete and project on the data of real functions.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::json::table::Ty;
use crate::json::{Limits, Tape, Typed};

mod delete;
mod every;
mod examples;
mod laws;
mod merge;
mod select;

/// Data from ordinary or EEBUS JSON.
#[track_caller]
fn tape(ty: &'static Ty, json: &str) -> Tape {
    let (tape, repairs) = Tape::read(ty, json.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(repairs.count(crate::json::Repair::UnknownElement), 0, "{json}");
    tape
}

fn data<T: Typed>(json: &str) -> Tape {
    tape(T::TY, json)
}

fn written(tape: &Tape) -> String {
    let mut out = Vec::new();
    tape.write(&mut out);
    String::from_utf8(out).unwrap()
}

/// Fails unless `actual` has the value of `json`, is written the same with and without copied spans, and is read back.
#[track_caller]
fn assert_is(actual: &Tape, json: &str) {
    assert_eq!(*actual, tape(actual.ty(), json));
    assert_sound(actual);
}

#[track_caller]
fn assert_sound(actual: &Tape) {
    let mut anew = actual.clone();
    anew.forget_canonical();
    assert_eq!(written(actual), written(&anew));
    assert_eq!(tape(actual.ty(), &written(actual)), *actual);
}

/// The selectors and elements of a filter, with their types.
fn criteria(filter: FilterView<'_>) -> (Vec<Criterion<'_>>, Option<Criterion<'_>>) {
    let selectors =
        filter.selectors().map(|(function, at)| Criterion { ty: function.info().selectors.unwrap(), at });
    let elements =
        filter.elements().map(|(function, at)| Criterion { ty: function.info().elements.unwrap(), at });
    (selectors.collect(), elements)
}

fn datagram(cmd: &str) -> Datagram {
    let json = format!("{{\"datagram\":[{{\"payload\":[{{\"cmd\":[{cmd}]}}]}}]}}");
    Datagram::read(json.as_bytes(), &Limits::default()).unwrap().0
}

/// Carries out what a write or a notify states: the delete filter, then the partial one.
fn apply(stored: &mut Tape, cmd: &str) -> Result<(), ExchangeFault> {
    let datagram = datagram(cmd);
    let cmd = datagram.cmds().next().unwrap();
    let (_, update) = cmd.data().unwrap();
    let mut filters: Vec<_> = cmd.filters().collect();
    filters.sort_by_key(|filter| filter.partial());
    for filter in filters {
        let (selectors, elements) = criteria(filter);
        match filter.partial() {
            false => delete(stored, &selectors, elements)?,
            true if selectors.is_empty() => merge(stored, update)?,
            true => merge_selected(stored, &selectors, update)?,
        };
    }
    Ok(())
}

/// Answers a partial read.
fn read(stored: &Tape, cmd: &str) -> Result<Tape, ExchangeFault> {
    let datagram = datagram(cmd);
    let filter = datagram.cmds().next().unwrap().filters().next().unwrap();
    let (selectors, elements) = criteria(filter);
    project(stored, &selectors, elements)
}
