//! `eebus demo` and the replay of what it recorded.

mod common;

use common::{Ran, eebus};
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

/// An empty folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn assert_failed(ran: &Ran, begins: &str, contains: &str) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.starts_with(begins) && ran.err.contains(contains), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}

/// The lines of a device, by name.
fn told<'a>(lines: &'a [Value], who: &str, what: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["who"] == who && line["what"] == what).collect()
}

fn demo_on(runtime: &str) {
    let record = folder(&format!("record-{runtime}"));
    let ran = eebus(&["demo", "--json", "--runtime", runtime, "--record", record.to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let limited: Vec<_> =
        told(&lines, "heat-pump", "limit").into_iter().filter(|line| line["state"] == "limited").collect();
    assert_eq!(limited.len(), 1, "{}", ran.out);
    assert_eq!(limited[0]["watts"], 4_200);
    let text = limited[0]["text"].as_str().unwrap();
    assert!(text.starts_with("LIMITED to 4,200 W"), "{text}");
    let read = told(&lines, "control-box", "read-back");
    assert_eq!((&read[0]["watts"], &read[0]["active"]), (&4_200.into(), &true.into()));
    let expired = told(&lines, "heat-pump", "limit").pop().unwrap();
    assert_eq!((&expired["rule"], &expired["watts"]), (&"LPC-908".into(), &Value::Null));
    let lasted = expired["ms"].as_u64().unwrap() - limited[0]["ms"].as_u64().unwrap();
    assert!((2_500..10_000).contains(&lasted), "{lasted} ms");
    for who in ["control-box", "heat-pump"] {
        assert_eq!(told(&lines, who, "stopped").len(), 1);
        assert_eq!(told(&lines, who, "trouble"), Vec::<&Value>::new());
    }
    assert_eq!(lines.last().unwrap()["what"], "done");

    let ran = eebus(&["replay", record.to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(ran.out.lines().filter(|line| line.ends_with(", finished")).count(), 2, "{}", ran.out);
    assert!(ran.out.ends_with("\n2 traces replayed, no difference\n"));
}

#[test]
fn the_limit_is_in_force_and_replays_on_smol() {
    demo_on("smol");
}

#[test]
fn the_limit_is_in_force_and_replays_on_async_std() {
    demo_on("async-std");
}

#[test]
fn the_limit_is_in_force_and_replays_on_tokio() {
    demo_on("tokio");
}

#[test]
fn the_limit_is_in_force_and_replays_without_a_runtime() {
    demo_on("blocking");
}

#[test]
fn people_read_the_limit_in_plain_words() {
    let ran = eebus(&["demo"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    for words in [
        "heat pump    asked for the limit 4,200 W for 3 s: accepts\n",
        "heat pump    LIMITED to 4,200 W (LPC-",
        "control box  the limit 4,200 W for 3 s was acknowledged\n",
        "control box  reads back the limit 4,200 W for 3 s\n",
        "control box  is told of no limit\n",
        "\n\nThe heat pump was limited to 4,200 W for 3 s, as the control box wanted.\n",
    ] {
        assert!(ran.out.contains(words), "{words:?} is not in\n{}", ran.out);
    }
}

#[test]
fn a_taken_port_is_named_with_what_to_try() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = eebus(&["demo", "--port", &port]);
    assert_failed(&ran, "eebus: the heat pump cannot listen, its port is taken", "choose another --port");
}

#[test]
fn keys_are_kept_and_a_key_that_does_not_match_is_refused() {
    let keys = folder("keys");
    let arguments = ["demo", "--json", "--keys", keys.to_str().unwrap()];
    let ski = |ran: &Ran| {
        let line =
            ran.out.lines().find(|line| line.contains("\"entered\"")).unwrap_or_else(|| panic!("{ran:?}"));
        serde_json::from_str::<Value>(line).unwrap()["ski"].clone()
    };
    let (first, second) = (eebus(&arguments), eebus(&arguments));
    assert_eq!((first.code, second.code), (Some(0), Some(0)));
    assert_eq!(ski(&first), ski(&second));

    let read = |name: &str| fs::read_to_string(keys.join(name)).unwrap();
    let (pump, guard) = (read("heat-pump.pem"), read("control-box.pem"));
    let key = |pem: &str| {
        pem[pem.find("-----BEGIN PRIVATE KEY").unwrap()..]
            .split_inclusive("END PRIVATE KEY-----")
            .next()
            .unwrap()
            .to_owned()
    };
    fs::write(keys.join("heat-pump.pem"), pump.replace(&key(&pump), &key(&guard))).unwrap();
    let begins = "eebus: the heat pump has no identity in ";
    assert_failed(&eebus(&arguments), begins, "does not belong to the certificate; provide the key");
    fs::write(keys.join("heat-pump.pem"), "nonsense").unwrap();
    assert_failed(&eebus(&arguments), begins, "this is not PEM; convert");
}

#[test]
fn a_folder_that_cannot_be_written_and_wrong_arguments_have_their_exit_codes() {
    let file = folder("occupied").join("file");
    fs::write(&file, "").unwrap();
    let ran = eebus(&["demo", "--record", file.to_str().unwrap()]);
    assert_failed(&ran, "eebus: cannot record to ", "give --record a folder that may be written");
    for wrong in [&["demo", "--runtime", "abacus"][..], &["demo", "--port", "70000"], &["demo", "extra"]] {
        let ran = eebus(wrong);
        assert_eq!(ran.code, Some(2), "{wrong:?}");
        assert!(ran.err.starts_with("error: ") && ran.err.contains("--help"), "{}", ran.err);
    }
}
