//! Time: waiting until exactly the deadline is enough, extra ticks are free, a clock that runs backwards is ignored,
//! and the deadline says who is woken and for what.

use crate::common::{Pair, key};
use crate::solo::{CMI, READY, Solo, address, secs};
use crate::tester::{CLIENT, DIAGNOSIS, Head, LOAD, NM, Tester, guard_tree, relate, system_config};
use crate::tester::{READ_TREE, limit};
use eebus_core::ids::{ActorId, PeerId};
use eebus_core::node::{Call, Endpoint, Input, Who};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::{Approval, Event as Lpc, Limit};
use eebus_core::usecase::watts;
use eebus_testvectors::world::{Id, Wire};
use std::time::Duration;

/// Two nodes and how their clocks tick.
struct Stage {
    pair: Pair,
    ids: [Id; 2],
    /// Whether they are ticked every millisecond too, and shown earlier times in between.
    busy: bool,
}

impl Stage {
    fn run(&mut self, span: Duration) {
        if !self.busy {
            return self.pair.world.run(span);
        }
        let end = self.pair.world.now() + span;
        while self.pair.world.now() < end {
            self.pair.world.run(Duration::from_millis(1));
            let now = self.pair.world.now();
            for id in self.ids {
                let past = Instant::from_micros(now.as_micros().saturating_sub(5_000_000));
                self.pair.world.tick_at(id, now);
                self.pair.world.tick_at(id, past);
                assert!(self.pair.world.member(id).node.poll_deadline().is_none_or(|next| next.at > now));
            }
        }
    }

    /// Lets the limit that was proposed last be accepted or refused.
    fn decide(&mut self, accept: bool) {
        let told = self.pair.lpc(self.pair.system);
        let proposed = told.iter().rev().find_map(|event| match event {
            Lpc::LimitProposed(proposed) => Some(proposed.ticket),
            _ => None,
        });
        let ticket = proposed.unwrap();
        let refuse = Call::RefuseWrite { ticket, reason: "no".into() };
        let call = if accept { Call::Accept { ticket } } else { refuse };
        self.pair.world.call(self.pair.system, call).unwrap();
        self.run(Duration::from_millis(100));
    }

    fn controlled(&mut self) {
        self.pair.meet();
        self.run(secs(5));
        self.decide(true);
    }

    fn wires(&mut self, wire: Wire) {
        let [a, b] = self.ids;
        self.pair.world.wire(a, b, wire);
        self.pair.world.wire(b, a, wire);
    }
}

type Scenario = fn(&mut Stage);

const SCENARIOS: [(&str, Scenario); 9] = [
    ("meet", |stage| stage.controlled()),
    ("limit and expiry", |stage| {
        stage.controlled();
        stage.pair.set_limit(Limit::active(watts(4_200)).lasting(secs(10)));
        stage.run(secs(1));
        stage.decide(true);
        stage.run(secs(12));
    }),
    ("nobody decides", |stage| {
        stage.pair.meet();
        stage.run(secs(15));
    }),
    ("failsafe and return", |stage| {
        stage.controlled();
        stage.wires(Wire::Silent);
        stage.run(secs(125));
        stage.wires(Wire::Whole);
        stage.run(secs(70));
    }),
    ("restart", |stage| {
        stage.controlled();
        let saved = stage.pair.world.member(stage.pair.system).saved.clone();
        let restarted = crate::common::system(1, saved, stage.pair.world.now());
        stage.pair.world.restart(stage.pair.system, restarted);
        stage.run(secs(10));
    }),
    ("refused", |stage| {
        stage.pair.meet();
        stage.run(secs(5));
        stage.decide(false);
        stage.run(secs(62));
    }),
    ("refused by the user", |stage| {
        stage.pair.meet();
        stage.run(secs(2));
        stage.pair.world.call(stage.pair.system, Call::Refuse { peer: PeerId(0) }).unwrap();
        stage.run(secs(70));
    }),
    ("double connection", |stage| {
        let endpoints = vec![Endpoint::new(address(2))];
        let system = stage.pair.system;
        stage.pair.world.call(system, Call::AddPeer { ski: key(2).ski, endpoints }).unwrap();
        stage.pair.meet();
        stage.run(secs(20));
    }),
    ("stalled peer", |stage| {
        stage.controlled();
        stage.wires(Wire::Stuck);
        stage.pair.set_limit(Limit::active(watts(4_200)));
        stage.run(secs(15));
        stage.wires(Wire::Whole);
        stage.run(secs(10));
    }),
];

fn played(scenario: Scenario, busy: bool) -> Stage {
    let pair = Pair::new();
    let ids = [pair.guard, pair.system];
    let mut stage = Stage { pair, ids, busy };
    scenario(&mut stage);
    stage
}

#[test]
fn extra_ticks_and_clocks_that_run_backwards_change_nothing() {
    for (name, scenario) in SCENARIOS {
        let (plain, busy) = (played(scenario, false), played(scenario, true));
        for id in plain.ids {
            let (a, b) = (plain.pair.world.member(id), busy.pair.world.member(id));
            assert!(a.sent.len() > 3, "{name}: nothing happened");
            assert_eq!(a.actions, b.actions, "{name}");
            assert_eq!(a.events, b.events, "{name}");
            assert!(a.sent == b.sent, "{name}: other frames");
        }
    }
}

#[test]
fn an_input_or_call_with_an_earlier_time_counts_as_the_latest() {
    let played = |falls_back| {
        let mut solo = Solo::new();
        solo.wait(secs(7));
        solo.falls_back = falls_back;
        let peer = solo.add(1, vec![Endpoint::new(address(1)), Endpoint::new(address(2))]);
        solo.call(Call::Trust { peer }).unwrap();
        solo.wait(secs(1));
        let conn = solo.reached(solo.dials()[0].0, 1);
        solo.wait(secs(1));
        solo.shake_as_server(conn);
        solo.document(conn, crate::solo::READ_DISCOVERY);
        solo.wait(secs(60));
        solo.accepted(1);
        solo.wait(secs(20));
        solo.call(Call::Forget { peer }).unwrap();
        solo.wait(secs(5));
        assert!(solo.log.len() > 30);
        (solo.log.clone(), solo.node.poll_deadline())
    };
    assert_eq!(played(Duration::ZERO), played(secs(5)));
}

#[test]
fn the_same_inputs_lead_to_the_same_actions() {
    for (name, scenario) in SCENARIOS {
        let (a, b) = (played(scenario, false), played(scenario, false));
        for id in a.ids {
            assert_eq!(a.pair.world.member(id).events, b.pair.world.member(id).events, "{name}");
            assert!(a.pair.world.member(id).sent == b.pair.world.member(id).sent, "{name}");
        }
    }
}

#[track_caller]
fn expect(solo: &Solo, who: Who, why: &str, at: Duration) {
    let due = solo.node.poll_deadline().unwrap();
    assert_eq!((due.who, due.why, due.at.since(Instant::ZERO)), (who, why, at));
}

#[test]
fn a_deadline_says_who_is_woken_and_for_what_of_a_connection() {
    let mut solo = Solo::new();
    expect(&solo, Who::Actor(ActorId(0)), "LPC-906", secs(120));
    solo.trusted(1);
    let conn = solo.socket();
    expect(&solo, Who::Conn(conn), "TLS", secs(10));
    solo.wait(secs(1));
    solo.give(Input::Secured { conn, peer: crate::solo::key(1) });
    expect(&solo, Who::Conn(conn), "WebSocket upgrade", secs(11));
    solo.wait(secs(1));
    solo.give(Input::Opened { conn });
    expect(&solo, Who::Conn(conn), "its CMI", secs(27));
    solo.frames(conn, &[CMI]);
    expect(&solo, Who::Conn(conn), "ping", secs(52));
    solo.pongs = false;
    solo.wait(secs(51));
    expect(&solo, Who::Conn(conn), "pong", secs(62));
    solo.give(Input::Pong { conn });
    solo.frames(conn, &[READY]);
    expect(&solo, Who::Conn(conn), "its part of the protocol handshake", secs(63));
}

#[test]
fn a_deadline_says_who_is_woken_and_for_what_of_a_peer() {
    let mut solo = Solo::new();
    let endpoints = vec![Endpoint::new(address(1)), Endpoint::new(address(2))];
    let peer = solo.add(1, endpoints);
    solo.call(Call::Trust { peer }).unwrap();
    expect(&solo, Who::Peer(peer), "next address", Duration::from_millis(250));
    solo.wait(secs(1));
    expect(&solo, Who::Peer(peer), "TCP connection", secs(10));
    solo.wait(Duration::from_millis(9_250));
    let due = solo.node.poll_deadline().unwrap();
    assert_eq!((due.who, due.why), (Who::Peer(peer), "dialling"));
    for (octet, wait) in [(1, secs(2)), (99, secs(3))] {
        let mut solo = Solo::new();
        let peer = solo.trusted(octet);
        solo.in_data(octet);
        solo.in_data(octet);
        expect(&solo, Who::Peer(peer), "double connection", wait);
    }
}

#[test]
fn a_deadline_says_who_is_woken_and_for_what_in_a_session() {
    let mut tester = Tester::with(system_config(Approval::Application));
    let session = Who::Session(tester.peer);
    expect(&tester.solo, session, "answer of a peer", secs(10));
    tester.solo.wait(secs(10));
    expect(&tester.solo, session, "repeated discovery", secs(40));
    tester.solo.wait(secs(30));
    tester.answer(|got| got.cmd == READ_TREE, &guard_tree());
    expect(&tester.solo, session, "discovery by the peer", secs(45));
    tester.send(Head::new("read", NM, NM), READ_TREE);
    tester.answer(|got| got.cmd.contains("UseCase"), r#"{"nodeManagementUseCaseData":[]}"#);
    tester.confirm_calls();
    expect(&tester.solo, Who::Conn(tester.conn), "ping", secs(50));
    tester.solo.wait(secs(11));
    tester.solo.drains = false;
    tester.ask(Head::new("call", NM, NM).ack(), &relate("Subscription", CLIENT, DIAGNOSIS));
    expect(&tester.solo, Who::Conn(tester.conn), "stalled peer", secs(61));
    let conn = tester.conn;
    tester.solo.give(Input::Drained { conn, frames: 9 });
    tester.solo.drains = true;
    tester.solo.wait(secs(49));
    expect(&tester.solo, Who::Heartbeats, "heartbeat", secs(101));
    tester.solo.wait(secs(1));
    tester.bind(CLIENT);
    tester.confirm_calls();
    tester.answer(|got| got.cmd.contains("Heartbeat"), crate::tester::HEARTBEAT);
    tester.send(Head::new("write", CLIENT, LOAD), &limit(r#"{"isLimitActive":false}"#));
    expect(&tester.solo, Who::Writes, "decision on a write", Duration::from_millis(110_500));
}
