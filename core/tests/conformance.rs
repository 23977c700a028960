//! `docs/conformance.md` is what the tests are: every official case has exactly one test of its name.
//!
//! `UPDATE_TABLES=1 cargo test -p eebus-core --test conformance` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A group of cases: its name, and what each of them is about.
type Group = (&'static str, &'static [&'static str]);

/// EEBus_SHIP_TestSpecification 1.0.0.
const SHIP: [Group; 12] = [
    ("MDNS", &["announcement with every mandatory key"]),
    ("CONN", &["double connection: the bigger SKI keeps the newest"]),
    (
        "ROLE",
        &["server waits for the client's CMI", "client sends its CMI first", "client and server at a time"],
    ),
    ("SEC", &["SKI extension is not of the key", "another key under a trusted SKI"]),
    ("MSG", &["message type without a value", "reserved message type", "white space"]),
    (
        "CMI",
        &[
            "wrong message type at the server",
            "wrong message type at the client",
            "silence at the server",
            "silence at the client",
            "wrong CmiHead at the server",
            "wrong CmiHead at the client",
        ],
    ),
    ("HELLO", &["ready", "prolongation requests are granted", "silence", "pending, later ready"]),
    (
        "PROT",
        &[
            "server selects",
            "client announces and confirms",
            "silence at the server",
            "silence at the client",
            "hello instead of the announcement",
            "hello instead of the selection",
        ],
    ),
    ("PIN", &["no PIN on either side"]),
    ("TERM", &["trust taken back is announced, closed in time"]),
    ("AM", &["access methods are answered with the SHIP ID"]),
    (
        "AMDATA",
        &[
            "access methods asked for between SPINE reads",
            "the own question unanswered for 8 s",
            "the own discovery read unanswered",
            "a node that does not ask",
        ],
    ),
];

/// EEBus_SPINE_TestSpecification 1.0.0.
const SPINE: [Group; 9] = [
    (
        "COMP",
        &[
            "read of an unknown function",
            "header of a future version",
            "unknown types and elements of a discovery",
            "a bad reply is no application error",
            "versions in their form",
            "versions out of form",
        ],
    ),
    (
        "DATA",
        &[
            "own counters ascend",
            "the peer's counters skip",
            "the peer's counters fall back",
            "replies name their request",
            "a notify that asks is acknowledged",
            "a result is not answered",
            "a read is answered by its reply alone",
            "a result for the own read is not answered",
        ],
    ),
    ("FC", &["NodeManagement is called at [0]/0 only"]),
    ("DDISC", &["a new partner is discovered", "a silent partner is asked again"]),
    ("BIND", &["NodeManagement cannot be bound", "a write without its binding"]),
    ("SUBS", &["NodeManagement is subscribed to", "and the subscription deleted"]),
    ("ENTITY", &["a Controllable System at another address", "an Energy Guard at another address"]),
    (
        "RTS",
        &[
            "a client feature of any known type",
            "a client feature of an unknown type",
            "the heartbeat of the entity that bound",
            "an unknown element in a write",
            "a number without its scale",
        ],
    ),
    ("RTC", &["an element nobody needs", "an unknown element", "a server's useCaseAvailable is ignored"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file below, build output left out.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, files);
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}

/// Where the tests `tc_…` stand, by name.
fn tests() -> BTreeMap<String, Vec<String>> {
    let (root, mut files, mut tests) = (root(), Vec::new(), BTreeMap::<String, Vec<String>>::new());
    sources(&root, &mut files);
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (_, rest) in text.match_indices("#[test]\n").map(|(at, mark)| text.split_at(at + mark.len())) {
            let Some(name) = rest.trim_start().strip_prefix("fn ") else { continue };
            let name = name.split('(').next().unwrap().to_string();
            if !name.starts_with("tc_") {
                continue;
            }
            let file = file.strip_prefix(&root).unwrap().display().to_string();
            tests.entry(name).or_default().push(file);
        }
    }
    tests
}

/// The rows of one specification; its tests are taken out.
fn rows(of: &str, groups: &[Group], tests: &mut BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut rows = Vec::new();
    for (group, about) in groups {
        for (number, about) in (1..).zip(*about) {
            let name = format!("tc_{of}_{group}_{number:03}");
            let test = name.to_lowercase();
            let files = tests.remove(&test).unwrap_or_default();
            let [file] = &files[..] else { panic!("{test} is no one test: {files:?}") };
            rows.push(format!("| {} | {about} | `{test}` in `{file}` | passes |\n", name.to_uppercase()));
        }
    }
    rows
}

#[test]
fn every_case_has_one_test_and_the_table_says_which() {
    let mut tests = tests();
    let mut table = String::from(
        "# Conformance cases\n\nOne test each, run by `cargo test --workspace`. Written by `core/tests/conformance.rs` from \
         the tests.\n",
    );
    for (of, groups, cases) in [("SHIP", &SHIP[..], 33), ("SPINE", &SPINE[..], 31)] {
        let rows = rows(of, groups, &mut tests);
        assert_eq!(rows.len(), cases, "{of}");
        table += &format!(
            "\n## {of}: {cases} cases of EEBus_{of}_TestSpecification 1.0.0\n\n| Case | About | Test | Verdict |\n|---|---|---|---|\n"
        );
        table += &rows.concat();
    }
    assert!(tests.is_empty(), "tests of no case: {tests:?}");
    let path = root().join("docs/conformance.md");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), table, "run with UPDATE_TABLES=1");
}
