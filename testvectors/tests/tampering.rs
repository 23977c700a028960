//! What was changed in a trace after it was written is found, and the line named.

use eebus_core::ids::{AttemptId, ConnId, PeerId};
use eebus_core::model::EntityType;
use eebus_core::node::{Action, Call, Cause, Config, Endpoint, Input, Lost, Node, Product, Stage, Tapped};
use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::EnergyGuard;
use eebus_testvectors::{Difference, End, Recorder, ReplayError, replay, seal};
use std::time::Duration;

/// A node under recording, whose store and clock work.
struct Recorded {
    node: Tapped<Recorder<Vec<u8>>>,
    now: Instant,
    dialled: Option<AttemptId>,
}

impl Recorded {
    fn new() -> Self {
        let mut config = Config::new(key(9), Product::new("ACME", "Box", "1"));
        let entity = config.entity(EntityType::GridGuard);
        config.install(&entity, EnergyGuard::new());
        let now = Instant::from_micros(1_500_000);
        let recorder = Recorder::start(Vec::new(), &config, None, &[3; 32], now).unwrap();
        let node = Tapped::new(Node::new(config, None, [3; 32], now), recorder);
        let mut recorded = Self { node, now, dialled: None };
        recorded.drain();
        recorded
    }

    fn drain(&mut self) {
        while let Some(action) = self.node.poll_action() {
            match action {
                Action::Persist { seq, .. } => self.node.handle(Input::Persisted { seq }, self.now),
                Action::Dial { attempt, .. } => self.dialled = Some(attempt),
                _ => {}
            }
        }
    }

    fn call(&mut self, call: Call) {
        self.node.call(call, self.now).unwrap();
        self.drain();
    }

    /// Gives an input a second after the one before.
    fn input(&mut self, input: Input<'_>) {
        self.now += Duration::from_secs(1);
        self.node.handle(input, self.now);
        self.drain();
    }

    /// Waits until the node dials.
    fn attempt(&mut self) -> AttemptId {
        loop {
            if let Some(attempt) = self.dialled.take() {
                return attempt;
            }
            self.now = self.node.poll_deadline().unwrap().at;
            self.node.handle(Input::Tick, self.now);
            self.drain();
        }
    }
}

fn key(octet: u8) -> PeerKey {
    PeerKey { ski: Ski::new([octet; 20]), fingerprint: Fingerprint([octet; 32]) }
}

/// A node that dials, fails, dials anew and speaks the first words of SHIP.
fn trace() -> Vec<u8> {
    let mut node = Recorded::new();
    let endpoints = vec![Endpoint::new(([10, 0, 0, 1], 4712).into())];
    node.call(Call::AddPeer { ski: key(1).ski, endpoints });
    node.call(Call::Trust { peer: PeerId(0) });
    node.input(Input::Listening { port: 4712 });
    let (attempt, detail) = (node.attempt(), "refused".to_string());
    node.input(Input::DialFailed { attempt, stage: Stage::Connect, cause: Cause::PortClosed, detail });
    let (attempt, conn) = (node.attempt(), ConnId(1));
    node.input(Input::Dialled { attempt, conn });
    node.input(Input::Secured { conn, peer: key(1) });
    node.input(Input::Opened { conn });
    node.input(Input::Frame { conn, bytes: &[0, 0] });
    let hello = b"\x01{\"connectionHello\":[{\"phase\":\"pending\"},{\"waiting\":60000}]}";
    node.input(Input::Frame { conn, bytes: hello });
    node.input(Input::Lost { conn, why: Lost::Ended });
    node.node.tap_mut().finish().unwrap();
    node.node.tap().writer().clone()
}

/// The contents of the lines, without their check values.
fn contents(trace: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(trace).unwrap();
    text.lines().map(|line| line[..line.len() - " #01234567".len()].to_string()).collect()
}

/// A trace of these contents, each with its right check value.
fn sealed(contents: &[String]) -> Vec<u8> {
    (1..).zip(contents).map(|(number, content)| seal(number, content)).collect::<String>().into_bytes()
}

#[test]
fn the_trace_these_tests_change_replays() {
    let trace = trace();
    let summary = replay(&*trace).unwrap();
    assert_eq!((summary.calls, summary.end), (2, End::Finished));
    assert!(summary.inputs > 8 && summary.actions > 10, "{summary}");
    assert_eq!(sealed(&contents(&trace)), trace);
}

#[test]
fn every_changed_byte_is_found_and_its_line_named() {
    let trace = trace();
    let mut line = 1;
    for (at, &octet) in trace.iter().enumerate() {
        for other in [octet ^ 1 << (at % 8), !octet, b'\n'].into_iter().filter(|other| *other != octet) {
            let mut changed = trace.clone();
            changed[at] = other;
            match replay(&*changed) {
                Err(error) => {
                    assert_eq!(error.line(), Some(line), "octet {at} {octet:02x} → {other:02x}: {error}");
                }
                Ok(summary) => panic!("octet {at} of line {line}, {octet:02x} → {other:02x}: {summary}"),
            }
        }
        line += u64::from(octet == b'\n');
    }
}

#[test]
fn a_removed_doubled_or_swapped_line_is_found() {
    let trace = trace();
    let lines: Vec<&[u8]> = trace.split_inclusive(|&octet| octet == b'\n').collect();
    for at in 0..lines.len() - 1 {
        let mut changed = [lines.clone(), lines.clone(), lines.clone()];
        changed[0].remove(at);
        changed[1].insert(at, lines[at]);
        changed[2].swap(at, at + 1);
        for (how, changed) in ["removed", "doubled", "swapped"].into_iter().zip(changed) {
            // A doubled line is itself; what follows it is not.
            let line = at as u64 + if how == "doubled" { 2 } else { 1 };
            assert_eq!(replay(&*changed.concat()).unwrap_err().line(), Some(line), "{how} line {}", at + 1);
        }
    }
}

/// What the node is told to have done can be written anew, but the node does not do it.
#[test]
fn an_action_changed_with_its_check_value_is_the_first_difference() {
    let contents = contents(&trace());
    let mut actions = 0;
    for (at, content) in contents.iter().enumerate() {
        let kind = content.split(' ').nth(1).unwrap_or_default();
        if !["action", "event", "send", "answer"].contains(&kind) {
            continue;
        }
        actions += 1;
        // The time, the kind and the last character of the content.
        let last = content.len() - 1;
        for changed in [
            format!("9{content}"),
            content.replacen(kind, if kind == "send" { "event" } else { "send" }, 1),
            format!("{}?", &content[..last]),
        ] {
            let mut all = contents.clone();
            all[at].clone_from(&changed);
            let Err(ReplayError::Differs(difference)) = replay(&*sealed(&all)) else {
                panic!("{changed} is no difference")
            };
            assert_eq!((difference.line, &difference.recorded), (at as u64 + 1, &changed));
            if kind != "answer" || changed.contains("answer") {
                assert_eq!(difference.came.as_ref(), Some(content));
            }
        }
    }
    assert!(actions > 10, "{actions}");
}

/// Changes the first line that holds a text, seals it anew, and expects another action behind it.
fn expect_another_action(trace: &[u8], changes: &[(&str, &str)]) {
    let contents = contents(trace);
    for (from, to) in changes {
        let at = contents.iter().position(|content| content.contains(from));
        let at = at.unwrap_or_else(|| panic!("no line with {from}"));
        let mut changed = contents.clone();
        changed[at] = changed[at].replacen(from, to, 1);
        match replay(&*sealed(&changed)) {
            Err(ReplayError::Differs(difference)) => {
                assert!(difference.line > at as u64 + 1, "{from} → {to}: {difference:?}");
            }
            other => panic!("{from} → {to}: {other:?}"),
        }
    }
}

#[test]
fn a_cause_changed_with_its_check_value_leads_to_another_action() {
    let secured = r#"{"Secured":{"conn":1,"peer":{"ski":"01"#;
    let hello = r#"frame 1 01 {"connectionHello":[{"phase":"#;
    let changes = [
        (r#""register":false"#, r#""register":true"#),
        ("entropy 03", "entropy 04"),
        ("start 1.500000", "start 1.500001"),
        (r#"call {"Trust""#, r#"call {"Refuse""#),
        (r#"call {"Trust":{"peer":0}"#, r#"call {"Trust":{"peer":1}"#),
        (r#""Address":"10.0.0.1:4712""#, r#""Address":"10.0.0.2:4712""#),
        ("2.500000 input", "2.500001 input"),
        (r#""port":4712"#, r#""port":4713"#),
        (r#""detail":"refused""#, r#""detail":"unreachable""#),
        (secured, &secured.replace("01", "02")),
        (r#"input {"Opened":{"conn":1}}"#, r#"input {"Opened":{"conn":2}}"#),
        ("frame 1 hex:0000", "frame 1 hex:0001"),
        (&format!("{hello}\"pending\""), &format!("{hello}\"aborted\"")),
        (r#""why":"Ended""#, r#""why":"Done""#),
    ];
    expect_another_action(&trace(), &changes);
    let session = include_bytes!("../sessions/limit.system.trace");
    let changes = [
        (r#""brand":"ACME","model":"Pump""#, r#""brand":"ACME","model":"Pomp""#),
        (r#""entity_type":"HeatPumpAppliance""#, r#""entity_type":"GridGuard""#),
        (r#""failsafe":3500000"#, r#""failsafe":3500001"#),
        (r#""nominal_maximum":11000000"#, r#""nominal_maximum":4000000"#),
        (r#""approval":"Application""#, r#""approval":"Automatic""#),
        ("saved null", r#"saved {"counters":5000,"peers":[],"data":[]}"#),
        (r#"call {"Accept":{"ticket":"#, r#"call {"Accept":{"ticket":7"#),
        (r#"{"cmdClassifier":"write"}"#, r#"{"cmdClassifier":"notify"}"#),
        (r#"{"number":4200}"#, r#"{"number":4201}"#),
        (r#"{"endTime":"PT1M"}"#, r#"{"endTime":"PT2M"}"#),
    ];
    expect_another_action(session, &changes);
}

#[test]
fn a_missing_or_an_additional_action_is_a_difference() {
    let mut contents = contents(&trace());
    let end = contents.len();
    let last = contents.remove(end - 2);
    let Err(ReplayError::Differs(difference)) = replay(&*sealed(&contents)) else { panic!("no difference") };
    let expected = Difference { line: end as u64 - 1, recorded: "end".into(), came: Some(last.clone()) };
    assert_eq!(*difference, expected);
    contents.splice(end - 2..end - 2, [last.clone(), last.clone()]);
    let Err(ReplayError::Differs(difference)) = replay(&*sealed(&contents)) else { panic!("no difference") };
    assert_eq!(*difference, Difference { line: end as u64, recorded: last, came: None });
}

#[test]
fn a_trace_cut_anywhere_replays_up_to_the_cut_and_says_so() {
    let trace = trace();
    let header = trace.windows(7).position(|window| window == b"\n1.50000").unwrap_or(0);
    let start = trace.windows(6).position(|window| window == b"start ").unwrap();
    let header = header.max(start + trace[start..].iter().position(|&octet| octet == b'\n').unwrap());
    for length in 0..trace.len() {
        let cut = &trace[..length];
        let lines = cut.iter().filter(|&&octet| octet == b'\n').count() as u64;
        match replay(cut) {
            Ok(summary) if cut.ends_with(b"\n") => assert_eq!(summary.end, End::Open),
            Ok(summary) => assert_eq!(summary.end, End::Cut { line: lines + 1 }),
            Err(error) => {
                assert!(length <= header, "cut at {length}: {error}");
                assert_eq!(error.line(), Some(lines + 1), "{error}");
            }
        }
        assert_eq!(replay(cut).is_ok(), length > header);
    }
}

#[test]
fn what_is_no_trace_of_this_version_says_why() {
    let contents = contents(&trace());
    let shown = |trace: &[u8]| replay(trace).unwrap_err().to_string();
    let with = |at: usize, line: &str| {
        let mut changed = contents.clone();
        changed[at] = line.into();
        shown(&sealed(&changed))
    };
    assert_eq!(shown(b""), "line 1: the trace is empty");
    assert_eq!(shown(b"\n"), "line 1: this is no trace of an EEBUS node");
    assert_eq!(shown(b"{}"), "line 1: this is no trace of an EEBUS node");
    assert_eq!(with(0, "eebus-trace 2"), "line 1: the trace has version \"2\", known is 1");
    assert_eq!(with(0, "eebus-trace 1 more"), "line 1: nothing should stand behind the version");
    assert_eq!(with(2, "start 1.500000"), "line 3: `saved` should stand here");
    assert_eq!(with(3, "entropy 00"), "line 4: the entropy is not 64 lower-case hex digits");
    assert_eq!(with(4, "start 1.5"), "line 5: \"1.5\" is no time");
    assert_eq!(with(5, "1.500000 noise {}"), "line 6: \"noise\" is no kind of line");
    assert_eq!(with(5, "1.500000"), "line 6: no time, kind and content");
    assert_eq!(with(5, "1.500000 frame 1 zz"), "line 6: no connection and frame");
    let behind = [trace(), seal(contents.len() as u64 + 1, "end").into_bytes()].concat();
    assert_eq!(shown(&behind), format!("line {}: a line behind the end", contents.len() + 1));
    let text = "line 1: changed after it was written: it ends with \" #00000000\", its content asks for \" #2609e950\"";
    assert_eq!(shown(b"eebus-trace 1 #00000000\n"), text);
}

/// A trace is a file somebody sends: whatever stands in it, the replayer answers.
#[test]
fn nonsense_with_right_check_values_is_answered_without_a_panic() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    let session = contents(include_bytes!("../sessions/restart.system-2.trace"));
    let mut refused = 0;
    for _ in 0..400 {
        let mut changed = session.clone();
        for _ in 0..=random(3) {
            let line = if random(2) == 0 { random(5) } else { random(changed.len()) };
            let mut bytes = changed[line].clone().into_bytes();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                bytes[at] = b"0123456789-{}[]\":,. eaAtn"[random(25)];
            }
            changed[line] = String::from_utf8_lossy(&bytes).into_owned();
        }
        refused += u64::from(replay(&*sealed(&changed)).is_err());
    }
    assert!(refused > 200, "{refused}");
}
