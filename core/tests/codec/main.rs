//! The codec and the operations on any input: our own vectors, damaged ones, and generated values of every type.

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets use it as a crate")]
mod fuzz;
mod laws;
mod values;

use eebus_core::json::{Limits, Repair, Tape};
use eebus_core::model::FunctionId;
use fuzz::generate::{Entropy, tape};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

/// Octets that become a value.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..300)
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn written(tape: &Tape) -> Vec<u8> {
    let mut out = Vec::new();
    tape.write(&mut out);
    out
}

/// Every datagram of the recorded sessions and of the test data, commands wrapped into one.
fn vectors() -> Vec<String> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for file in ["spine-golden-trace.jsonl", "ship-messages.jsonl"] {
        let text = fs::read_to_string(core.join("tests/data").join(file)).expect("test data");
        found.extend(text.lines().map(str::to_owned));
    }
    let commands = fs::read_to_string(core.join("tests/data/spine-commands.jsonl")).expect("test data");
    let datagram = |cmd| format!(r#"{{"datagram":[{{"header":[]}},{{"payload":[{{"cmd":[{cmd}]}}]}}]}}"#);
    found.extend(commands.lines().map(datagram));
    for session in fs::read_dir(core.join("../testvectors/sessions")).expect("sessions") {
        let text = fs::read_to_string(session.expect("a session").path()).expect("text");
        let payload = |line: &str| {
            let (_, rest) = line.split_once(" frame ")?.1.split_once(r#"{"payload":"#)?;
            Some(rest.rsplit_once("}]} #")?.0.to_owned())
        };
        found.extend(text.lines().filter_map(payload));
    }
    found
}

#[test]
fn the_corpus_and_every_vector_pass_the_fuzz_targets() {
    let vectors = vectors();
    assert!(vectors.len() > 300, "{}", vectors.len());
    for text in &vectors {
        fuzz::datagram(text.as_bytes());
        fuzz::operations(text.as_bytes());
    }
    let mut seeds = 0;
    for seed in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds")).expect("seeds") {
        let bytes = fs::read(seed.expect("a seed").path()).expect("octets");
        fuzz::datagram(&bytes);
        fuzz::operations(&bytes);
        seeds += 1;
    }
    assert!(seeds >= 10, "{seeds}");
}

#[test]
fn vectors_cut_anywhere_or_with_an_octet_changed_never_panic() {
    let vectors = vectors();
    for (at, text) in vectors.iter().enumerate().step_by(7) {
        let bytes = text.as_bytes();
        for cut in (0..bytes.len()).step_by(1 + bytes.len() / 40) {
            fuzz::datagram(&bytes[..cut]);
            let mut changed = bytes.to_vec();
            changed[cut] = b"{}[]\",:0\\ \x00\xffn"[(at + cut) % 13];
            fuzz::datagram(&changed);
        }
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn every_function_is_written_and_read_back_exactly(octets in octets()) {
        for function in FunctionId::all() {
            let info = function.info();
            for ty in [Some(info.ty), info.selectors, info.elements].into_iter().flatten() {
                let built = tape(ty, &Entropy::new(&octets));
                let json = written(&built);
                let (read, repairs) = Tape::read(ty, &json, &Limits::default()).expect("canonical");
                prop_assert!(repairs.iter().all(|(repair, _)| repair == Repair::UnknownValue), "{repairs:?}");
                prop_assert_eq!(&read, &built);
                prop_assert_eq!(written(&read), json);
            }
        }
    }
}

/// Pieces of datagrams, in any order.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "{\"datagram\":",
        "[{\"header\":",
        "{\"payload\":",
        "[{\"cmd\":[[",
        "},{",
        "}]",
        "]]",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"msgCounter\":",
        "\"resultData\":",
        "\"errorNumber\":",
        "\"filter\":",
        "\"cmdControl\":",
        "\"delete\":[]",
        "[]",
        "{}",
        "null",
        "true",
        "0",
        "-0",
        "1.0",
        "1e9",
        "18446744073709551616",
        "\"a\"",
        "\"\\u00e4\\ud83d\"",
        "\"",
        "\\",
        " ",
        "\0",
        "\u{feff}",
        "\"loadControlLimitListData\":",
        "\"acmeData\":",
        "\"limitId\":",
        "[[{\"limitId\":1}]]",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..40)
        .prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn reading_is_total(octets in prop_oneof![octets(), soup()]) {
        fuzz::datagram(&octets);
    }

    #[test]
    fn operations_are_sound_and_atomic(octets in octets()) {
        fuzz::operations(&octets);
    }
}
