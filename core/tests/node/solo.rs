//! One node alone: the test is its network, its store and its peers.

use eebus_core::ids::{AttemptId, ConnId, PeerId};
use eebus_core::model::EntityType;
use eebus_core::node::{
    Action, Answer, Call, Config, Endpoint, Event, Input, Lost, Misuse, Node, Product, Refused, Saved,
};
use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
use eebus_core::ship::{DATA_PREFIX, DATA_SUFFIX};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::ControllableSystem;
use eebus_core::usecase::watts;
use std::net::SocketAddr;
use std::time::Duration;

/// SHIP messages as the specification prints them.
pub(crate) const CMI: &[u8] = &[0, 0];
pub(crate) const READY: &[u8] = b"\x01{\"connectionHello\":[{\"phase\":\"ready\"},{\"waiting\":120000}]}";
pub(crate) const PENDING: &[u8] = b"\x01{\"connectionHello\":[{\"phase\":\"pending\"},{\"waiting\":120000}]}";
pub(crate) const ASK_FOR_TIME: &[u8] =
    b"\x01{\"connectionHello\":[{\"phase\":\"pending\"},{\"prolongationRequest\":true}]}";
pub(crate) const ABORTED: &[u8] = b"\x01{\"connectionHello\":[{\"phase\":\"aborted\"}]}";
pub(crate) const PIN_NONE: &[u8] = b"\x01{\"connectionPinState\":[{\"pinState\":\"none\"}]}";
pub(crate) const ASK_METHODS: &[u8] = b"\x01{\"accessMethodsRequest\":[]}";
pub(crate) const CONFIRM: &[u8] = b"\x03{\"connectionClose\":[{\"phase\":\"confirm\"}]}";
pub(crate) const REMOVED: &[u8] =
    b"\x03{\"connectionClose\":[{\"phase\":\"announce\"},{\"maxTime\":2000},{\"reason\":\"removedConnection\"}]}";

/// The opening read of a peer that calls itself d:_n:TT.
pub(crate) const READ_DISCOVERY: &str = "{\"datagram\":[{\"header\":[{\"specificationVersion\":\"1.3.0\"},\
     {\"addressSource\":[{\"device\":\"d:_n:TT\"},{\"entity\":[0]},{\"feature\":0}]},{\"addressDestination\":\
     [{\"entity\":[0]},{\"feature\":0}]},{\"msgCounter\":1},{\"cmdClassifier\":\"read\"}]},{\"payload\":[{\"cmd\":\
     [[{\"nodeManagementDetailedDiscoveryData\":[]}]]}]}]}";

fn handshake(kind: &str) -> Vec<u8> {
    let text = format!(
        "{{\"messageProtocolHandshake\":[{{\"handshakeType\":\"{kind}\"}},{{\"version\":[{{\"major\":1}},\
         {{\"minor\":0}}]}},{{\"formats\":[{{\"format\":[\"JSON-UTF8\"]}}]}}]}}"
    );
    [&[1], text.as_bytes()].concat()
}

/// The key whose octets are all `octet`.
pub(crate) fn key(octet: u8) -> PeerKey {
    PeerKey { ski: Ski::new([octet; 20]), fingerprint: Fingerprint([octet; 32]) }
}

/// 10.0.0.`octet`:4712.
pub(crate) fn address(octet: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, octet], 4712))
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The node's own SKI is 50 times this octet, so peers may be smaller or bigger.
pub(crate) const OWN: u8 = 50;

/// A heat pump with SKI 3232….
pub(crate) fn config() -> Config {
    let mut config = Config::new(key(OWN), Product::new("ACME", "Pump", "7"));
    let entity = config.entity(EntityType::HeatPumpAppliance);
    let system = ControllableSystem::new(watts(11_000)).failsafe(watts(3_500), secs(7_200));
    config.install(&entity, system);
    config
}

/// A node, its time, and what it did.
pub(crate) struct Solo {
    pub(crate) node: Node,
    pub(crate) now: Instant,
    /// Everything it wanted done.
    pub(crate) log: Vec<(Instant, Action)>,
    /// What the store was last given.
    pub(crate) saved: Option<Saved>,
    /// Whether the store answers at once.
    pub(crate) stores: bool,
    /// Whether the network takes every frame at once.
    pub(crate) drains: bool,
    /// Whether peers answer pings at once.
    pub(crate) pongs: bool,
    /// How far the clock falls back before each input and call, behind a tick at the right time.
    pub(crate) falls_back: Duration,
    seen: usize,
    conns: u64,
}

impl Solo {
    pub(crate) fn new() -> Self {
        Self::with(config(), None)
    }

    pub(crate) fn with(config: Config, saved: Option<Saved>) -> Self {
        Self::starting(config, saved, Instant::ZERO)
    }

    pub(crate) fn starting(config: Config, saved: Option<Saved>, now: Instant) -> Self {
        let node = Node::new(config, saved, [7; 32], now);
        let (log, saved) = (Vec::new(), None);
        let mut solo = Self {
            node,
            now,
            log,
            saved,
            stores: true,
            drains: true,
            pongs: true,
            falls_back: Duration::ZERO,
            seen: 0,
            conns: 0,
        };
        solo.drain();
        solo
    }

    fn drain(&mut self) {
        while let Some(action) = self.node.poll_action() {
            self.log.push((self.now, action.clone()));
            match action {
                Action::Persist { seq, saved } => {
                    self.saved = Some(saved);
                    if self.stores {
                        self.node.handle(Input::Persisted { seq }, self.now);
                    }
                }
                Action::Send { conn, .. } if self.drains => {
                    self.node.handle(Input::Drained { conn, frames: 1 }, self.now);
                }
                Action::Ping { conn } if self.pongs => self.node.handle(Input::Pong { conn }, self.now),
                _ => {}
            }
        }
    }

    /// The time the node is shown.
    fn shown(&mut self) -> Instant {
        if self.falls_back.is_zero() {
            return self.now;
        }
        self.node.handle(Input::Tick, self.now);
        self.drain();
        Instant::from_micros(self.now.since(Instant::ZERO + self.falls_back).as_micros() as u64)
    }

    pub(crate) fn give(&mut self, input: Input<'_>) {
        let shown = self.shown();
        self.node.handle(input, shown);
        self.drain();
    }

    pub(crate) fn call(&mut self, call: Call) -> Result<Answer, Misuse> {
        let shown = self.shown();
        let answer = self.node.call(call, shown);
        self.drain();
        answer
    }

    /// Time passes, from deadline to deadline.
    pub(crate) fn wait(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(due) = self.node.poll_deadline().filter(|due| due.at <= until) {
            self.now = self.now.max(due.at);
            self.give(Input::Tick);
            let next = self.node.poll_deadline();
            assert!(next.is_none_or(|next| next.at > self.now), "{next:?} is still due after {due:?}");
        }
        self.now = until;
    }

    /// What the node did since this was last asked.
    pub(crate) fn fresh(&mut self) -> Vec<(Instant, Action)> {
        let fresh = self.log[self.seen..].to_vec();
        self.seen = self.log.len();
        fresh
    }

    /// What the node did since [`Solo::fresh`], as far as it is of one kind.
    pub(crate) fn did<T>(&self, mut which: impl FnMut(&Action) -> Option<T>) -> Vec<T> {
        self.log[self.seen..].iter().filter_map(|(_, action)| which(action)).collect()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.did(|action| if let Action::Notify(event) = action { Some(event.clone()) } else { None })
    }

    pub(crate) fn refused(&self) -> Vec<(ConnId, Refused)> {
        let refused =
            |event| if let Event::Refused { conn, why, .. } = event { Some((conn, why)) } else { None };
        self.events().into_iter().filter_map(refused).collect()
    }

    pub(crate) fn closed(&self) -> Vec<(ConnId, u16)> {
        self.did(
            |action| if let Action::Close { conn, code, .. } = action { Some((*conn, *code)) } else { None },
        )
    }

    pub(crate) fn limits(&self) -> Vec<(ConnId, u32)> {
        self.did(
            |action| if let Action::Receive { conn, limit } = action { Some((*conn, *limit)) } else { None },
        )
    }

    pub(crate) fn pings(&self) -> Vec<ConnId> {
        self.did(|action| if let Action::Ping { conn } = action { Some(*conn) } else { None })
    }

    pub(crate) fn sent(&self, on: ConnId) -> Vec<Vec<u8>> {
        self.did(|action| match action {
            Action::Send { conn, frame } if *conn == on => Some(frame.clone()),
            _ => None,
        })
    }

    pub(crate) fn dials(&self) -> Vec<(AttemptId, Endpoint)> {
        self.did(|action| match action {
            Action::Dial { attempt, to, .. } => Some((*attempt, to.clone())),
            _ => None,
        })
    }

    /// When each dial since [`Solo::fresh`] went out.
    pub(crate) fn dialled_at(&self) -> Vec<Instant> {
        let fresh = self.log[self.seen..].iter();
        fresh.filter(|(_, action)| matches!(action, Action::Dial { .. })).map(|(at, _)| *at).collect()
    }

    // ---- peers

    pub(crate) fn add(&mut self, octet: u8, endpoints: Vec<Endpoint>) -> PeerId {
        match self.call(Call::AddPeer { ski: key(octet).ski, endpoints }) {
            Ok(Answer::Peer(peer)) => peer,
            other => panic!("{other:?}"),
        }
    }

    /// A trusted peer without an address.
    pub(crate) fn trusted(&mut self, octet: u8) -> PeerId {
        let peer = self.add(octet, Vec::new());
        self.call(Call::Trust { peer }).unwrap();
        peer
    }

    pub(crate) fn conn(&mut self) -> ConnId {
        self.conns += 1;
        ConnId(self.conns)
    }

    /// A socket, accepted.
    pub(crate) fn socket(&mut self) -> ConnId {
        let conn = self.conn();
        self.give(Input::Accepted { conn, from: address(99) });
        conn
    }

    /// A peer's connection, accepted and open.
    pub(crate) fn accepted(&mut self, octet: u8) -> ConnId {
        let conn = self.socket();
        self.give(Input::Secured { conn, peer: key(octet) });
        self.give(Input::Opened { conn });
        conn
    }

    /// An attempt, answered by this peer.
    pub(crate) fn reached(&mut self, attempt: AttemptId, octet: u8) -> ConnId {
        let conn = self.conn();
        self.give(Input::Dialled { attempt, conn });
        self.give(Input::Secured { conn, peer: key(octet) });
        self.give(Input::Opened { conn });
        conn
    }

    pub(crate) fn frames(&mut self, conn: ConnId, frames: &[&[u8]]) {
        for bytes in frames {
            self.give(Input::Frame { conn, bytes });
        }
    }

    /// The peer that dialled goes from CMI to the data phase.
    pub(crate) fn shake_as_client(&mut self, conn: ConnId) {
        self.shake_as_client_until_pin(conn);
        self.frames(conn, &[PIN_NONE]);
    }

    /// As [`Solo::shake_as_client`], up to the peer's PIN state.
    pub(crate) fn shake_as_client_until_pin(&mut self, conn: ConnId) {
        let (announce, confirm) = (handshake("announceMax"), handshake("select"));
        self.frames(conn, &[CMI, READY, &announce, &confirm]);
    }

    /// The peer that was dialled goes from CMI to the data phase.
    pub(crate) fn shake_as_server(&mut self, conn: ConnId) {
        self.frames(conn, &[CMI, READY, &handshake("select"), PIN_NONE]);
    }

    /// A trusted peer's connection in the data phase.
    pub(crate) fn in_data(&mut self, octet: u8) -> ConnId {
        let conn = self.accepted(octet);
        self.shake_as_client(conn);
        conn
    }

    pub(crate) fn lost(&mut self, conn: ConnId) {
        self.give(Input::Lost { conn, why: Lost::Ended });
    }

    pub(crate) fn document(&mut self, conn: ConnId, document: &str) {
        let bytes = [DATA_PREFIX, document.as_bytes(), DATA_SUFFIX].concat();
        self.give(Input::Frame { conn, bytes: &bytes });
    }

    pub(crate) fn session(&self, peer: PeerId) -> Option<ConnId> {
        self.node.view().peer(peer).and_then(|peer| peer.session)
    }

    /// The connections that are not closing.
    pub(crate) fn live(&self) -> Vec<ConnId> {
        let open = self.node.view().connections().filter(|(_, _, phase)| phase.is_some());
        open.map(|(conn, ..)| conn).collect()
    }
}
