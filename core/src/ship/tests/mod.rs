//! One connection in virtual time: every input answers the complete list of what the connection wants, as text.

mod access;
mod closing;
mod cmi;
mod contract;
mod data;
mod hello;
mod hello_pending;
mod key_material;
mod message;
mod pair;
mod pin;
mod pin_ask;
mod pin_check;
mod protocol;
mod qr;

use super::identity::ShipId;
use super::*;
use crate::time::Instant;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

pub(super) const CMI: &str = "00 00";
pub(super) const READY: &str = r#"01 {"connectionHello":[{"phase":"ready"},{"waiting":120000}]}"#;
pub(super) const READY_BARE: &str = r#"01 {"connectionHello":[{"phase":"ready"}]}"#;
pub(super) const PENDING: &str = r#"01 {"connectionHello":[{"phase":"pending"},{"waiting":120000}]}"#;
pub(super) const PROLONG: &str =
    r#"01 {"connectionHello":[{"phase":"pending"},{"prolongationRequest":true}]}"#;
pub(super) const ABORTED: &str = r#"01 {"connectionHello":[{"phase":"aborted"}]}"#;
pub(super) const ANNOUNCE: &str = r#"01 {"messageProtocolHandshake":[{"handshakeType":"announceMax"},{"version":[{"major":1},{"minor":0}]},{"formats":[{"format":["JSON-UTF8"]}]}]}"#;
pub(super) const SELECT: &str = r#"01 {"messageProtocolHandshake":[{"handshakeType":"select"},{"version":[{"major":1},{"minor":0}]},{"formats":[{"format":["JSON-UTF8"]}]}]}"#;
pub(super) const ERROR_TIMEOUT: &str = r#"01 {"messageProtocolHandshakeError":[{"error":1}]}"#;
pub(super) const ERROR_UNEXPECTED: &str = r#"01 {"messageProtocolHandshakeError":[{"error":2}]}"#;
pub(super) const ERROR_MISMATCH: &str = r#"01 {"messageProtocolHandshakeError":[{"error":3}]}"#;
pub(super) const PIN_NONE: &str = r#"01 {"connectionPinState":[{"pinState":"none"}]}"#;
pub(super) const PIN_OK: &str = r#"01 {"connectionPinState":[{"pinState":"pinOk"}]}"#;
pub(super) const ASK: &str = r#"01 {"accessMethodsRequest":[]}"#;
pub(super) const METHODS: &str = r#"01 {"accessMethods":[{"id":"i:46925_u:0001"},{"dnsSd_mDns":[]}]}"#;
pub(super) const DATA: &str =
    r#"02 {"data":[{"header":[{"protocolId":"ee1.0"}]},{"payload":{"datagram":[]}}]}"#;
pub(super) const ANNOUNCE_CLOSE: &str =
    r#"03 {"connectionClose":[{"phase":"announce"},{"maxTime":2000},{"reason":"unspecific"}]}"#;
pub(super) const ANNOUNCE_REMOVED: &str =
    r#"03 {"connectionClose":[{"phase":"announce"},{"maxTime":2000},{"reason":"removedConnection"}]}"#;
pub(super) const CONFIRM_CLOSE: &str = r#"03 {"connectionClose":[{"phase":"confirm"}]}"#;

pub(super) const TO_READY: &str = "entered hello (ready)";
pub(super) const TO_PENDING: &str = "entered hello (pending)";
pub(super) const TO_PROTOCOL: &str = "entered protocol handshake";
pub(super) const TO_PIN: &str = "entered PIN";
pub(super) const TO_DATA: &str = "entered data exchange";

/// `connectionPinState` with these members.
pub(super) fn state(members: &str) -> String {
    format!(r#"01 {{"connectionPinState":[{members}]}}"#)
}

/// `ready` with this many ms.
pub(super) fn ready(waiting: u32) -> String {
    format!(r#"01 {{"connectionHello":[{{"phase":"ready"}},{{"waiting":{waiting}}}]}}"#)
}

/// `pending` with this many ms.
pub(super) fn pending(waiting: u32) -> String {
    format!(r#"01 {{"connectionHello":[{{"phase":"pending"}},{{"waiting":{waiting}}}]}}"#)
}

pub(super) fn own() -> Own {
    Own::new(ShipId::new("i:46925_u:0001"))
}

/// The octets of `01 {"…"}` or of hex pairs.
pub(super) fn octets(text: &str) -> Vec<u8> {
    let octet = |pair: &str| u8::from_str_radix(pair, 16).unwrap();
    match text.split_once(' ') {
        Some((kind, json)) if !json.starts_with(|c: char| c.is_ascii_hexdigit()) => {
            let mut frame = vec![octet(kind)];
            frame.extend_from_slice(json.as_bytes());
            frame
        }
        _ => text.split_whitespace().map(octet).collect(),
    }
}

/// The inverse of [`octets`], for well-formed frames.
fn text(frame: &[u8]) -> String {
    match frame {
        [0, 0] => CMI.to_owned(),
        [kind, json @ ..] => format!("{kind:02x} {}", core::str::from_utf8(json).unwrap()),
        [] => String::new(),
    }
}

fn item(item: Item) -> String {
    match item {
        Item::Send(frame) => text(&frame),
        Item::Payload(payload) => format!("payload {}", core::str::from_utf8(&payload).unwrap()),
        Item::Entered(phase) => format!("entered {phase}"),
        Item::PeerReady => "peer ready".to_owned(),
        Item::PeerPending => "peer pending".to_owned(),
        Item::AccessMethods(AccessMethods { id, mdns, uri }) => {
            format!("access methods {id}, mDNS {mdns}, {uri:?}")
        }
        Item::KeyMaterial(material) => format!("keys {material:?}"),
        Item::Pin(news) => format!("PIN {news:?}"),
        Item::Repaired(repairs) => {
            let counts: Vec<String> = repairs.iter().map(|(what, count)| format!("{count} {what}")).collect();
            format!("repaired {}", counts.join(", "))
        }
        Item::Fault(fault) => format!("fault {fault}"),
        Item::Close(ending) => format!("close {}: {ending}", ending.code()),
    }
}

pub(super) fn drain(out: &mut Output) -> Vec<String> {
    core::iter::from_fn(|| out.pop()).map(item).collect()
}

/// A connection and its clock.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) connection: Connection,
    pub(super) now: Instant,
    pub(super) out: Output,
}

impl Bench {
    /// Before the first octet of the peer.
    pub(super) fn start(role: Role, trust: Trust, own: &Own) -> Self {
        let (now, mut out) = (Instant::from_secs(1_000), Output::default());
        let connection = Connection::start(role, trust, own, &Timers::default(), now, &mut out);
        Self { connection, now, out }
    }

    /// Just after the own hello.
    pub(super) fn hello(role: Role, trust: Trust) -> Self {
        let mut bench = Self::start(role, trust, &own());
        bench.give(CMI);
        bench
    }

    /// Just after both were ready.
    pub(super) fn protocol(role: Role, own: &Own) -> Self {
        let mut bench = Self::start(role, Trust::Trusted, own);
        bench.give(CMI);
        bench.give(READY);
        assert_eq!(bench.connection.phase(), Phase::Protocol);
        bench
    }

    /// Just after the own PIN state.
    pub(super) fn pin() -> Self {
        let mut bench = Self::protocol(Role::Client, &own());
        bench.give(SELECT);
        assert_eq!(bench.connection.phase(), Phase::Pin);
        bench
    }

    /// In the penalty for three wrong PINs of a peer that also demands one.
    pub(super) fn paying(demand: impl FnOnce(Pin) -> PinDemand) -> Self {
        let pin = demand("1234ABCD".parse().unwrap());
        let mut bench = Self::protocol(Role::Client, &Own { pin, ..own() });
        bench.give(SELECT);
        bench.give(&state(r#"{"pinState":"optional"},{"inputPermission":"ok"}"#));
        for _ in 0..3 {
            bench.give(r#"01 {"connectionPinInput":[{"pin":"00000000"}]}"#);
        }
        assert_eq!(bench.next(), Some((15_000, Timer::PinPenalty)));
        bench
    }

    /// Just after the own request for access methods.
    pub(super) fn data() -> Self {
        let mut bench = Self::pin();
        bench.give(PIN_NONE);
        assert_eq!(bench.connection.phase(), Phase::Data);
        bench
    }

    /// A connection in each phase, by its phase.
    pub(super) fn every_phase() -> Vec<Self> {
        let mut closing = Self::data();
        closing.leave(CloseCause::Unspecific);
        let mut closed = Self::pin();
        closed.leave(CloseCause::Unspecific);
        let server = Self::start(Role::Server, Trust::Trusted, &own());
        let mut client = Self::start(Role::Client, Trust::Undecided, &own());
        client.drain();
        vec![
            server,
            client,
            Self::hello(Role::Server, Trust::Trusted),
            Self::hello(Role::Client, Trust::Undecided),
            Self::protocol(Role::Server, &own()),
            Self::protocol(Role::Client, &own()),
            Self::pin(),
            Self::paying(PinDemand::Required),
            Self::paying(PinDemand::Optional),
            Self::data(),
            closing,
            closed,
        ]
    }

    pub(super) fn drain(&mut self) -> Vec<String> {
        drain(&mut self.out)
    }

    /// The peer sends this.
    pub(super) fn give(&mut self, frame: &str) -> Vec<String> {
        let frame = octets(frame);
        let payload = self.connection.handle(&frame, self.now, &mut self.out);
        let slice = payload.map(|slice| format!("slice {}", core::str::from_utf8(slice).unwrap()));
        self.drain().into_iter().chain(slice).collect()
    }

    /// So many ms pass.
    pub(super) fn wait(&mut self, ms: u64) -> Vec<String> {
        self.now += Duration::from_millis(ms);
        self.connection.tick(self.now, &mut self.out);
        self.drain()
    }

    pub(super) fn decide(&mut self, trust: Trust) -> Vec<String> {
        self.connection.trust(trust, self.now, &mut self.out);
        self.drain()
    }

    pub(super) fn leave(&mut self, cause: CloseCause) -> Vec<String> {
        self.connection.announce_close(cause, self.now, &mut self.out);
        self.drain()
    }

    /// The next deadline in ms from now, and its reason.
    pub(super) fn next(&self) -> Option<(u64, Timer)> {
        let (at, timer) = self.connection.deadline()?;
        Some((at.since(self.now).as_millis().try_into().unwrap(), timer))
    }

    /// Whatever comes now, nothing follows.
    pub(super) fn is_over(&mut self) -> bool {
        let frames = [CMI, READY, ABORTED, ANNOUNCE, DATA, ASK, ANNOUNCE_CLOSE, "02", "FF 00"];
        let mut after: Vec<String> = frames.iter().flat_map(|frame| self.give(frame)).collect();
        after.extend(self.decide(Trust::Trusted));
        after.extend(self.decide(Trust::Refused));
        after.extend(self.leave(CloseCause::Unspecific));
        after.extend(self.wait(1_000_000));
        after.is_empty() && self.connection.phase() == Phase::Closed && self.next().is_none()
    }
}
