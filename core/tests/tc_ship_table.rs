//! `docs/tc-ship.md` is what the tests are: every official case has exactly one test of its name.
//!
//! `UPDATE_TABLES=1 cargo test -p eebus-core --test tc_ship_table` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The cases of a group and what they are about (EEBus_SHIP_TestSpecification 1.0.0).
const GROUPS: [(&str, &[&str]); 12] = [
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

/// Where the tests `tc_ship_…` stand, by name.
fn tests() -> BTreeMap<String, Vec<String>> {
    let (root, mut files, mut tests) = (root(), Vec::new(), BTreeMap::<String, Vec<String>>::new());
    sources(&root, &mut files);
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (_, rest) in text.match_indices("#[test]\n").map(|(at, mark)| text.split_at(at + mark.len())) {
            let Some(rest) = rest.trim_start().strip_prefix("fn tc_ship_") else { continue };
            let name = format!("tc_ship_{}", rest.split('(').next().unwrap());
            let file = file.strip_prefix(&root).unwrap().display().to_string();
            tests.entry(name).or_default().push(file);
        }
    }
    tests
}

#[test]
fn every_case_has_one_test_and_the_table_says_which() {
    let mut tests = tests();
    let mut table = String::from(
        "# Conformance cases of SHIP\n\nEEBus_SHIP_TestSpecification 1.0.0, one test each, run by `cargo test --workspace`. \
         Written by `core/tests/tc_ship_table.rs` from the tests.\n\n| Case | About | Test | Verdict |\n|---|---|---|---|\n",
    );
    let (mut count, mut missing) = (0, Vec::new());
    for (group, about) in GROUPS {
        for (number, about) in (1..).zip(about) {
            count += 1;
            let name = format!("tc_ship_{}_{number:03}", group.to_lowercase());
            let files = tests.remove(&name).unwrap_or_default();
            let [file] = &files[..] else {
                missing.push((name, files));
                continue;
            };
            table += &format!("| TC_SHIP_{group}_{number:03} | {about} | `{name}` in `{file}` | passes |\n");
        }
    }
    assert_eq!(count, 33);
    assert!(missing.is_empty(), "cases without one test each: {missing:?}");
    assert!(tests.is_empty(), "tests of no case: {tests:?}");
    let path = root().join("docs/tc-ship.md");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), table, "run with UPDATE_TABLES=1");
}
