//! Two connections wired to each other: the traces 17.1 and 17.2, message by message.

use super::*;
use alloc::collections::VecDeque;

/// A client and a server, and what either sent in order.
struct Pair {
    now: Instant,
    ends: [(Connection, VecDeque<Vec<u8>>); 2],
    sent: Vec<String>,
    news: Vec<String>,
    out: Output,
}

const C: usize = 0;
const S: usize = 1;

impl Pair {
    fn new(client: Trust, server: Trust) -> Self {
        let (now, timers) = (Instant::from_secs(5), Timers::default());
        let mut pair = Self {
            now,
            ends: [(Role::Client, client), (Role::Server, server)].map(|(role, trust)| {
                let mut silent = Output::default();
                (Connection::start(role, trust, &own(), &timers, now, &mut silent), VecDeque::new())
            }),
            sent: Vec::new(),
            news: Vec::new(),
            out: Output::default(),
        };
        pair.ends[C].0 = Connection::start(Role::Client, client, &own(), &timers, now, &mut pair.out);
        pair.carry(C);
        pair
    }

    /// Puts what `from` wants into the other's queue and the trace.
    fn carry(&mut self, from: usize) {
        while let Some(item) = self.out.pop() {
            match item {
                Item::Send(frame) => {
                    self.sent.push(format!("{}: {}", ["C", "S"][from], text(&frame)));
                    self.ends[1 - from].1.push_back(frame);
                }
                other => self.news.push(format!("{}: {}", ["C", "S"][from], super::item(other))),
            }
        }
    }

    /// Delivers until both queues are empty; the messages that were sent.
    fn deliver(&mut self) -> Vec<String> {
        while let Some(to) = [S, C].into_iter().find(|&end| !self.ends[end].1.is_empty()) {
            let frame = self.ends[to].1.pop_front().unwrap();
            let payload = self.ends[to].0.handle(&frame, self.now, &mut self.out);
            let payload = payload.map(|slice| core::str::from_utf8(slice).unwrap().to_owned());
            self.carry(to);
            self.news.extend(payload.map(|slice| format!("{}: slice {slice}", ["C", "S"][to])));
        }
        core::mem::take(&mut self.sent)
    }

    fn wait(&mut self, secs: u64) -> Vec<String> {
        self.now += Duration::from_secs(secs);
        for end in [C, S] {
            self.ends[end].0.tick(self.now, &mut self.out);
            self.carry(end);
        }
        self.deliver()
    }

    fn news(&mut self) -> Vec<String> {
        core::mem::take(&mut self.news)
    }
}

fn trace(lines: &[(char, &str)]) -> Vec<String> {
    lines.iter().map(|(end, frame)| format!("{end}: {frame}")).collect()
}

/// From the protocol handshake to the data phase.
const HANDSHAKE: [(char, &str); 9] = [
    ('C', ANNOUNCE),
    ('S', SELECT),
    ('C', SELECT),
    ('C', PIN_NONE),
    ('S', PIN_NONE),
    ('S', ASK),
    ('C', ASK),
    ('S', METHODS),
    ('C', METHODS),
];

#[test]
fn trace_17_1_both_trust() {
    let mut pair = Pair::new(Trust::Trusted, Trust::Trusted);
    let expected = [&[('C', CMI), ('S', CMI), ('S', READY), ('C', READY)][..], &HANDSHAKE].concat();
    assert_eq!(pair.deliver(), trace(&expected));
    assert_eq!(
        pair.news(),
        [
            "S: entered hello (ready)",
            "C: entered hello (ready)",
            "S: peer ready",
            "S: entered protocol handshake",
            "C: peer ready",
            "C: entered protocol handshake",
            "C: entered PIN",
            "S: entered PIN",
            "S: entered data exchange",
            "C: entered data exchange",
            "S: access methods i:46925_u:0001, mDNS true, None",
            "C: access methods i:46925_u:0001, mDNS true, None",
        ]
    );
    for end in [C, S] {
        pair.ends[end].1.push_back(octets(DATA));
    }
    pair.deliver();
    assert_eq!(pair.news(), [r#"S: slice {"datagram":[]}"#, r#"C: slice {"datagram":[]}"#]);

    let now = pair.now;
    pair.ends[S].0.announce_close(CloseCause::Unspecific, now, &mut pair.out);
    pair.carry(S);
    assert_eq!(pair.deliver(), trace(&[('S', ANNOUNCE_CLOSE), ('C', CONFIRM_CLOSE)]));
    assert_eq!(
        pair.news(),
        [
            "S: entered closing",
            "C: close 4001: the peer closed the connection: unspecific",
            "S: close 4001: this node closed the connection",
        ]
    );
}

#[test]
fn trace_17_2_the_servers_user_approves_late() {
    let mut pair = Pair::new(Trust::Trusted, Trust::Undecided);
    assert_eq!(pair.deliver(), trace(&[('C', CMI), ('S', CMI), ('S', PENDING), ('C', READY)]));
    assert_eq!(pair.wait(104), [""; 0]);
    assert_eq!(pair.wait(1), trace(&[('S', PROLONG), ('C', &ready(135_000))]));
    assert_eq!(pair.wait(119), [""; 0]);
    assert_eq!(pair.wait(1), trace(&[('S', PROLONG), ('C', &ready(135_000))]));
    assert_eq!(pair.wait(50), [""; 0]);
    let now = pair.now;
    pair.ends[S].0.trust(Trust::Trusted, now, &mut pair.out);
    pair.carry(S);
    assert_eq!(pair.deliver(), trace(&[&[('S', READY)][..], &HANDSHAKE].concat()));
}

#[test]
fn two_undecided_users_keep_each_other_waiting_as_long_as_they_like() {
    let mut pair = Pair::new(Trust::Undecided, Trust::Undecided);
    assert_eq!(pair.deliver(), trace(&[('C', CMI), ('S', CMI), ('S', PENDING), ('C', PENDING)]));
    for _ in 0..10_000 {
        pair.wait(1);
    }
    assert_eq!(pair.ends[C].0.phase(), Phase::HelloPending);
    for end in [C, S] {
        let now = pair.now;
        pair.ends[end].0.trust(Trust::Trusted, now, &mut pair.out);
        pair.carry(end);
    }
    pair.deliver();
    assert!(pair.ends.iter().all(|(connection, _)| connection.phase() == Phase::Data));
}

#[test]
fn a_refusal_reaches_the_other_side() {
    let mut pair = Pair::new(Trust::Trusted, Trust::Refused);
    assert_eq!(pair.deliver(), trace(&[('C', CMI), ('S', CMI), ('S', ABORTED), ('C', READY)]));
    assert_eq!(
        pair.news(),
        [
            "S: close 4452: this node does not trust the peer",
            "C: entered hello (ready)",
            "C: close 4001: the peer does not trust this node",
        ]
    );
}
