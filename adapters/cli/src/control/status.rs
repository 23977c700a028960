//! How a node stands, in a form of its own that outlives changes within the core.

use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{Decision, Host, PeerView, Sighting, View, WaitsFor};
use eebus_core::ship::Phase;
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::time::Instant;
use serde::{Deserialize, Serialize};

/// The node itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeStatus {
    pub(crate) ski: Ski,
    pub(crate) ship_id: ShipId,
    /// The SPINE device address.
    pub(crate) device: String,
    /// The port it listens on, once it does.
    pub(crate) port: Option<u16>,
    /// Whether it announces that its user wants to pair.
    pub(crate) register: bool,
    /// For how long it trusts strangers unseen; none where the user decides.
    pub(crate) accepts_s: Option<u64>,
}

/// One peer. Times are spans, in whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PeerStatus {
    /// Its name in calls.
    pub(crate) peer: u32,
    pub(crate) ski: Ski,
    pub(crate) ship_id: Option<ShipId>,
    /// The user's name for it.
    pub(crate) label: String,
    /// `undecided`, `trusted` or `refused`.
    pub(crate) decision: String,
    /// `known`, `seen`, `reachable`, `secured`, `trusted`, `handshaken`, `discovered` or `use_cases`.
    pub(crate) rung: String,
    pub(crate) trusted_by_us: bool,
    pub(crate) trusted_by_peer: bool,
    /// `our_user`, `peers_user`, `both_users`, `peer`, `dialling`, `discovery` or `nobody`.
    pub(crate) waits_for: String,
    /// For how long already.
    pub(crate) since_s: u64,
    /// Since when it asks for trust, where nobody decided.
    pub(crate) asks_s: Option<u64>,
    /// Until when, counted from now.
    pub(crate) until_s: Option<u64>,
    pub(crate) connected: bool,
    /// Its SPINE device address, within a session.
    pub(crate) device: Option<String>,
    /// Its use cases, within a session: `limitationOfPowerConsumption as EnergyGuard`.
    pub(crate) use_cases: Vec<String>,
    pub(crate) sightings: Vec<SightingStatus>,
}

/// What discovery sees of a peer: an instance on an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SightingStatus {
    pub(crate) instance: String,
    pub(crate) interface: Option<String>,
    pub(crate) ship_id: ShipId,
    pub(crate) brand: String,
    /// What people call the device.
    #[serde(rename = "type")]
    pub(crate) device_type: String,
    pub(crate) model: String,
    /// Whether its user wants to pair.
    pub(crate) register: bool,
    /// Where it listens, in the order they are dialled.
    pub(crate) addresses: Vec<String>,
}

impl SightingStatus {
    pub(crate) fn of(sighting: &Sighting) -> Self {
        let record = sighting.record.clone();
        Self {
            instance: sighting.instance.clone(),
            interface: sighting.interface.clone(),
            ship_id: record.id,
            brand: record.brand,
            device_type: record.device_type,
            model: record.model,
            register: record.register,
            addresses: sighting.endpoints.iter().map(|endpoint| address(&endpoint.host)).collect(),
        }
    }
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConnectionStatus {
    pub(crate) conn: u64,
    /// Whose it is, once proved.
    pub(crate) peer: Option<u32>,
    /// The phase of SHIP, once begun.
    pub(crate) phase: Option<String>,
}

impl NodeStatus {
    pub(crate) fn of(view: View<'_>) -> Self {
        Self {
            ski: view.ski(),
            ship_id: view.record().id.clone(),
            device: view.device().address.clone(),
            port: view.port(),
            register: view.record().register,
            accepts_s: view.trust_policy().1.map(|until| until.since(view.now()).as_secs()),
        }
    }
}

impl PeerStatus {
    pub(crate) fn all(view: View<'_>) -> Vec<Self> {
        view.peers().map(|peer| Self::of(&peer, view.now())).collect()
    }

    fn of(peer: &PeerView<'_>, now: Instant) -> Self {
        let readiness = peer.readiness;
        let use_cases = peer.remote.map(|remote| remote.use_cases.as_slice()).unwrap_or_default();
        Self {
            peer: peer.peer.0,
            ski: peer.ski,
            ship_id: peer.ship_id.cloned(),
            label: peer.label.to_owned(),
            decision: decision(peer.decision).to_owned(),
            rung: snake(&format!("{:?}", readiness.rung)),
            trusted_by_us: readiness.trusted_by_us,
            trusted_by_peer: readiness.trusted_by_peer,
            waits_for: waits_for(readiness.waits_for).to_owned(),
            since_s: now.since(readiness.since).as_secs(),
            asks_s: peer.request.map(|request| now.since(request.since).as_secs()),
            until_s: readiness.until.map(|until| until.since(now).as_secs()),
            connected: peer.session.is_some(),
            device: peer.remote.and_then(|remote| remote.device.clone()),
            use_cases: use_cases.iter().map(|known| format!("{} as {}", known.name, known.actor)).collect(),
            sightings: peer.sightings().map(|seen| SightingStatus::of(&seen.sighting)).collect(),
        }
    }
}

impl ConnectionStatus {
    pub(crate) fn all(view: View<'_>) -> Vec<Self> {
        let status = |(conn, peer, phase): (ConnId, Option<PeerId>, Option<Phase>)| Self {
            conn: conn.0,
            peer: peer.map(|peer| peer.0),
            phase: phase.map(|phase| snake(&format!("{phase:?}"))),
        };
        view.connections().map(status).collect()
    }
}

/// As `--dial` takes it.
fn address(host: &Host) -> String {
    match host {
        Host::Address(address) => address.to_string(),
        Host::Name { name, port } => format!("{name}:{port}"),
    }
}

fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Undecided => "undecided",
        Decision::Trusted => "trusted",
        Decision::Refused => "refused",
    }
}

fn waits_for(who: WaitsFor) -> &'static str {
    match who {
        WaitsFor::OurUser => "our_user",
        WaitsFor::PeersUser => "peers_user",
        WaitsFor::BothUsers => "both_users",
        WaitsFor::Peer => "peer",
        WaitsFor::Dialling => "dialling",
        WaitsFor::Discovery => "discovery",
        WaitsFor::Nobody => "nobody",
    }
}

/// `UseCases`: `use_cases`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
