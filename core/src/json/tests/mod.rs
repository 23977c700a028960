//! What a reader takes, what it repairs, what it refuses, and what is written.

use alloc::string::String;
use alloc::vec::Vec;

use super::fixture::ROOTS;
use super::table::Ty;
use super::{Error, Limits, Repairs, Tape};

mod canonical;
mod errors;
mod random;
mod repairs;
mod strings;
mod values;

fn read(ty: &'static Ty, json: &str) -> (Tape, Repairs) {
    Tape::read(ty, json.as_bytes(), &Limits::default()).unwrap()
}

fn refuse(ty: &'static Ty, json: &str) -> Error {
    Tape::read(ty, json.as_bytes(), &Limits::default()).unwrap_err()
}

fn read_document(json: &str) -> (Tape, Repairs) {
    Tape::read_document(&ROOTS, json.as_bytes(), &Limits::default()).unwrap()
}

fn written(tape: &Tape) -> String {
    let mut out = Vec::new();
    tape.write(&mut out);
    String::from_utf8(out).unwrap()
}

fn document(tape: &Tape) -> String {
    let mut out = Vec::new();
    tape.write_document(&mut out);
    String::from_utf8(out).unwrap()
}

/// The same value without the canonical text of its containers.
fn without_spans(tape: &Tape) -> Tape {
    let mut tape = tape.clone();
    tape.forget_canonical();
    tape
}

/// A limit write as the wire has it.
const LIMIT_WRITE: &str = r#"{"datagram":[{"header":[{"addressSource":[{"device":"d:_n:ACME_1"},{"entity":[1,2]},{"feature":7}]},{"msgCounter":18446744073709551615},{"cmdClassifier":"write"},{"ackRequest":true}]},{"payload":[{"cmd":[[{"function":"loadControlLimitListData"},{"filter":[[{"cmdControl":[{"partial":[]}]}]]},{"loadControlLimitListData":[{"loadControlLimitData":[[{"limitId":0},{"isLimitActive":true},{"timePeriod":[{"endTime":"PT2H"}]},{"value":[{"number":4200},{"scale":0}]}],[{"limitId":1},{"value":[{"number":-5},{"scale":-1}]}]]}]},{"lastUpdateAt":"2026-01-01T00:00:00Z"}]]}]}]}"#;
/// A delete with selectors and elements, without data.
const DELETE: &str = r#"{"datagram":[{"header":[]},{"payload":[{"cmd":[[{"function":"setpointListData"},{"filter":[[{"filterId":3},{"cmdControl":[{"delete":[]}]},{"setpointListDataSelectors":[{"setpointId":2}]},{"setpointListDataSelectors":[{"setpointId":4}]},{"setpointDataElements":[{"valueMin":[]}]}]]},{"setpointListData":[]}]]}]}]}"#;
/// A SHIP data message, whose payload any value may be.
const SHIP: &str =
    r#"{"data":[{"header":[{"protocolId":"ee1.0"}]},{"payload":{"datagram":[{"header":[]},{"x":-1.5e3}]}}]}"#;
