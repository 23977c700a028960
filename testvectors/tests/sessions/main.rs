//! The recorded sessions replay exactly. `UPDATE_SESSIONS=1 cargo test -p eebus-testvectors --test sessions` records
//! them anew.

mod pair;

use eebus_core::usecase::lpc::{Limit, State};
use eebus_core::usecase::watts;
use eebus_testvectors::world::Wire;
use eebus_testvectors::{End, replay};
use pair::{Pair, Trace};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A session: its name, how it goes, and what its traces hold: node, how the trace ends, a text that stands in it.
struct Session {
    name: &'static str,
    play: fn() -> Vec<Trace>,
    traces: &'static [(&'static str, End, &'static str)],
}

const SESSIONS: [Session; 5] = [
    Session {
        name: "opening",
        play: opening,
        traces: &[("guard", End::Finished, "\"Ready\""), ("system", End::Finished, "\"LPC-905\"")],
    },
    Session {
        name: "limit",
        play: limit,
        traces: &[("guard", End::Finished, "\"SetLimit\""), ("system", End::Finished, "\"LPC-908\"")],
    },
    Session {
        name: "refused",
        play: refused,
        traces: &[
            ("guard", End::Finished, "the compressor defrosts"),
            ("system", End::Finished, "\"RefuseWrite\""),
        ],
    },
    Session {
        name: "failsafe",
        play: failsafe,
        traces: &[("guard", End::Finished, "\"Disconnected\""), ("system", End::Finished, "\"LPC-912\"")],
    },
    Session {
        name: "restart",
        play: restart,
        traces: &[
            ("guard", End::Finished, "\"Disconnected\""),
            ("system", End::Open, "\"Persist\""),
            ("system-2", End::Finished, "\"deviceConfigurationKeyValueListData [{"),
        ],
    },
];

fn opening() -> Vec<Trace> {
    Pair::controlled().finish()
}

fn limit() -> Vec<Trace> {
    let mut pair = Pair::controlled();
    pair.set_limit(Limit::active(watts(4_200)).lasting(Duration::from_secs(60)));
    pair.accept_next();
    pair.expect(State::Limited);
    pair.world.run(Duration::from_secs(61));
    pair.expect(State::UnlimitedControlled);
    pair.finish()
}

fn refused() -> Vec<Trace> {
    let mut pair = Pair::controlled();
    pair.set_limit(Limit::active(watts(4_200)));
    pair.refuse_next("the compressor defrosts");
    pair.expect(State::UnlimitedControlled);
    pair.accept_next();
    pair.expect(State::Limited);
    pair.finish()
}

fn failsafe() -> Vec<Trace> {
    let mut pair = Pair::controlled();
    pair.set_limit(Limit::active(watts(4_200)));
    pair.accept_next();
    pair.wire(Wire::Silent);
    pair.world.run(Duration::from_secs(121));
    pair.expect(State::Failsafe);
    pair.wire(Wire::Whole);
    pair.accept_next();
    pair.expect(State::Limited);
    pair.finish()
}

fn restart() -> Vec<Trace> {
    let mut pair = Pair::controlled();
    pair.set_limit(Limit::active(watts(4_200)));
    pair.accept_next();
    pair.set_failsafe(watts(4_000), Duration::from_secs(3 * 3_600));
    pair.restart_system();
    pair.accept_next();
    pair.expect(State::Limited);
    pair.finish()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sessions")
}

fn record() {
    for session in &SESSIONS {
        for trace in (session.play)() {
            std::fs::write(folder().join(format!("{}.{}.trace", session.name, trace.node)), trace.bytes())
                .unwrap();
        }
    }
}

#[test]
fn every_recorded_session_replays_exactly() {
    if std::env::var_os("UPDATE_SESSIONS").is_some() {
        record();
    }
    let files =
        std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut left: BTreeSet<_> = files.collect();
    for session in &SESSIONS {
        for &(node, end, text) in session.traces {
            let name = format!("{}.{node}.trace", session.name);
            let trace = std::fs::read(folder().join(&name)).unwrap();
            let summary = replay(&*trace).unwrap_or_else(|error| panic!("{name}, {error}"));
            assert_eq!(summary.end, end, "{name}");
            assert!(summary.inputs > 10 && summary.actions > 10 && summary.events > 2, "{name}: {summary}");
            assert!(String::from_utf8(trace).unwrap().contains(text), "{name} holds no {text}");
            assert!(left.remove(&name), "{name}");
        }
    }
    assert_eq!(left, BTreeSet::new(), "traces of no session");
}
