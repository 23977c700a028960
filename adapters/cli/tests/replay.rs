//! `eebus replay`: committed sessions, and what is none.

mod common;

use common::{eebus, root};
use std::fs;
use std::path::PathBuf;

#[test]
fn the_committed_sessions_are_replayed() {
    let sessions = fs::read_dir(root().join("testvectors/sessions")).unwrap().count();
    let ran = eebus(&["replay", "testvectors/sessions"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(ran.out.ends_with(&format!("\n{sessions} traces replayed, no difference\n")), "{}", ran.out);
    let line = ran.out.lines().find(|line| line.contains("limit.system.trace")).unwrap();
    for part in [" inputs, ", " calls, ", " actions (", " events) over 60."] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn a_changed_trace_is_named_with_its_line() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("changed.trace");
    let trace = fs::read_to_string(root().join("testvectors/sessions/limit.system.trace")).unwrap();
    let line = 1 + trace.lines().position(|line| line.contains("LPC-910")).unwrap();
    fs::write(&path, trace.replacen("LPC-910", "LPC-919", 1)).unwrap();
    let ran = eebus(&["replay", path.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1));
    let begins = format!("eebus: {}: line {line}: changed after it was written", path.display());
    assert!(ran.err.starts_with(&begins), "{}", ran.err);
}

#[test]
fn what_is_no_trace_is_named_with_what_to_try() {
    let empty = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no-traces");
    fs::create_dir_all(&empty).unwrap();
    let empty = empty.to_str().unwrap();
    for (path, sentence) in [
        ("no-such-file", "eebus: cannot read no-such-file: No such file or directory (os error 2); name one that exists and may be read\n".into()),
        ("README.md", "eebus: README.md: line 1: this is no trace of an EEBUS node\neebus: 1 of 1 traces failed; the node or the trace has changed since it was recorded\n".into()),
        (empty, format!("eebus: there is no *.trace file in {empty}; `eebus demo --record {empty}` writes some\n")),
    ] {
        let ran = eebus(&["replay", path]);
        assert_eq!((ran.code, ran.err), (Some(1), sentence));
    }
    assert_eq!(eebus(&["replay"]).code, Some(2));
}

/// The lines contain these texts, in this order.
fn assert_tells(lines: &str, texts: &[&str]) {
    let mut rest = lines;
    for text in texts {
        let Some(at) = rest.find(text) else { panic!("{text:?} is not told behind the others in\n{lines}") };
        rest = &rest[at + text.len()..];
    }
}

#[test]
fn a_session_is_told_with_its_reasons() {
    let ran = eebus(&["replay", "--explain", "testvectors/sessions/failsafe.system.trace"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let told = [
        "Recorded by d:_n:ACME_Pump-7 with SKI 0101 0101",
        "a Controllable System.\n",
        "application  trusts peer-0\n",
        "TLS proves SKI 0202 0202",
        "waits for the peer's user, 120 s at most\n",
        "says what it can do\n",
        "limitationOfPowerConsumption as EnergyGuard\n",
        "asks for the limit 4,200 W without end: ticket-1\n",
        "application  accepts ticket-1\n",
        "device       LIMITED to 4,200 W, since the Energy Guard set a limit (LPC-910)\n",
        "is refused: no pong within 10 s\n",
        "failsafe state: draws 3,500 W at most, since the Energy Guard sent no heartbeat for 120 s",
        "LIMITED to 4,200 W, since the Energy Guard is back and set a limit (LPC-919)\n",
        "1 traces replayed, no difference\n",
    ];
    assert_tells(&ran.out, &told);
    assert!(!ran.out.contains("notify deviceDiagnosisHeartbeatData"));
    let all = eebus(&["replay", "--explain", "--messages", "testvectors/sessions/failsafe.system.trace"]);
    assert_tells(&all.out, &["is told notify deviceDiagnosisHeartbeatData #", "is pinged\n"]);
    let restarted = eebus(&["replay", "--explain", "testvectors/sessions/restart.system-2.trace"]);
    assert_tells(&restarted.out, &["It remembers peer-0: SKI 0202", "trusted.\n"]);
    assert_eq!(eebus(&["replay", "--messages", "testvectors/sessions"]).code, Some(2));
}

#[test]
fn a_session_is_told_up_to_what_differs() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("told.trace");
    let trace = fs::read_to_string(root().join("testvectors/sessions/limit.system.trace")).unwrap();
    fs::write(&path, trace.replacen("LPC-910", "LPC-919", 1)).unwrap();
    let ran = eebus(&["replay", "--explain", path.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1));
    assert_tells(&ran.out, &["takes control\n", "asks for the limit 4,200 W for 60 s"]);
    assert!(!ran.out.contains("LIMITED") && ran.err.contains("changed after it was written"), "{}", ran.err);
}
