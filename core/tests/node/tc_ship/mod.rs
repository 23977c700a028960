//! The cases of the SHIP test specification 1.0.0, one test each: a scripted tool sends raw frames to one node (the DUT).
//!
//! `docs/conformance.md` lists them; the cases of TLS stand in `adapters/link`.

mod conn;
mod data;
mod handshake;

use crate::solo::*;
use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{Call, Endpoint};

/// The tool's SKI is smaller than the DUT's.
const TOOL: u8 = 1;

const CMI: &str = "00 00";
/// PAR_helloStateReady.
const READY: &str = r#"01 {"connectionHello":[{"phase":"ready"}]}"#;
/// PAR_helloStatePending.
const PENDING: &str = r#"01 {"connectionHello":[{"phase":"pending"},{"waiting":120000}]}"#;
/// PAR_helloProlongationRequest.
const PROLONG: &str = r#"01 {"connectionHello":[{"phase":"pending"},{"prolongationRequest":true}]}"#;
const ABORTED: &str = r#"01 {"connectionHello":[{"phase":"aborted"}]}"#;
const ANNOUNCE: &str = r#"01 {"messageProtocolHandshake":[{"handshakeType":"announceMax"},{"version":[{"major":1},{"minor":0}]},{"formats":[{"format":["JSON-UTF8"]}]}]}"#;
const SELECT: &str = r#"01 {"messageProtocolHandshake":[{"handshakeType":"select"},{"version":[{"major":1},{"minor":0}]},{"formats":[{"format":["JSON-UTF8"]}]}]}"#;
const TIMEOUT: &str = r#"01 {"messageProtocolHandshakeError":[{"error":1}]}"#;
const UNEXPECTED: &str = r#"01 {"messageProtocolHandshakeError":[{"error":2}]}"#;
/// PAR_pinStateNone.
const PIN_NONE: &str = r#"01 {"connectionPinState":[{"pinState":"none"}]}"#;
const ASK: &str = r#"01 {"accessMethodsRequest":[]}"#;
const METHODS: &str = r#"01 {"accessMethods":[{"id":"ACME-Pump-7"},{"dnsSd_mDns":[]}]}"#;

/// The DUT's `ready` with this many ms.
fn ready(waiting: u32) -> String {
    format!(r#"01 {{"connectionHello":[{{"phase":"ready"}},{{"waiting":{waiting}}}]}}"#)
}

/// `01 {…}` or `FF 00` as octets.
fn octets(frame: &str) -> Vec<u8> {
    match frame.split_once(" {") {
        Some((kind, json)) => {
            [&[u8::from_str_radix(kind, 16).unwrap()], "{".as_bytes(), json.as_bytes()].concat()
        }
        None => frame.split(' ').map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect(),
    }
}

fn text(frame: &[u8]) -> String {
    match frame {
        [kind, json @ ..] if json.starts_with(b"{") => {
            format!("{kind:02x} {}", std::str::from_utf8(json).unwrap())
        }
        _ => frame.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" "),
    }
}

/// The tool, connected with a DUT that trusts it.
struct Tool {
    solo: Solo,
    conn: ConnId,
    peer: PeerId,
}

impl Tool {
    /// The tool dialled: the DUT is the server.
    fn client() -> Self {
        let mut solo = Solo::new();
        let peer = solo.trusted(TOOL);
        let conn = solo.accepted(TOOL);
        Self { solo, conn, peer }
    }

    /// The DUT dialled: it is the client.
    fn server() -> Self {
        let mut solo = Solo::new();
        let peer = solo.add(TOOL, vec![Endpoint::new(address(TOOL))]);
        solo.call(Call::Trust { peer }).unwrap();
        let conn = dialled(&mut solo, TOOL);
        Self { solo, conn, peer }
    }

    /// Either role, before the first frame.
    fn both() -> [Self; 2] {
        [Self::client(), Self::server()]
    }

    /// Either role, both sides ready.
    fn shaking() -> [Self; 2] {
        Self::both().map(|mut tool| {
            tool.say(&[CMI, READY]);
            tool
        })
    }

    /// Either role, in data exchange.
    fn established() -> [Self; 2] {
        let [mut client, mut server] = Self::shaking();
        client.say(&[ANNOUNCE, SELECT, PIN_NONE]);
        server.say(&[SELECT, PIN_NONE]);
        [client, server].map(|mut tool| {
            tool.heard();
            tool
        })
    }

    fn say(&mut self, frames: &[&str]) {
        for frame in frames {
            self.solo.frames(self.conn, &[&octets(frame)]);
        }
    }

    /// What the DUT sent since this was last asked.
    fn heard(&mut self) -> Vec<String> {
        let heard = self.solo.sent(self.conn).iter().map(|frame| text(frame)).collect();
        self.solo.fresh();
        heard
    }

    fn wait(&mut self, seconds: u64) {
        self.solo.wait(secs(seconds));
    }

    fn is_open(&self) -> bool {
        self.solo.live().contains(&self.conn)
    }
}

/// The DUT's next dial, answered by this peer.
fn dialled(solo: &mut Solo, octet: u8) -> ConnId {
    while solo.dials().is_empty() {
        solo.wait(secs(1));
    }
    let (attempt, _) = solo.dials()[0];
    solo.reached(attempt, octet)
}
